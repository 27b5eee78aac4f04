"""The house's own papers: hooks, issue forms, the spelling check."""

import pathlib
import re
import subprocess
import sys

import pytest
import yaml

from staging import stage
from tests.wire.test_framer import hdlc
from tools import capture

FORMS = stage.ROOT / ".github" / "ISSUE_TEMPLATE"
KAIFA = bytes.fromhex("0f40000000090c07e60102070e2512ff80000002010600001015")


def asked(command, folder=stage.ROOT):
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_hooks_run_what_ci_runs():
    config = yaml.safe_load((stage.ROOT / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    hooks = {hook["entry"]: hook for hook in config["repos"][0]["hooks"]}
    assert {entry: hook["stages"] for entry, hook in hooks.items()} == {
        "make lint": ["pre-commit"], "make test": ["pre-push"]}  # fmt: skip
    assert config["default_install_hook_types"] == ["pre-commit", "pre-push"]
    for hook in hooks.values():
        assert hook["language"] == "system" and hook["always_run"] and not hook["pass_filenames"]
    targets = (stage.ROOT / "Makefile").read_text()
    for entry in hooks:
        assert "\n%s: " % entry.split()[1] in targets
    steps = yaml.safe_load((stage.ROOT / ".github/workflows/test.yml").read_text())["jobs"]["test"]["steps"]
    assert steps[-1]["run"] == "make test"


def test_a_slip_of_the_pen_is_found(tmp_path):
    (tmp_path / "pyproject.toml").write_text((stage.ROOT / "pyproject.toml").read_text())
    (tmp_path / "fi.json").write_text("# what clients rec%sve\n" % "ie")
    (tmp_path / "right.py").write_text("# ADN is Aidon, ESY EasyMeter\n")
    assert asked(["codespell_lib"], tmp_path) == (0, "")
    (tmp_path / ".wrong.yml").write_text("# what clients rec%sve\n" % "ie")
    status, said = asked(["codespell_lib"], tmp_path)
    assert status and ".wrong.yml:1" in said


@pytest.mark.parametrize("path", sorted(FORMS.glob("*.yml")), ids=lambda path: path.stem)
def test_the_issue_forms_are_what_their_host_takes(path):
    schema = "vendor.github-issue-" + ("config" if path.stem == "config" else "forms")
    status, said = asked(["check_jsonschema", "--builtin-schema", schema, str(path)])
    assert status == 0, said


def test_the_form_for_a_meter_asks_for_what_the_tools_print(tmp_path):
    form = (FORMS / "meter.yml").read_text()
    commands = [line.split() for line in re.findall(r"(?<=\.venv/bin/python -m ).*", form)]
    recorded, given = tmp_path / "recorded.bin", []
    recorded.write_bytes(hdlc(KAIFA))
    for name, *arguments in commands:
        if name == "tools.capture":
            given.append(capture.arguments(arguments)[1])
    # A reader anonymises by itself; of a cable or a file nothing is asked for that is not.
    assert [(bool(each.reader), each.anonymise) for each in given] == [(True, False), (False, True), (False, True)]
    files = {"recorded.bin": str(recorded), "meter.bin": str(tmp_path / "meter.bin"), "KEY": "00" * 16}
    ran = 0
    for name, *arguments in commands:
        if not {"--reader", "--serial"} & set(arguments):  # which have tests of their own
            words = " ".join(arguments).partition("`")[0].split()
            status, said = asked([name] + [files.get(word, word) for word in words])
            assert status == 0 and "decoded" in said, said
            ran += 1
    assert ran == 3 and pathlib.Path(files["meter.bin"]).exists()


def test_each_exception_to_a_rule_has_its_reason():
    mark = re.compile(r"# (noqa: [A-Z0-9, ]*[0-9]|type: ignore\[[a-z, -]+\])(?:  (\S.*))?$")
    without = []
    folders = [path for path in stage.ROOT.iterdir() if path.is_dir() and path.name not in ("build", ".venv")]
    for path in sorted(stage.ROOT.glob("*.py")) + sorted(path for each in folders for path in each.rglob("*.py")):
        told = set()  # the first in a file speaks for others of its kind
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = mark.search(line)
            if found and found[2]:
                told.add(found[1])
            elif found and found[1] not in told:
                without.append("%s:%d: %s" % (path.relative_to(stage.ROOT), number, found[1]))
    assert without == []
