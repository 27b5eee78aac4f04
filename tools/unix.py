"""How to start MicroPython's unix port with the staged application on its path."""

import os
import pathlib
import sys

from tools import stage

ROOT = stage.ROOT


def command(*arguments, heap="64M"):
    """The command line that runs `arguments` (a script and its own) with a heap of that size."""
    # Beside this interpreter and not from PATH: the version that requirements.txt pins.
    micropython = pathlib.Path(sys.executable).parent / "micropython"
    if not micropython.exists():
        raise FileNotFoundError("no %s: run make setup" % micropython)
    return [str(micropython), "-X", "heapsize=" + heap, *map(str, arguments)]


def environment(arch=stage.UNIX):
    """The environment in which the staged modules are found (asyncio comes with the port)."""
    return dict(os.environ, MICROPYPATH="%s:.frozen" % (stage.BUILD / arch))
