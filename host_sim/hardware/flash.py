"""NOR flash as esp32.Partition shows it, in a file, that can lose power in the middle of an operation.

Erasing sets all bits of a sector, programming only clears them, and nothing is undone by an exception.
The contents stay in the file and are reached by seeking: a partition is bigger than a small heap.
"""

SECTOR = 4096
_BLANK = b"\xff" * 256


class Partition:
    """esp32.Partition over a seekable binary file of `size` bytes, which is this object's to write.

    power  None, or a host_sim.hardware.powercut.Power that is asked before each operation
    """

    def __init__(self, file, size, name, power=None):
        self._file = file
        self._size = size
        self.name = name
        self.power = power

    def readblocks(self, block, buf, offset=0):
        """Fill buf from a block (and an offset in bytes); OSError outside of the partition."""
        if self.power:
            self.power.check()
        self.load(self._place(block, offset, len(buf)), buf)

    def writeblocks(self, block, buf, offset=None):
        """Without an offset erase whole blocks and program them, with one only program."""
        at = self._place(block, offset or 0, len(buf))
        data = memoryview(buf)
        if offset is None:
            if len(data) % SECTOR:
                raise OSError(-0x104, "ESP_ERR_INVALID_SIZE")
            for n in range(0, len(data), SECTOR):
                self._erase(at + n)
        for n in range(0, len(data), SECTOR):
            self._program(at + n, data[n : n + SECTOR])

    def ioctl(self, kind, number=0):
        """3 sync, 4 number of blocks, 5 their size, 6 erase one; None for what the port does not know."""
        if kind in (1, 2, 3):
            return 0
        if kind == 4:
            return self._size // SECTOR
        if kind == 5:
            return SECTOR
        if kind == 6:
            self._erase(self._place(number, 0, SECTOR))
            return 0
        return None

    # Errors as the chip's driver answers them (esp_err.h).
    def _place(self, block, offset, size):
        at = block * SECTOR + offset
        if not 0 <= at <= self._size:
            raise OSError(-0x102, "ESP_ERR_INVALID_ARG")
        if at + size > self._size:
            raise OSError(-0x104, "ESP_ERR_INVALID_SIZE")
        return at

    def _erase(self, at):
        if self.power:
            self.power.erase(self, at, SECTOR)
        for n in range(0, SECTOR, len(_BLANK)):
            self.store(at + n, _BLANK)

    def _program(self, at, data):
        if self.power:
            self.power.program(self, at, data)
        buf = bytearray(min(len(data), 256))
        for n in range(0, len(data), 256):
            self.clear(at + n, data[n : n + 256], buf)

    def clear(self, at, data, buf):
        """Clear the bits that are 0 in data: what the cells can do without being erased. buf: at least as long."""
        buf = memoryview(buf)[: len(data)]
        self.load(at, buf)
        if buf != _BLANK[: len(data)]:
            for n in range(len(data)):
                buf[n] &= data[n]
            data = buf
        self.store(at, data)

    def load(self, at, buf):
        """Read the cells as they are, with or without power."""
        self._file.seek(at)
        self._file.readinto(buf)

    def store(self, at, data):
        """Make the cells what they are to be, against all physics."""
        self._file.seek(at)
        self._file.write(data)

    def close(self):
        """Give the file back."""
        self._file.close()


def partition(path, size, name):
    """The Partition in a file, which is made blank, or longer, where it is not yet there."""
    try:
        file = open(path, "r+b", buffering=0)
    except OSError:
        open(path, "wb").close()
        file = open(path, "r+b", buffering=0)
    n = file.seek(0, 2)
    while n < size:
        n += file.write(b"\xff" * 256)
    return Partition(file, size, name)
