"""Two copies of some bytes in flash. They are written in turn, so a power cut during a write leaves the other copy.

A copy fills at most one sector: a header (magic, sequence number, length, format, CRC-32), then the bytes.
"""
import struct
from binascii import crc32

from .flash import SECTOR

_HEADER = "<4sIHHI"
_SIZE = struct.calcsize(_HEADER)


class Copies:
    """Reads the newest sound copy in a flash.Region of two sectors, and writes over the older one.

    In a Region of one sector there is one copy, which a power cut during a write would damage.

    magic   4 bytes at the beginning of each copy
    form    number of the format; a copy of another format is not sound
    """

    #: Bytes that fit in a copy.
    room = SECTOR - _SIZE

    def __init__(self, region, magic, form=1):
        self.damaged = 0  # copies that load() found damaged
        self.region = region
        self._magic = magic
        self._form = form
        self._sequence = 0
        self._newest = 1  # sector of the copy in force; the first save goes to the other

    def load(self):
        """The bytes that were saved last; None where there is no sound copy. OSError: the flash cannot be read."""
        self.damaged = 0
        best = None
        for sector in range(self.region.sectors):
            found = self._read(sector)
            if found is not None and (best is None or found[0] > self._sequence):
                self._sequence, best = found
                self._newest = sector
        return best

    def save(self, *parts):
        """Write bytes-like parts, one after the other, over the older copy.

        ValueError when they are longer than `room`; OSError when the flash refuses. The newer copy is untouched then.
        """
        length = sum([len(part) for part in parts])
        if length > self.room:
            raise ValueError("%d bytes to save" % length)
        sequence = self._sequence + 1
        head = struct.pack("<4sIHH", self._magic, sequence, length, self._form)
        crc = crc32(head)
        for part in parts:
            crc = crc32(part, crc)
        sector = (1 - self._newest) % self.region.sectors
        self.region.erase(sector)
        self.region.program(sector, 0, head + struct.pack("<I", crc))
        offset = _SIZE
        for part in parts:
            if len(part):
                self.region.program(sector, offset, part)
                offset += len(part)
        if self._read(sector) is None:
            raise OSError("flash does not keep what is written")
        self._sequence = sequence
        self._newest = sector

    def _read(self, sector):
        """(sequence, bytes) of a copy; None where it is blank, damaged or of another format."""
        header = bytearray(_SIZE)
        self.region.read(sector, 0, header)
        if header == b"\xff" * _SIZE:
            return None
        magic, sequence, length, form, crc = struct.unpack(_HEADER, header)
        if magic == self._magic and form == self._form and length <= self.room:
            data = bytearray(length)
            self.region.read(sector, _SIZE, data)
            if crc32(data, crc32(memoryview(header)[:-4])) == crc:
                return sequence, data
        self.damaged += 1
        return None
