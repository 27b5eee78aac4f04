"""Staging: what is compiled are the sources as they are, and only what has changed."""

import pathlib
import subprocess
import sys

import microdot
import pytest

from staging import stage


@pytest.fixture
def sources(monkeypatch, tmp_path):
    """Two modules that are all there is to stage; {path: source}."""
    found = {}
    for name, text in ("one.py", "VALUE = 1\n"), ("deep/two.py", "def two():\n    return 2\n"):
        source = tmp_path / "lib" / name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text)
        found[pathlib.Path(name)] = source
    monkeypatch.setattr(stage, "BUILD", tmp_path / "build")
    monkeypatch.setattr(stage, "sources", lambda: dict(found))
    return found


@pytest.fixture
def compiled(monkeypatch):
    """Names of what mpy-cross is run for."""
    found = []
    compile = stage.compiled
    monkeypatch.setattr(stage, "compiled", lambda path, *more: found.append(str(path)) or compile(path, *more))
    return found


def test_only_what_has_changed_is_compiled(sources, compiled):
    target, failed = stage.stage()
    assert not failed and sorted(compiled) == ["deep/two.py", "one.py"]
    assert (target / "one.mpy").exists() and (target / "deep/two.mpy").exists()
    stage.stage()
    assert len(compiled) == 2
    sources[pathlib.Path("one.py")].write_text("VALUE = 2\n")
    (target / "deep/two.mpy").unlink()
    stage.stage()
    assert sorted(compiled[2:]) == ["deep/two.py", "one.py"]
    stage.stage("none")
    assert len(compiled) == 6


def test_what_is_gone_or_broken_is_not_left(sources):
    target, _ = stage.stage()
    del sources[pathlib.Path("deep/two.py")]
    one = sources[pathlib.Path("one.py")]
    one.write_text("VALUE = (\n")
    _, failed = stage.stage()
    assert list(failed) == [one] and "SyntaxError" in failed[one]
    assert not (target / "one.mpy").exists() and not (target / "deep/two.mpy").exists()
    one.write_text("VALUE = 3\n")
    assert not stage.stage()[1] and (target / "one.mpy").exists()


def test_a_module_says_where_it_comes_from(sources):
    """By the name that import keeps in memory anyway: that of its file would be one more."""
    target, _ = stage.stage()
    assert b"deep.two" in (target / "deep/two.mpy").read_bytes()


def test_microdot_is_the_package_s_own():
    folder = pathlib.Path(microdot.__file__).parent
    found = {path.name: source for path, source in stage.sources().items() if path.parts[0] == "microdot"}
    assert found == {name: folder / name for name in stage.MICRODOT}


def test_the_command_line(capsys):
    command = [sys.executable, "-m", "staging", stage.UNIX, "none"]
    run = subprocess.run(command, cwd=stage.ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "build/%s\nbuild/none\n" % stage.UNIX)
