"""Joins telegrams that come in pieces: segments of HDLC and M-Bus, and blocks of general block transfer."""
from array import array

from ..loops import copy, same

try:
    from .headers_fast import block, join
except ImportError:
    from .headers_plain import block, join  # noqa: F401  join is imported from here

_SIZE = 2048
_BLOCKS = 32  # as in headers_fast.py


class Segments:
    """Appends segments to one buffer of 2048 bytes, which is allocated with the first segment."""

    joins = True  # join() may append to the buffer

    def __init__(self):
        self.buf = b""
        self.length = 0  # bytes in buf
        self.next = 0  # number of the segment that must come next; 0: none has come

    def start(self):
        """Forget all segments."""
        self.length = 0
        self.next = 0

    def add(self, buf, start, end):
        """Append buf[start:end]. False where it does not fit; then all segments are forgotten."""
        if not self.buf:
            self.buf = bytearray(_SIZE)
        if self.length + end - start > _SIZE:
            self.start()
            return False
        copy(self.buf, self.length, buf, start, end)
        self.length += end - start
        self.next += 1
        return True


class Blocks:
    """General block transfer (IEC 62056-5-3 clause 9.3.1): blocks that may be repeated or out of order.

        E0 | control (80 last, 40 streaming) | block number 2 | acknowledged 2 | length | data

    A block does not tell to which telegram it belongs. Where some blocks are lost, or the first that
    comes is not block 1, blocks of two telegrams must not be joined. So their order decides.
    """

    def __init__(self):
        self.raw = Segments()  # the blocks in the order in which they came
        self.whole = Segments()  # the blocks in order, if they came out of order
        self.done = None  # the one of the two that has the complete telegram
        # Block number -> index of its data in raw, and length of its data (-1: it has not come).
        self.known = array("h", bytes(2 * _BLOCKS + 2) + b"\xff" * (2 * _BLOCKS + 2))
        self.places = memoryview(self.known)[: _BLOCKS + 1]
        self.sizes = memoryview(self.known)[_BLOCKS + 1 :]
        # Number, index, length of the data, and control of the present block.
        self._now = array("i", bytes(16))
        self._highest = 0
        self._last = 0
        self._before = 0  # number of the block that came before this one
        self.ascending = True  # each number was higher than the one before
        self._plain = True  # raw has the blocks from the first one on in order, each once

    def start(self):
        """Forget all blocks."""
        self.raw.start()
        self.whole.start()
        self._forget(1)
        self._highest = 0
        self._plain = True

    def add(self, buf, start, end):
        """Take the block buf[start:end]. 1: `done` has the telegram, 0: blocks are missing, -1: it is malformed."""
        now = self._now
        if not block(buf, start, end, now):
            return -1
        # A number that has come before: the block is repeated, or of the next telegram.
        if now[0] > self._highest or self._known(buf, now[0], now[1], now[2]) < 0:
            if not self._append(buf, now):
                self.start()
                return -1
        if now[3] & 0x80:
            self._last = now[0]
        if not self._last:
            return 0
        self.done = self.raw
        return 1 if self._plain and self.raw.next == self._last else self._join()

    def resume(self, length, count):
        """So many blocks in order, of `length` bytes in all, have been put into raw by join()."""
        self.raw.length = length
        self.raw.next = self._highest = self._before = count

    def _append(self, buf, now):
        """Add the present block to those that have come. False where it does not fit."""
        number = now[0]
        self._plain = self._plain and number == self.raw.next + 1
        self.places[number] = self.raw.length
        if not self.raw.add(buf, now[1], now[1] + now[2]):
            return False
        self.sizes[number] = now[2]
        self._highest = max(self._highest, number)
        self.ascending = self.ascending and number > self._before
        self._before = number
        return True

    def _known(self, buf, number, at, length):
        """Length of the block with this number that has come before, and is the same one; -1: there is none."""
        raw = self.raw
        known = self.sizes[number]
        if number == 1:
            # Block 1 begins the next telegram if it has come before, or if blocks in order up to the last have.
            if known >= 0 or self._last and self.ascending:
                self.start()
                known = -1
        elif known >= 0 and (known != length
                             or not same(buf, at, memoryview(raw.buf)[self.places[number]:], length)):
            self._forget(number)
            known = -1
        return known

    def _join(self):
        """1 where all blocks up to the last one have come, and are put in order; 0 where one is missing."""
        raw = self.raw
        at = 0
        ordered = True
        for i in range(1, self._last + 1):
            if self.sizes[i] < 0:
                return 0
            ordered = ordered and self.places[i] == at
            at += self.sizes[i]
        if not ordered or at != raw.length:
            self.done = self.whole
            for i in range(1, self._last + 1):
                self.whole.add(raw.buf, self.places[i], self.places[i] + self.sizes[i])
        return 1

    def _forget(self, number):
        """A block came again with other data, so the next telegram has begun: forget the blocks of the one before.

        Only blocks with lower numbers that came after the first copy of it are kept: they belong to the next telegram.
        """
        for i in range(1, self._highest + 1):
            if i >= number or self.places[i] < self.places[number]:
                self.sizes[i] = -1
        self._last = self._before = 0
        self.ascending = True
