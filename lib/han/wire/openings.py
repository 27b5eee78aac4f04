"""The openings that a framer follows at the same time: up to four, the oldest first."""
_GLO = 4
_OPENINGS = 4
# A ciphered APDU opens at most so many bytes behind the opening that carries it: the headers of HDLC or M-Bus, of the
# link layer and of a block, or an ident line, are not longer.
_CARRIED = 80


class Openings:
    """Kind, index, and number of bytes in the buffer at which to look again, of each opening.

    open   number of openings
    """

    def __init__(self):
        self.kinds = bytearray(_OPENINGS)
        self._start = [0] * _OPENINGS
        self._need = [0] * _OPENINGS
        self.open = 0

    def _add(self, kind, at):
        if self.open == _OPENINGS:
            self._drop(0)
        n = self.open
        self.kinds[n] = kind
        self._start[n] = at
        self._need[n] = at + 6
        self.open = n + 1

    def _drop(self, i):
        self.open -= 1
        while i < self.open:
            self._put(i, i + 1)
            i += 1

    def _drop_before(self, end):
        """Drop all that open before the index `end`."""
        keep = 0
        for k in range(self.open):
            if self._start[k] >= end:
                self._put(keep, k)
                keep += 1
        self.open = keep

    def _put(self, i, k):
        self.kinds[i] = self.kinds[k]
        self._start[i] = self._start[k]
        self._need[i] = self._need[k]

    def _move(self, n):
        """The buffer's bytes have moved by n indexes to its beginning."""
        for i in range(self.open):
            self._start[i] -= n
            self._need[i] -= n

    def _alone(self, at):
        """False where another telegram may carry the ciphered APDU that opens at `at`."""
        for i in range(self.open):
            if self.kinds[i] != _GLO and at - self._start[i] < _CARRIED:
                return False
        return True
