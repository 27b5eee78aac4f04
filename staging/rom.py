"""A read-only file system (VfsRom) of what is staged, as MicroPython's unix port runs it: bytecode stays where it lies.

On the chip the application is frozen: its bytecode lies in flash, and only names, constants and objects are in the
heap. From a file every byte of it would be; from a ROM it is as on the chip, but for code tables and names.
"""

import os
import pathlib

from mpremote.romfs import VfsRomWriter

from staging import BUILD


def image(*folders):
    """The file system's bytes: all that is below the folders, whose own folders have different names."""
    writer = VfsRomWriter()
    for folder in folders:
        _add(writer, pathlib.Path(folder))
    return bytes(writer.finalise())


def _add(writer, folder):
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            writer.opendir(path.name)
            _add(writer, path)
            writer.closedir()
        elif path.suffix in (".mpy", ".bin"):
            writer.mkfile(path.name, path.read_bytes())


def write(name, *folders):
    """The path of build/<name>.romfs with all that is below the folders; whoever has the old one open keeps it."""
    path = BUILD / (name + ".romfs")
    data = image(*folders)
    if not path.exists() or path.read_bytes() != data:
        new = path.with_suffix(".romfs.%d" % os.getpid())
        new.write_bytes(data)
        os.replace(new, path)
    return path
