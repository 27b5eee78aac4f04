"""What MicroPython says of its heap: the text of micropython.mem_info() and qstr_info() in the output of a process."""

import os
import re

_BLOCK = 32  # bytes of the heap's smallest piece on a 64-bit machine
_GC = re.compile(rb"GC: total: (\d+), used: (\d+), free: (\d+)")
_NAMES = re.compile(rb"qstr pool: .*n_total_bytes=(\d+)")
_MODULES = b"modules: "
_BLOCKS = re.compile(rb"max free sz: (\d+)")


class Accounts:
    """Takes the output of a process as it comes, or from its stream when asked to look.

    last is (free bytes, bytes of the largest free piece), None before the first account; used: bytes; objects: for
    each account the bytes of what is no name (names are in the chip's flash); modules: of host_sim.run's newest.
    """

    def __init__(self, stream=None):
        self.last = self.used = None
        self.objects = []
        self.modules = ()
        self._stream = stream
        self._free = None
        self._rest = b""
        if stream:
            os.set_blocking(stream.fileno(), False)

    def look(self):
        """The newest account: `last`, once the stream's bytes of the meantime have been taken."""
        self.take(self._stream.read() or b"")
        return self.last

    def take(self, data):
        """Some bytes more."""
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
            elif line.startswith(_MODULES):
                self.modules = line[len(_MODULES) :].decode().split()
