"""NOR flash in a file, with the methods of esp32.Partition. It can lose power in the middle of an operation.

Erasing sets all bits of a sector; programming only clears bits; an exception undoes nothing. The contents stay in the
file and are read by seeking, because a partition is bigger than a small heap.
"""

SECTOR = 4096
_BLANK = b"\xff" * 256


class Partition:
    """esp32.Partition over a seekable binary file of `size` bytes, which this object owns.

    power  a host_sim.hardware.powercut.Power, which may fail during any operation, or None
    """

    def __init__(self, file, size, name, power=None):
        self._file = file
        self._size = size
        self.name = name
        self.power = power

    def readblocks(self, block, buf, offset=0):
        """Fill buf from a block (and an offset in bytes); OSError if it reaches outside of the partition."""
        if self.power:
            self.power.check()
        self.load(self._place(block, offset, len(buf)), buf)

    def writeblocks(self, block, buf, offset=None):
        """Without an offset: erase whole blocks and program them. With an offset in bytes: program only.

        OSError if buf reaches outside of the partition, or is not whole blocks.
        """
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
        """3: sync, 4: number of blocks, 5: size of a block, 6: erase one block. Other kinds as in the port."""
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

    # The errors are those of the chip's driver (esp_err.h).
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
        """Clear the bits that are 0 in data, as programming does. buf: scratch space, at least as long as data."""
        buf = memoryview(buf)[: len(data)]
        self.load(at, buf)
        if buf != _BLANK[: len(data)]:
            for n in range(len(data)):
                buf[n] &= data[n]
            data = buf
        self.store(at, data)

    def load(self, at, buf):
        """Read the cells into buf, with or without power."""
        self._file.seek(at)
        self._file.readinto(buf)

    def store(self, at, data):
        """Set the cells to data, whatever they were."""
        self._file.seek(at)
        self._file.write(data)

    def close(self):
        """Close the file."""
        self._file.close()


def partition(path, size, name):
    """The Partition in the file `path`. A missing file is created; a short one is extended with blank bytes."""
    try:
        file = open(path, "r+b", buffering=0)
    except OSError:
        open(path, "wb").close()
        file = open(path, "r+b", buffering=0)
    n = file.seek(0, 2)
    while n < size:
        n += file.write(b"\xff" * 256)
    return Partition(file, size, name)
