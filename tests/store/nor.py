"""A partition in memory for store tests."""

import io

from host_sim.hardware.flash import Partition
from host_sim.hardware.powercut import Power, PowerCut  # noqa: F401  for tests to import from here
from han.store.flash import SECTOR, Region


class Flash:
    """`sectors` sectors whose content outlives the objects that use them, and whose power can fail."""

    def __init__(self, sectors, seed=1):
        self.power = Power(seed)
        self.file = io.BytesIO(b"\xff" * (sectors * SECTOR))
        self.partition = Partition(self.file, sectors * SECTOR, "state", self.power)
        self.sectors = sectors

    def region(self, first=0, sectors=None):
        return Region(self.partition, first, sectors or self.sectors)

    def flip(self, at, mask):
        """Bits of a byte change by themselves."""
        self.file.seek(at)
        byte = self.file.read(1)[0]
        self.file.seek(at)
        self.file.write(bytes((byte ^ mask,)))

    def content(self):
        self.file.seek(0)
        return self.file.read()


class Watched:
    """Passes on to a partition and fails where something is programmed that is not blank."""

    def __init__(self, partition):
        self._partition = partition
        self.erased = []
        self.ioctl_ = partition.ioctl
        self.readblocks = partition.readblocks

    def ioctl(self, operation, argument=0):
        if operation == 6:
            self.erased.append(argument)
        return self.ioctl_(operation, argument)

    def writeblocks(self, block, buf, offset):
        there = bytearray(len(buf))
        self.readblocks(block, there, offset)
        assert there == b"\xff" * len(buf), "programmed where it is not blank"
        self._partition.writeblocks(block, buf, offset)
