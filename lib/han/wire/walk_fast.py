"""Walks the A-XDR of a telegram into rows of integers (viper); `lines_fast.py` does it for P1.

A row is eight 32-bit words; `walk_plain.py` does the same in ordinary Python.

    0 key     OBIS A << 24 | C << 16 | D << 8 | E, 0 where the list names none
    1 offset  2 length   of the content in the buffer
    3 low     4 high     number: high << 24 | low, low has 24 bits, both never negative
    5 scale   64 + power of ten sent with the number
    6 unit    COSEM unit (IEC 62056-62 table 4), 255 where none was sent
    7 kind    1 number, 2 text, 3 date-time of 12 bytes; + 16 for a negative number
"""
import micropython
from micropython import const

from .tables import SIZES

_NUMBER = const(1)
_TEXT = const(2)
_CLOCK = const(3)
_NEGATIVE = const(16)
_SCALE = const(64)
_NO_UNIT = const(255)
_DEPTH = const(8)
_FOREIGN = const(0x3FFFFFFF)


@micropython.viper
def axdr_walk(buf, start: int, end: int, rows, most: int, names, info) -> int:
    """Walk one A-XDR value (IEC 61334-6, types of IEC 62056-62 clause 4.1.5) at buf[start].

    Writes at most `most` rows, uses `names` (room for `most` words) for attribute descriptors
    and `info` (16 words); info[0] becomes the number of rows, info[1] of OBIS codes
    met, info[2] of numbers that came with a unit.
    Returns the index behind the value; -1 - index where it is malformed.
    """
    b = ptr8(buf)
    r = ptr32(rows)
    name = ptr32(names)
    meta = ptr32(info)
    sizes = ptr8(SIZES)
    left = 4  # meta[left + depth]: elements still to come at that depth
    meta[0] = 0
    meta[1] = 0
    meta[2] = 0
    meta[left] = 1
    depth = 0
    p = start
    n = 0
    named = 0
    ordinal = 0
    children = 0
    pending = 0
    last = -1  # where the row of the value just read begins, -1 where it made none
    scale = _SCALE
    unit = _NO_UNIT
    while True:
        while meta[left + depth] == 0:
            depth -= 1
            if depth < 0:
                meta[0] = n
                return p
        meta[left + depth] = meta[left + depth] - 1
        if p >= end:
            return -1 - p
        tag = b[p]
        p += 1
        if depth == 1:
            ordinal += 1
        size = 0
        code = 0  # where an OBIS code stands
        attribute = 2
        negative = 0
        if tag < 34 and sizes[tag] & 0x4F == 0x40:
            # BER length, at most 16 bits
            if p >= end:
                return -1 - p
            size = b[p]
            p += 1
            if size & 0x80:
                k = size & 0x7F
                if k > 2 or p + k > end:
                    return -1 - p
                size = 0
                while k:
                    size = size << 8 | b[p]
                    p += 1
                    k -= 1
        if tag == 1 or tag == 2:
            room = end - p
            if tag == 2 and size == 2 and room >= 4 and b[p] == 0x0F and b[p + 2] == 0x16:
                # scaler and unit, of the number before or, where a code waits, of the next one
                k = b[p + 1]
                if k & 0x80:
                    k -= 256
                if pending:
                    scale = _SCALE + k
                    unit = b[p + 3]
                elif last >= 0:
                    r[last + 5] = _SCALE + k
                    r[last + 6] = b[p + 3]
                    meta[2] = meta[2] + 1
                    last = -1
                p += 4
                continue
            if tag == 2 and size == 4 and room >= 16 and b[p] == 0x12:
                # attribute descriptor of a push list; Landis+Gyr swaps tag and length of the code
                if b[p + 3] + b[p + 4] == 15 and b[p + 11] == 0x0F and b[p + 13] == 0x12:
                    code = p + 5
                    attribute = b[p + 12]
                    p += 16
            elif tag == 2 and size == 2 and room >= 9 and b[p] == 0 and b[p + 7] == 0xFF:
                # untagged attribute descriptor in front of its value
                code = p + 2
                attribute = b[p + 8]
                p += 9
                size = 1
        elif pending == 0 and (named == 0 or depth != 1):
            # an OBIS code names the value behind it
            if tag == 9 and size == 6 and end - p >= 6 and b[p + 5] == 0xFF and b[p] < 16:
                code = p
                p += 6
            elif tag == 6 and end - p >= 7 and b[p] == 9 and b[p + 6] == 0xFF and b[p + 1] < 2:
                code = p + 1
                p += 7
        if code:
            meta[1] = meta[1] + 1
            key = _FOREIGN
            a = b[code]
            if attribute == 2 and a < 2:
                c = b[code + 2]
                d = b[code + 3]
                if b[code + 1] <= a or c == 1 and d == 0:
                    key = a << 24 | c << 16 | d << 8 | b[code + 4]
            if tag == 2 and size == 4:
                if named < most:
                    name[named] = key
                    named += 1
                continue
            pending = key
            if tag != 2:
                continue
        if tag == 1 or tag == 2:
            depth += 1
            if depth > _DEPTH:
                return -1 - p
            meta[left + depth] = size
            if depth == 1:
                children = size
            continue
        k = 0
        if tag < 34:
            k = sizes[tag]
        elif tag != 0xFF:
            return -1 - p
        if k == 0xFF:
            return -1 - p
        kind = k >> 4 & 3
        if tag == 4:
            size = (size + 7) >> 3
        elif k & 15:
            size = k & 15
        if p + size > end:
            return -1 - p
        key = pending
        pending = 0
        if key == 0 and named and depth == 1:
            k = ordinal - 1 - (children - named)
            if k >= 0 and k < named:
                key = name[k]
        last = -1
        if kind and key != _FOREIGN and n < most:
            low = 0
            high = 0
            if kind == _NUMBER:
                flip = 0
                if tag == 5 or tag == 0x10 or tag == 0x0F or tag == 0x14:
                    if b[p] & 0x80:
                        negative = _NEGATIVE
                        flip = 0xFF
                k = 0
                while k < size:
                    if high > 0x3FFFFF:
                        break
                    high = high << 8 | low >> 16
                    low = (low & 0xFFFF) << 8 | (b[p + k] ^ flip)
                    k += 1
                if k < size:
                    kind = 0
                elif flip:
                    low += 1
                    if low > 0xFFFFFF:
                        low = 0
                        high += 1
            elif size == 12 and (tag == 9 or tag == 0x19):
                if b[p] == 7 or b[p] == 8:
                    if b[p + 2] - 1 < 12 and b[p + 2] and b[p + 3] - 1 < 31 and b[p + 3]:
                        kind = _CLOCK
            if kind:
                q = n * 8
                r[q] = key
                r[q + 1] = p
                r[q + 2] = size
                r[q + 3] = low
                r[q + 4] = high
                r[q + 5] = scale
                r[q + 6] = unit
                r[q + 7] = kind | negative
                n += 1
                if kind == _NUMBER and unit == _NO_UNIT:
                    last = q
                if unit != _NO_UNIT:
                    meta[2] = meta[2] + 1
        scale = _SCALE
        unit = _NO_UNIT
        p += size
