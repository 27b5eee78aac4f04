"""HDLC frames of format type 3 (IEC 62056-46 clause 6.4.1). Their length field tells their end, without byte stuffing.

    7E | format 2 | destination 1-4 | source 1-4 | control 1 | HCS 2 | information | FCS 2 | 7E

A checker, such as `hdlc_check` of `frames.py`, returns the index behind the FCS where the frame is good; 0: bytes are
missing; less than -2: minus the index at which the frame will be complete; -1: this is not a frame; -2: its checksum
is wrong.
"""


def information(buf, start, end):
    """Index of the information field of the checked frame buf[start:end]. The field ends at end - 2, before the FCS."""
    at = start + 3
    while not buf[at] & 1:  # destination
        at += 1
    at += 1
    while not buf[at] & 1:  # source
        at += 1
    return min(at + 4, end - 2)
