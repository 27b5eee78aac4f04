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
def walk(p: ptr8, k: int, end: int, rows: ptr32, most: int) -> int:
    """Rows (see `walk_fast.py`) of all list entries in the messages p[k:end]; -1: malformed.

    An entry is a list of 7: OBIS code, status, time, unit, scaler, value, signature.
    """
    # p, k and end are what has registers, so p goes along and k is what is at hand.
    base = int(p)
    end += base
    p = ptr8(base + k)
    n = 0
    part = 0  # of an entry: which element comes next, 0 outside of entries
    need = 0  # elements still to come of the lists inside that one
    key = 0  # 0: the entry makes no row
    kind = 0
    while int(p) < end and n < most:
        first = p
        tag = p[0]
        size = tag & 15
        p = ptr8(int(p) + 1)
        k = tag
        while k & 0x80:
            if int(p) >= end or int(p) - int(first) > 2:
                return -1
            k = p[0]
            size = size << 4 | k & 15
            p = ptr8(int(p) + 1)
        if tag & 0x70 == 0x70:
            if not part:
                if tag == 0x77 and int(p) + 7 < end and p[0] == 7:
                    part = 1
                continue
        else:
            k = int(first) + size
            if k > int(p):
                p = ptr8(k)
            if int(p) > end:
                return -1
            size = 0
        if not part:
            continue
        if need:
            need += size - 1
        else:
            need = size
            first = ptr8(int(first) + 1)
            k = 0
            if int(first) < int(p):
                k = first[0]
            if part == 1:
                key = 0
                if k < 2 and first[1] <= k:
                    key = k << 24 | first[2] << 16 | first[3] << 8 | first[4]
            elif part == 4:
                if tag != 0x62:
                    k = _NO_UNIT
                    if tag != _OPTIONAL:
                        key = 0
                rows[6] = k
            elif part == 5:
                k = (k ^ 0x80) - 0x80 + _SCALE
                if tag != 0x52:
                    k = _SCALE
                    if tag != _OPTIONAL:
                        key = 0
                rows[5] = k
            elif part == 6:
                rows[1] = int(first) - base
                k = int(p) - int(first)
                rows[2] = k
                low = 0
                high = 0
                kind = 0
                if tag > _OPTIONAL and tag < 0x10:
                    kind = _TEXT
                elif tag > 0x51 and tag < 0x6A and k and k < 9:
                    kind = _NUMBER
                    k = 0
                    if tag < 0x60 and first[0] & 0x80:
                        kind = _NUMBER | _NEGATIVE
                        k = 0xFF
                    while int(first) < int(p):
                        if high > 0x3FFFF:
                            key = 0
                            break
                        high = high << 8 | low >> 16
                        low = (low & 0xFFFF) << 8 | (first[0] ^ k)
                        first = ptr8(int(first) + 1)
                    low += k & 1
                    high += low >> 24
                    low = low & 0xFFFFFF
                    if high > 0x3FFFFFF:
                        key = 0
                rows[3] = low
                rows[4] = high
        if not need:
            part += 1
            if part > 7:
                part = 0
                if key and kind:
                    rows[0] = key
                    rows[7] = kind
                    rows = ptr32(int(rows) + 32)
                    n += 1
    if part:
        return -1
    return n


@micropython.viper
def find_escape(buf: ptr8, start: int, end: int) -> int:
    """Index of the first 1B 1B 1B 1B in buf[start:end]; where to go on where there is none yet."""
    while start + 4 <= end:
        if buf[start + 3] != 0x1B:
            start += 4
        elif buf[start] == 0x1B and buf[start + 1] == 0x1B and buf[start + 2] == 0x1B:
            return start
        else:
            start += 1
    return start
