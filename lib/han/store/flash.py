"""The layout of the `state` partition in raw NOR flash, and Region: access to some sectors of a partition."""

SECTOR = 4096

# The `state` partition, in sectors of 4096 bytes: (first, count).
CONFIGURATION = (0, 2)  # two copies of one sector
COUNTERS = (2, 2)  # ring of the meter's energy counters
STARTS = (4, 2)  # boot.py's record of starts; only boot.py reads and writes it
PRICES = (6, 2)  # two copies of one sector
CLOCK_STEPS = (8, 2)  # ring of starts, clock steps and changes of meter, see series/clocksteps.py
TOKEN_KEY = (10, 2)  # two copies of one sector
CERTIFICATE = (12, 1)  # one copy, which is only written when the reader is provisioned
AUTHORITY = (13, 1)  # the same
CRASHES = (14, 2)  # ring of the crash log


class Region:
    """Some sectors of a partition. ValueError: the partition has no such sectors, or they are not of 4096 bytes.

    All methods raise OSError when the flash fails.
    """

    def __init__(self, partition, first, sectors):
        if first < 0 or sectors < 1 or first + sectors > partition.ioctl(4, 0):
            raise ValueError("no such sectors in the partition")
        if partition.ioctl(5, 0) != SECTOR:
            raise ValueError("sectors of %d bytes" % partition.ioctl(5, 0))
        self.sectors = sectors
        self._partition = partition
        self._first = first

    def part(self, first, sectors):
        """The Region of some of these sectors. ValueError: they are not all of this Region."""
        if first < 0 or first + sectors > self.sectors:
            raise ValueError("no such sectors in the region")
        return Region(self._partition, self._first + first, sectors)

    def read(self, sector, offset, buf):
        """Fill buf with the bytes from an offset in a sector on."""
        self._partition.readblocks(self._first + sector, buf, offset)

    def program(self, sector, offset, buf):
        """Write buf at an offset in a sector. This only clears bits, so the place must be blank (0xFF) before."""
        self._partition.writeblocks(self._first + sector, buf, offset)

    def erase(self, sector):
        """Make a sector blank. Takes 45 ms typically, 400 ms at worst."""
        self._partition.ioctl(6, self._first + sector)

    def blank(self, sector):
        """True when every byte of the sector is 0xFF."""
        buf = bytearray(256)
        pattern = b"\xff" * 256
        for offset in range(0, SECTOR, 256):
            self.read(sector, offset, buf)
            if buf != pattern:
                return False
        return True
