"""M-Bus long frames (EN 13757-2 clause 5.2) with the transport layer of EN 13757-3 used by push meters.

    68 | L | L | 68 | C | A | CI | STSAP | DTSAP | data | checksum | 16

CI counts the segments of a telegram in its low half, 0x10 marks the last one.
"""
from .loops import sum8

_NONE, _WRONG = -1, -2
_SHORTEST = 6  # C A CI STSAP DTSAP and one byte of data
_DATA = 9  # bytes in front of the data
NUMBERS, LAST = 0x0F, 0x10
ALONE = LAST  # the only one of its telegram


def check(buf, start, end):
    """Look at the frame that opens at buf[start]; same answers as `hdlc.check`.

    L counts modulo 256 in Sagemcom's meters, so a frame may also be 256 bytes longer than it says.
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
    """Index of the data of the checked frame that opens at start; it ends 2 bytes before the frame."""
    return start + _DATA


def number(buf, start):
    """What the checked frame that opens at start is of its telegram: NUMBERS, with LAST in the last one."""
    return buf[start + 6] & (NUMBERS | LAST)
