"""The file systems in an image: the same every time, and mounted by MicroPython itself."""

import ast
import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile

import pytest

from staging import ImageError, manifest, stage, unix
from tests.tools.image import stock
from tools.image import application, files

FILES = {
    "han/__init__.mpy": b"M\6" + bytes(100), "han/api/page/index.gz": os.urandom(30000),
    "empty": b"", "one": b"1", "inline": bytes(range(256)) * 2, "block": bytes(512), "deep/a/b/c/d.bin": b"d" * 4097,
    **{"han/many/module%d.mpy" % n: bytes([n]) * (n * 97) for n in range(60)},
}  # fmt: skip

MOUNT = """
import os, sys
class Disk:
    def __init__(self, path, offset, size, block):
        self.file = open(path, "rb"); self.offset = offset; self.size = size; self.block = block
    def readblocks(self, n, buf, off=0):
        self.file.seek(self.offset + n * self.block + off)
        self.file.readinto(buf)
    def writeblocks(self, n, buf, off=0):
        raise OSError(30)
    def ioctl(self, op, arg):
        return {4: self.size // self.block, 5: self.block}.get(op, 0)
path, offset, size, block = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
disk = Disk(path, offset, size, block)
# The chip's own start finds out by itself what kind of file system there is.
os.mount(disk if block == 4096 else os.VfsLfs2(disk), "/image", readonly=True)
"""


def mounted(tmp_path, code, path, offset, size, block):
    """What MicroPython prints that runs `code` after mounting the file system in a file at /image."""
    script = tmp_path / "mount.py"
    script.write_text(MOUNT + code)
    done = subprocess.run(unix.command(script, path, offset, size, block), capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_made_the_same_and_read_back():
    data = files.smallest(FILES)
    assert files.read(data) == FILES
    assert files.smallest(dict(reversed(FILES.items()))) == data
    assert len(data) % 4096 == 0
    total = sum(map(len, FILES.values()))
    assert len(data) < total * 1.3 + 4096
    whole = files.whole({"main.py": b"x" * 5000}, 64 << 10)
    assert len(whole) == 64 << 10 and files.read(whole, 4096) == {"main.py": b"x" * 5000}


def test_what_does_not_fit_or_is_none():
    with pytest.raises(ImageError, match="70000 bytes of files do not fit 65536"):
        files.whole({"x": bytes(70000)}, 64 << 10)
    with pytest.raises(ImageError, match="no sound file system"):
        files.read(b"\xff" * 8192)


def test_micropython_mounts_and_reads_both_kinds(tmp_path):
    code = """
import hashlib, binascii
def walk(path):
    for entry in os.ilistdir(path):
        name = path + "/" + entry[0]
        if entry[1] == 0x4000:
            walk(name)
        else:
            with open(name, "rb") as file:
                data = file.read()
            print(name, len(data), binascii.hexlify(hashlib.sha256(data).digest()).decode())
walk("/image")
"""
    expected = sorted("/image/%s %d %s" % (name, len(data), hashlib.sha256(data).hexdigest())
                      for name, data in FILES.items())  # fmt: skip
    image = tmp_path / "image"
    small = files.smallest(FILES)
    image.write_bytes(b"\x00" * 4096 + small)
    assert sorted(mounted(tmp_path, code, image, 4096, len(small), files.BLOCK).splitlines()) == expected
    image.write_bytes(files.whole(FILES, 1 << 20))
    assert sorted(mounted(tmp_path, code, image, 0, 1 << 20, 4096).splitlines()) == expected


def test_the_simulated_boards_files_run_on_both_interpreters(tmp_path):
    found = application.files(application.SIM, "4.3.2.1")
    data = files.smallest(found)
    image = tmp_path / "image"
    image.write_bytes(data)
    code = """
sys.path[:] = ["/image", ".frozen"]
import han
from han.app import App
from han.core import zonefile
print(han.__version__, han.__file__, "Europe/Helsinki" in zonefile.names())
"""
    said = mounted(tmp_path, code, image, 0, len(data), files.BLOCK)
    assert said == "4.3.2.1 /image/han/__init__.mpy True\n"
    archive = files.read(data)[application.SOURCES]
    zipfile.ZipFile(io.BytesIO(archive)).extractall(tmp_path / "py")
    code = code.replace('sys.path[:] = ["/image", ".frozen"]', "")
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(tmp_path / "py")},
                          capture_output=True, text=True, cwd=tmp_path)  # fmt: skip
    assert done.stdout == "4.3.2.1 %s True\n" % (tmp_path / "py/han/__init__.py"), done.stderr


def test_the_chips_files_are_what_a_chip_needs_and_no_more():
    found = application.files(application.CHIP, "1.2.3.4")
    assert {"board.mpy", "han/app.mpy", "han/ota/keys.mpy", "microdot/microdot.mpy", "han/core/zones.bin"} <= set(found)
    assert not [name for name in found if name.endswith((".py", "_plain.mpy", "/plain.mpy"))]
    assert b"1.2.3.4" in found["han/__init__.mpy"]
    staged = stage.stage(stage.CHIP)[0]
    assert found["han/app.mpy"] == (staged / "han/app.mpy").read_bytes()
    # MicroPython's persistent code: version 6; where there is viper, for xtensawin and sub-version 3; small integers.
    for name, data in found.items():
        if name.endswith(".mpy"):
            assert data[:2] == b"M\6" and data[2] in (0, 10 << 2 | 3) and data[3] <= 31, (name, data[:4])
    assert found["han/wire/fast.mpy"][2]


def imported(tree):
    """Modules that MicroPython imports: not what stands in for them elsewhere, after `except ImportError`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ExceptHandler) and getattr(node.type, "id", "") == "ImportError":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module
        yield from imported(node)


def test_the_chips_code_needs_only_what_stock_micropython_has():
    texts = {str(path): source.read_text() for path, source in stage.sources().items()}
    texts.update((name, (stage.ROOT / name).read_text()) for name in ("boot.py", "main.py"))
    for path, text in texts.items():
        if path.startswith("microdot") or path.endswith(("_plain.py", "/plain.py")):
            continue
        roots = {name.split(".")[0] for name in imported(ast.parse(text))}
        if path == "han/api/http/tls.py":
            roots -= {"tempfile", "base64"}  # the chip goes on without the first, and returns before the second
        ours = {"han", "microdot", "board", "begin", "console", "pins", "plug"}
        assert roots <= stock.MODULES | ours, (path, roots - stock.MODULES)
        assert not re.search(r"\bVfsRom|\bMODE_CTR\b", text), path


@pytest.mark.parametrize("good", ["1.2.3.4", "0.0.0.0", "12345.0.10.99999"])
def test_a_version_is_four_numbers(good):
    assert manifest.version(good) == tuple(int(part) for part in good.split("."))


@pytest.mark.parametrize("bad", ["1.2.3", "1.2.3.4.5", "v1.2.3.4", "1.2.3.-4", "1.2.3.123456", "", "1.2.3.4\n"])
def test_anything_else_is_none(bad):
    with pytest.raises(ImageError, match="not major.minor.patch.build"):
        manifest.version(bad)


def test_the_manifest_sector_byte_for_byte():
    data = manifest.sector({"version": "1.2.3.4", "product": "x"})
    text = b'{"product":"x","version":"1.2.3.4"}'
    assert len(data) == 4096 and data[:8] == b"HANM\x01\x00" + bytes((len(text), 0))
    assert data[12 : 12 + len(text)] == text and set(data[12 + len(text) :]) == {0xFF}
    assert manifest.parse(data) == {"version": "1.2.3.4", "product": "x"}
    for at in range(12 + len(text)):
        assert manifest.parse(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]) is None, at
        assert manifest.parse(data[:at]) is None
    with pytest.raises(ImageError, match="a manifest of"):
        manifest.sector({"version": "x" * 4096})
