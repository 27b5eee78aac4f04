"""M-Bus long frames (EN 13757-2 clause 5.2) with the transport layer of EN 13757-3, as meters push them.

    68 | L | L | 68 | C | A | CI | STSAP | DTSAP | data | checksum | 16

The low 4 bits of CI count the segments of a telegram; 0x10 marks the last one.
"""
from .loops import sum8

_NONE, _WRONG = -1, -2
_SHORTEST = 6  # C A CI STSAP DTSAP and one byte of data
_DATA = 9  # bytes in front of the data
NUMBERS, LAST = 0x0F, 0x10
ALONE = LAST  # number() of the only frame of a telegram


def check(buf, start, end):
    """Check the frame that opens at buf[start]; the answers are those of `hdlc.check`.

    In meters of Sagemcom L is the length modulo 256, so a frame may be 256 bytes longer than L says.
    """
    length = buf[start + 1]
    if length < _SHORTEST:
        length += 256
    while True:
        complete = start + length + 6
        if complete > end:
            return -complete
        if buf[complete - 1] == 0x16 and sum8(buf, start + 4, complete - 2) == buf[complete - 2]:
            return complete
        if length > 255:
            return _WRONG
        length += 256


def data(start):
    """Index of the data of the checked frame that opens at start. The data end 2 bytes before the frame's end."""
    return start + _DATA


def number(buf, start):
    """The segment number (NUMBERS) of the checked frame that opens at start, with the bit LAST in the last segment."""
    return buf[start + 6] & (NUMBERS | LAST)
