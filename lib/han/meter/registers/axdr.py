"""Steps through the A-XDR of a DLMS list (IEC 61334-6) by hand, where speed is nothing: for a request."""
from ...wire.tables import SIZES
from .value import integer

# Tags whose size the table does not tell.
HOLDS = 1, 2
_BITS, _COMPACT, _DONT_CARE = 4, 0x13, 0xFF
_NEITHER = 0xFF  # in the form of a tag, see wire/tables.py


class Steps:
    """A place in buf[start:end] (bytes); ValueError where a step would leave it, or a tag is none."""

    def __init__(self, buf, start, end):
        self.buf = buf
        self.p = start
        self.end = end

    def take(self, size):
        """The next bytes."""
        if self.p + size > self.end:
            raise ValueError("malformed")
        self.p += size
        return self.buf[self.p - size : self.p]

    def ahead(self, size):
        return self.buf[self.p : min(self.p + size, self.end)]

    def length(self):
        """A BER length."""
        size = self.take(1)[0]
        return integer(self.take(size & 0x7F), False) if size & 0x80 else size

    def content(self, tag):
        """The bytes of a value whose tag has been taken; of one that holds others, all of theirs."""
        if tag in HOLDS:
            start = self.p
            self._skip(self.length())
            return self.buf[start : self.p]
        if tag == _COMPACT:
            start = self.p
            self._types(1)
            self.take(self.length())
            return self.buf[start : self.p]
        if tag == _DONT_CARE:
            return b""
        form = SIZES[tag] if tag < len(SIZES) else _NEITHER
        if form == _NEITHER:
            raise ValueError("malformed")
        size = self.length() if form & 0x4F == 0x40 else form & 15
        return self.take((size + 7) // 8 if tag == _BITS else size)

    def _skip(self, values):
        while values:
            tag = self.take(1)[0]
            values -= 1
            if tag in HOLDS:
                values += self.length()
                if values > self.end - self.p:
                    raise ValueError("malformed")
            else:
                self.content(tag)

    def _types(self, count):
        """Step over the types of a compact array's elements (IEC 62056-6-2 clause 4.1.5)."""
        while count:
            tag = self.take(1)[0]
            count -= 1
            if tag == 1:
                self.take(2)
                count += 1
            elif tag == 2:
                count += self.length()
            if count > self.end - self.p:
                raise ValueError("malformed")
