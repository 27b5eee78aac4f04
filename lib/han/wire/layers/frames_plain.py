"""The twins of `frames_fast.py` in ordinary Python. CPython runs them, and tests compare both."""
from ..plain import crc_x25, sum8

_HDLC, _MBUS, _GLO, _SML, _APDU = 1, 2, 4, 5, 6
_MORE, _NONE, _WRONG = 0, -1, -2
_LIST, _SEGMENT, _BLOCK, _CIPHERED, _IDENT, _UNKNOWN, _MALFORMED, _TEXT, _STRAY = 7, 8, 9, 10, 11, 12, 13, 14, 15
_MESSAGES = 17
_FIRST, _LAST, _DISORDER = 1, 2, 4
_SEGMENTED = 0x08
_SHORTEST = 6
_DATE_TIME = 12


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


def hdlc_check(buf, start, end):
    """Check the frame that opens at buf[start]; see `hdlc.py`, which has the answers."""
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


def mbus_check(buf, start, end):
    """Check the frame that opens at buf[start]; the answers are those of `hdlc.py`."""
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


def arrive(buf, at, data, n):
    """Append data[:n] at buf[at[1]], and look for a good frame at buf[at[0]]; see the twin in `frames_fast.py`."""
    if n > at[3] - at[1]:
        left = at[1] - at[0]
        if n > at[3] - left:
            return -1
        buf[:left] = buf[at[0]:at[1]]
        at[4] += at[0]
        at[0], at[1] = 0, left
    buf[at[1]:at[1] + n] = data[:n]
    at[1] += n
    start, end = at[0], at[1]
    if start + 7 > end:
        return 8 if start + 1 < end else 0
    while buf[start] == buf[start + 1] == 0x7E and start + 7 < end:
        start += 1
    at[0] = start
    kind = stop = 0
    if buf[start] == 0x7E and buf[start + 1] >> 4 == 0xA:
        kind, stop = _HDLC, hdlc_check(buf, start, end)
    elif buf[start] == buf[start + 3] == 0x68 and buf[start + 1] == buf[start + 2]:
        kind, stop = _MBUS, mbus_check(buf, start, end)
    if stop <= 0:
        return 8
    at[0] = stop
    at[2] = start
    return kind + (8 if stop + 1 < end else 0)


def _llc(buf, start, end):
    """True where the LLC header E6 E6 00 or E6 E7 00 is in front (IEC 62056-46 clause 5.3.2)."""
    return end - start >= 3 and buf[start] == 0xE6 and buf[start + 1] & 0xFE == 0xE6 and buf[start + 2] == 0


def _following(told, waiting):
    """_SEGMENT where a frame of several follows the `waiting` ones before, else _STRAY."""
    return _STRAY if told & _DISORDER or bool(told & _FIRST) == bool(waiting) else _SEGMENT


def peel(buf, start, end, layer, at):
    """Step over the headers of buf[start:end] until something is to be done; see the twin in `frames_fast.py`."""
    front, told, what = start, 0, None
    if layer == _HDLC:
        more = buf[start + 1] & _SEGMENTED
        start += 3
        for _ in range(2):  # destination and source
            while not buf[start] & 1:
                start += 1
            start += 1
        end -= 2
        start = min(start + 3, end)
        if more or at[4]:
            told = (0 if more else _LAST) | (_FIRST if _llc(buf, start, end) else 0)
            what = _following(told, at[4])
    elif layer == _MBUS:
        number = buf[start + 6] & 0x1F
        start += 9
        end -= 2
        if number != 0x10 or at[4]:
            told = _LAST if number & 0x10 else 0
            if not number & 15:
                told |= _FIRST
            elif number & 15 != at[4] & 15 and (at[4] or not told):
                told |= _DISORDER
            what = _following(told, at[4])
    elif layer == _GLO:
        what = _IDENT if buf[start] == 0x2F else None
    elif layer < _APDU:
        what = _MESSAGES if layer == _SML else layer
    if what is None:
        if _llc(buf, start, end):
            start += 3
        front = start
        told = buf[start] if start < end else -1
        what = {0x2F: _TEXT, 0xDB: _CIPHERED, 0xDC: _CIPHERED, 0xE0: _BLOCK}.get(told, _UNKNOWN)
        if told == 0x0F:
            body = _body(buf, start, end)
            what = _LIST if body else _MALFORMED
            start = body or start
    at[0], at[1], at[2], at[3], at[5] = start, end, front, told, layer
    return what


def _body(buf, start, end):
    """Index of the body of the data-notification buf[start:end] (clause 6.9); 0 where it is malformed.

    In front of the body is a date-time: its length and 12 bytes. Kaifa and older meters of Kamstrup send a tag before
    the length. The length may be 0.
    """
    at = start + 5  # tag and long-invoke-id-and-priority
    if at < end and buf[at] == 0x09:
        at += 1
    if at >= end:
        return 0
    length = buf[at]
    at += 1 + length
    return at if not length or length == _DATE_TIME and at <= end else 0
