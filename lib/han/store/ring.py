"""Append-only log of fixed-size records in raw NOR flash: what writes it. records.py finds and reads them.

A record is its sequence number (4 bytes), the payload, and a CRC-32 of both. The sequence
number decides the place, slot = sequence % slots, so any record is found at once and nothing
has to be kept in RAM. Flash is only programmed where it is blank, and the sector after the one
being filled is blank before it is needed: `prepare()` erases it at a moment that suits the caller.
A record that a power cut or a bad cell damaged fails its CRC and costs itself; its number is not
used again. The CRC starts from the layout, a number that whoever changes the payload counts up:
records of another layout are not taken for ours, and `strange` tells that there may be some.
"""
import struct
from binascii import crc32

from .flash import SECTOR


class Ring:
    """Records in a flash.Region, as records.opened() makes it.

    form  struct format of sequence number and payload; size: bytes of all that and the CRC, which starts from `salt`
    """

    def __init__(self, region, form, size, salt):
        self.region = region
        self.form = form
        self.size = size
        self.salt = salt
        self.per_sector = SECTOR // size
        self.slots = self.per_sector * region.sectors
        #: True where a sector holds something, but no record of this layout.
        self.strange = False
        self.before = None  # see samples.Series
        self._ahead = -1  # sector known to be blank
        self.next = 0  # sequence number of the next record

    def append(self, *values):
        """Write a record; its sequence number. OSError when the flash refuses."""
        # A place that does not read back what was written is left behind, with its number.
        # A whole sector of such places: this flash is worn out.
        for _ in range(self.per_sector + 1):
            number = self.next
            record = struct.pack(self.form, number, *values)
            record += struct.pack("<I", crc32(record, self.salt))
            sector = number % self.slots // self.per_sector
            offset = number % self.per_sector * self.size
            if not offset and sector != self._ahead:
                self._clear(sector)
            self.next = number + 1
            self.region.program(sector, offset, record)
            check = bytearray(self.size)
            self.region.read(sector, offset, check)
            if check == record:
                return number
        raise OSError("flash does not keep what is written")

    def prepare(self, places=SECTOR):
        """Erase the sector that comes next, if it is not yet blank: call after append().

        Only once no more than so many places are left before it: until then its old records stay.
        """
        following = self.next % self.slots // self.per_sector
        used = self.next % self.per_sector
        if used:
            if self.per_sector - used > places:
                return
            following = (following + 1) % self.region.sectors  # this one is being filled
        if following != self._ahead:
            self._clear(following)

    def _clear(self, sector):
        if not self.region.blank(sector):
            self.region.erase(sector)
        self._ahead = sector
