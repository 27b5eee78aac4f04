"""NOR flash as esp32.Partition shows it, in a file, that can lose power in the middle of an operation.

Erasing sets all bits of a sector, programming only clears them, and nothing is undone by an exception.
The contents stay in the file and are reached by seeking: a partition is bigger than a small heap.
"""

SECTOR = 4096
_BLANK = b"\xff" * 256
# What the chip's driver answers (esp_err.h).
_INVALID_ARG = -0x102
_INVALID_SIZE = -0x104


class PowerCut(BaseException):
    """The supply has failed; not an Exception, as no handler of the application would run either."""


class Power:
    """The supply of one chip's flash: counts erase and program operations, and can fail during one.

    cut_after  the number of operations that still complete; the next one is left half done. None: never.
    """

    def __init__(self, seed=1, cut_after=None):
        self.operations = 0
        self.cut_after = cut_after
        self.on = True
        self.seed = seed

    def restore(self, cut_after=None):
        """Power is back; it may fail again after so many operations more."""
        self.on = True
        self.cut_after = None if cut_after is None else self.operations + cut_after

    def begin(self):
        """An operation starts: False where it is the one that power fails in."""
        self.check()
        if self.cut_after is not None and self.operations >= self.cut_after:
            self.on = False
            return False
        self.operations += 1
        return True

    def check(self):
        """Raise PowerCut while there is no power."""
        if not self.on:
            raise PowerCut("no power")


class Partition:
    """esp32.Partition over a seekable binary file of `size` bytes, which is this object's to write."""

    def __init__(self, file, size, label, power, address=0):
        self._file = file
        self._size = size
        self._power = power
        self._info = (1, 0x40, address, size, label, False)  # a data partition of our own subtype

    def info(self):
        """(type, subtype, address, size, label, encrypted)."""
        return self._info

    def readblocks(self, block, buf, offset=0):
        """Fill buf from a block (and an offset in bytes); OSError outside of the partition."""
        self._power.check()
        self._file.seek(self._place(block, offset, len(buf)))
        view = memoryview(buf)
        done = 0
        while done < len(view):
            count = self._file.readinto(view[done:])
            if not count:
                raise OSError(5, "the file of a partition is too short")
            done += count

    def writeblocks(self, block, buf, offset=None):
        """Without an offset erase whole blocks and program them, with one only program."""
        at = self._place(block, offset or 0, len(buf))
        view = memoryview(buf)
        if offset is None:
            if len(view) % SECTOR:
                raise OSError(_INVALID_SIZE, "ESP_ERR_INVALID_SIZE")
            for done in range(0, len(view), SECTOR):
                self._erase(at + done)
        for done in range(0, len(view), SECTOR):
            self._program(at + done, view[done : done + SECTOR])

    def ioctl(self, operation, argument=0):
        """3 sync, 4 number of blocks, 5 their size, 6 erase one; None for what the port does not know."""
        if operation in (1, 2, 3):
            return 0
        if operation == 4:
            return self._size // SECTOR
        if operation == 5:
            return SECTOR
        if operation == 6:
            self._erase(self._place(argument, 0, SECTOR))
            return 0
        return None

    def _place(self, block, offset, length):
        at = block * SECTOR + offset
        if not 0 <= at <= self._size:
            raise OSError(_INVALID_ARG, "ESP_ERR_INVALID_ARG")
        if at + length > self._size:
            raise OSError(_INVALID_SIZE, "ESP_ERR_INVALID_SIZE")
        return at

    def _erase(self, at):
        if not self._power.begin():
            from host_sim.powercut import interrupt_erase  # rare, and a small heap has no room for it

            interrupt_erase(self, at, SECTOR, self._power)
        self._file.seek(at)
        for _ in range(SECTOR // len(_BLANK)):
            self._file.write(_BLANK)

    def _program(self, at, view):
        if not self._power.begin():
            from host_sim.powercut import interrupt_program

            interrupt_program(self, at, view, self._power)
        cells = bytearray(min(len(view), 256))
        for done in range(0, len(view), 256):
            self.clear(at + done, view[done : done + 256], cells)

    def clear(self, at, view, scratch):
        """Clear the bits that are 0 in view: what the cells can do without being erased."""
        cells = memoryview(scratch)[: len(view)]
        self.load(at, cells)
        for n in range(len(view)):
            cells[n] &= view[n]
        self.store(at, cells)

    def load(self, at, cells):
        """Read cells as they are, with or without power."""
        self._file.seek(at)
        self._file.readinto(cells)

    def store(self, at, cells):
        """Write cells as they are to be, against all physics."""
        self._file.seek(at)
        self._file.write(cells)


def open_image(path, size):
    """The file of a partition, opened for seeking; made blank, or longer, where it is not yet there."""
    try:
        file = open(path, "r+b", buffering=0)
    except OSError:
        open(path, "wb").close()
        file = open(path, "r+b", buffering=0)
    length = file.seek(0, 2)
    while length < size:
        length += file.write(_BLANK)
    return file
