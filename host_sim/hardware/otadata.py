"""otadata as ESP-IDF keeps it: two sectors with an entry each, which say what the chip's loader is to start.

esp_ota_select_entry_t: sequence number (slot = (number - 1) % slots), 20 bytes of label, state, and the CRC-32 of the
number alone, computed by the ROM from 0xFFFFFFFF.
"""

import struct
from binascii import crc32

SIZE = 0x2000
SECTOR = 4096
NEW, PENDING_VERIFY, VALID, INVALID, ABORTED = range(5)
UNDEFINED = BLANK = 0xFFFFFFFF
_ENTRY = "<I20sII"
_LABEL = b"\xff" * 20


class Entry:
    """One sector's entry."""

    def __init__(self, data):
        self.sequence, self.label, self.state, self.crc = struct.unpack(_ENTRY, data)

    @property
    def sound(self):
        """True where the CRC is that of the number."""
        return self.crc == crc(self.sequence)

    @property
    def refused(self):
        """bootloader_common_ota_select_invalid()."""
        return self.sequence == BLANK or self.state in (INVALID, ABORTED)

    @property
    def usable(self):
        """bootloader_common_ota_select_valid()."""
        return not self.refused and self.sound

    def bytes(self):
        """As in flash."""
        return struct.pack(_ENTRY, self.sequence, self.label, self.state, self.crc)


def crc(sequence):
    """What the ROM's crc32_le(0xFFFFFFFF, …) makes of a sequence number."""
    return crc32(struct.pack("<I", sequence), 0xFFFFFFFF) & 0xFFFFFFFF


def entry(sequence, state):
    """A new Entry."""
    return Entry(struct.pack(_ENTRY, sequence, _LABEL, state, crc(sequence)))


def read(partition):
    """Both entries."""
    found = []
    data = bytearray(32)
    for sector in range(2):
        partition.readblocks(sector, data)
        found.append(Entry(bytes(data)))
    return found


def write(partition, sector, changed):
    """Erase a sector and program an entry into it: two operations of the flash, as in loader and application."""
    partition.ioctl(6, sector)
    partition.writeblocks(sector, changed.bytes(), 0)


def active(entries):
    """Number of the entry that counts, None where none does: bootloader_common_get_active_otadata()."""
    first, second = entries
    if first.usable and second.usable:
        return 0 if first.sequence >= second.sequence else 1
    if first.usable:
        return 0
    return 1 if second.usable else None
