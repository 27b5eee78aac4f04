"""Walks the lists of SML into rows of integers (viper); its twin is `sml_plain.py`."""
import micropython
from micropython import const

_NUMBER = const(1)
_TEXT = const(2)
_NEGATIVE = const(16)
_SCALE = const(64)
_NO_UNIT = const(255)
_OPTIONAL = const(1)  # what stands for an element that is not sent


@micropython.viper
def walk(buf, start: int, end: int, rows, most: int) -> int:
    """Rows (see `walk_fast.py`) of all list entries in the messages buf[start:end]; -1: malformed.

    An entry is a list of 7: OBIS code, status, time, unit, scaler, value, signature.
    """
    b = ptr8(buf)
    r = ptr32(rows)
    n = 0
    part = 0  # of an entry: which element comes next, 0 outside of entries
    need = 0  # elements still to come of the lists inside that one
    key = 0  # 0: the entry makes no row
    unit = 0
    scale = 0
    kind = 0
    low = 0
    high = 0
    offset = 0
    length = 0
    at = start
    while at < end and n < most:
        first = at
        tag = b[at]
        size = tag & 15
        at += 1
        k = tag
        while k & 0x80:
            if at >= end or at - first > 2:
                return -1
            k = b[at]
            size = size << 4 | k & 15
            at += 1
        if tag & 0x70 == 0x70:
            if part == 0:
                if tag == 0x77 and at + 7 < end and b[at] == 7:
                    part = 1
                continue
        else:
            if first + size > at:
                at = first + size
            if at > end:
                return -1
            size = 0
        if part == 0:
            continue
        if need:
            need += size - 1
        else:
            need = size
            first += 1
            if part == 1:
                key = 0
                if b[first] < 2 and b[first + 1] <= b[first]:
                    key = b[first] << 24 | b[first + 2] << 16 | b[first + 3] << 8 | b[first + 4]
            elif part == 4:
                unit = _NO_UNIT
                if tag == 0x62:
                    unit = b[first]
                elif tag != _OPTIONAL:
                    key = 0
            elif part == 5:
                scale = _SCALE
                if tag == 0x52:
                    scale = (b[first] ^ 0x80) - 0x40
                elif tag != _OPTIONAL:
                    key = 0
            elif part == 6:
                offset = first
                length = at - first
                low = 0
                high = 0
                kind = 0
                flip = 0
                if tag > _OPTIONAL and tag < 0x10:
                    kind = _TEXT
                elif tag > 0x51 and tag < 0x6A and length and length < 9:
                    kind = _NUMBER
                    if tag < 0x60 and b[first] & 0x80:
                        kind = _NUMBER | _NEGATIVE
                        flip = 0xFF
                    while first < at:
                        if high > 0x3FFFF:
                            key = 0
                            break
                        high = high << 8 | low >> 16
                        low = (low & 0xFFFF) << 8 | (b[first] ^ flip)
                        first += 1
                    low += flip & 1
                    high += low >> 24
                    low = low & 0xFFFFFF
                    if high > 0x3FFFFFF:
                        key = 0
        if need == 0:
            part += 1
            if part > 7:
                part = 0
                if key and kind:
                    q = n * 8
                    r[q] = key
                    r[q + 1] = offset
                    r[q + 2] = length
                    r[q + 3] = low
                    r[q + 4] = high
                    r[q + 5] = scale
                    r[q + 6] = unit
                    r[q + 7] = kind
                    n += 1
    if part:
        return -1
    return n


@micropython.viper
def find_escape(buf, start: int, end: int) -> int:
    """Index of the first 1B 1B 1B 1B in buf[start:end]; where to go on where there is none yet."""
    b = ptr8(buf)
    i = start
    while i + 4 <= end:
        if b[i + 3] != 0x1B:
            i += 4
        elif b[i] == 0x1B and b[i + 1] == 0x1B and b[i + 2] == 0x1B:
            return i
        else:
            i += 1
    return i
