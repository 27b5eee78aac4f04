"""How to start MicroPython's unix port with the staged application, as files on its path or in a ROM."""

import os
import pathlib
import sys

from staging import BUILD, ROOT, rom, stage

# Of the heap, what administering a ROM and reading it takes.
_MOUNTED = 2048


def size(text):
    """Bytes of a size such as 240k."""
    return int(text.rstrip("kKmM")) << {"k": 10, "m": 20}.get(text[-1].lower(), 0)


def staged_rom():
    """Path of the ROM with the application as it is staged."""
    return rom.write(stage.UNIX, BUILD / stage.UNIX)


def rom_command(path, *arguments, heap="64M"):
    """The command line that runs `arguments` (a script or a module, and its own) on a ROM, see mount.py.

    heap: what is left without the ROM, which the unix port can only have in its heap.
    """
    room = path.stat().st_size
    # The collector's tables: two bits for each 32 bytes, and one more.
    total = size(heap) + room + room // 80 + _MOUNTED
    return command(ROOT / "staging" / "mount.py", path, *arguments, heap=str(total))


def command(*arguments, heap="64M"):
    """The command line that runs `arguments` (a script and its own) with a heap of that size."""
    # Beside this interpreter and not from PATH: the version that requirements.txt pins.
    micropython = pathlib.Path(sys.executable).parent / "micropython"
    if not micropython.exists():
        raise FileNotFoundError("no %s: run make setup" % micropython)
    return [str(micropython), "-X", "heapsize=" + heap, *map(str, arguments)]


def environment(arch=stage.UNIX):
    """The environment in which the staged modules are found (asyncio comes with the port)."""
    return dict(os.environ, MICROPYPATH="%s:.frozen" % (BUILD / arch))
