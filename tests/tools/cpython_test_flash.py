"""tools.flash on a chip's serial bootloader that is played by esp32-mock-bootloader."""

import hashlib
import subprocess
import sys
import time
import types

import esptool
import pytest

from tests.tools.image import micropython
from staging import keyring
from tools import build, flash, sign
from tools.image import otadata


# As published, the mock tells by the clock when a tool has gone: it gives up 50 ms into a silence, forgets that the
# stub runs 3 s after the last write, and on a pseudo-terminal keeps one that ran before where a tool is back quickly.
# What esptool then takes for the stub answers as the ROM does. On TCP each connection is a chip that has just started.
BOARD = """
import math, sys
from esp32_mock_bootloader import server
server._CLIENT_RECV_TIMEOUT = 3600
server._FLASH_END_IDLE_SEC = math.inf
server.run_server(0, chip_mode="esp32", port_file=sys.argv[1])
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """Folder of a build with all its files."""
    folder = tmp_path_factory.mktemp("release")
    (folder / "mp.bin").write_bytes(micropython.combined(micropython.application()))
    assert build.main(["--micropython", str(folder / "mp.bin"), "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Address of the serial port of an ESP32 with 4 MB of flash."""
    file = tmp_path_factory.mktemp("port") / "port"
    process = subprocess.Popen([sys.executable, "-c", BOARD, str(file)], stdout=subprocess.DEVNULL)
    while not (file.exists() and file.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    yield "socket://127.0.0.1:%s" % file.read_text()
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def quiet():
    esptool.logger.log.set_verbosity("silent")
    yield
    esptool.logger.log.set_verbosity("auto")


def write(capsys, port, path, *arguments):
    """(exit status, what was said) of a run."""
    status = flash.main([str(path), "--port", port, *arguments])
    said = capsys.readouterr()
    return status, said.out + said.err


def read(port, offset, size):
    with flash.Chip(port, 460800) as chip:
        return chip.read(offset, size)


def is_all(port, data):
    """True where the whole flash is as data: the chip adds it up itself."""
    with flash.Chip(port, 460800) as chip:
        return chip._esp.flash_md5sum(0, len(data)) == hashlib.md5(data).hexdigest()


def test_a_new_board_an_update_and_a_rescue(release, port, capsys):
    whole, ota = (release / "flash.bin").read_bytes(), (release / "ota.bin").read_bytes()

    status, said = write(capsys, port, release / "ota.bin")
    assert status == 1 and "the board: an empty partition table" in said

    with flash.Chip(port, 460800) as chip:
        chip.write([(0x380000, b"of another program")])
    status, said = write(capsys, port, release / "flash.bin")
    assert status == 0 and "written and verified" in said
    assert is_all(port, whole)

    # An update goes to the slot that is not in use, and takes nothing away.
    recorded = bytes(range(256)) * 16
    with flash.Chip(port, 460800) as chip:
        chip.write([(0x9000, recorded), (0x370000, recorded), (0x380000, recorded), (0x1C0000, bytes(4096))])
    for number, offset in ((1, 0x1C0000), (0, 0x10000)):
        status, said = write(capsys, port, release / "ota.bin")
        assert status == 0 and "writing slot%d" % (number + 1) in said
        assert otadata.selected(read(port, 0xD000, 0x2000)) == number
        assert read(port, offset, 4096) == ota[:4096]
    status, said = write(capsys, port, release / "ota.bin", "--slot", "slot1")
    assert status == 0 and "writing slot1" in said

    # A rescue writes all but what the reader has recorded.
    with flash.Chip(port, 460800) as chip:
        chip.write([(0xD000, b"\0" * 8192), (0x3C0000, b"\0" * 16384)])
    status, said = write(capsys, port, release / "flash.bin", "--keep")
    assert status == 0, said
    kept = bytearray(whole)
    for offset in (0x9000, 0x370000, 0x380000):
        kept[offset : offset + 4096] = recorded
    assert is_all(port, kept)


def test_nothing_is_kept_of_a_board_with_other_partitions(release, port, capsys):
    with flash.Chip(port, 460800) as chip:
        chip.write([(0x8000, micropython.combined(micropython.application())[0x7000:0x7C00])])
    status, said = write(capsys, port, release / "flash.bin", "--keep")
    assert status == 1 and "other partitions" in said
    # Two slots it has, but not this reader's: otadata is there, so an update could be written; it fits.
    status, said = write(capsys, port, release / "ota.bin")
    assert status == 0


def test_a_board_that_the_file_is_not_for(release, port, tmp_path, capsys):
    before = read(port, 0x8000, 0x2000)
    status, said = write(capsys, port, release / "flash-8MB.bin")
    assert status == 1 and "is for 8 MB of flash, this board has 4" in said
    (tmp_path / "mp.bin").write_bytes(micropython.combined(micropython.application(chip=9), 9))
    assert build.main(["--micropython", str(tmp_path / "mp.bin"), "--out", str(tmp_path)]) == 0
    for name in ("flash.bin", "ota.bin"):
        status, said = write(capsys, port, tmp_path / name)
        assert status == 1 and "is for ESP32-S3, this board has an ESP32" in said
    assert read(port, 0x8000, 0x2000) == before


def test_files_that_are_not_flashed(release, tmp_path, capsys):
    """They are looked at before any port is."""
    whole, ota = (release / "flash.bin").read_bytes(), (release / "ota.bin").read_bytes()
    key = keyring.make_key(tmp_path / "stranger.pem")
    for data, message in [
        (ota[:-1], "truncated or damaged"), (ota[:-5000], "truncated or damaged"), (b"hello", "truncated"),
        (ota[:70000] + b"\0" + ota[70001:], "wrong SHA-256 of its files"),
        (sign.sign(ota[:-4096], key), "could not be verified"),
        (whole[:-1], "no image of an ESP32"), (bytes(4 << 20), "no partition table"),
        (whole[:0x8004] + b"\1" + whole[0x8005:], "wrong MD5"), (whole[:0x10000] + b"\0" + whole[0x10001:], "no image"),
    ]:  # fmt: skip
        path = tmp_path / "file.bin"
        path.write_bytes(data)
        status, said = write(capsys, "/dev/none", path)
        assert status == 1 and message in said, said
    assert "No such file" in write(capsys, "/dev/none", tmp_path / "none")[1]
    assert "--slot is for ota.bin" in write(capsys, "/dev/none", release / "flash.bin", "--slot", "slot1")[1]
    assert "--keep is for flash.bin" in write(capsys, "/dev/none", release / "ota.bin", "--keep")[1]
    status, said = write(capsys, "/dev/none", release / "ota.bin")
    assert status == 1 and "/dev/none" in said


def test_the_port_is_found_where_there_is_one(monkeypatch):
    ports = []
    monkeypatch.setattr(flash.list_ports, "comports", lambda: ports)
    ports.append(types.SimpleNamespace(device="/dev/ttyS0", description="n/a", vid=None))
    with pytest.raises(flash.ImageError, match="no board on USB"):
        flash.only_port()
    ports.append(types.SimpleNamespace(device="/dev/ttyUSB0", description="CP2102", vid=0x10C4))
    assert flash.only_port() == "/dev/ttyUSB0"
    ports.append(types.SimpleNamespace(device="/dev/ttyACM0", description="S3", vid=0x303A))
    with pytest.raises(flash.ImageError, match=r"several boards.*/dev/ttyUSB0 \(CP2102\), /dev/ttyACM0 \(S3\)"):
        flash.only_port()


def test_what_helps_against_the_usual_errors():
    assert "dialout" in flash.explained(PermissionError(13, "Permission denied"))
    assert "hold the BOOT button" in flash.explained(esptool.FatalError("No serial data received."))
    assert flash.explained(OSError(5, "Input/output error")) == "[Errno 5] Input/output error"
