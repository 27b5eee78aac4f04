"""The partition otadata, which tells the chip's loader the slot to start.

It has two sectors, each with one esp_ota_select_entry_t of ESP-IDF. The valid entry with the higher sequence number
counts; slot = (sequence - 1) % 2.
"""

import binascii
import struct

from staging import ImageError

SIZE = 0x2000
_SECTOR = 0x1000
_ENTRY = "<I20sII"
_BLANK = 0xFFFFFFFF
#: ESP_OTA_IMG_VALID of ESP-IDF: the application has been confirmed.
VALID = 2
#: States of entries that the loader ignores: invalid, aborted.
_BAD = (3, 4)


def starting(slot):
    """Bytes of the partition that make the loader start slot 0 or 1, as confirmed."""
    sequence = slot + 1
    entry = struct.pack(_ENTRY, sequence, b"\xff" * 20, VALID, _crc(sequence))
    return entry.ljust(_SECTOR, b"\xff").ljust(SIZE, b"\xff")


def entries(data):
    """[(sequence, state)] of the two sectors, None for a blank one; ImageError if a CRC or the size is wrong."""
    if len(data) != SIZE:
        raise ImageError("otadata of %d bytes, not %d" % (len(data), SIZE))
    found = []
    for at in (0, _SECTOR):
        sequence, _, state, crc = struct.unpack_from(_ENTRY, data, at)
        if sequence == _BLANK:
            found.append(None)
        elif crc != _crc(sequence):
            raise ImageError("otadata: wrong CRC of entry %d" % (at // _SECTOR))
        else:
            found.append((sequence, state))
    return found


def selected(data):
    """The slot (0 or 1) that the loader starts; 0 if otadata is blank. ImageError as entries()."""
    usable = [entry for entry in entries(data) if entry and entry[1] not in _BAD]
    return (max(usable)[0] - 1) % 2 if usable else 0


def _crc(sequence):
    return binascii.crc32(struct.pack("<I", sequence), _BLANK)
