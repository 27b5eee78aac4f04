"""Starts MicroPython's unix port on a ROM: `micropython staging/mount.py ROM MODULE|SCRIPT.py [ARGUMENT …]`.

The ROM is what rom.py makes. A module's start() is called, a script runs as it would by itself. What the ROM
takes of the heap is no part of what a board has.
"""

import os
import sys

import vfs


def mount(path):
    """Mount the file system at /rom, first on the path."""
    size = os.stat(path)[6]
    data = bytearray(size)
    with open(path, "rb", buffering=0) as file:
        if file.readinto(data) != size:
            raise OSError(5)
    vfs.mount(vfs.VfsRom(data), "/rom")
    sys.path[:] = ["/rom", ".frozen"]


def run(name):
    """Run a script, or a module of the ROM."""
    if name.endswith(".py"):
        with open(name) as file:
            code = compile(file.read(), name, "exec")
        exec(code, {"__name__": "__main__", "__file__": name})
    else:
        __import__(name)
        sys.modules[name].start()


mount(sys.argv[1])
del sys.argv[:2]
run(sys.argv[0])
