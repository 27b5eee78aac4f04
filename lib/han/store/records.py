"""What is in a ring (ring.py): finding its end after a start, and reading. Imported when needed."""
import struct
from binascii import crc32

from .flash import SECTOR
from .ring import Ring

_FRAME = 8  # sequence number and CRC


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
