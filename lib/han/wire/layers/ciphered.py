"""The header of a ciphered APDU (IEC 62056-5-3 clause 5.7.3). Imported when the first such APDU comes."""
from ..loops import same


class Ciphered:
    """The header of a general-glo-ciphering or general-ded-ciphering APDU.

    title        system title, up to 8 bytes
    control      security control
    counter      frame counter
    start, end   indexes of the ciphertext; if control has bit 0x10, its last 12 bytes are the tag
    """

    def __init__(self):
        self.title = b""
        self.control = 0
        self.counter = 0
        self.start = 0
        self.end = 0

    def parse(self, buf, start, end):
        """Read the header of the APDU buf[start:end]. False where it is malformed, or its length does not match."""
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
