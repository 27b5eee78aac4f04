"""Checks P1 and walks its lines into rows of integers (viper), see `walk_fast.py`; its twin is `lines_plain.py`."""
import micropython
from micropython import const

from .tables import checksums

_ARC = checksums(0xA001)

_NUMBER = const(1)
_TEXT = const(2)
_NEGATIVE = const(16)
_SCALE = const(64)
_NO_UNIT = const(255)


@micropython.viper
def p1_walk(buf, start: int, end: int, rows, most: int, keys, known: int) -> int:
    """Walk the lines of a P1 telegram buf[start:end]; returns the number of rows written.

    Only lines whose OBIS code is among keys[:known] (sorted) make a row, of their first
    value. `1-0:` may be missing, as in IEC 62056-21; a line ends with CR, LF or both.
    """
    b = ptr8(buf)
    r = ptr32(rows)
    sorted_keys = ptr32(keys)
    p = start
    n = 0
    while p < end and n < most:
        # one line: up to six numbers, told apart by what follows them
        a = 1
        channel = 0
        c = -1
        d = -1
        e = -1
        number = -1
        while p < end:
            ch = b[p]
            p += 1
            if ch >= 0x30 and ch <= 0x39:
                if number < 0:
                    number = 0
                number = number * 10 + ch - 0x30
                if number > 255:
                    break
                continue
            if number < 0:
                e = -1
                break
            if ch == 0x2D:  # A-
                a = number
            elif ch == 0x3A:  # B:
                channel = number
            elif c < 0:
                c = number
            elif d < 0:
                d = number
            elif e < 0:
                e = number
            number = -1
            if ch == 0x28 or ch == 0x0A or ch == 0x0D:
                break
        key = 0
        if e >= 0 and p > start and b[p - 1] == 0x28 and a < 2:
            if channel <= a or c == 1 and d == 0:
                key = a << 24 | c << 16 | d << 8 | e
        lo = 0
        hi = known
        while lo < hi and key:
            mid = (lo + hi) >> 1
            if sorted_keys[mid] < key:
                lo = mid + 1
            else:
                hi = mid
        if key and lo < known and sorted_keys[lo] == key:
            offset = p
            low = 0
            high = 0
            decimals = -1
            kind = _NUMBER
            negative = 0
            k = p
            if k < end and b[k] == 0x2D:
                negative = _NEGATIVE
                k += 1
            first = k
            while k < end:
                ch = b[k]
                if ch >= 0x30 and ch <= 0x39:
                    if high > 0x3FFFFFF:
                        kind = _TEXT
                    else:
                        low = low * 10 + ch - 0x30
                        high = high * 10 + (low >> 24)
                        low = low & 0xFFFFFF
                    if decimals >= 0:
                        decimals += 1
                elif (ch == 0x2E or ch == 0x2C) and decimals < 0 and k > first:
                    decimals = 0
                else:
                    break
                k += 1
            if k == first:
                kind = _TEXT
            # the unit, with or without its star: k and M scale it
            scale = _SCALE
            if decimals > 0:
                scale -= decimals
            unit = _NO_UNIT
            if k < end and b[k] == 0x2A:
                k += 1
            if k < end and b[k] | 0x20 == 0x6B:
                scale += 3
                k += 1
            elif k < end and b[k] == 0x4D:
                scale += 6
                k += 1
            m = k
            while m < end and b[m] != 0x29 and b[m] != 0x0A and b[m] != 0x0D:
                m += 1
            if k < m:
                # the letters of the unit, five bits each behind a 1
                u = 1
                while k < m and u < 0x10000 and b[k] > 0x40:
                    u = u << 5 | b[k] & 31
                    k += 1
                if k < m:
                    u = 0
                if u == 0x37:
                    unit = 27  # W
                elif u == 0x6E8:
                    unit = 30  # Wh
                elif u == 0x36:
                    unit = 35  # V
                elif u == 0x6C1:
                    unit = 28  # VA
                elif u == 0xD832:
                    unit = 29  # var
                elif u == 0x1B0648:
                    unit = 32  # varh
                elif u == 0x21:
                    unit = 33  # A
                else:
                    kind = _TEXT
            q = n * 8
            r[q] = key
            r[q + 1] = offset
            r[q + 2] = m - offset
            r[q + 3] = low
            r[q + 4] = high
            r[q + 5] = scale
            r[q + 6] = unit
            r[q + 7] = kind | negative
            n += 1
        # on to the next line, also over further values and values on lines of their own
        while p < end and b[p - 1] != 0x0A and b[p - 1] != 0x0D:
            p += 1
    return n


@micropython.viper
def crc_arc(buf, start: int, end: int) -> int:
    """P1 checksum (CRC-16/ARC, DSMR 5.0.2 clause 6.2) of buf[start:end]."""
    b = ptr8(buf)
    t = ptr16(_ARC)
    crc = 0
    while start < end:
        crc = (crc >> 8) ^ t[(crc ^ b[start]) & 0xFF]
        start += 1
    return crc
