"""Capture: keeps the last raw bytes of the line. A user can send them in when a meter is not recognised."""
from ...wire.loops import copy


class Capture:
    """A ring of the newest bytes, with noise.

    There is one from the start until the meter has been read without a fault for a while, from a fault on, and while
    somebody asks: most of the time nobody needs it, and it is one of the largest objects.
    """

    #: Number of bytes: one of the longest telegrams, or several of the usual ones.
    size = 2048
    #: It is given up after so many readings in a row without a fault.
    calm = 20

    def __init__(self):
        self._buf = None
        self._at = self._good = 0
        self._full = False
        self.keep()

    def keep(self):
        """Something is wrong, or somebody asks: keep what comes from now on. MemoryError: it cannot."""
        self._good = 0
        if self._buf is None:
            self._at = 0
            self._full = False
            self._buf = bytearray(self.size)

    def well(self):
        """There is a reading."""
        if self._buf is not None:
            self._good += 1
            if self._good >= self.calm:
                self._buf = None

    def there(self):
        """Number of bytes that are kept; None where none are."""
        if self._buf is None:
            return None
        return self.size if self._full else self._at

    def add(self, data, n):
        """Keep the first n bytes of data; n is at most `size`."""
        if self._buf is None:
            return
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
        """A copy of the bytes, the oldest first; empty where none are kept."""
        if self._buf is None:
            return bytearray()
        if not self._full:
            return self._buf[: self._at]
        data = bytearray(self.size)
        copy(data, 0, self._buf, self._at, self.size)
        copy(data, self.size - self._at, self._buf, 0, self._at)
        return data
