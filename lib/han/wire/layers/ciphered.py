"""The header of a ciphered APDU (IEC 62056-5-3 clause 5.7.3). Imported when the first such APDU comes."""
from array import array

try:
    from .headers_fast import ciphered
except ImportError:
    from .headers_plain import ciphered


class Ciphered:
    """The header of a general-glo-ciphering or general-ded-ciphering APDU.

        DB or DC | length and system title, up to 8 bytes | length | security control | frame counter 4 | ciphertext

    title   system title
    at      index and length of the title; security control; index of the ciphertext, and behind it. If control has bit
            0x10, its last 12 bytes are the tag
    """

    def __init__(self):
        self.title = b""
        self.at = array("i", bytes(20))

    def parse(self, buf, start, end):
        """Read the header of the APDU buf[start:end]. False where it is malformed, or its length does not match."""
        found = ciphered(buf, start, end, self.at, self.title)
        if found > 1:
            start = self.at[0]
            self.title = bytes(memoryview(buf)[start:start + self.at[1]])
        return found > 0

    @property
    def control(self):
        """The security control."""
        return self.at[2]

    @property
    def start(self):
        """Index of the ciphertext."""
        return self.at[3]

    @property
    def end(self):
        """Index behind the ciphertext and its tag."""
        return self.at[4]
