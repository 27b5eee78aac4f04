"""The partition otadata in ESP-IDF's format: two sectors with one entry each, which tell the loader the slot to start.

An entry is an esp_ota_select_entry_t: sequence number (slot = (number - 1) % slots), 20 bytes of label, state, and the
CRC-32 of the number alone, which the ROM computes from 0xFFFFFFFF.
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
    """The entry of one sector. data: its 32 bytes."""

    def __init__(self, data):
        self.sequence, self.label, self.state, self.crc = struct.unpack(_ENTRY, data)

    @property
    def sound(self):
        """True if the CRC is right."""
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
        """The 32 bytes of the entry in flash."""
        return struct.pack(_ENTRY, self.sequence, self.label, self.state, self.crc)


def crc(sequence):
    """The CRC-32 of a sequence number, as the ROM's crc32_le(0xFFFFFFFF, …) computes it."""
    return crc32(struct.pack("<I", sequence), 0xFFFFFFFF) & 0xFFFFFFFF


def entry(sequence, state):
    """A new Entry."""
    return Entry(struct.pack(_ENTRY, sequence, _LABEL, state, crc(sequence)))


def read(partition):
    """[Entry, Entry] of a partition."""
    found = []
    data = bytearray(32)
    for sector in range(2):
        partition.readblocks(sector, data)
        found.append(Entry(bytes(data)))
    return found


def write(partition, sector, changed):
    """Erase a sector and program an entry into it: two flash operations, as in the loader and the application."""
    partition.ioctl(6, sector)
    partition.writeblocks(sector, changed.bytes(), 0)


def active(entries):
    """Number of the active entry, None if both are invalid: bootloader_common_get_active_otadata()."""
    first, second = entries
    if first.usable and second.usable:
        return 0 if first.sequence >= second.sequence else 1
    if first.usable:
        return 0
    return 1 if second.usable else None
