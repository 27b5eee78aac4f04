"""The partition table: reads firmware/partitions*.csv, makes the binary table as gen_esp32part.py does, and parses one.

A binary table has entries of 32 bytes, then an entry with the MD5 of those, then 0xff to the end.
firmware/partitions.csv is the only place that defines the layout of 4 MB of flash.
"""

import hashlib
import struct

from staging import ImageError, stage

OFFSET = 0x8000  # in flash, on every chip
SIZE = 0xC00
_SECTOR = 0x1000
_APP_ALIGNMENT = 0x10000  # page of the chip's memory map
_ENTRY = "<2sBBII16sI"
_LENGTH = struct.calcsize(_ENTRY)
_MAGIC = b"\xaa\x50"
_MD5_MAGIC = b"\xeb\xeb" + b"\xff" * 14
_TYPES = {"app": 0, "data": 1}
_SUBTYPES = {
    "app": {"factory": 0x00, **{"ota_%d" % n: 0x10 + n for n in range(16)}},
    "data": {"ota": 0x00, "phy": 0x01, "nvs": 0x02, "fat": 0x81, "spiffs": 0x82, "littlefs": 0x83},
}
#: {MB of flash: file of its layout in firmware/}
LAYOUTS = {4: "partitions.csv", 8: "partitions-8MB.csv", 16: "partitions-16MB.csv"}


class Partition:
    """One entry. kind: 0 application, 1 data; subtype: ESP-IDF's number; offset and size in bytes."""

    def __init__(self, name, kind, subtype, offset, size):
        self.name = name
        self.kind = kind
        self.subtype = subtype
        self.offset = offset
        self.size = size

    @property
    def is_app(self):
        """True for an application, which the chip's loader may start."""
        return self.kind == _TYPES["app"]

    @property
    def end(self):
        """Offset of the first byte after it."""
        return self.offset + self.size

    def key(self):
        """All its values, for comparisons."""
        return self.name, self.kind, self.subtype, self.offset, self.size


def layout(megabytes):
    """The checked partitions of a flash with so many MB."""
    path = stage.ROOT / "firmware" / LAYOUTS[megabytes]
    return checked(read_csv(path.read_text(), path.name), megabytes << 20, path.name)


def read_csv(text, name):
    """[Partition] of the text of an ESP-IDF CSV file; ImageError if a line does not give everything."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        cells = [cell.strip() for cell in line.split(",")]
        try:
            label, kind, subtype, offset, size = cells[:5]
            subtype = _SUBTYPES[kind][subtype] if subtype in _SUBTYPES[kind] else int(subtype, 0)
            found.append(Partition(label, _TYPES[kind], subtype, int(offset, 0), int(size, 0)))
        except (ValueError, KeyError) as error:
            raise ImageError("%s line %d: not name, type, subtype, offset, size: %s" % (name, number, line)) from error
    return found


def checked(found, flash_size, name):
    """The partitions in the order of their offsets; ImageError if they overlap or do not fit the flash."""
    found = sorted(found, key=lambda part: part.offset)
    names = [part.name for part in found]
    last = OFFSET + _SECTOR
    for part in found:
        alignment = _APP_ALIGNMENT if part.is_app else _SECTOR
        if names.count(part.name) > 1:
            raise ImageError("%s: two partitions %s" % (name, part.name))
        if not 0 < len(part.name.encode()) < 16:
            raise ImageError("%s: the name %s has not 1 to 15 bytes" % (name, part.name))
        if part.offset % alignment or part.size % _SECTOR or not part.size:
            raise ImageError("%s: %s at 0x%x, 0x%x long: not whole blocks" % (name, part.name, part.offset, part.size))
        if part.offset < last:
            raise ImageError("%s: %s at 0x%x overlaps the area before it, which ends at 0x%x"
                             % (name, part.name, part.offset, last))  # fmt: skip
        if part.end > flash_size:
            raise ImageError(
                "%s: %s ends at 0x%x, behind %d MB of flash" % (name, part.name, part.end, flash_size >> 20))
        last = part.end
    return found


def table(found):
    """Bytes of the binary table, padded to SIZE; ImageError if there are too many partitions."""
    entries = b"".join(
        struct.pack(_ENTRY, _MAGIC, part.kind, part.subtype, part.offset, part.size, part.name.encode(), 0)
        for part in found)  # fmt: skip
    entries += _MD5_MAGIC + hashlib.md5(entries).digest()
    if len(entries) > SIZE - _LENGTH:
        raise ImageError("%d partitions do not fit a table" % len(found))
    return entries.ljust(SIZE, b"\xff")


def parse(data, name="the partition table"):
    """[Partition] of a binary table; ImageError if it is not one, or its MD5 is wrong."""
    found = []
    for at in range(0, min(len(data), SIZE), _LENGTH):
        entry = data[at : at + _LENGTH]
        if entry == b"\xff" * _LENGTH:
            break
        if entry.startswith(_MD5_MAGIC):
            if entry[16:] != hashlib.md5(data[:at]).digest():
                raise ImageError("%s: wrong MD5 of the partition table" % name)
            continue
        if len(entry) < _LENGTH or not entry.startswith(_MAGIC):
            raise ImageError("%s: no partition table: %s at entry %d" % (name, entry[:2].hex(), at // _LENGTH))
        _, kind, subtype, offset, size, label, _ = struct.unpack(_ENTRY, entry)
        found.append(Partition(label.rstrip(b"\0").decode("ascii", "replace"), kind, subtype, offset, size))
    if not found:
        raise ImageError("%s: an empty partition table" % name)
    return found


def named(found, name):
    """The partition with this name; ImageError if there is none."""
    for part in found:
        if part.name == name:
            return part
    raise ImageError("no partition %s" % name)


def slots(found):
    """[slot1, slot2]: the slots for updates; ImageError if there are not two."""
    both = [part for part in found if part.is_app and part.subtype in (0x10, 0x11)]
    if len(both) != 2:
        raise ImageError("%d slots for updates, not 2: not this reader's layout" % len(both))
    return sorted(both, key=lambda part: part.subtype)
