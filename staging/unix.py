"""Command lines of MicroPython's unix port with the staged application, as files on its path or in a ROM."""

import os
import pathlib
import sys

from staging import BUILD, ROOT, rom, stage

# Bytes of heap that mounting and reading a ROM takes.
_MOUNTED = 2048


def size(text):
    """Bytes of a size such as "240k"."""
    return int(text.rstrip("kKmM")) << {"k": 10, "m": 20}.get(text[-1].lower(), 0)


def staged_rom():
    """Write the ROM with the staged application; returns its path."""
    return rom.write(stage.UNIX, BUILD / stage.UNIX)


def rom_command(path, *arguments, heap="64M"):
    """The command line that runs a script or a module with its arguments on a ROM, see mount.py.

    heap  size of the heap without the ROM. The unix port keeps the ROM in its heap, so the ROM's size is added.
    """
    room = path.stat().st_size
    # The collector's tables take three bits for each 32 bytes.
    total = size(heap) + room + room // 80 + _MOUNTED
    return command(ROOT / "staging" / "mount.py", path, *arguments, heap=str(total))


def command(*arguments, heap="64M"):
    """The command line that runs a script with its arguments and a heap of that size.

    FileNotFoundError if the unix port is not installed.
    """
    # The one beside this interpreter, not one on PATH: requirements.txt pins its version.
    micropython = pathlib.Path(sys.executable).parent / "micropython"
    if not micropython.exists():
        raise FileNotFoundError("no %s: run make setup" % micropython)
    return [str(micropython), "-X", "heapsize=" + heap, *map(str, arguments)]


def environment(arch=stage.UNIX):
    """The environment in which MicroPython finds the staged modules (asyncio comes with the port)."""
    return dict(os.environ, MICROPYPATH="%s:.frozen" % (BUILD / arch))
