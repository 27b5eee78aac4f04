"""P1 telegrams (DSMR 5.0.2 and its relatives): finds their end, and checks them.

    /XXXn ident CR LF CR LF  lines  ! crc CR LF

The CRC covers `/` to `!`. Older meters send no CRC, some meters drop its leading zeros, and some
manufacturers use another one (conventions.py). A ciphered telegram is a general-glo-ciphering APDU,
which stands alone or behind an ident line in clear.

A 7E1 line is read as 8N1, so that the parity is in bit 7. Parity is often the only check of such a
telegram. A UART that is set to 7E1 would drop the parity bit and not report a wrong one.
"""
from array import array

from .layers.apdu import ciphered_end
from .conventions import Conventions
from .loops import digits, hunt, odd_parity, strip_parity, text_end
from .texts import crc_arc, whole

_MORE, _NONE, _WRONG, _PARITY = 0, -1, -2, -3
_OPENS = 3  # the kind of a P1 opening in the answers of `hunt`
_HEAD = 80  # most bytes of an ident line
_IDENT = 16  # bytes at the beginning that are the same in every telegram of a meter
_ALL, _SEVEN = 0xFF, 0x7F  # the bits of a character
# From so many bytes of text on, a 7E1 line can be told: at most one byte in eight has odd parity. By chance, every
# second one would.
_SURE = 24


class Checker:
    """Finds the end of one P1 telegram at a time, and checks it.

    resume     index at which the search goes on when more bytes have come
    ciphered   True after check(): this is an ident line with a ciphered APDU behind it, so call check_ident() next
    seven      True: the last telegram came from a 7E1 line
    seen       as of texts_fast.whole()
    """

    def __init__(self, conventions=None):
        self.conventions = conventions or Conventions()
        self.resume = 0
        self.ciphered = False
        self._mask = _ALL  # bits of a character that count in this telegram
        self.seven = False
        # The last one: CRC of the first bytes of the last telegram with a right CRC, to know the meter again.
        self.seen = array("i", (0, 0, 0, 0, -1))

    def whole(self, buf, start, end):
        """The usual case in one step: text with a right CRC. The answers are those of texts_fast.whole()."""
        end = whole(buf, start, end, self.seen)
        if end > 0 and (self.seven or self.conventions.count):
            self.seven = False
            self.conventions.count = 0
        return end

    def forget(self):
        """Forget all telegrams before: the next one is checked as the first of its meter."""
        self.seven = False
        self.seen[0] = 0
        self.seen[4] = -1
        self.conventions.count = 0

    def open(self, start):
        """A telegram opens at index start."""
        self.resume = start
        self._mask = _ALL
        self.conventions.last = None

    def check(self, buf, start, end, last):
        """Check the telegram that opens at buf[start]; the answers are those in framer.py.

        last: no more bytes will come, so a missing end of line is accepted

        In a telegram with parity bits that are all right, they are cleared in buf.
        """
        at = text_end(buf, self.resume, end, self._mask)
        self.ciphered = False
        if at < 0 and self._mask == _ALL:
            at = -1 - at
            behind = _behind_ident(buf, start, at, end)
            self.ciphered = behind != _WRONG
            if self.ciphered:
                return behind
            if buf[at] & 0x80:
                self._mask = _SEVEN
                at = text_end(buf, at, end, _SEVEN)
            else:
                at = -1 - at
        if at < 0:
            self.resume = -1 - at
            if self._mask == _SEVEN and end < start + _SURE and not last:
                return -start - _SURE
            return self.judged(buf, start, min(end, max(-at, start + _SURE)), _WRONG)
        self.resume = at
        if at == end:
            return -end - 1
        crc = digits(buf, at + 1, end, self._mask)
        tail = at + 1 + (crc >> 16)
        if tail == end < at + 5 and not last:
            return -end - 1
        crc &= 0xFFFF
        seven = self._mask == _SEVEN
        if seven:
            if odd_parity(buf, start, tail):
                return self.judged(buf, start, tail, _WRONG)
            strip_parity(buf, start, tail)
        same = crc_arc(buf, start, min(start + _IDENT, at))
        if tail == at + 1:
            # If the same meter has sent a CRC before, this telegram's was lost.
            if same == self.seen[4] or self._interrupted(buf, start, at):
                return _WRONG
        else:
            if not self.conventions.check(buf, start, at + 1, crc, crc_arc(buf, start, at + 1)):
                return _WRONG
            self.seen[4] = same
            if seven and not self.seven:
                # By the standard, meters with a CRC send 8 bits. So the first telegram with CRC and parity is refused.
                self.seven = True
                return _PARITY
        self.seven = seven
        return tail

    def judged(self, buf, start, end, wrong):
        """The answer for text buf[start:end] that is not a good telegram.

        -3 where a wrong parity explains that; -1 where it only looked like an opening by chance; else `wrong`.
        """
        strange = odd_parity(buf, start, end)
        at = start
        while at < end and 8 * strange <= end - start:
            at = text_end(buf, at, end, _SEVEN)
            if at < 0:
                strange += 1
                at = -1 - at
            at += 1
        if end - start >= _SURE and 8 * strange <= end - start:
            return _PARITY if strange else wrong
        return wrong if buf[start] == 0x2F else _NONE

    def _interrupted(self, buf, start, at):
        """True where another telegram opens inside: this one was cut off, but it has no CRC that would show it."""
        while start < at:
            hit = hunt(buf, start + 1, at)
            if hit & 7 == _OPENS:
                return True
            start = hit >> 3
        return False

    def check_ident(self, buf, start, end):
        """Check the ident line at buf[start] with the ciphered APDU behind it; the answers are those in framer.py."""
        at = text_end(buf, start + 1, min(end, start + _HEAD), _ALL)
        return _WRONG if at >= 0 else _behind_ident(buf, start, -1 - at, end)


def _behind_ident(buf, start, at, end):
    """Check the APDU at buf[at], the first byte that is not text, behind the ident line at buf[start]."""
    # Elgama: the ident line is clear, then comes an APDU with an empty system title.
    if buf[at - 1] == 0x0A and (buf[at] == 0 or buf[at] == 0xDB) and at - start < _HEAD:
        apdu = ciphered_end(buf, at + (buf[at] != 0), end)
        if apdu != _NONE:
            return apdu
    return _WRONG


def ident_end(buf, start):
    """Index of the end of the ident line at buf[start]: its CR or LF. buf: bytes or bytearray."""
    line = buf.find(b"\n", start)
    first = buf.find(b"\r", start, line)
    return line if first < 0 else first


def apdu_start(buf, start):
    """Index one before the length of the system title, in the APDU behind the ident line at buf[start]."""
    while buf[start] and buf[start] != 0xDB:
        start += 1
    return start if buf[start] else start - 1
