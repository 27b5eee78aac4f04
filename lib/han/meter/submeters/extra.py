"""What a telegram says besides the fields of a reading. It is kept as it came, and read when somebody asks.

Imported with the first telegram that has such lines. They hardly ever change from one telegram to the next, so nothing
but a comparison is done for each.
"""
from ...wire.loops import copy
from ...wire.rows.lines import gather

_FIRST = 256  # room for lines at first, bytes: two sub-meters
_MOST = 1024  # lines that do not fit in here are left out


class Extra:
    """The lines of sub-meters in a P1 telegram, each with an LF behind it, as of `gather`.

    buf, length   the lines are buf[:length]
    changes       grows when they change
    found         what sub.meters() has made of them; None after a change
    """

    def __init__(self):
        self.buf = bytearray(_FIRST)
        self.length = 0
        self.changes = 0
        self.found = None
        self._of = self  # the Extra that was copied last
        self._seen = 0  # its number of changes then

    def gather(self, buf, start, end):
        """Take the lines of buf[start:end]; start is the beginning of the first one."""
        said = gather(buf, start, end, self.buf, len(self.buf))
        if said >> 1 > len(self.buf) < _MOST:
            self._enlarge(said >> 1)
            said = gather(buf, start, end, self.buf, len(self.buf)) | 1
        length = said >> 1
        if length > len(self.buf):
            length = 1 + self.buf.rfind(b"\n")  # the lines that fitted
        if said & 1 or length != self.length:
            self._changed(length)

    def take(self, other):
        """Become a copy of another one. Quick if it is the one that was copied last, and has not changed."""
        if self._of is not other or self._seen != other.changes:
            self._of, self._seen = other, other.changes
            if other.length > len(self.buf):
                self._enlarge(other.length)
            copy(self.buf, 0, other.buf, 0, other.length)
            self._changed(other.length)

    def _changed(self, length):
        self.length = length
        self.changes += 1
        self.found = None

    def _enlarge(self, length):
        self.buf = bytearray(min(_MOST, (length + 127) // 128 * 128))
