"""HDLC frame format type 3 (IEC 62056-46 clause 6.4.1): cut by the length field, never byte-stuffed.

    7E | format 2 | destination 1-4 | source 1-4 | control 1 | HCS 2 | information | FCS 2 | 7E
"""
from .loops import crc_x25

_MORE, _NONE, _WRONG = 0, -1, -2
_SEGMENTED = 0x08


def _header(buf, start, end):
    """Index of the byte behind the control field, 0 where bytes are missing, -1 where it is no header."""
    at = start + 3
    for _ in range(2):
        length = 0
        while True:
            if at >= end:
                return _MORE
            length += 1
            at += 1
            if buf[at - 1] & 1:
                break
            if length == 4:
                return _NONE
    return at + 1


def check(buf, start, end):
    """Look at the frame that opens at buf[start] (a flag), of which buf[start:end] has come.

    Returns the index behind its FCS; 0: bytes are missing; < -2: minus the index at which
    the frame will be complete; -1: no frame; -2: a frame with a wrong checksum.
    """
    header = _header(buf, start, end)
    if header <= 0:
        return header
    if header + 2 > end:
        return _MORE
    complete = start + 1 + ((buf[start + 1] & 7) << 8 | buf[start + 2])
    if complete < header + 2:
        return _NONE
    # A frame without information has no HCS of its own; its FCS stands there and is the same sum.
    if crc_x25(buf, start + 1, header) != buf[header] | buf[header + 1] << 8:
        return _NONE
    if complete > end:
        return -complete
    if crc_x25(buf, start + 1, complete - 2) != buf[complete - 2] | buf[complete - 1] << 8:
        return _WRONG
    return complete


def information(buf, start, end):
    """Index of the information field of a checked frame buf[start:end]; the FCS ends it at end - 2."""
    at = start + 3
    while not buf[at] & 1:  # destination
        at += 1
    at += 1
    while not buf[at] & 1:  # source
        at += 1
    return min(at + 4, end - 2)


def segmented(buf, start):
    """True where more frames belong to the same telegram (format bit 11)."""
    return buf[start + 1] & _SEGMENTED != 0
