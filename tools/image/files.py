"""Makes a littlefs with files, and reads one. The same files always give the same bytes.

The blocks of the read-only file system in a slot are smaller than the sectors of the flash. Most modules have one to
three kB; in blocks of 4096 bytes they would take three times their size.
"""

import hashlib

import littlefs

from staging import ImageError

SECTOR = 4096
#: Block size of the files in a slot, bytes.
BLOCK = 512
# The values of MicroPython's port. Every version of the code reads a disk of version 2.0.
_CONFIGURATION = {"read_size": 32, "prog_size": 32, "cache_size": 128, "lookahead_size": 32, "disk_version": 0x20000}


def digest(data):
    """The first 16 hex digits of a file's SHA-256, to compare versions of it."""
    return hashlib.sha256(data).hexdigest()[:16]


def smallest(files, block=BLOCK):
    """Bytes of the smallest file system (in whole sectors) with the files {path: bytes}; ImageError if none fits."""
    room = sum(map(len, files.values())) * 2 + 64 * block + 8 * SECTOR
    used = _filled(files, block, room).used_block_count
    # While it writes, the allocator needs a few blocks more than are used in the end.
    for blocks in range(used + 2, used + 256):
        size = -(-blocks * block // SECTOR) * SECTOR
        try:
            return bytes(_filled(files, block, size).context.buffer)
        except littlefs.LittleFSError:
            continue
    raise ImageError("the files do not fit a file system of %d bytes" % size)


def whole(files, size):
    """A file system of `size` bytes with blocks of a sector; ImageError if the files {path: bytes} do not fit."""
    try:
        return bytes(_filled(files, SECTOR, size).context.buffer)
    except littlefs.LittleFSError as error:
        raise ImageError("%d bytes of files do not fit %d" % (sum(map(len, files.values())), size)) from error


def read(data, block=BLOCK):
    """{path: bytes} of a file system; ImageError if it is not one, or damaged."""
    context = littlefs.UserContext(len(data))
    context.buffer[:] = data
    system = littlefs.LittleFS(context, mount=False, block_size=block, block_count=len(data) // block, **_CONFIGURATION)
    try:
        system.mount()
        found = {}
        for folder, _, names in system.walk("/"):
            for name in names:
                path = folder.rstrip("/") + "/" + name
                with system.open(path, "rb") as file:
                    found[path[1:]] = file.read()
        return found
    except littlefs.LittleFSError as error:
        raise ImageError("no sound file system: %s" % error) from error


def _filled(files, block, size):
    context = littlefs.UserContext(size)
    context.buffer[:] = b"\xff" * size
    system = littlefs.LittleFS(context, mount=False, block_size=block, block_count=size // block, **_CONFIGURATION)
    system.format()
    system.mount()
    for path in sorted(files):
        system.makedirs(path.rpartition("/")[0], exist_ok=True)
        with system.open(path, "wb") as file:
            file.write(files[path])
    system.unmount()
    system.mount()
    return system
