"""P1 telegrams (DSMR 5.0.2 and its relatives): finding their end, and walking their lines.

    /XXXn ident CR LF CR LF  lines  ! crc CR LF

The CRC covers `/` to `!`. Older meters send none, some drop its leading zeros, some makers
have another one (conventions.py). A ciphered telegram is a general-glo-ciphering APDU that
stands alone on the line, or behind an ident line in clear.

A 7E1 line is read as 8N1, which leaves the parity in bit 7: it is often the only check such
a telegram has, and a port set to 7E1 would neither tell nor keep a wrong one.
"""
from .layers.apdu import ciphered_end
from .conventions import Conventions
from .rows.lines import crc_arc
from .loops import hunt, odd_parity, strip_parity, text_end

_MORE, _NONE, _WRONG, _PARITY = 0, -1, -2, -3
_OPENS = 3  # the kind by which `hunt` tells a P1 opening
_HEAD = 80  # an ident line is not longer
_IDENT = 16  # bytes of the opening that are the same in every telegram of a meter
_ALL, _SEVEN = 0xFF, 0x7F  # the bits of a character
# So many bytes of text of which at most one in eight has odd parity are from a 7E1 line: by chance every second has.
_SURE = 24


class Checker:
    """Looks for the end of one P1 telegram at a time; `resume` is where the search goes on."""

    def __init__(self, conventions=None):
        self.conventions = conventions or Conventions()
        self.resume = 0
        self.ciphered = False  # it is an ident line with a ciphered APDU behind: for check_ident
        self._mask = _ALL
        self.seven = False  # a telegram has shown that this is a 7E1 line
        self._checked = -1  # checksum of the opening of the last telegram that had a right CRC

    def open(self, start):
        """A telegram opens at index start."""
        self.resume = start
        self._mask = _ALL
        self.conventions.last = None

    def check(self, buf, start, end, last):
        """Same answers as `hdlc.check`, and -3 for a wrong parity; `last`: no more bytes will come, a missing line
        end is forgiven. What has its parity in bit 7 loses it where it is right throughout.
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
        crc = 0
        tail = at + 1
        while tail < end and tail < at + 5:
            digit = buf[tail] & self._mask
            if 0x30 <= digit <= 0x39:
                digit -= 0x30
            else:
                digit = (digit | 0x20) - 0x57
                if not 10 <= digit <= 15:
                    break
            crc = crc << 4 | digit
            tail += 1
        else:
            if tail < at + 5 and not last:
                return -end - 1
        seven = self._mask == _SEVEN
        if seven:
            if odd_parity(buf, start, tail):
                return self.judged(buf, start, tail, _WRONG)
            strip_parity(buf, start, tail)
        same = crc_arc(buf, start, min(start + _IDENT, at))
        if tail == at + 1:
            # A meter that sends checksums does not stop doing so: this one was lost on the way.
            if same == self._checked or self._interrupted(buf, start, at):
                return _WRONG
        else:
            if not self.conventions.check(buf, start, at + 1, crc, crc_arc(buf, start, at + 1)):
                return _WRONG
            self._checked = same
            if seven and not self.seven:
                # Who sends a CRC sends eight bits, by its standard: the first that does otherwise is not believed.
                self.seven = True
                return _PARITY
        self.seven = seven
        return tail

    def judged(self, buf, start, end, wrong):
        """What is to be said of the text buf[start:end] that makes no telegram: -3 where a wrong parity explains it,
        `wrong`, or -1 where it opened like one by chance.
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
        """True where another telegram opens inside: this one was cut off, and there is no CRC to tell."""
        while start < at:
            hit = hunt(buf, start + 1, at)
            if hit & 7 == _OPENS:
                return True
            start = hit >> 3
        return False

    def check_ident(self, buf, start, end):
        """Look at the ident line that opens at buf[start], with a ciphered APDU behind; answers as `hdlc.check`."""
        at = text_end(buf, start + 1, min(end, start + _HEAD), _ALL)
        return _WRONG if at >= 0 else _behind_ident(buf, start, -1 - at, end)


def _behind_ident(buf, start, at, end):
    """End of the APDU at buf[at], which is the first byte that is no text."""
    # Elgama: the ident line is clear, then comes an APDU with an empty system title.
    if buf[at - 1] == 0x0A and (buf[at] == 0 or buf[at] == 0xDB) and at - start < _HEAD:
        apdu = ciphered_end(buf, at + (buf[at] != 0), end)
        if apdu != _NONE:
            return apdu
    return _WRONG


def ident_end(buf, start):
    """Index behind the ident line that opens at buf[start]."""
    line = buf.find(b"\n", start)
    first = buf.find(b"\r", start, line)
    return line if first < 0 else first


def apdu_start(buf, start):
    """Index in front of the system title's length of the APDU behind the ident line at buf[start]."""
    while buf[start] and buf[start] != 0xDB:
        start += 1
    return start if buf[start] else start - 1
