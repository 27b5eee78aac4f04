"""Both heaps of the chip, and what there is room for.

Python's objects live in areas that MicroPython takes from the system's heap and hardly ever gives back. From what is
left WiFi, lwIP, TLS and drivers live: where that runs out, nothing can be accepted, or even waited for, any more,
however much Python has. So what needs the system's heap is refused while that is short, and what uses it gives way.
"""
import gc

#: Of the system's heap, bytes free and in one piece. For one more stream:
STREAM = 24 * 1024, 12 * 1024
#: For a TLS handshake, which takes up to 40 kB: 35 kB are left then.
HANDSHAKE = 68 * 1024, 20 * 1024
#: With less than this, streams end, and uploads and big answers are refused.
RESERVE = 16 * 1024, 6 * 1024
#: With less than this for long, only a restart helps.
LEAST = 6 * 1024, 2 * 1024


class Memory:
    """A board's. board.heap() and board.system_heap() have the figures; the latter is None where it is no matter."""

    def __init__(self, board):
        self._board = board

    def room(self, wanted):
        """True where the system's heap has so much: (bytes free, bytes in one piece)."""
        system = self._board.system_heap()
        return not system or system[1] >= wanted[0] and system[3] >= wanted[1]

    def short(self, needed, reserve=RESERVE):
        """True where Python's heap has fewer bytes free, garbage collected, or the system's less than its reserve."""
        if self._board.heap()[1] < needed:
            gc.collect()
        return self._board.heap()[1] < needed or not self.room(reserve)

    def told(self):
        """What there is, in words."""
        text = "%d bytes free" % self._board.heap()[1]
        system = self._board.system_heap()
        if system:
            text += "; system %d, largest block %d" % (system[1], system[3])
        return text
