"""otadata: which slot the chip's loader starts. Two sectors, in each one entry of ESP-IDF's esp_ota_select_entry_t.

The entry with the higher sequence number counts where its CRC is right; slot = (sequence - 1) % 2.
"""

import binascii
import struct

from staging import ImageError

SIZE = 0x2000
_SECTOR = 0x1000
_ENTRY = "<I20sII"
_BLANK = 0xFFFFFFFF
#: ESP_OTA_IMG_* of ESP-IDF: the application has been confirmed.
VALID = 2
#: States that the loader does not start: invalid, aborted.
_BAD = (3, 4)


def starting(slot):
    """The partition's bytes with which slot 0 or 1 starts, confirmed."""
    sequence = slot + 1
    entry = struct.pack(_ENTRY, sequence, b"\xff" * 20, VALID, _crc(sequence))
    return entry.ljust(_SECTOR, b"\xff").ljust(SIZE, b"\xff")


def entries(data):
    """[(sequence, state)] of the two sectors, None for a blank one; ImageError for a wrong CRC."""
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
    """The slot (0 or 1) that the loader starts; a blank otadata starts the first."""
    usable = [entry for entry in entries(data) if entry and entry[1] not in _BAD]
    return (max(usable)[0] - 1) % 2 if usable else 0


def _crc(sequence):
    return binascii.crc32(struct.pack("<I", sequence), _BLANK)
