"""The house's own papers: hooks, issue forms, the spelling check."""

import subprocess
import sys

import yaml

from tools import check, stage


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
    assert check.PARTS[: len(check.QUICK)] == check.QUICK


def test_a_slip_of_the_pen_is_found(tmp_path):
    (tmp_path / "pyproject.toml").write_text((stage.ROOT / "pyproject.toml").read_text())
    (tmp_path / "fi.json").write_text("# what clients rec%sve\n" % "ie")
    (tmp_path / "right.py").write_text("# ADN is Aidon, ESY EasyMeter\n")
    assert asked(["codespell_lib"], tmp_path) == (0, "")
    (tmp_path / ".wrong.yml").write_text("# what clients rec%sve\n" % "ie")
    status, said = asked(["codespell_lib"], tmp_path)
    assert status and ".wrong.yml:1" in said
