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

_FRAME = 8  # sequence number and CRC


class Ring:
    """Records in a flash.Region, as opened() makes it.

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


def opened(region, form, layout=1):
    """The Ring of records of a struct format, without "<", in a region of at least two sectors."""
    size = struct.calcsize("<" + form)
    if region.sectors < 2 or not 0 < size <= SECTOR - _FRAME:
        raise ValueError("ring of %d sectors, records of %d bytes" % (region.sectors, size))
    slots = SECTOR // (size + _FRAME) * region.sectors
    salt = crc32(struct.pack("<HHI", layout, size, slots))
    ring = Ring(region, "<I" + form, size + _FRAME, salt)
    _recover(ring)
    return ring


def capacity(ring):
    """Records that may be there: the oldest sector may already be erased for the next."""
    return ring.slots - ring.per_sector


def first(ring):
    """Sequence number of the oldest record that may still be there."""
    return max(0, ring.next - capacity(ring))


def read(ring, sequence):
    """The values of a record, None where there is no sound one."""
    if not first(ring) <= sequence < ring.next:
        return None
    record = bytearray(ring.size)
    if _load(ring, sequence % ring.slots, record) != sequence:
        return None
    return struct.unpack_from(ring.form, record, 0)[1:]


def last(ring):
    """The values of the newest sound record, None where there is none."""
    for sequence in range(ring.next - 1, first(ring) - 1, -1):
        values = read(ring, sequence)
        if values is not None:
            return values
    return None


def begin_after(ring, other):
    """Let an empty ring begin behind the newest record of another layout in the same region."""
    sector = (other.next - 1) % other.slots // other.per_sector + 1
    ring.next = sector % ring.region.sectors * ring.per_sector


def _load(ring, slot, record):
    """Fill the buffer from a slot; the record's number if it is sound and belongs there, else None."""
    ring.region.read(slot // ring.per_sector, slot % ring.per_sector * ring.size, record)
    number = struct.unpack_from("<I", record, 0)[0]
    if number % ring.slots != slot:
        return None
    if struct.unpack_from("<I", record, ring.size - 4)[0] != crc32(memoryview(record)[:-4], ring.salt):
        return None
    return number


def _recover(ring):
    """Find where the last run stopped: the place after the last one that is not blank."""
    newest = -1
    record = bytearray(ring.size)
    blank = b"\xff" * ring.size
    for sector in range(ring.region.sectors):
        # One sound record tells the age of its sector, usually the first one.
        for slot in range(sector * ring.per_sector, (sector + 1) * ring.per_sector):
            number = _load(ring, slot, record)
            if number is not None:
                newest = max(newest, number)
                break
            if slot % ring.per_sector == 0 and record == blank and ring.region.blank(sector):
                break
        else:
            ring.strange = True
    if newest < 0:
        # Nothing, or nothing but remains: begin in the first sector, made blank when needed.
        return
    ring.next = newest + 1
    for sequence in range(newest + 1, newest - newest % ring.per_sector + ring.per_sector):
        ring.region.read(newest % ring.slots // ring.per_sector, sequence % ring.per_sector * ring.size, record)
        # What a cut left half written has a number too, though no content.
        if record != blank:
            ring.next = sequence + 1
