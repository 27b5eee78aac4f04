"""The header of a ciphered APDU (IEC 62056-5-3 clause 5.7.3). Imported when the first such APDU comes."""
from array import array

from ..loops import same

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
        if not ciphered(buf, start, end, self.at):
            return False
        start, end = self.at[0], self.at[1]
        if len(self.title) != end or not same(buf, start, self.title, end):
            self.title = bytes(memoryview(buf)[start:start + end])
        return True

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
