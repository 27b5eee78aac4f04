"""The simulated board's console: a pseudo-terminal of this computer, as the chip's is on USB."""

from host_sim.line.serial import SerialUart


class Console:
    """See firmware/board.py. OSError: there is no such device."""

    addressed = False

    def __init__(self, path, ticks_ms):
        self._line = SerialUart(path, ticks_ms, True)
        self._out = open(path, "wb", buffering=0)
        self._buf = bytearray(64)

    def read(self):
        """What has been typed, or sent by a program; never waits."""
        return bytes(memoryview(self._buf)[: self._line.readinto(self._buf)])

    def write(self, data):
        """Send bytes."""
        self._out.write(data)

    def interrupts(self, on):
        """Whether Ctrl-C ends the program: here it never does."""
