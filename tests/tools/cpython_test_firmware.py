"""`make firmware` on a machine that is played: MicroPython's sources, ESP-IDF and docker are shims."""

import json
import os
import sys

import pytest

from staging import keyring, stage
from tests.tools.image import micropython
from tools import firmware
from tools.image import slot

# What MicroPython's own Makefile asks of idf.py, which "builds" what is staged.
MAKEFILE = """all:
\tidf.py -D MICROPY_BOARD_DIR=$(BOARD_DIR) -B $(BUILD) build
submodules:
\tidf.py -D MICROPY_BOARD_DIR=$(BOARD_DIR) -B $(BUILD) reconfigure
"""
IDF = """#!%s
import os, pathlib, re, sys
sys.path.insert(0, %r)
from tests.tools.image import micropython
board = pathlib.Path(sys.argv[2].partition("=")[2])
target = re.search(r"IDF_TARGET (\\w+)", (board / "mpconfigboard.cmake").read_text()).group(1)
chip = {"esp32": 0, "esp32s3": 9, "esp32c3": 5, "esp32c6": 13}[target]
version = re.search(r'__version__ = "(.*)"', (board / "../../../build/frozen/han/__init__.py").read_text()).group(1)
print("idf.py", sys.argv[-1], "with", os.environ.get("MICROPY_MPYCROSS"))
if sys.argv[-1] == "build":
    out = pathlib.Path(sys.argv[4])
    out.mkdir(parents=True, exist_ok=True)
    size = 1_690_000 if chip != 9 else 2_000_000
    (out / "firmware.bin").write_bytes(micropython.combined(micropython.frozen(size, chip, version), chip))
"""
# It runs what it is told to, and leaves what that was.
DOCKER = """#!/bin/sh
[ "$1" = info ] && exit %d
echo "$@" >%s
while [ "$1" != bash ]; do shift; done
exec "$@"
"""


@pytest.fixture(autouse=True, scope="module")
def staged():
    """There is one build/frozen: other tests that lay it out wait."""
    with stage.locked("test_frozen"):
        yield


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Folder with the shims: mp (MicroPython's sources), idf (an ESP-IDF), bin (first on the path)."""
    for name in ("mpy-cross", "ports/esp32"):
        (tmp_path / "mp" / name).mkdir(parents=True)
    (tmp_path / "mp/mpy-cross/Makefile").write_text("all:\n\t@echo mpy-cross\n")
    (tmp_path / "mp/ports/esp32/Makefile").write_text(MAKEFILE)
    (tmp_path / "mp/py").mkdir()
    says(tmp_path, 1, 28)
    script(tmp_path / "tools/idf.py", IDF % (sys.executable, str(stage.ROOT)))
    (tmp_path / "idf").mkdir()
    (tmp_path / "idf/export.sh").write_text('export PATH="%s:$PATH"\n' % (tmp_path / "tools"))
    (tmp_path / "bin").mkdir()
    # All of the system's, but for what could be a real container's client.
    for folder in os.environ["PATH"].split(os.pathsep):
        for name in ("bash", "sh", "make", "git", "env", "echo"):
            if os.path.exists(os.path.join(folder, name)) and not (tmp_path / "bin" / name).exists():
                (tmp_path / "bin" / name).symlink_to(os.path.join(folder, name))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("IDF_PATH", raising=False)
    return tmp_path


def says(machine, major, minor):
    (machine / "mp/py/mpconfig.h").write_text(
        "#define MICROPY_VERSION_MAJOR %d\n#define MICROPY_VERSION_MINOR %d\n" % (major, minor))


def make(machine, *arguments):
    return firmware.main(["--out", str(machine / "out"), "--micropython", str(machine / "mp"), *arguments])


@pytest.mark.parametrize("board, chip, sizes", [
    ("HAN_READER", "ESP32", (4, 8, 16)), ("HAN_READER_S3", "ESP32-S3", (8, 16)),
    ("HAN_READER_C3", "ESP32-C3", (4, 8, 16)), ("HAN_READER_C6", "ESP32-C6", (4, 8, 16)),
])  # fmt: skip
def test_from_a_clone_to_a_signed_release_of_each_board(machine, capfd, board, chip, sizes):
    assert make(machine, "--idf", str(machine / "idf"), "--board", board, "--version", "3.2.1.0") == 0
    said = capfd.readouterr().out
    assert said.index("mpy-cross") < said.index("idf.py reconfigure") < said.index("idf.py build")
    # The port's build does not make the compiler again.
    assert "idf.py build with %s" % (machine / "mp/mpy-cross/build/mpy-cross") in said
    values = slot.opened((machine / "out/ota.bin").read_bytes(), keyring.accepted())
    assert (values["chip"], values["flavour"], values["built_with"]) == (chip, "frozen", "1.28.0")
    # Version, application and manifest agree.
    assert values["version"] == "3.2.1.0"
    assert '__version__ = "3.2.1.0"' in (stage.BUILD / "frozen/han/__init__.py").read_text()
    assert json.loads((machine / "out/manifest.json").read_text())["version"] == "3.2.1.0"
    made = {path.name for path in (machine / "out").glob("flash*.bin")}
    assert made == {"flash.bin" if size == 4 else "flash-%dMB.bin" % size for size in sizes}


def test_the_next_release_of_the_same_clone_has_its_own_version(machine):
    for version in ("1.0.0.1", "1.0.0.2"):
        assert make(machine, "--idf", str(machine / "idf"), "--version", version) == 0
        assert slot.manifest_in((machine / "out/ota.bin").read_bytes())[1]["version"] == version


def test_idf_path_as_its_export_sets_it(machine, monkeypatch, capfd):
    monkeypatch.setenv("IDF_PATH", str(machine / "idf"))
    (machine / "idf/version.txt").write_text("v5.4.1\n")
    assert make(machine) == 0
    assert "is ESP-IDF v5.4.1; this is made for 5.5" in capfd.readouterr().err


@pytest.mark.parametrize("client", ["docker", "podman"])
def test_a_container_where_there_is_no_idf(machine, client):
    script(machine / "bin" / client, DOCKER % (0, machine / "asked"))
    (machine / "bin/idf.py").symlink_to(machine / "tools/idf.py")
    assert make(machine) == 0
    asked = (machine / "asked").read_text()
    assert asked.startswith("run --rm ") and " %s bash -c " % firmware.CONTAINER in asked
    for folder in (stage.ROOT, machine / "mp"):
        assert "-v %s:%s" % (folder, folder) in asked
    assert ("-u %d:%d" % (os.getuid(), os.getgid()) in asked) == (client == "docker")


def test_without_any_of_them_the_ways_are_told_and_prebuilt_ones_first(machine, capsys):
    assert make(machine) == 1
    said = capsys.readouterr().err
    ways = [said.index(way) for way in ("a release that is built already", "docker or podman", "install ESP-IDF")]
    assert ways == sorted(ways)
    assert "daemon" not in said
    script(machine / "bin/docker", DOCKER % (1, "/dev/null"))
    assert make(machine) == 1
    said = capsys.readouterr().err
    assert "docker is installed, but its daemon does not answer" in said and "a release that is built already" in said


def test_what_cannot_be_built_is_told_before_anything_is(machine, capfd):
    idf = ("--idf", str(machine / "idf"))
    assert make(machine, *idf, "--board", "HAN_READER_H2") == 1
    assert "no board HAN_READER_H2: there are HAN_READER, HAN_READER_C3" in capfd.readouterr().err
    says(machine, 1, 26)
    assert make(machine, *idf) == 1
    assert "MicroPython 1.26 is too old: 1.27 or newer" in capfd.readouterr().err
    (machine / "mp/py/mpconfig.h").unlink()
    assert make(machine, *idf) == 1
    assert "no sources of MicroPython" in capfd.readouterr().err
    assert make(machine, "--idf", str(machine / "none")) == 1
    assert "no ESP-IDF, it has no export.sh" in capfd.readouterr().err
    assert not (machine / "out").exists()


def test_a_build_that_fails_leaves_no_release(machine, capfd):
    script(machine / "tools/idf.py", "#!/bin/sh\nexit 2\n")
    assert make(machine, "--idf", str(machine / "idf")) == 1
    assert "this ended with 2: bash -c" in capfd.readouterr().err
    assert not (machine / "out").exists()


def test_every_board_definition_is_complete():
    common = stage.ROOT / "firmware/boards/common"
    for name in firmware.boards():
        folder = stage.ROOT / "firmware/boards" / name
        assert "include(${MICROPY_BOARD_DIR}/../common/board.cmake)" in (folder / "mpconfigboard.cmake").read_text()
        assert '#include "../common/board.h"' in (folder / "mpconfigboard.h").read_text()
        assert "MICROPY_HW_MCU_NAME" in (folder / "mpconfigboard.h").read_text()
        # What it names is there.
        for line in (folder / "mpconfigboard.cmake").read_text().splitlines():
            if "MICROPY_BOARD_DIR}/" in line:
                named = line.strip().rstrip(")").partition("MICROPY_BOARD_DIR}/")[2]
                assert (folder / named).exists(), (name, line)
    for name in ("partitions.csv", "partitions-8MB.csv"):
        assert (common / "../.." / name).exists()
    assert micropython.BOOTLOADER.keys() >= {0, 5, 9, 13}
