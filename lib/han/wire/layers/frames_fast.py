"""Frames and the headers inside them as viper code. `frames_plain.py` has the twins in ordinary Python."""
import micropython
from micropython import const

from .. import tables

_HDLC = const(1)
_MBUS = const(2)
_GLO = const(4)
_SML = const(5)
_LIST = const(7)
_SEGMENT = const(8)
_BLOCK = const(9)
_CIPHERED = const(10)
_IDENT = const(11)
_UNKNOWN = const(12)
_MALFORMED = const(13)
_TEXT = const(14)
_STRAY = const(15)
_MESSAGES = const(17)
_FIRST = const(1)
_LAST = const(2)
_DISORDER = const(4)
_SHORTEST = const(6)
_DATE_TIME = const(12)


@micropython.viper
def hdlc_check(p: ptr8, start: int, end: int) -> int:
    """Check the frame that opens at p[start]; see `hdlc.py`, which has the answers."""
    t = ptr16(tables.X25)
    if not int(t):
        t = ptr16(tables.x25())
    at = start + 3
    k = 0
    while k < 2:
        # an address: its last byte is odd
        n = 0
        while True:
            if at >= end:
                return 0
            n += 1
            at += 1
            if p[at - 1] & 1:
                break
            if n == 4:
                return -1
        k += 1
    at += 1  # behind the control field
    if at + 2 > end:
        return 0
    stop = start + 1 + ((p[start + 1] & 7) << 8 | p[start + 2])
    if stop < at + 2:
        return -1
    # Only the first three parameters are in registers: p moves along, start becomes the checksum, end what is left.
    k = end
    n = at - start - 1
    p = ptr8(int(p) + start + 1)
    start = 0xFFFF
    end = n
    while True:
        while end > 3:
            start = (start >> 8) ^ t[(start ^ p[0]) & 0xFF]
            start = (start >> 8) ^ t[(start ^ p[1]) & 0xFF]
            start = (start >> 8) ^ t[(start ^ p[2]) & 0xFF]
            start = (start >> 8) ^ t[(start ^ p[3]) & 0xFF]
            p = ptr8(int(p) + 4)
            end -= 4
        while end > 0:
            start = (start >> 8) ^ t[(start ^ p[0]) & 0xFF]
            p = ptr8(int(p) + 1)
            end -= 1
        if start ^ 0xFFFF != p[0] | p[1] << 8:
            if n:
                return -1
            return -2
        if n == 0:
            return stop
        # The header is right. A frame without information has no HCS: its FCS is in the same place.
        if stop > k:
            return 0 - stop
        n = 0
        end = stop - 2 - at


@micropython.viper
def mbus_check(p: ptr8, start: int, end: int) -> int:
    """Check the frame that opens at p[start]; the answers are those of `hdlc.py`."""
    size = p[start + 1]
    if size < _SHORTEST:
        size += 256
    p = ptr8(int(p) + start)
    total = 0  # of the bytes before p
    last = ptr8(int(p) + 4)
    while True:
        if start + size + 6 > end:
            return 0 - (start + size + 6)
        k = int(p) + 4 + size
        while int(last) + 3 < k:
            total += last[0] + last[1] + last[2] + last[3]
            last = ptr8(int(last) + 4)
        while int(last) < k:
            total += last[0]
            last = ptr8(int(last) + 1)
        if last[1] == 0x16 and last[0] == total & 0xFF:
            return start + size + 6
        if size > 255:
            return -2
        size += 256


@micropython.viper
def arrive(buf: ptr8, at: ptr32, data: ptr8, n: int) -> int:
    """Append data[:n] at buf[at[1]], the end, and look whether a good frame opens at buf[at[0]], or behind flags there.

    at[3] is the size of buf. For more room, what is before at[0] is dropped, and at[4] counts these bytes. Where that
    is not enough, nothing is done, and -1 returned.

    Returns the frame's kind, HDLC or MBUS, 0 where there is none; at[2] is its start, and at[0] the index behind it, or
    behind some flags. 8 is added to that where more than one byte is left.
    """
    end = at[1]
    start = int(buf)
    if n > at[3] - end:
        k = at[0]
        end -= k
        if n > at[3] - end:
            return -1
        at[4] = at[4] + k
        at[0] = 0
        kind = end
        while kind > 0:
            buf[0] = buf[k]
            buf = ptr8(int(buf) + 1)
            kind -= 1
    buf = ptr8(start + end)
    end += n
    at[1] = end
    while n > 7:
        buf[0] = data[0]
        buf[1] = data[1]
        buf[2] = data[2]
        buf[3] = data[3]
        buf[4] = data[4]
        buf[5] = data[5]
        buf[6] = data[6]
        buf[7] = data[7]
        buf = ptr8(int(buf) + 8)
        data = ptr8(int(data) + 8)
        n -= 8
    while n > 0:
        buf[0] = data[0]
        buf = ptr8(int(buf) + 1)
        data = ptr8(int(data) + 1)
        n -= 1
    buf = ptr8(start)
    start = at[0]
    if start + 7 > end:
        if start + 1 < end:
            return 8
        return 0
    while buf[start + 1] == 0x7E and buf[start] == 0x7E and start + 7 < end:
        start += 1
    at[0] = start
    n = 0
    kind = _HDLC
    if buf[start] == 0x7E:
        if buf[start + 1] & 0xF0 == 0xA0:
            n = int(hdlc_check(int(buf), start, end))
    elif buf[start] == 0x68 and buf[start + 3] == 0x68 and buf[start + 1] == buf[start + 2]:
        kind = _MBUS
        n = int(mbus_check(int(buf), start, end))
    if n <= 0:
        return 8
    at[0] = n
    at[2] = start
    if n + 1 < end:
        kind += 8
    return kind


@micropython.viper
def peel(p: ptr8, start: int, end: int, layer: int, at: ptr32) -> int:
    """Step over the headers of p[start:end] until something is to be done.

    layer: the framing, or APDU (6) for the content of another layer. Returns what is in p[at[0]:at[1]] then, see
    `unwrap.py`; at[2] is the beginning of the APDU or of the ident line, at[3] tells more, and at[5] becomes `layer`.
    """
    at[2] = start
    at[3] = 0
    at[5] = layer
    tag = 0
    k = 0
    if layer == _HDLC:
        # Bit 11 of the format: this is not the last frame. at[4]: frames before this one wait for it.
        if p[start + 1] & 8 or at[4]:
            tag = _SEGMENT
        layer = p[start + 1] & 8 ^ 8
        start += 3
        while not p[start] & 1:
            start += 1
        start += 1
        while not p[start] & 1:
            start += 1
        start += 4
        end -= 2
        if start > end:
            start = end
        if tag:
            k = 0
            if layer:
                k = _LAST
            if end - start >= 3 and p[start] == 0xE6 and p[start + 1] & 0xFE == 0xE6 and not p[start + 2]:
                k |= _FIRST
    elif layer == _MBUS:
        # The low 4 bits of CI number the frames of a telegram, and bit 4 marks the last one.
        n = p[start + 6] & 0x1F
        start += 9
        end -= 2
        if n != 0x10 or at[4]:
            tag = _SEGMENT
            k = n >> 3 & _LAST
            n = n & 15
            if not n:
                k |= _FIRST
            elif n != at[4] & 15 and (at[4] or not k):
                k |= _DISORDER
    elif layer < 6 and (layer != _GLO or p[start] == 0x2F):
        at[0] = start
        at[1] = end
        if layer == _GLO:
            return _IDENT
        if layer == _SML:
            return _MESSAGES
        return layer
    if tag:
        at[0] = start
        at[1] = end
        at[3] = k
        if k & _DISORDER or k & _FIRST and at[4] or not k & _FIRST and not at[4]:
            return _STRAY
        return _SEGMENT
    if end - start >= 3 and p[start] == 0xE6 and p[start + 1] & 0xFE == 0xE6 and not p[start + 2]:
        start += 3
    at[0] = start
    at[1] = end
    at[2] = start
    tag = -1
    if start < end:
        tag = p[start]
    at[3] = tag
    if tag == 0x0F:
        # a data-notification: 4 bytes of long-invoke-id-and-priority, then a date-time or none
        start += 5
        if start < end and p[start] == 9:
            start += 1
        if start >= end:
            return _MALFORMED
        k = p[start]
        start += 1 + k
        if k and (k != _DATE_TIME or start > end):
            return _MALFORMED
        at[0] = start
        return _LIST
    if tag == 0x2F:
        return _TEXT
    if tag == 0xDB or tag == 0xDC:
        return _CIPHERED
    if tag == 0xE0:
        return _BLOCK
    return _UNKNOWN
