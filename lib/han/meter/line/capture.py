"""Capture: keeps the last raw bytes of the line. A user can send them in when a meter is not recognised."""
from ...wire.loops import copy


class Capture:
    """A ring of the newest bytes, with noise. Its buffer is allocated once."""

    #: Number of bytes: one of the longest telegrams, or several of the usual ones.
    size = 2048

    def __init__(self):
        self._buf = bytearray(self.size)
        self._at = 0
        self._full = False

    def add(self, data, n):
        """Keep the first n bytes of data; n is at most `size`."""
        at = self._at
        end = at + n
        if end >= self.size:
            copy(self._buf, at, data, 0, self.size - at)
            copy(self._buf, 0, data, self.size - at, n)
            end -= self.size
            self._full = True
        else:
            copy(self._buf, at, data, 0, n)
        self._at = end

    def raw(self):
        """A copy of the bytes, the oldest first."""
        if not self._full:
            return self._buf[:self._at]
        data = bytearray(self.size)
        copy(data, 0, self._buf, self._at, self.size)
        copy(data, self.size - self._at, self._buf, 0, self._at)
        return data
