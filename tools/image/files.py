"""Files in a littlefs, made the same from the same files, and read back.

Blocks of the read-only file system in a slot are smaller than the flash's sectors: most modules are
one to three kB long, and in sectors of 4096 bytes would take three times their size.
"""

import hashlib

import littlefs

from staging import ImageError

SECTOR = 4096
#: Block size of the files in a slot, bytes.
BLOCK = 512
# What MicroPython's port uses; a disk of version 2.0 is read by every version of the code.
_CONFIGURATION = {"read_size": 32, "prog_size": 32, "cache_size": 128, "lookahead_size": 32, "disk_version": 0x20000}


def digest(data):
    """First digits of a file's SHA-256, which tell it from another version of it."""
    return hashlib.sha256(data).hexdigest()[:16]


def smallest(files, block=BLOCK):
    """The shortest file system, in whole sectors, with the files {path: bytes} in it."""
    room = sum(map(len, files.values())) * 2 + 64 * block + 8 * SECTOR
    used = _filled(files, block, room).used_block_count
    # The allocator wants a little more than what is used in the end.
    for blocks in range(used + 2, used + 256):
        size = -(-blocks * block // SECTOR) * SECTOR
        try:
            return bytes(_filled(files, block, size).context.buffer)
        except littlefs.LittleFSError:
            continue
    raise ImageError("the files do not fit a file system of %d bytes" % size)


def whole(files, size):
    """A file system of `size` bytes and blocks of a sector; ImageError where the files do not fit."""
    try:
        return bytes(_filled(files, SECTOR, size).context.buffer)
    except littlefs.LittleFSError as error:
        raise ImageError("%d bytes of files do not fit %d" % (sum(map(len, files.values())), size)) from error


def read(data, block=BLOCK):
    """{path: bytes} of a file system; ImageError where it is none."""
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
