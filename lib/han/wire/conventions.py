"""Checksums by other conventions than the framing's own, which some makers use.

Such a meter uses its own in each telegram, so that is learned: where the framing's is wrong and the same
other one is right for `enough` telegrams in a row, it is the meter's, and from that telegram on taken for
one. Until then telegrams are refused: what damaged one may agree with one of the others by chance, once
in some thousand times.
"""
from .loops import crc_by
from .tables import X25

#: Name, polynomial's table (None: that of CRC-16/ARC), first value, what the result is combined with at the end.
_KNOWN = (("X25", X25, 0xFFFF, 0xFFFF), ("KERMIT", X25, 0, 0), ("ARC", None, 0, 0), ("MODBUS", None, 0xFFFF, 0))


class Conventions:
    """What the checkers of P1 and SML on one line know of other conventions."""

    usually = 5

    def __init__(self, enough=usually):
        self.enough = enough  # telegrams in a row that prove one
        self.heard = 0  # telegrams that only another convention explains
        self.count = 0  # of them in a row, by the same one
        self.last = None  # its name where the telegram looked at last was one of them
        self._one = -1  # which it is, and whether its bytes change places

    @property
    def name(self):
        """The convention that the meter uses, or seems to use while `learned` is false; None: the framing's own."""
        return _KNOWN[self._one >> 1][0] if self.count else None

    @property
    def learned(self):
        """Whether telegrams with it are taken."""
        return self.count >= self.enough

    def check(self, buf, start, end, sent, own):
        """True where `sent` is the checksum of buf[start:end]: `own`, that of its framing, or what the meter makes."""
        self.last = None
        if sent == own:
            self.count = 0
            return True
        one = _explaining(buf, start, end, sent)
        if one < 0:
            if not self.learned:
                self.count = 0
            return False
        self.heard += 1
        self.last = _KNOWN[one >> 1][0]
        if one != self._one:
            self.count = 0
        self._one = one
        self.count = min(self.count + 1, self.enough)
        return self.learned

    def made(self, buf, start, end, own):
        """The checksum of buf[start:end] by the convention of the telegram looked at last; own: that of its framing."""
        return _checksum(self._one, buf, start, end) if self.last else own


def _checksum(one, buf, start, end):
    from .arc import ARC

    _, table, first, last = _KNOWN[one >> 1]
    crc = crc_by(table or ARC, first, buf, start, end) ^ last
    return crc >> 8 | (crc & 0xFF) << 8 if one & 1 else crc


def _explaining(buf, start, end, sent):
    """The convention that makes `sent`: twice its index, + 1 where its bytes change places; -1: none does."""
    for one in range(0, 2 * len(_KNOWN), 2):
        crc = _checksum(one, buf, start, end)
        if crc == sent:
            return one
        if crc >> 8 | (crc & 0xFF) << 8 == sent:
            return one + 1
    return -1
