"""Joins telegrams that come in pieces: segments of HDLC and M-Bus, and blocks of general block transfer."""
from array import array

from ..loops import copy, same

_SIZE = 2048
_BLOCKS = 32


class Segments:
    """Appends segments to one buffer of 2048 bytes, which is allocated with the first segment."""

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
        self._at = array("h", bytes(2 * _BLOCKS + 2))
        self._size = array("h", b"\xff" * (2 * _BLOCKS + 2))
        self._highest = 0
        self._last = 0
        self._before = 0  # number of the block that came before this one
        self.ascending = True  # each number was higher than the one before

    def start(self):
        """Forget all blocks."""
        self.raw.start()
        self.whole.start()
        self._forget(1)
        self._highest = 0

    def add(self, buf, start, end):
        """Take the block buf[start:end]. 1: `done` has the telegram, 0: blocks are missing, -1: it is malformed."""
        if end - start < 7:
            return -1
        control = buf[start + 1]
        number = buf[start + 2] << 8 | buf[start + 3]
        at = start + 7
        length = buf[start + 6]
        if length & 0x80:
            n = length & 0x7F
            if n > 2 or at + n > end:
                return -1
            length = 0
            for _ in range(n):
                length = length << 8 | buf[at]
                at += 1
        if at + length > end or not 1 <= number <= _BLOCKS:
            return -1
        raw = self.raw
        known = self._size[number]
        if number == 1:
            # Block 1 begins the next telegram if it has come before, or if blocks in order up to the last have.
            if known >= 0 or self._last and self.ascending:
                self.start()
                known = -1
        elif known >= 0 and (known != length
                             or not same(buf, at, memoryview(raw.buf)[self._at[number]:], length)):
            self._forget(number)
            known = -1
        if known < 0:  # else the block is only repeated
            self._at[number] = raw.length
            if not raw.add(buf, at, at + length):
                self.start()
                return -1
            self._size[number] = length
            self._highest = max(self._highest, number)
            self.ascending = self.ascending and number > self._before
            self._before = number
        if control & 0x80:
            self._last = number
        if not self._last:
            return 0
        at = 0
        ordered = True
        for i in range(1, self._last + 1):
            if self._size[i] < 0:
                return 0
            ordered = ordered and self._at[i] == at
            at += self._size[i]
        self.done = raw
        if not ordered or at != raw.length:
            self.done = self.whole
            for i in range(1, self._last + 1):
                self.whole.add(raw.buf, self._at[i], self._at[i] + self._size[i])
        return 1

    def _forget(self, number):
        """A block came again with other data, so the next telegram has begun: forget the blocks of the one before.

        Only blocks with lower numbers that came after the first copy of it are kept: they belong to the next telegram.
        """
        for i in range(1, self._highest + 1):
            if i >= number or self._at[i] < self._at[number]:
                self._size[i] = -1
        self._last = self._before = 0
        self.ascending = True
