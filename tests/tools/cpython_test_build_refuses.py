"""What tools.build does not take, and how it says so: one line, nothing written."""

import subprocess
import sys

import pytest

from staging import keyring, stage
from tests.tools.image import micropython
from tools import build
from tools.image import slot

SLOT = 0x1B0000


def refused(tmp_path, capsys, data, *arguments):
    """What tools.build says of a file that it does not take."""
    path = tmp_path / "mp.bin"
    path.write_bytes(data)
    status = build.main(["--micropython", str(path), "--out", str(tmp_path / "out"), *map(str, arguments)])
    assert status == 1
    assert not (tmp_path / "out").exists()
    said = capsys.readouterr().err
    assert said.startswith("tools.build: ") and said.count("\n") == 1
    return said


def test_too_large_says_by_how_much_and_what_helps(tmp_path, capsys):
    app = micropython.application(1_720_000)
    said = refused(tmp_path, capsys, micropython.combined(app))
    assert "too large: " in said and "a slot of 4 MB of flash has %d bytes" % SLOT in said
    assert "--flash 8 16 leaves" in said
    said = refused(tmp_path, capsys, micropython.frozen(SLOT - 200), "--frozen", "--flash", "4")
    assert "8192 less than an image of %d, of which MicroPython is" % (SLOT + 8192) in said
    assert "--flash" not in said
    said = refused(tmp_path, capsys, micropython.application(0x280000), "--flash", "8", "16")
    assert "a slot of 8 MB" in said and "--flash" not in said


def test_the_largest_that_fits_and_one_more(tmp_path, capsys):
    app = micropython.frozen(SLOT - 8192 - 128)  # room for manifest and signature
    assert SLOT - 8192 - 4096 < len(app) <= SLOT - 8192
    (tmp_path / "fits.bin").write_bytes(app)
    assert build.main(["--micropython", str(tmp_path / "fits.bin"), "--frozen", "--out", str(tmp_path / "fits")]) == 0
    assert (tmp_path / "fits" / "ota.bin").stat().st_size == SLOT
    app = micropython.frozen(SLOT - 8192)
    assert "4096 less" in refused(tmp_path, capsys, app, "--frozen")


@pytest.mark.parametrize("data, arguments, message", [
    (micropython.application(chip=16), (), "chip with id 16"),
    (micropython.combined(micropython.application())[:-1000], (), "truncated, 1000 bytes of an image are missing"),
    (b"<!DOCTYPE html>" + bytes(100), (), "no image of an ESP32"),
    (micropython.application(extra=b"\0 psram \0"), (), "cannot use PSRAM"),
    (micropython.frozen(), (), "or a release with everything frozen in (`make firmware`), which needs none"),
    (micropython.application(version=b"v1.22.2"), (), "MicroPython 1.22.2 is too old for .mpy files of version 6.3"),
    (micropython.application(version=b"unknown"), (), "does not say which version"),
    (micropython.application(), ("--version", "1.2.3"), "the version 1.2.3 is not major.minor.patch.build"),
    (micropython.application(), ("--version", "1.0.0.0", "--min-version", "1.0.0.1"), "above the image's own"),
    (micropython.application(), ("--key", "/none.pem"), "/none.pem: No such file"),
    (micropython.application(), ("--config", "/none.json"), "--config is for flash.bin"),
    (micropython.combined(micropython.application()), ("--config", "/none.json"), "/none.json: No such file"),
    (micropython.application(), ("--authority", "/none.pem"), "--authority is for --updates https://"),
    (micropython.application(), ("--updates", "https://a.b", "--authority", "/none.pem"), "/none.pem: No such file"),
    (micropython.application(), ("--updates", "https://a.b", "--authority", __file__), "no certificate"),
    (micropython.application(), ("--bootloader", "/none.bin"), "/none.bin: No such file"),
])  # fmt: skip
def test_refused_with_a_clear_word(tmp_path, capsys, data, arguments, message):
    assert message in refused(tmp_path, capsys, data, *arguments)


@pytest.mark.parametrize("config, message", [
    ("{", "not JSON at byte 1"),
    ("[]", "must be an object"),
    ('{"m": {"f": 3}}', "m.f must be an integer from 6 to 200"),
    ('{"w": {"p": "short"}}', "w.p must be 8 to 63 ASCII characters"),
    ('{"t": "Mars/Olympus"}', "t must be a time zone"),
    ('{"pw": "long enough"}', "pw has to be set on the reader itself"),
])  # fmt: skip
def test_a_configuration_that_the_api_would_refuse(tmp_path, capsys, config, message):
    path = tmp_path / "c.json"
    path.write_text(config)
    data = micropython.combined(micropython.application())
    said = refused(tmp_path, capsys, data, "--config", path)
    assert message in said and str(path) in said


def test_a_key_that_readers_would_not_accept_later(tmp_path, capsys):
    key = keyring.make_key(tmp_path / "own.pem")
    said = refused(tmp_path, capsys, micropython.application(), "--key", key)
    assert "readers take no update after this one" in said


def test_an_older_version_than_the_floor_is_its_own_floor(tmp_path):
    (tmp_path / "mp.bin").write_bytes(micropython.application())
    assert build.main(["--micropython", str(tmp_path / "mp.bin"), "--version", "0.0.9.0", "--out", str(tmp_path)]) == 0
    assert slot.manifest_in((tmp_path / "ota.bin").read_bytes())[1]["min_version"] == "0.0.9.0"


def test_wrong_arguments_are_exit_2(tmp_path, capsys):
    run = [sys.executable, "-m", "tools.build"]
    for arguments in ((), ("--out", str(tmp_path), "--arch", "riscv"), ("--out", str(tmp_path), "--flash", "32")):
        assert subprocess.call(run + list(arguments), cwd=stage.ROOT, stderr=subprocess.DEVNULL) == 2
    assert build.main(["--out", str(tmp_path)]) == 1
    assert "--micropython FILE is missing" in capsys.readouterr().err
