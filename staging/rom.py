"""Makes a read-only file system (VfsRom) of the staged files for MicroPython's unix port.

On the chip the application is frozen: its bytecode stays in flash, and only names, constants and objects are in the
heap. The unix port loads bytecode from a file into the heap, but runs it in place from a ROM. So the heap is then like
the chip's, except for code tables and names.
"""

import os
import pathlib

from mpremote.romfs import VfsRomWriter

from staging import BUILD


def image(*folders):
    """Bytes of the file system with everything below the folders. No sub-folder may occur in two of them."""
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
    """Write build/<name>.romfs with everything below the folders; returns its path.

    A process that has the old file open keeps it.
    """
    path = BUILD / (name + ".romfs")
    data = image(*folders)
    if not path.exists() or path.read_bytes() != data:
        new = path.with_suffix(".romfs.%d" % os.getpid())
        new.write_bytes(data)
        os.replace(new, path)
    return path
