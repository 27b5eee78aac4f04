"""What MicroPython says of its heap: micropython.mem_info()'s text in the output of a process."""

import re

_BLOCK = 32  # bytes of the heap's smallest piece on a 64-bit machine
_GC = re.compile(rb"GC: total: (\d+), used: (\d+), free: (\d+)")
_BLOCKS = re.compile(rb"max free sz: (\d+)")


class Accounts:
    """Takes the output as it comes; `last` is (free bytes, bytes of the largest free piece), None before the first."""

    def __init__(self):
        self.last = None
        self._free = None
        self._rest = b""

    def take(self, data):
        """Some bytes more."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if found := _GC.search(line):
                self._free = int(found.group(3))
            elif (found := _BLOCKS.search(line)) and self._free is not None:
                self.last = self._free, int(found.group(1)) * _BLOCK
