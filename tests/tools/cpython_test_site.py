"""The site that flashes boards from a browser and serves updates; and the hosting service's workflows that make it."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import yaml

from staging import keyring, stage
from tests.tools.image import micropython
from tools import build, firmware, site
from tools.image import otadata, partitions, slot

WORKFLOWS = stage.ROOT / ".github" / "workflows"
CHIPS = {"HAN_READER": 0, "HAN_READER_S3": 9, "HAN_READER_C3": 5, "HAN_READER_C6": 13}
NAMES = {"HAN_READER": "ESP32", "HAN_READER_S3": "ESP32-S3", "HAN_READER_C3": "ESP32-C3", "HAN_READER_C6": "ESP32-C6"}


def image(folder, board, version="1.2.3.4", *arguments):
    """What `make firmware` leaves for a board."""
    chip = CHIPS[board]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mp.bin").write_bytes(micropython.combined(micropython.frozen(200_000, chip, version), chip))
    sizes = map(str, firmware.flash_sizes(board))
    command = ["--frozen", "--micropython", str(folder / "mp.bin"), "--out", str(folder), "--flash", *sizes, *arguments]
    assert build.main(command) == 0
    return folder


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    root = tmp_path_factory.mktemp("images")
    return [image(root / board, board) for board in CHIPS]


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    (folder / site.SCRIPT).write_text("// ESP Web Tools")
    return folder


def test_a_browser_writes_all_but_what_a_reader_has_recorded(images, tools, tmp_path):
    assert site.make(images, tmp_path, tools=tools) == "1.2.3.4"
    found = json.loads((tmp_path / "manifest.json").read_text())
    assert (found["version"], found["new_install_improv_wait_time"]) == ("1.2.3.4", 30)
    assert sorted(build["chipFamily"] for build in found["builds"]) == sorted(NAMES.values())
    for each in found["builds"]:
        flash = bytearray(b"\x5a" * (16 << 20))
        for part in each["parts"]:
            data = (tmp_path / part["path"]).read_bytes()
            flash[part["offset"] : part["offset"] + len(data)] = data
        layout = partitions.layout(8 if each["chipFamily"] == "ESP32-S3" else 4)
        assert [part.name for part in partitions.parse(flash[0x8000:0x8C00])] == [part.name for part in layout]
        for part in layout:
            untouched = flash[part.offset : part.end] == b"\x5a" * part.size
            assert untouched == (part.name not in ("otadata", "slot1", "vfs")), part.name
        choice = partitions.named(layout, "otadata")
        assert otadata.selected(bytes(flash[choice.offset : choice.end])) == 0
        at = partitions.slots(layout)[0].offset
        size = len(slot_image(tmp_path, each["chipFamily"]))
        values = slot.opened(bytes(flash[at : at + size]), keyring.accepted())
        assert values["chip"] == each["chipFamily"]
        start = 0x1000 if each["chipFamily"] == "ESP32" else 0
        assert flash[start] == 0xE9 and (start == 0 or flash[:start] == b"\x5a" * start)
    page = (tmp_path / "index.html").read_text()
    assert 'src="esp-web-tools/install-button.js"' in page and (tmp_path / "esp-web-tools" / site.SCRIPT).exists()
    assert "Version 1.2.3.4" in page and "ESP32-C6" in page


def slot_image(folder, chip):
    told = folder / "updates" / chip.lower() / "release" / "manifest.json"
    return (told.parent / json.loads(told.read_text())["url"]).read_bytes()


def test_each_chip_has_its_update_server_and_a_beta_leaves_the_release(images, tools, tmp_path):
    site.make(images, tmp_path, tools=tools)
    newer = [image(tmp_path / "next" / board, board, "1.2.4.0") for board in ("HAN_READER", "HAN_READER_C3")]
    site.make(newer, tmp_path, "beta", "faster")
    told = json.loads((tmp_path / "updates/esp32-c3/beta/manifest.json").read_text())
    assert (told["version"], told["releaseNotes"]) == ("1.2.4.0", "faster")
    for board, name in NAMES.items():
        told = json.loads((tmp_path / "updates" / name.lower() / "release/manifest.json").read_text())
        assert told["version"] == "1.2.3.4"
    assert json.loads((tmp_path / "manifest.json").read_text())["version"] == "1.2.3.4"


def test_builds_that_do_not_belong_together(images, tmp_path, capsys):
    other = image(tmp_path / "other", "HAN_READER_C3", "2.0.0.0")
    for folders, message in [
        ([images[0], other], "builds of several versions: 1.2.3.4, 2.0.0.0"),
        ([images[0], images[0]], "two builds for one chip: ESP32, ESP32"),
        ([tmp_path / "none"], "No such file"),
    ]:
        assert site.main([*map(str, folders), "--to", str(tmp_path / "site")]) == 1
        assert message in capsys.readouterr().err
    assert site.main([str(images[0]), "--to", str(tmp_path / "site"), "--esp-web-tools", str(tmp_path)]) == 1
    assert "no install-button.js" in capsys.readouterr().err
    assert site.main([str(images[0]), "--to", str(tmp_path / "site"), "--docs", str(tmp_path)]) == 1
    assert "no index.html" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


# --- the workflows

# What stands for make in them: it does what the target does, with images that are played.
MAKE = """#!%s
import os, pathlib, sys
sys.path.insert(0, %r)
from tests.tools import cpython_test_site as played
from tools import site
target = next(word for word in sys.argv[1:] if "=" not in word)
given = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
print("make", *sys.argv[1:])
if target == "firmware":
    options = []
    for name in ("KEY", "UPDATES", "CHANNEL"):
        if name in given:
            options += ["--" + name.lower(), given[name]]
    played.image(pathlib.Path("build/image"), given["BOARD"], given.get("VERSION", "0.1.0.0"), *options)
elif target == "docs":
    made = pathlib.Path("build/docs")
    made.mkdir(parents=True)
    (made / "index.html").write_text(given.get("WHERE", ""))
elif target == "site":
    sys.exit(site.main([*given["IMAGES"].split(), "--to", given["TO"], "--channel", given["CHANNEL"],
                        "--docs", given["DOCS"], "--esp-web-tools", given["ESP_WEB_TOOLS"]]))
"""
NPM = """#!/bin/sh
mkdir -p flasher/node_modules/esp-web-tools/dist/web
echo "// $@" >flasher/node_modules/esp-web-tools/dist/web/install-button.js
"""
GH = """#!/bin/sh
echo "$@" >gh.asked
"""


class Runner:
    """Runs a workflow's steps in a folder, as its host does."""

    def __init__(self, folder, tag):
        self.folder = folder
        for name, text in (("make", MAKE % (sys.executable, str(stage.ROOT))), ("npm", NPM), ("gh", GH)):
            path = folder / "bin" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)
        (folder / "tools").mkdir()
        shutil.copy(stage.ROOT / "tools" / "changelog.py", folder / "tools")
        version = tag[1:].removesuffix("-beta")
        (folder / "CHANGELOG.md").write_text("## [%s] - 2026-12-31\nFaster.\n\n### Fixed\n\n- `$(slow)`\n" % version)
        self.origin = folder / "origin.git"
        subprocess.run(["git", "init", "--quiet", "--bare", str(self.origin)], check=True)
        self.environment = dict(
            os.environ, PATH="%s:%s" % (folder / "bin", os.environ["PATH"]), GITHUB_REF_NAME=tag,
            GITHUB_SERVER_URL="https://host.example", GITHUB_REPOSITORY="o/r", RUNNER_TEMP=str(folder),
            GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="url.file://%s.insteadOf" % self.origin,
            GIT_CONFIG_VALUE_0="https://x-access-token:secret@host.example/o/r",
        )  # fmt: skip

    def steps(self, name, job, **matrix):
        """What the run steps of a job have said; each has to succeed."""
        workflow = yaml.safe_load((WORKFLOWS / (name + ".yml")).read_text())
        said = ""
        for step in workflow["jobs"][job]["steps"]:
            if "run" in step:
                wanted = {"env.SITE": "https://o.github.io/r", "github.token": "secret", **matrix}
                environment = dict(self.environment, SITE="https://o.github.io/r")
                for key, value in step.get("env", {}).items():
                    environment[key] = filled(value, wanted)
                done = subprocess.run(["bash", "-e", "-c", filled(step["run"], wanted)], cwd=self.folder,
                                      env=environment, capture_output=True, text=True)  # fmt: skip
                assert done.returncode == 0, done.stdout + done.stderr
                said += done.stdout + done.stderr
        return said


def filled(text, values):
    for name, value in values.items():
        text = text.replace("${{ %s }}" % name, value)
    assert "${{" not in text, text
    return text


@pytest.mark.parametrize("name", ["test", "firmware", "release"])
def test_the_workflows_are_what_their_host_takes(name):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows",
               str(WORKFLOWS / (name + ".yml"))]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_test_and_firmware_run_what_the_readme_says(tmp_path):
    runner = Runner(tmp_path, "main")
    assert runner.steps("test", "test") == "make test\n" and runner.steps("test", "docs") == "make docs\n"
    matrix = yaml.safe_load((WORKFLOWS / "firmware.yml").read_text())["jobs"]["image"]["strategy"]["matrix"]
    assert sorted(matrix["board"]) == firmware.boards()
    said = runner.steps("firmware", "image", **{"matrix.board": "HAN_READER_C6"})
    assert "for ESP32-C6, frozen" in said and "% of the slot" in said


@pytest.mark.parametrize("tag, channel", [("v4.5.6.7", "release"), ("v4.5.6.8-beta", "beta")])
def test_a_tag_becomes_a_release(tmp_path, tag, channel):
    runner = Runner(tmp_path, tag)
    include = yaml.safe_load((WORKFLOWS / "release.yml").read_text())["jobs"]["build"]["strategy"]["matrix"]["include"]
    assert {each["board"]: each["chip"] for each in include} == {board: NAMES[board].lower() for board in CHIPS}
    key = pathlib.Path(keyring.development_key()).read_text()
    for each in include:
        runner.steps("release", "build", **{
            "secrets.SIGNING_KEY": key, "matrix.board": each["board"], "matrix.chip": each["chip"]})  # fmt: skip
        values = slot.opened((tmp_path / "build/image/ota.bin").read_bytes(), keyring.accepted())
        assert values["updates"] == "https://o.github.io/r/updates/" + each["chip"]
        assert (values["version"], values["channel"]) == (tag[1:].removesuffix("-beta"), channel)
        assert not (tmp_path / "key.pem").exists()
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / "build/image").rename(tmp_path / "images" / ("image-" + each["chip"]))
    runner.steps("release", "publish")
    asked = (tmp_path / "gh.asked").read_text()
    assert asked.startswith("release create %s " % tag) and ("--prerelease" in asked) == (channel == "beta")
    assert "--notes-file notes.md" in asked
    assert (tmp_path / "notes.md").read_text() == "Faster.\n\n### Fixed\n\n- `$(slow)`\n"
    for name in ("esp32-ota.bin", "esp32-flash.bin", "esp32-s3-flash-8MB.bin", "esp32-c3-manifest.json"):
        assert "files/" + name in asked and (tmp_path / "files" / name).exists()
    pages = tmp_path / "pages"
    subprocess.run(["git", "clone", "--quiet", "--branch", "gh-pages", str(runner.origin), str(pages)], check=True)
    assert (pages / "docs/index.html").read_text() == "https://host.example/o/r/blob/" + tag
    assert 'href="docs/index.html"' in (pages / "index.html").read_text()
    assert (pages / "esp-web-tools/install-button.js").exists()
    for name in NAMES.values():
        assert (pages / "updates" / name.lower() / channel / "manifest.json").exists()
    # The next one goes on from there.
    assert "secret" not in subprocess.run(["git", "-C", str(pages), "log", "-p", "--", "index.html"],
                                          capture_output=True, text=True, check=True).stdout  # fmt: skip


def test_without_the_secret_or_a_word_in_the_changelog_nothing_is_built(tmp_path):
    runner = Runner(tmp_path, "v1.0.0.0")
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n\n### Added\n\n- everything\n")
    for key, reason in (("", "the secret SIGNING_KEY is missing"), ("secret", "CHANGELOG.md has no 1.0.0.0")):
        with pytest.raises(AssertionError, match=reason):
            runner.steps("release", "build", **{
                "secrets.SIGNING_KEY": key, "matrix.board": "HAN_READER", "matrix.chip": "esp32"})  # fmt: skip
    assert not (tmp_path / "build").exists()
