"""HDLC frames of format type 3 (IEC 62056-46 clause 6.4.1). Their length field tells their end, without byte stuffing.

    7E | format 2 | destination 1-4 | source 1-4 | control 1 | HCS 2 | information | FCS 2 | 7E
"""
from .loops import crc_x25

_MORE, _NONE, _WRONG = 0, -1, -2
_SEGMENTED = 0x08


def _header(buf, start, end):
    """Index behind the control field; 0 where bytes are missing, -1 where this is not a header."""
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
    """Check the frame that opens at buf[start] (a flag); buf[start:end] has come so far.

    Returns the index behind its FCS where it is good; 0: bytes are missing; less than -2: minus the
    index at which the frame will be complete; -1: this is not a frame; -2: its checksum is wrong.
    """
    header = _header(buf, start, end)
    if header <= 0:
        return header
    if header + 2 > end:
        return _MORE
    complete = start + 1 + ((buf[start + 1] & 7) << 8 | buf[start + 2])
    if complete < header + 2:
        return _NONE
    # A frame without information has no HCS. Its FCS is in the same place, over the same bytes.
    if crc_x25(buf, start + 1, header) != buf[header] | buf[header + 1] << 8:
        return _NONE
    if complete > end:
        return -complete
    if crc_x25(buf, start + 1, complete - 2) != buf[complete - 2] | buf[complete - 1] << 8:
        return _WRONG
    return complete


def information(buf, start, end):
    """Index of the information field of the checked frame buf[start:end]. The field ends at end - 2, before the FCS."""
    at = start + 3
    while not buf[at] & 1:  # destination
        at += 1
    at += 1
    while not buf[at] & 1:  # source
        at += 1
    return min(at + 4, end - 2)


def segmented(buf, start):
    """True where the checked frame at buf[start] is not the last one of its telegram (format bit 11)."""
    return buf[start + 1] & _SEGMENTED != 0
