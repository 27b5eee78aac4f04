"""The changelog: its form, and who reads it."""

import json
import subprocess
import sys

import pytest

from host_sim import standin
from staging import keyring, manifest, stage
from tools import changelog, release
from tools.image import slot

TEXT = """# Changelog

## [Unreleased]

## [1.2.3.5] - 2026-12-31

### Fixed

- a thing

## [1.2.3.4] - 2026-12-30
Counters of big sites,
"and" `$(what)` else.

### Added

- another
"""


@pytest.fixture
def text(tmp_path, monkeypatch):
    monkeypatch.setattr(changelog, "FILE", tmp_path / "CHANGELOG.md")
    changelog.FILE.write_text(TEXT)


def test_the_project_s_own_has_the_form_that_tools_and_people_know():
    text = changelog.FILE.read_text()
    found = changelog.sections(text)
    versions = list(found)
    assert versions[0] == changelog.UNRELEASED
    numbers = [manifest.version(version) for version in versions[1:]]
    assert numbers == sorted(numbers, reverse=True)
    for version, body in found.items():
        kinds = [line[4:] for line in body.splitlines() if line.startswith("### ")]
        assert kinds == [kind for kind in changelog.KINDS if kind in kinds], (version, kinds)
        assert version == changelog.UNRELEASED or body, version
        assert len(changelog.summary(version).encode()) <= 1000, version


def test_a_version_s_notes(text, capsys):
    assert changelog.main(["1.2.3.5"]) == 0 and capsys.readouterr().out == "### Fixed\n\n- a thing\n"
    assert changelog.main(["1.2.3.4", "--summary"]) == 0
    assert capsys.readouterr().out == 'Counters of big sites, "and" `$(what)` else.\n'
    assert changelog.summary("1.2.3.5") == "" == changelog.summary("9.9.9.9")
    for version in ("9.9.9.9", changelog.UNRELEASED):
        assert changelog.main([version]) == 1
        assert "says nothing of " + version in capsys.readouterr().err
    for wrong, reason in [("## 1.2.3.6", "not 1.2.3.6"), ("## [1.2.3.6]", "the head is"),
                          ("## [1.2.3.4] - 2026-12-31", "two sections")]:  # fmt: skip
        changelog.FILE.write_text("%s\n\n- x\n\n%s" % (wrong, TEXT))
        assert changelog.main(["1.2.3.4"]) == 1
        assert reason in capsys.readouterr().err


def test_a_bare_python_reads_it():
    done = subprocess.run([sys.executable, "-I", "-S", str(stage.ROOT / "tools" / "changelog.py"), "9.9.9.9"],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 1 and "says nothing of 9.9.9.9" in done.stderr


def test_readers_are_told_its_paragraph(text, tmp_path, capsys):
    app = standin.application("1.29.0", 0)
    for version, notes in (("1.2.3.4", 'Counters of big sites, "and" `$(what)` else.'), ("1.2.3.6", "")):
        image = tmp_path / version
        image.write_bytes(slot.make(app, "ESP32", None, version, "1.0.0.0", "1.29.0", keyring.development_key()))
        told = release.publish(image, tmp_path / "served")
        assert json.loads(told.read_bytes())["releaseNotes"] == notes
    told = release.publish(image, tmp_path / "served", notes="by hand")
    assert json.loads(told.read_bytes())["releaseNotes"] == "by hand"
    changelog.FILE.write_text("## 1.2.3.6\n")
    assert release.main([str(image), "--to", str(tmp_path / "served")]) == 1
    assert "tools.release: CHANGELOG.md: the head is" in capsys.readouterr().err
