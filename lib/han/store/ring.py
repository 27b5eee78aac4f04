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
"""
import struct
from binascii import crc32

from .flash import SECTOR

_FRAME = 8  # sequence number and CRC


class Ring:
    """Records in a flash.Region. opened() makes it.

    form  struct format of the sequence number and the payload
    size  bytes of a record: sequence number, payload and CRC
    salt  start value of the CRC
    """

    def __init__(self, region, form, size, salt):
        self.region = region
        self.form = form
        self.size = size
        self.salt = salt
        self.per_sector = SECTOR // size
        self.slots = self.per_sector * region.sectors
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
        """Erase the next sector if it is not blank yet. Call it after append(). OSError when the flash refuses.

        Nothing is erased while more than `places` slots are left in the present sector, so that old records stay
        longer.
        """
        following = self.next % self.slots // self.per_sector
        used = self.next % self.per_sector
        if used:
            if self.per_sector - used > places:
                return
            following = (following + 1) % self.region.sectors  # the present one is partly filled
        if following != self._ahead:
            self._clear(following)

    def _clear(self, sector):
        if not self.region.blank(sector):
            self.region.erase(sector)
        self._ahead = sector


def opened(region, form, layout=1):
    """The Ring in a region of at least two sectors, with its next sequence number found by a scan.

    form     struct format of the payload, without "<"
    layout   number of the payload's layout

    ValueError: the region is too small or a record too large. OSError: the flash cannot be read.
    """
    size = struct.calcsize("<" + form)
    if region.sectors < 2 or not 0 < size <= SECTOR - _FRAME:
        raise ValueError("ring of %d sectors, records of %d bytes" % (region.sectors, size))
    slots = SECTOR // (size + _FRAME) * region.sectors
    salt = crc32(struct.pack("<HHI", layout, size, slots))
    ring = Ring(region, "<I" + form, size + _FRAME, salt)
    _recover(ring)
    return ring


def capacity(ring):
    """Records that are kept: those of all sectors but one, as the oldest sector may be erased already."""
    return ring.slots - ring.per_sector


def first(ring):
    """Sequence number of the oldest record that may still be there."""
    return max(0, ring.next - capacity(ring))


def read(ring, sequence):
    """The payload of a record as a tuple; None where there is no sound record of this number."""
    if not first(ring) <= sequence < ring.next:
        return None
    record = bytearray(ring.size)
    if _load(ring, sequence % ring.slots, record) != sequence:
        return None
    return struct.unpack_from(ring.form, record, 0)[1:]


def last(ring):
    """The payload of the newest sound record as a tuple; None where there is none."""
    for sequence in range(ring.next - 1, first(ring) - 1, -1):
        values = read(ring, sequence)
        if values is not None:
            return values
    return None


def begin_after(ring, other):
    """Let an empty ring begin in the sector after the newest record of `other`, a ring in the same region."""
    sector = (other.next - 1) % other.slots // other.per_sector + 1
    ring.next = sector % ring.region.sectors * ring.per_sector


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
    """Set ring.next: the slot after the last one that is not blank."""
    newest = -1
    record = bytearray(ring.size)
    blank = b"\xff" * ring.size
    for sector in range(ring.region.sectors):
        # One sound record, usually the sector's first, tells the age of the sector.
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
        return  # no sound record: begin in the first sector, which append() erases if it is not blank
    ring.next = newest + 1
    for sequence in range(newest + 1, newest - newest % ring.per_sector + ring.per_sector):
        ring.region.read(newest % ring.slots // ring.per_sector, sequence % ring.per_sector * ring.size, record)
        # A record that a power cut left half written uses up its number, too.
        if record != blank:
            ring.next = sequence + 1
