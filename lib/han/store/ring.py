"""Append-only log of fixed-size records in raw NOR flash.

A record is a sequence number (4 bytes), the payload, and a CRC-32 of both. The sequence number
decides the slot (slot = sequence % slots). So any record is found at once, and no index is kept
in RAM.

Flash is only programmed where it is blank. The sector after the one that is being filled is erased
before it is needed: `prepare()` does it at a moment that suits the caller.

A record that a power cut or a bad cell has damaged fails its CRC. Only this record is lost. Its
number is not used again.

The start value of the CRC depends on the layout, a number that must be increased whenever the
payload changes. So a record of another layout fails its CRC, and `strange` says that there may be
such records.

A ring may leave the last sectors of its region to somebody else. Its sequence numbers then leap over the
slots there, by a multiple of 256, as others keep the low byte of a number. So a ring that used all sectors
before goes on in fewer, and one that uses all of them again finds every number where it expects it.
Where there has been a leap, readers count by *places*: the number of a record after the leap, and
before it what closes the gap.
"""
import struct
from binascii import crc32

from .flash import SECTOR

_FRAME = 8  # sequence number and CRC
_LAPS = 16  # after a leap, the first slot is the lowest one that these laps have for the number's low byte


class Ring:
    """Records in a flash.Region. opened() makes it.

    form  struct format of the sequence number and the payload
    size  bytes of a record: sequence number, payload and CRC
    salt  start value of the CRC
    end   number of slots in use, those of the first sectors of the region
    since, gap  the newest leap: numbers from since - gap to since - 1 have no record; 0 where there was none
    """

    def __init__(self, region, form, size, salt, sectors):
        self.region = region
        self.form = form
        self.size = size
        self.salt = salt
        self.per_sector = SECTOR // size
        self.slots = self.per_sector * region.sectors
        self.end = self.per_sector * sectors
        self.since = self.gap = 0
        #: True where a sector is not blank but has no sound record of this layout.
        self.strange = False
        self.before = None  # (Ring of the layout before, function that converts its records); see samples.rings()
        self._ahead = -1  # the sector that is known to be blank, -1: none
        self.next = 0  # sequence number of the next record

    def append(self, *values):
        """Write a record and return its sequence number. OSError when the flash refuses."""
        # A slot that does not read back as written is skipped together with its number, and the next slot is tried.
        # After a whole sector of such slots the flash counts as worn out.
        for _ in range(self.per_sector + 1):
            number = self.next
            record = struct.pack(self.form, number, *values)
            record += struct.pack("<I", crc32(record, self.salt))
            sector = number % self.slots // self.per_sector
            offset = number % self.per_sector * self.size
            if (not offset or number == self.since) and sector != self._ahead:
                self._clear(sector)
            follow(self, number + 1)
            self.region.program(sector, offset, record)
            check = bytearray(self.size)
            self.region.read(sector, offset, check)
            if check == record:
                return number
        raise OSError("flash does not keep what is written")

    def prepare(self, places=SECTOR):
        """Erase the next sector if it is not blank yet. Call it after append(). OSError when the flash refuses.

        Nothing is erased while more than `places` slots are left in the present sector, so that old records stay
        longer.
        """
        following = self.next
        used = following % self.per_sector
        if used and following != self.since:
            if self.per_sector - used > places:
                return
            following += self.per_sector - used  # the present sector is partly filled
            if following % self.slots >= self.end:
                following = _landing(self, following)
        following = following % self.slots // self.per_sector
        if following != self._ahead:
            self._clear(following)

    def _clear(self, sector):
        if not self.region.blank(sector):
            self.region.erase(sector)
        self._ahead = sector


def opened(region, form, layout=1, sectors=None):
    """The Ring in a region of at least two sectors, with its next sequence number found by a scan.

    form     struct format of the payload, without "<"
    layout   number of the payload's layout
    sectors  number of the region's first sectors that the ring may use, None: all

    ValueError: the region is too small or a record too large. OSError: the flash cannot be read.
    """
    size = struct.calcsize("<" + form)
    if region.sectors < 2 or not 0 < size <= SECTOR - _FRAME:
        raise ValueError("ring of %d sectors, records of %d bytes" % (region.sectors, size))
    slots = SECTOR // (size + _FRAME) * region.sectors
    salt = crc32(struct.pack("<HHI", layout, size, slots))
    ring = Ring(region, "<I" + form, size + _FRAME, salt, sectors or region.sectors)
    _recover(ring)
    return ring


def capacity(ring):
    """Records that are kept: those of all sectors but one, as the oldest sector may be erased already."""
    return ring.end - ring.per_sector


def first(ring):
    """Place of the oldest record that may still be there."""
    return max(0, ring.next - capacity(ring))


def number_of(ring, place):
    """Sequence number of the record in a place."""
    return place - ring.gap if place < ring.since else place


def place_of(ring, number):
    """Place of a sequence number."""
    return number if number >= ring.since else min(number + ring.gap, ring.since)


def read(ring, place):
    """The payload of a record as a tuple; None where there is no sound record in this place."""
    if not first(ring) <= place < ring.next:
        return None
    number = number_of(ring, place)
    record = bytearray(ring.size)
    if _load(ring, number % ring.slots, record) != number:
        return None
    return struct.unpack_from(ring.form, record, 0)[1:]


def last(ring):
    """The payload of the newest sound record as a tuple; None where there is none."""
    for place in range(ring.next - 1, first(ring) - 1, -1):
        values = read(ring, place)
        if values is not None:
            return values
    return None


def begin_after(ring, other):
    """Let an empty ring begin in the sector after the newest record of `other`, a ring in the same region."""
    sector = (other.next - 1) % other.slots // other.per_sector + 1
    ring.next = sector * ring.per_sector % ring.end


def follow(ring, number):
    """Set ring.next: the number, or where it leaps to."""
    if number % ring.slots >= ring.end:
        ring.since = _landing(ring, number)
        ring.gap = ring.since - number
        number = ring.since
    ring.next = number


def _landing(ring, number):
    """The number after a leap, in place of one whose slot is not in use."""
    lap = number - number % ring.slots
    found = None
    for _ in range(_LAPS):
        lap += ring.slots
        slot = number - lap & 0xFF
        if found is None or slot < found % ring.slots:
            found = lap + slot
    return found


def _load(ring, slot, record):
    """Read a slot into the buffer `record`. Its sequence number if it is sound and belongs there, else None."""
    ring.region.read(slot // ring.per_sector, slot % ring.per_sector * ring.size, record)
    number = struct.unpack_from("<I", record, 0)[0]
    if number % ring.slots != slot:
        return None
    if struct.unpack_from("<I", record, ring.size - 4)[0] != crc32(memoryview(record)[:-4], ring.salt):
        return None
    return number


def _recover(ring):
    """Set ring.next: the number after the last one whose slot is not blank. Find the newest leap."""
    newest = before = -1  # before: the newest number of an earlier lap
    record = bytearray(ring.size)
    blank = b"\xff" * ring.size
    for sector in range(ring.region.sectors):
        # One sound record, usually the sector's first, tells the age of the sector.
        for slot in range(sector * ring.per_sector, (sector + 1) * ring.per_sector):
            number = _load(ring, slot, record)
            if number is not None:
                if number // ring.slots > newest // ring.slots:
                    newest, before = number, newest
                elif number // ring.slots < newest // ring.slots:
                    before = max(before, number)
                newest = max(newest, number)
                break
            if slot % ring.per_sector == 0 and record == blank and ring.region.blank(sector):
                break
        else:
            ring.strange = True
    if before >= 0:
        follow(ring, _after(ring, before, record))
        if ring.since // ring.slots != newest // ring.slots:
            ring.since = ring.gap = 0  # the numbers have gone on without a leap, or that leap was long ago
    if newest >= 0:  # without a sound record it begins in the first sector, which append() erases if it is not blank
        follow(ring, _after(ring, newest, record))


def _after(ring, newest, record):
    """The number after the last slot of a sector that is not blank. newest: a number in this sector; record: a buffer.

    A record that a power cut left half written uses up its number, too.
    """
    after = newest + 1
    for number in range(newest + 1, newest - newest % ring.per_sector + ring.per_sector):
        ring.region.read(newest % ring.slots // ring.per_sector, number % ring.per_sector * ring.size, record)
        if record != b"\xff" * ring.size:
            after = number + 1
    return after
