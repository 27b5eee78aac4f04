"""The simulated board's console: a pseudo-terminal of this computer in place of the chip's USB port."""

from host_sim.line.serial import SerialUart


class Console:
    """The console, see firmware/board.py. OSError if there is no such device."""

    addressed = False

    def __init__(self, path, ticks_ms):
        self._line = SerialUart(path, ticks_ms, True)
        self._out = open(path, "wb", buffering=0)
        self._buf = bytearray(64)

    def read(self):
        """Bytes that a user or a program has sent; never waits."""
        return bytes(memoryview(self._buf)[: self._line.readinto(self._buf)])

    def write(self, data):
        """Send bytes."""
        self._out.write(data)

    def interrupts(self, on):
        """Set whether Ctrl-C ends the program. Here it never does."""
