"""Builds a release with everything frozen in: `make firmware [BOARD=HAN_READER] [MICROPYTHON=dir] [IDF=dir]`.

It stages the application, builds MicroPython with firmware/boards/BOARD and adds the manifest and the signature (see
tools.build). The results are ota.bin, flash*.bin and manifest.json in build/image. Without --micropython it clones
MicroPython at a pinned version. As compiler it takes an installed ESP-IDF (--idf, or IDF_PATH, which its export.sh
sets), else Espressif's container with docker or podman.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

from staging import ImageError, stage
from tools import build
from tools.image import frozen
from tools.image import application, partitions

BOARDS = stage.ROOT / "firmware" / "boards"
#: The repository and the tag to clone if no sources are given; the ESP-IDF and its container to build it with.
MICROPYTHON = "https://github.com/micropython/micropython"
MICROPYTHON_TAG = "v1.28.0"
IDF = "v5.5.3"
CONTAINER = "docker.io/espressif/idf:" + IDF
#: The first MicroPython that supports everything in firmware/boards, and the series of ESP-IDF that builds it.
_OLDEST = 1, 27
_IDF_SERIES = "5.5"
_FLASH = re.compile(r"^CONFIG_ESPTOOLPY_FLASHSIZE_(\d+)MB=y$", re.MULTILINE)
#: Seconds between two looks at a running step.
_SIGN = 10

_WAYS = """there is no ESP-IDF to build with. Three ways to go on:
  - take a release that is built already: write its flash.bin to the board with `make flash FILE=flash.bin`, or
    upload its ota.bin on the page of a running reader
  - start docker or podman, and run this again: it then uses Espressif's container, %s
  - install ESP-IDF %s, and run this again with IDF=its folder""" % (CONTAINER, IDF)


def boards():
    """Names of all boards in firmware/boards, a sorted list."""
    return sorted(path.parent.name for path in BOARDS.glob("*/mpconfigboard.cmake"))


def flash_sizes(board):
    """The sizes of flash (MB) for a board's image: the board's own and larger ones."""
    path = BOARDS / board / "sdkconfig.board"
    found = _FLASH.search(path.read_text()) if path.exists() else None
    least = int(found.group(1)) if found else 4
    return [megabytes for megabytes in sorted(partitions.LAYOUTS) if megabytes >= least]


def sources(given):
    """Folder of MicroPython's sources: the given one, or a clone in build/micropython; ImageError if unusable."""
    if not given:
        folder = stage.BUILD / "micropython"
        if not (folder / "ports").exists():
            shutil.rmtree(folder, ignore_errors=True)
            new = folder.with_name("micropython.new")
            shutil.rmtree(new, ignore_errors=True)
            print("cloning MicroPython %s" % MICROPYTHON_TAG, flush=True)
            run(["git", "clone", "--depth", "1", "--branch", MICROPYTHON_TAG, MICROPYTHON, str(new)])
            new.rename(folder)
        return folder
    folder = pathlib.Path(given).resolve()
    try:
        text = (folder / "py" / "mpconfig.h").read_text()
        found = tuple(int(re.search(r"#define MICROPY_VERSION_%s (\d+)" % part, text).group(1))
                      for part in ("MAJOR", "MINOR"))  # fmt: skip
    except (OSError, AttributeError) as error:
        raise ImageError("%s: no sources of MicroPython" % given) from error
    if found < _OLDEST:
        raise ImageError("%s: MicroPython %d.%d is too old: %d.%d or newer" % (given, *found, *_OLDEST))
    return folder


class Installed:
    """An ESP-IDF that is installed on this machine; ImageError if the folder has none."""

    def __init__(self, folder):
        self._export = pathlib.Path(folder).resolve() / "export.sh"
        if not self._export.exists():
            raise ImageError("%s: no ESP-IDF, it has no export.sh" % folder)
        version = self._export.with_name("version.txt")  # only releases have this file, clones do not
        text = version.read_text().strip() if version.exists() else _IDF_SERIES
        if _IDF_SERIES not in text:
            print("warning: %s is ESP-IDF %s; this is made for %s" % (folder, text, _IDF_SERIES), file=sys.stderr)

    def command(self, script, _):
        """The command that runs a shell script with the compiler on the path."""
        return ["bash", "-c", ". %s >/dev/null && %s" % (shlex.quote(str(self._export)), script)]


class Container:
    """Espressif's container. client: docker or podman."""

    def __init__(self, client):
        self._client = client

    def command(self, script, folders):
        """The command that runs a shell script in the container; the folders have the same paths there."""
        found = [self._client, "run", "--rm", "-e", "HOME=/tmp"]
        if "podman" not in self._client:  # podman maps root to the user who started it
            found += ["-u", "%d:%d" % (os.getuid(), os.getgid())]
        # git refuses a tree that belongs to another user.
        found += ["-e", "GIT_CONFIG_COUNT=1", "-e", "GIT_CONFIG_KEY_0=safe.directory", "-e", "GIT_CONFIG_VALUE_0=*"]
        for folder in folders:
            found += ["-v", "%s:%s" % (folder, folder)]
        return [*found, CONTAINER, "bash", "-c", script]


def compiler(given):
    """Installed for --idf or IDF_PATH, else Container if docker or podman answers; ImageError says what to do."""
    given = given or os.environ.get("IDF_PATH")
    if given:
        return Installed(given)
    silent = []
    for client in ("docker", "podman"):
        if shutil.which(client):
            if subprocess.run([client, "info"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                return Container(client)
            silent.append(client)
    because = "".join("%s is installed, but its daemon does not answer: is it started, and may you use it?\n" % client
                      for client in silent)  # fmt: skip
    raise ImageError(because + _WAYS)


def run(command):
    """Run a command with its output shown, and print the time each minute; ImageError if it fails."""
    started = said = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        while True:
            try:
                status = process.wait(_SIGN)
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() - said > 6 * _SIGN:
                    said = time.monotonic()
                    print("… %d minutes" % ((said - started) // 60), flush=True)
    if status:
        raise ImageError("this ended with %d: %s" % (status, shlex.join(map(str, command))))


def micropython(board, folder, tool):
    """Build MicroPython with the staged application; returns the path of firmware.bin; ImageError if it fails.

    board   name of a folder in firmware/boards
    folder  MicroPython's sources
    tool    Installed or Container
    """
    out = stage.BUILD / "esp32" / board
    out.mkdir(parents=True, exist_ok=True)
    make = "make -C %s/ports/esp32 BOARD_DIR=%s BUILD=%s" % tuple(
        shlex.quote(str(path)) for path in (folder, BOARDS / board, out))  # fmt: skip
    cross = folder / "mpy-cross"
    # Unless it is named, the port's build makes this compiler once more. As make hands BUILD= on, it does so in the
    # folder of the image and at the same time, and both have files of the same names.
    script = "make -C %s && export MICROPY_MPYCROSS=%s && %s submodules && %s" % (
        shlex.quote(str(cross)), shlex.quote(str(cross / "build/mpy-cross")), make, make)  # fmt: skip
    run(tool.command(script, [stage.ROOT, folder]))
    return out / "firmware.bin"


def parser():
    """The argparse parser of the command line."""
    found = argparse.ArgumentParser(
        prog="python -m tools.firmware", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = found.add_argument
    add("--board", default="HAN_READER", help="one of %s; default: %%(default)s" % ", ".join(boards()))
    add("--micropython", metavar="DIR", help="MicroPython's sources; default: a clone of %s" % MICROPYTHON_TAG)
    add("--idf", metavar="DIR", help="folder of ESP-IDF; default: IDF_PATH, else the container")
    add("--version", metavar="X.Y.Z.B",
        help="version of the release; default: the project's, %s" % application.project_version())
    add("--out", metavar="DIR", default=str(stage.BUILD / "image"), help="folder for the files; default: build/image")
    for name, metavar in build.FORWARDED.items():
        add("--" + name, metavar=metavar, help="see `python -m tools.build --help`")
    return found


def main(arguments):
    options = parser().parse_args(arguments)
    try:
        if options.board not in boards():
            raise ImageError("no board %s: there are %s" % (options.board, ", ".join(boards())))
        tool = compiler(options.idf)
        folder = sources(options.micropython)
        frozen.write(options.version)
        image = micropython(options.board, folder, tool)
    except (ImageError, OSError) as error:
        print("tools.firmware: %s" % error, file=sys.stderr)
        return 1
    forwarded = []
    for name in build.FORWARDED:
        value = getattr(options, name.replace("-", "_"))
        if value:
            forwarded += ["--" + name, value]
    sizes = map(str, flash_sizes(options.board))
    return build.main(["--frozen", "--micropython", str(image), "--out", options.out, "--flash", *sizes, *forwarded])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
