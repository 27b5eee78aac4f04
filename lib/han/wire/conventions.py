"""Other conventions for checksums than the framing's own, as some manufacturers use them.

Such a meter uses the same convention in each telegram, so it is learned. When the framing's checksum is
wrong, and the same other one is right, in `enough` telegrams in a row, it is the meter's convention. From
that telegram on, telegrams with it are good. Before, they are refused, as a damaged telegram can match one
of the other conventions by chance, once in some thousand times.
"""
from .loops import crc_by
from .tables import x25

#: Name, whether it is computed by the table of CRC-16/X25 or by that of CRC-16/ARC, start value, final XOR.
_KNOWN = (("X25", True, 0xFFFF, 0xFFFF), ("KERMIT", True, 0, 0), ("ARC", False, 0, 0), ("MODBUS", False, 0xFFFF, 0))


class Conventions:
    """Learns the convention of the meter on one line, for the checkers of P1 and SML."""

    usually = 5

    def __init__(self, enough=usually):
        self.enough = enough  # number of telegrams in a row that prove a convention
        self.heard = 0  # telegrams that were right only by another convention
        self.count = 0  # such telegrams in a row, by the same convention
        self.last = None  # name of the convention where the last telegram was such a one
        self._one = -1  # that convention, as _explaining() numbers it

    @property
    def name(self):
        """Name of the meter's convention (while `learned` is False only a guess); None: the framing's own."""
        return _KNOWN[self._one >> 1][0] if self.count else None

    @property
    def learned(self):
        """True where the convention is proven, so that its telegrams are good."""
        return self.count >= self.enough

    def check(self, buf, start, end, sent, own):
        """True where a telegram's checksum is right, by its framing or by the learned convention.

        sent: the checksum in the telegram; own: the framing's checksum of buf[start:end]
        """
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
        self.last, by_x25, _, _ = _KNOWN[one >> 1]
        if by_x25:
            x25()  # keep its table
        if one != self._one:
            self.count = 0
        self._one = one
        self.count = min(self.count + 1, self.enough)
        return self.learned

    def made(self, buf, start, end, own):
        """The checksum of buf[start:end] by the convention of the last telegram. own: the framing's checksum of it."""
        return _checksum(self._one, buf, start, end) if self.last else own


def _checksum(one, buf, start, end, table=None):
    """table: that of CRC-16/X25; None: the one that is kept, which is made if need be."""
    _, by_x25, first, last = _KNOWN[one >> 1]
    if not by_x25:
        from .arc import ARC as table
    crc = crc_by(table or x25(), first, buf, start, end) ^ last
    return crc >> 8 | (crc & 0xFF) << 8 if one & 1 else crc


def _explaining(buf, start, end, sent):
    """The convention by which `sent` is right: twice its index in _KNOWN, + 1 with swapped bytes; -1: none."""
    table = x25(False)  # most such telegrams are only damaged
    for one in range(0, 2 * len(_KNOWN), 2):
        crc = _checksum(one, buf, start, end, table)
        if crc == sent:
            return one
        if crc >> 8 | (crc & 0xFF) << 8 == sent:
            return one + 1
    return -1
