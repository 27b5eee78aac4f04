"""The check of an application image in a slot, as ESP-IDF's loader and set_boot() make it."""

import hashlib
import struct

_CHUNK = 1024


def length(slot):
    """Length in bytes of a valid image at the start of a slot, with its SHA-256; None if there is none.

    slot: a partition with readblocks() and ioctl().
    """
    size = slot.ioctl(4, 0) * 4096
    head = _read(slot, 0, 24)
    if head[0] != 0xE9 or not 1 <= head[1] <= 16:
        return None
    at = 24
    checksum = 0xEF
    for _ in range(head[1]):
        if at + 8 > size:
            return None
        count = struct.unpack("<I", _read(slot, at + 4, 4))[0]
        at += 8
        if count % 4 or at + count > size:
            return None
        checksum ^= _xor(slot, at, count)
        at += count
    end = (at | 15) + 1
    if end + 32 > size or _read(slot, end - 1, 1)[0] != checksum:
        return None
    if head[23] != 1:
        return end
    if _sha256(slot, end) != _read(slot, end, 32):
        return None
    return end + 32


def _read(slot, at, count):
    data = bytearray(count)
    slot.readblocks(at // 4096, data, at % 4096)
    return bytes(data)


# XOR of all bytes from `at` on. It takes whole chunks at once as big integers.
def _xor(slot, at, count):
    total = 0
    for n in range(0, count, _CHUNK):
        total ^= int.from_bytes(_read(slot, at + n, min(_CHUNK, count - n)), "little")
    bits = 8 * _CHUNK
    while bits > 8:
        bits //= 2
        total = total >> bits ^ total & ((1 << bits) - 1)
    return total


def _sha256(slot, end):
    hashed = hashlib.sha256()
    for n in range(0, end, _CHUNK):
        hashed.update(_read(slot, n, min(_CHUNK, end - n)))
    return hashed.digest()
