"""Append-only log of fixed-size records in raw NOR flash.

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

_HEAD = 4
_FRAME = 8  # head and CRC


class Ring:
    """Records of `size` bytes in a flash.Region of at least two sectors."""

    def __init__(self, region, size, layout=1):
        if region.sectors < 2 or not 0 < size <= SECTOR - _FRAME:
            raise ValueError("ring of %d sectors, records of %d bytes" % (region.sectors, size))
        self.size = size
        self.per_sector = SECTOR // (size + _FRAME)
        self.slots = self.per_sector * region.sectors
        #: Records that may be there: the oldest sector may already be erased for the next.
        self.capacity = self.slots - self.per_sector
        self._region = region
        self._record = bytearray(size + _FRAME)
        self._check = bytearray(size + _FRAME)
        self._salt = crc32(struct.pack("<HHI", layout, size, self.slots))
        #: True where a sector holds something, but no record of this layout.
        self.strange = False
        self._ahead = -1  # sector known to be blank
        self.next = 0  # sequence number of the next record
        self._recover()

    @property
    def first(self):
        """Sequence number of the oldest record that may still be there."""
        return max(0, self.next - self.capacity)

    def read(self, sequence):
        """Payload as a memoryview, good until the next call; None where there is no sound record."""
        if not self.first <= sequence < self.next:
            return None
        return self._load(sequence % self.slots, sequence)

    def last(self):
        """Payload of the newest sound record (see read), None where there is none."""
        for sequence in range(self.next - 1, self.first - 1, -1):
            payload = self.read(sequence)
            if payload is not None:
                return payload
        return None

    def append(self, payload):
        """Write a record; its sequence number. OSError when the flash refuses."""
        if len(payload) != self.size:
            raise ValueError("record of %d bytes, not %d" % (len(payload), self.size))
        record = self._record
        # A place that does not read back what was written is left behind, with its number.
        # A whole sector of such places: this flash is worn out.
        for _ in range(self.per_sector + 1):
            sequence = self.next
            struct.pack_into("<I", record, 0, sequence)
            record[_HEAD:-4] = payload
            struct.pack_into("<I", record, len(record) - 4, self._crc(record))
            sector, offset = self._place(sequence % self.slots)
            if offset == 0 and sector != self._ahead:
                self._clear(sector)
            self.next = sequence + 1
            self._region.program(sector, offset, record)
            self._region.read(sector, offset, self._check)
            if self._check == record:
                return sequence
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
            following = (following + 1) % self._region.sectors  # this one is being filled
        if following != self._ahead:
            self._clear(following)

    def begin_after(self, other):
        """Let an empty ring begin behind the newest record of another layout in the same region."""
        sector = (other.next - 1) % other.slots // other.per_sector + 1
        self.next = sector % self._region.sectors * self.per_sector

    def _clear(self, sector):
        if not self._region.blank(sector, bytearray(256)):
            self._region.erase(sector)
        self._ahead = sector

    def _place(self, slot):
        return slot // self.per_sector, slot % self.per_sector * len(self._record)

    def _crc(self, record):
        return crc32(memoryview(record)[:-4], self._salt)

    def _load(self, slot, sequence=None):
        """Payload of the record in a slot if it is sound and belongs there, else None."""
        record = self._check
        sector, offset = self._place(slot)
        self._region.read(sector, offset, record)
        number = struct.unpack_from("<I", record, 0)[0]
        if number % self.slots != slot or (sequence is not None and number != sequence):
            return None
        if struct.unpack_from("<I", record, len(record) - 4)[0] != self._crc(record):
            return None
        return memoryview(record)[_HEAD:-4]

    def _recover(self):
        """Find where the last run stopped: the place after the last one that is not blank."""
        newest = -1
        blank = b"\xff" * len(self._check)
        scratch = bytearray(256)
        for sector in range(self._region.sectors):
            # One sound record tells the age of its sector, usually the first one.
            for slot in range(sector * self.per_sector, (sector + 1) * self.per_sector):
                if self._load(slot) is not None:
                    newest = max(newest, struct.unpack_from("<I", self._check, 0)[0])
                    break
                if slot % self.per_sector == 0 and self._check == blank and self._region.blank(sector, scratch):
                    break
            else:
                self.strange = True
        if newest < 0:
            # Nothing, or nothing but remains: begin in the first sector, made blank when needed.
            return
        end = newest - newest % self.per_sector + self.per_sector
        self.next = newest + 1
        for sequence in range(newest + 1, end):
            sector, offset = self._place(sequence % self.slots)
            self._region.read(sector, offset, self._check)
            # What a cut left half written has a number too, though no content.
            if self._check != blank:
                self.next = sequence + 1
