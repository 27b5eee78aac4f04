"""Starts MicroPython's unix port on a ROM: `micropython staging/mount.py ROM MODULE|SCRIPT.py [ARGUMENT …]`.

rom.py makes the ROM. Of a module this calls start(); a script runs as usual. The ROM lies in the heap of the unix
port, but is not counted as heap of the board.
"""

import os
import sys

import vfs


def mount(path):
    """Mount the file system of the ROM at /rom and make it the first entry of sys.path."""
    size = os.stat(path)[6]
    data = bytearray(size)
    with open(path, "rb", buffering=0) as file:
        if file.readinto(data) != size:
            raise OSError(5)
    vfs.mount(vfs.VfsRom(data), "/rom")
    sys.path[:] = ["/rom", ".frozen"]


def run(name):
    """Run a script (name.py), or start() of a module in the ROM."""
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
