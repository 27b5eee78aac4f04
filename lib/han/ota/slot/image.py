"""Checks the image in a slot to its last byte, as read from flash. tools/image makes such images.

    0                 MicroPython's application: header, segments, checksum, SHA-256
    files' offset     the application's files (none where they are frozen into MicroPython)
    size - 8192       manifest: "HANM", format, length and CRC-32 of the JSON, the JSON
    size - 4096       signature sector over everything before it
"""
import asyncio
import struct
from binascii import crc32, hexlify
from hashlib import sha256

from ...core.strictjson import Parser
from ..rules import Wrong, check_head, number
from .signature import signed

try:
    from .fold_fast import fold
except ImportError:
    from .fold_plain import fold

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_SECTOR = const(4096)
_HEAD = const(24)
_SEED = const(0xEF)  # start value of the checksum


def segments(slot, size):
    """([(start, end)] of the segments' bytes, end of MicroPython's application) from the first `size` bytes of a slot.

    Wrong where they do not fit in `size`.
    """
    head = bytearray(_HEAD)
    slot.readblocks(0, head)
    found = []
    at = _HEAD
    for _ in range(head[1]):
        slot.readblocks(at // _SECTOR, memoryview(head)[:8], at % _SECTOR)
        length = struct.unpack_from("<I", head, 4)[0]
        at += 8
        if length % 4 or length > size - at:
            raise Wrong("truncated", "it ends before its segments do")
        found.append((at, at + length))
        at += length
    end = (at | 15) + 1 + 32
    if end > size:
        raise Wrong("truncated", "it ends before its checksum")
    return found, end


def manifest(slot, end, size):
    """(offset, values) of the manifest behind an application that ends at `end`. Wrong where there is no sound one."""
    head = bytearray(12)
    for n in range((end + _SECTOR - 1) // _SECTOR, size // _SECTOR):
        slot.readblocks(n, head, 0)
        magic, form, length, crc = struct.unpack("<4sHHI", head)
        if magic == b"HANM" and form == 1 and length <= _SECTOR - 12:
            text = bytearray(length)
            slot.readblocks(n, text, 12)
            if crc32(text) == crc:
                try:
                    return n * _SECTOR, _complete(Parser(bytes(text)).parse())
                except (ValueError, KeyError, TypeError, AttributeError):
                    raise Wrong("invalid_firmware", "its manifest is not valid")
    raise Wrong("invalid_firmware", "no manifest behind its application: cut off, or not of this reader")


def _complete(values):
    """Return the manifest's values if none is missing. ValueError, KeyError, TypeError or AttributeError if not."""
    number(values["version"])
    number(values["min_version"])
    if not isinstance(values["product"], str) or not isinstance(values["chip"], str):
        raise ValueError
    parts = [values["app"]] + ([values["files"]] if "files" in values else [])
    for part in parts:
        if len(part["sha256"]) != 64:
            raise ValueError
    for count in [part["size"] for part in parts] + [parts[-1].get("offset", 0), values["size"]]:
        if type(count) is not int or count < 0:
            raise ValueError
    return values


class Check:
    """Checks the image in a slot. chip: as in the manifest; buf: 4096 bytes of scratch."""

    def __init__(self, slot, chip, buf):
        self._slot = slot
        self._chip = chip
        self._buf = memoryview(buf)[:_SECTOR]

    def manifest(self, size=None):
        """(segments, end of MicroPython's application, manifest) of an image. Wrong where they do not fit together.

        size: bytes of the image, None: as many as its manifest says

        This is quick, as it hashes nothing, so the result is not proven. OSError where the flash cannot be read.
        """
        room = self._slot.ioctl(4, 0) * _SECTOR
        self._slot.readblocks(0, self._buf[:_HEAD])
        check_head(self._buf, self._chip)
        found, end = segments(self._slot, size or room)
        at, values = manifest(self._slot, end, size or room)
        size = size or values["size"]
        if values["product"] != "han-reader":
            raise Wrong("wrong_product", "it is %s" % values["product"])
        if values["chip"] != self._chip:
            raise Wrong("wrong_chip", "it is for %s" % values["chip"])
        if values["size"] > size:
            raise Wrong("truncated", "%d bytes, not %d" % (size, values["size"]))
        files = values.get("files")
        if values["size"] != size or at + 2 * _SECTOR != size or values["app"]["size"] != end:
            raise Wrong("invalid_firmware", "its parts are not where its manifest says")
        if files and (files["offset"] < end or files["offset"] + files["size"] > at):
            raise Wrong("invalid_firmware", "its files are not where its manifest says")
        return found, end, values

    async def all(self, keys, size=None, digest=None):
        """The manifest of the image, once it is proven sound and signed with one of the keys.

        keys     moduli of RSA-3072 keys, big endian
        size     bytes that were written, None: as many as its manifest says
        digest   SHA-256 of the whole image in hex digits, None where not known

        Wrong where anything is wrong; OSError where the flash cannot be read. Other tasks run after each sector.
        """
        found, end, values = self.manifest(size)
        size = values["size"]
        files = values.get("files")
        # The ranges to hash: for the application's own SHA-256, the manifest's of it, the signature, the files, all.
        parts = [(0, end - 32), (0, end), (0, size - _SECTOR)]
        if files:
            parts.append((files["offset"], files["offset"] + files["size"]))
        if digest:
            parts.append((0, size))
        hashers = [sha256() for _ in parts]
        own = bytearray(33)  # the checksum and SHA-256 at the end of the application
        self._slot.readblocks((end - 33) // _SECTOR, own, (end - 33) % _SECTOR)
        total = _SEED
        for at in range(0, size, _SECTOR):
            self._slot.readblocks(at // _SECTOR, self._buf)
            for start, stop in found:
                start, stop = max(start - at, 0), min(stop - at, _SECTOR)
                if start < stop:
                    total = fold(self._buf, start, stop, total)
            for n in range(len(parts)):
                start, stop = max(parts[n][0] - at, 0), min(parts[n][1] - at, _SECTOR)
                if start < stop:
                    hashers[n].update(self._buf[start:stop])
            await asyncio.sleep(0)
        # The buffer holds the last sector now, which is the signature sector.
        if own[0] != total:
            raise Wrong("invalid_firmware", "wrong checksum of its segments")
        digests = [hasher.digest() for hasher in hashers]
        if bytes(own[1:]) != digests[0] or _hex(digests[1]) != values["app"]["sha256"]:
            raise Wrong("invalid_firmware", "wrong SHA-256 of its application")
        if files and _hex(digests[3]) != files["sha256"]:
            raise Wrong("invalid_firmware", "wrong SHA-256 of its files")
        wrong = signed(self._buf, digests[2], keys)
        if wrong:
            raise Wrong("bad_signature", wrong)
        if digest and _hex(digests[-1]) != digest:
            raise Wrong("invalid_firmware", "not the image of the update server's manifest")
        return values


def _hex(digest):
    return hexlify(digest).decode()
