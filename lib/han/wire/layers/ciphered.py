"""The header of a ciphered APDU (IEC 62056-5-3 clause 5.7.3). Imported with the first of them, and kept."""
from ..loops import same


class Ciphered:
    """Header of a general-glo- or general-ded-ciphering APDU: system title, security control, counter."""

    def __init__(self):
        self.title = b""
        self.control = 0
        self.counter = 0
        self.start = 0  # of the ciphertext, which the tag ends where control has bit 0x10
        self.end = 0

    def parse(self, buf, start, end):
        """Read the header of the APDU buf[start:end]; False where it is malformed or has bytes too many."""
        if start + 4 > end:
            return False
        at = start + 2
        size = buf[start + 1]
        if size > 8 or at + size + 2 > end:
            return False
        if len(self.title) != size or not same(buf, at, self.title, size):
            self.title = bytes(memoryview(buf)[at:at + size])
        at += size
        length = buf[at]
        at += 1
        if length & 0x80:
            n = length & 0x7F
            if n > 2 or at + n > end:
                return False
            length = 0
            for _ in range(n):
                length = length << 8 | buf[at]
                at += 1
        if at + length != end or length < 5:
            return False
        self.control = buf[at]
        self.counter = buf[at + 1] << 24 | buf[at + 2] << 16 | buf[at + 3] << 8 | buf[at + 4]
        self.start = at + 5
        self.end = end
        return True
