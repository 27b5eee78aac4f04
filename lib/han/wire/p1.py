"""P1 telegrams (DSMR 5.0.2 and its relatives): finding their end, and walking their lines.

    /XXXn ident CR LF CR LF  lines  ! crc CR LF

The CRC covers `/` to `!`. Older meters send none, some drop its leading zeros. A ciphered
telegram is a general-glo-ciphering APDU that stands alone on the line, or behind an ident
line in clear.
"""
from .apdu import ciphered_end
from .lines import crc_arc, p1_walk  # noqa: F401 for who reads what was checked
from .loops import hunt, text_end

_MORE, _NONE, _WRONG = 0, -1, -2
_OPENS = 3  # the kind by which `hunt` tells a P1 opening
_HEAD = 80  # an ident line is not longer
_IDENT = 16  # bytes of the opening that are the same in every telegram of a meter


class Checker:
    """Looks for the end of one P1 telegram at a time; `resume` is where the search goes on."""

    def __init__(self):
        self.resume = 0
        self.ciphered = False  # it is an ident line with a ciphered APDU behind: for check_ident
        self._checked = -1  # checksum of the opening of the last telegram that had a right CRC

    def open(self, start):
        """A telegram opens at index start."""
        self.resume = start + 1

    def check(self, buf, start, end, last):
        """Same answers as `hdlc.check`; `last`: no more bytes will come, a missing line end is forgiven."""
        at = text_end(buf, self.resume, end)
        self.ciphered = at < 0
        if at < 0:
            return _behind_ident(buf, start, -1 - at, end)
        self.resume = at
        if at == end:
            return -end - 1
        crc = 0
        tail = at + 1
        while tail < end and tail < at + 5:
            digit = buf[tail]
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
        same = crc_arc(buf, start, min(start + _IDENT, at))
        if tail == at + 1:
            # A meter that sends checksums does not stop doing so: this one was lost on the way.
            return _WRONG if same == self._checked or self._interrupted(buf, start, at) else tail
        if crc != crc_arc(buf, start, at + 1):
            return _WRONG
        self._checked = same
        return tail

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
        at = text_end(buf, start + 1, min(end, start + _HEAD))
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
