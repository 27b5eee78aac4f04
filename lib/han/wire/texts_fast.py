"""Whole P1 telegrams as viper code. `texts_plain.py` has the twins in ordinary Python."""
import micropython
from micropython import const

from .arc import ARC

_IDENT = const(16)
_SLASH = const(0x10000)


@micropython.viper
def crc_arc(buf: ptr8, start: int, end: int) -> int:
    """P1 checksum (CRC-16/ARC, DSMR 5.0.2 clause 6.2) of buf[start:end]."""
    t = ptr16(ARC)
    crc = 0
    while start < end:
        crc = (crc >> 8) ^ t[(crc ^ buf[start]) & 0xFF]
        start += 1
    return crc


@micropython.viper
def whole(p: ptr8, start: int, end: int, seen: ptr32) -> int:
    """Go on with the P1 telegram that opens in p[start:end], behind ends of lines. Each byte is looked at once.

    seen   number of bytes of it that were looked at before, 0: none; their CRC, + 0x10000 where they have another
           slash; CRC of its first 16 bytes; its start; CRC of the first 16 bytes of the last telegram with a right CRC

    Returns the index behind a telegram with a right CRC of four digits, or behind one that has none and never had. 0
    where it is one so far, or nothing has come but ends of lines. -1: it is no such text, so what it is must be found
    out in another way; the next call begins anew.
    """
    t = ptr16(ARC)
    base = int(p)
    p = ptr8(base + start)
    while start < end and (p[0] == 0x0D or p[0] == 0x0A):
        p = ptr8(int(p) + 1)
        start += 1
    if start == end:
        return 0
    n = seen[0]
    if not n:
        seen[1] = 0
    seen[0] = 0
    seen[3] = start
    first = start
    # Only the first three parameters are in registers: p moves along, start becomes the CRC, end what is left.
    p = ptr8(int(p) + n)
    end -= start + n
    start = seen[1] & 0xFFFF
    slash = seen[1] & _SLASH
    if n < _IDENT:
        k = n
        while k < _IDENT and end:
            c = p[0]
            if k < 4:
                # a slash and three letters
                if not k:
                    if c != 0x2F:
                        return -1
                elif c | 0x20 < 0x61 or c | 0x20 > 0x7A:
                    return -1
            elif c < 0x20 and c != 0x0A and c != 0x0D or c > 0x7E:
                return -1
            elif c == 0x21 and (p[-1] == 0x0A or p[-1] == 0x0D):
                return -1
            elif c == 0x2F:
                slash = _SLASH
            start = (start >> 8) ^ t[(start ^ c) & 0xFF]
            p = ptr8(int(p) + 1)
            end -= 1
            k += 1
        if k == _IDENT:
            seen[2] = start
    while end:
        c = p[0]
        if c >= 0x30:
            if c > 0x7E:
                return -1
        elif c < 0x20:
            if c != 0x0A and c != 0x0D and c != 0x09:
                # A line may begin with STX.
                if c != 0x02 or p[-1] != 0x0A and p[-1] != 0x0D:
                    return -1
        elif c == 0x21:
            if p[-1] == 0x0A or p[-1] == 0x0D:
                break
        elif c == 0x2F:
            slash = _SLASH
        start = (start >> 8) ^ t[(start ^ c) & 0xFF]
        p = ptr8(int(p) + 1)
        end -= 1
    if end < 5:
        if end > 1 and (p[1] == 0x0D or p[1] == 0x0A):
            # No CRC. Its meter may have sent one before, or it was cut off and another telegram opens inside.
            if slash or seen[2] == seen[4]:
                return -1
            return int(p) - base + 1
        seen[0] = int(p) - base - first
        seen[1] = start | slash
        return 0
    start = (start >> 8) ^ t[(start ^ 0x21) & 0xFF]
    n = 0
    k = 1
    while k < 5:
        c = p[k]
        if c >= 0x30 and c <= 0x39:
            c -= 0x30
        else:
            c = (c | 0x20) - 0x57
            if c < 10 or c > 15:
                return -1
        n = n << 4 | c
        k += 1
    if n != start:
        return -1
    seen[4] = seen[2]
    return int(p) - base + 5
