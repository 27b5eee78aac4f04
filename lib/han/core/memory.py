"""Both heaps of the chip, and the memory that is needed for each purpose.

Python's objects are in areas that MicroPython takes from the system's heap and hardly ever gives back. WiFi, lwIP, TLS
and the drivers use the rest of that heap. When the rest runs out, no connection can be accepted and no socket can be
waited for, even if Python has memory. So while the system's heap is short, requests that need it are refused, and
streams that use it are closed.
"""
import gc

# Limits of the system's heap: (bytes free, bytes in one piece).
#: Needed for one more stream.
STREAM = 24 * 1024, 12 * 1024
#: Needed for a TLS handshake, which takes up to 40 kB, so that a TLS client leaves 35 kB.
HANDSHAKE = 68 * 1024, 20 * 1024
#: With less than this, streams are closed, and uploads and big answers are refused.
RESERVE = 16 * 1024, 6 * 1024
#: With less than this for long, only a restart helps.
LEAST = 6 * 1024, 2 * 1024


class Memory:
    """Watches the heaps of a board.

    board.heap() and board.system_heap() have the figures. The latter is None where the system has enough memory.
    """

    def __init__(self, board):
        self._board = board

    def room(self, wanted):
        """True where the system's heap has at least `wanted`: (bytes free, bytes in one piece)."""
        system = self._board.system_heap()
        return not system or system[1] >= wanted[0] and system[3] >= wanted[1]

    def short(self, needed, reserve=RESERVE):
        """True where Python's heap has fewer than `needed` bytes free after a collection, or the system's heap too few.

        reserve: what the system's heap must have, (bytes free, bytes in one piece)
        """
        if self._board.heap()[1] < needed:
            gc.collect()
        return self._board.heap()[1] < needed or not self.room(reserve)

    def told(self):
        """The free memory of both heaps, in words."""
        text = "%d bytes free" % self._board.heap()[1]
        system = self._board.system_heap()
        if system:
            text += "; system %d, largest block %d" % (system[1], system[3])
        return text
