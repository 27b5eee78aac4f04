"""tools.deploy through the real mpremote, to a board that is MicroPython's unix port behind a pseudo-terminal."""

import pytest

from staging import ImageError
from tests.tools.rawrepl import Device
from tools import deploy
from tools.image import application, files

FILES = {
    "han/__init__.mpy": b"", "han/core/zones.bin": b"zones" * 300, "han/app.mpy": b"M\6 app", "board.mpy": b"M\6 board",
    "han/core/__init__.mpy": b"",
}  # fmt: skip


@pytest.fixture
def device(tmp_path):
    """A board whose main.py tells what the application imports and reads."""
    (tmp_path / "main.py").write_text(
        "def main(boot):\n"
        "    import han.core.probe\n"
        "    print('main', boot['slot'], han.core.probe.__file__, han.core.probe.read(), han.core.probe.VALUE)\n")
    board = Device(tmp_path, "BOOT = {'slot': 'slot1'}", sectors=24)
    yield board
    board.close()


def put(device, root, content):
    """Write {path: bytes} there."""
    for path, data in content.items():
        parts = path.split("/")
        for n in range(1, len(parts)):
            folder = root + "/" + "/".join(parts[:n])
            device.run("import os\ntry:\n os.mkdir(%r)\nexcept OSError: pass\n" % folder)
        device.run("with open(%r, 'wb') as f: f.write(%r)\n" % (root + "/" + path, data))


def test_only_what_differs_is_copied_and_what_no_longer_does_is_removed():
    wanted = {"a": b"1", "b": b"2", "c": b"3", "d": b"4"}
    digest = files.digest
    running = {"a": digest(b"1"), "b": digest(b"old"), "c": digest(b"old"), "gone": digest(b"x")}
    copied = {"b": digest(b"2"), "c": digest(b"other"), "a": digest(b"older"), "gone": digest(b"y")}
    assert deploy.changes(wanted, running, copied) == (["c", "d"], ["a", "gone"])
    assert deploy.changes(wanted, {}, {}) == (["a", "b", "c", "d"], [])
    assert deploy.folders(["han/api/page/x", "board.mpy"]) == ["/lib", "/lib/han", "/lib/han/api", "/lib/han/api/page"]


def test_changed_modules_are_copied_and_run_over_the_rest(device, monkeypatch, capfd):
    probe = b"VALUE = %d\ndef read():\n    with open(__file__.rsplit('/', 1)[0] + '/zones.bin', 'rb') as f:\n"
    probe += b"        return len(f.read())\n"
    slot = {"han/__init__.py": b"", "han/core/__init__.py": b"", "han/core/zones.bin": b"zones" * 300,
            "han/core/probe.py": probe % 1, "same.py": b"1"}  # fmt: skip
    put(device, "/app", slot)
    put(device, "/lib", {"same.py": b"older", "old.py": b"2"})
    changed = dict(slot, **{"han/core/probe.py": probe % 2})
    monkeypatch.setattr(application, "files", lambda arch, version: changed)
    deploy.deploy(device.port)
    said = capfd.readouterr().out
    assert "1 modules to copy, 2 to remove" in said
    assert "main slot1 /dev/han/core/probe.py 1500 2" in said
    assert device.resets == 1  # whatever ran has ended, once
    listed = deploy.mpremote(device.port, ["resume"], ["exec", "import os; print(os.listdir('/lib'))"], capture=True)
    assert listed.strip() == "['han']"
    device.run("import sys\nsys.path.remove('/dev')\n")
    device.run("for name in list(sys.modules):\n  if name != 'machine': del sys.modules[name]\n")
    device.run("import vfs\nvfs.umount('/dev')\n")
    deploy.deploy(device.port)
    assert "0 modules to copy, 0 to remove" in capfd.readouterr().out


def test_what_does_not_fit_is_said_before_anything_is_written(device, monkeypatch):
    monkeypatch.setattr(application, "files", lambda arch, version: {"han/x%d.mpy" % n: bytes(4096) for n in range(30)})
    with pytest.raises(ImageError, match="30 changed modules take 139264 bytes, but the board's file system has room"):
        deploy.deploy(device.port)
    listed = deploy.mpremote(device.port, ["resume"], ["exec", "import os; print(os.listdir('/lib'))"], capture=True)
    assert listed.strip() == "[]"


def test_no_board(capfd):
    assert deploy.main(["/dev/none"]) == 1
    assert "tools.deploy: mpremote ended with 1" in capfd.readouterr().err
    assert deploy.main(["a", "b"]) == 2
