"""Reads MicroPython's reports on its heap (micropython.mem_info() and qstr_info()) from the output of a process."""

import os
import re

_BLOCK = 32  # bytes of a heap block on a 64-bit machine
_GC = re.compile(rb"GC: total: (\d+), used: (\d+), free: (\d+)")
_NAMES = re.compile(rb"qstr pool: .*n_total_bytes=(\d+)")
_MODULES = b"modules: "
_BLOCKS = re.compile(rb"max free sz: (\d+)")


class Accounts:
    """Parses the output of a process: pass it to take(), or pass the stream to the constructor and call look().

    last     (free bytes, bytes of the largest free piece) of the newest report, None before the first one
    used     bytes in use in the newest report
    objects  for each report the bytes of everything but names (on the chip, names are in flash)
    modules  for each report the names of the modules, as host_sim.run has listed them
    """

    def __init__(self, stream=None):
        self.last = self.used = None
        self.objects = []
        self.modules = []
        self._stream = stream
        self._free = None
        self._rest = b""
        if stream:
            os.set_blocking(stream.fileno(), False)

    def look(self):
        """Read what the stream has, and return `last`."""
        self.take(self._stream.read() or b"")
        return self.last

    def take(self, data):
        """Parse the next bytes of the output."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if found := _GC.search(line):
                self.used = int(found.group(2))
                self._free = int(found.group(3))
            elif (found := _BLOCKS.search(line)) and self._free is not None:
                self.last = self._free, int(found.group(1)) * _BLOCK
            elif (found := _NAMES.search(line)) and self.used is not None:
                self.objects.append(self.used - int(found.group(1)))
                self.modules.append(self.modules[-1] if self.modules else ())  # it lists them if their number changes
            elif line.startswith(_MODULES):
                self.modules[-1] = line[len(_MODULES) :].decode().split()
