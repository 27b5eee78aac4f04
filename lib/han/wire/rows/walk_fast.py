"""Walks the A-XDR of a telegram into rows of integers (viper). `walk_plain.py` is its twin in ordinary Python.

`lines_fast.py` makes the same rows from P1, `sml_fast.py` from SML. A row is eight 32-bit words:

    0 key     OBIS A << 24 | C << 16 | D << 8 | E; 0 where the list has no code for the value. 0-1 to 0-9, channels of
              other meters, have 5 to 13 for A
    1 offset  2 length   of the content in the buffer
    3 low     4 high     magnitude of the number: high << 24 | low; low has 24 bits
    5 scale   64 + scaler (power of ten) that was sent with the number
    6 unit    COSEM unit (IEC 62056-6-2 table 4), 255 where none was sent
    7 kind    1 number, 2 text or date-time, 3 binary floating point, + 16 for a negative number;
              0 other values. Those have a row only where they have no code, as then places in the list count
"""
import micropython
from micropython import const

from .step_fast import behind, length
from ..tables import SIZES

_NUMBER = const(1)
_FLOAT = const(3)
_HOLDS = const(3)
_NEGATIVE = const(16)
_SCALE = const(64)
_NO_UNIT = const(255)
_DEPTH = const(8)
_FOREIGN = const(0x3FFFFFFF)
_SCALER = const(0x10000000)  # added to a key where a push list names the object's attribute 3, scaler and unit
_SWITCH = const(0x600300)  # C and D, 96.3, of a breaker
_TIME = const(0x8000)  # added to the key of a sub-meter's value where it is the value's time (attribute 5)
_FITS = const(0x3FFFFF)
_COMPACT = const(0x13)
_DONT_CARE = const(0xFF)


@micropython.viper
def axdr_walk(p: ptr8, k: int, end: int, rows: ptr32, info: ptr32) -> int:
    """Walk one A-XDR value (IEC 61334-6, types of IEC 62056-6-2 clause 4.1.5) in p[k:end].

    rows    gets as many rows as there is room for. A value without a code has a row only if it is an element of the
            outermost list itself
    info    16 words, and one more for each row, for the keys of attribute descriptors. [14] is the number of rows that
            there is room for. Results: [0] number of rows, [1] number of OBIS codes met, [2] number of values of kind
            3, [3] a hash of the types of the list's values without codes, in their order; [15] the index behind the
            value, or -1 - index where it is malformed

    Returns 0 where the value ends at `end`, and there was room for all rows, else 1.
    """
    # Only the first three parameters are in registers, so p moves along and k is used as a scratch variable.
    most = info[14]
    names = ptr32(int(info) + 64)
    base = int(p)
    end += base
    p = ptr8(base + k)
    sizes = ptr8(SIZES)
    info[1] = 0
    info[2] = 0
    left = ptr32(int(info) + 16)  # elements still to come at this depth; the words before are those of outer depths
    left[0] = 1
    depth = 0
    n = 0  # rows
    named = 0  # names
    pending = 0  # the key of an OBIS code that waits for its value, 0: none
    last = ptr32(0)  # the row of the value just read if it may still get its scaler and unit, else 0
    scale = _SCALE
    unit = _NO_UNIT
    shape = 0
    while True:
        while not left[0]:
            left = ptr32(int(left) - 4)
            depth -= 1
            last = ptr32(0)
            if pending:
                # A code must have its value in the same structure.
                pending = 0
                scale = _SCALE
                unit = _NO_UNIT
            if depth < 0:
                info[0] = n
                info[3] = shape
                info[15] = int(p) - base
                if int(p) == end and n < most and info[1] < most:
                    return 0
                return 1
        left[0] = left[0] - 1
        if int(p) >= end:
            break
        tag = p[0]
        p = ptr8(int(p) + 1)
        form = 0xFF
        if tag < 34:
            form = sizes[tag]
        elif tag == _DONT_CARE:
            form = 0
        if form == 0xFF:
            # A compact array is stepped over.
            if tag != _COMPACT:
                break
            k = int(behind(int(p) - 1, end, 1))
            if not k:
                break
            p = ptr8(k)
            form = 0
        size = form & 15
        if form & 0x4F == 0x40:
            if int(p) >= end:
                break
            size = p[0]
            if size < 0x80:
                p = ptr8(int(p) + 1)
            else:
                k = int(length(int(p), end))
                if k < 0:
                    break
                size = k >> 3
                p = ptr8(int(p) + (k & 7))
        room = end - int(p)
        code = 0  # the address of an OBIS code
        mark = 0  # bits for its key, where the code names another attribute than the value (2)
        if tag == 2:
            if size == 2:
                if room >= 4 and p[0] == 0x0F and p[2] == 0x16:
                    # scaler and unit: of the number before, or of the next one where a code waits for it
                    k = (p[1] ^ 0x80) - 0x80 + _SCALE
                    if not pending:
                        if named and depth == 1 and named > left[0]:
                            # A push list has named it as attribute 3 of a register: it belongs to the rows of that key.
                            mark = names[named - 1 - left[0]]
                            last = rows
                            size = n
                            while size:
                                last = ptr32(int(last) - 32)
                                if last[0] | _SCALER == mark and last[6] == _NO_UNIT:
                                    last[5] = k
                                    last[6] = p[3]
                                size -= 1
                        elif int(last):
                            last[5] = k
                            last[6] = p[3]
                        last = ptr32(0)
                    elif room >= 12 and p[4] == 9 and p[5] == 6 and p[11] == 0xFF:
                        # A code follows: so this was the value of the code before, which is of no use.
                        pending = 0
                        scale = _SCALE
                        unit = _NO_UNIT
                    else:
                        scale = k
                        unit = p[3]
                    p = ptr8(int(p) + 4)
                    continue
                if room >= 9 and not p[0] and p[7] == 0xFF and not pending:
                    # an attribute descriptor without tags, in front of its value
                    code = int(p) + 2
                    mark = p[8] ^ 2
                    p = ptr8(int(p) + 9)
                    size = 1
            elif size > 3 and size < 7 and room >= 16 and p[0] == 0x12 and not pending:
                # an attribute descriptor of a push list; Landis+Gyr swaps tag and length of the code
                if p[3] + p[4] == 15 and p[11] == 0x0F and p[13] == 0x12:
                    code = int(p) + 5
                    mark = p[12] ^ 2
                    # step over restriction and columns, which later versions of the object have
                    k = int(behind(int(p) + 16, end, size - 4)) if size > 4 else int(p) + 16
                    if not k:
                        break
                    p = ptr8(k)
                    size = 4
        elif not pending and (not named or depth != 1):
            # an OBIS code names the value behind it
            if tag == 9:
                if size == 6 and room >= 6 and p[5] == 0xFF and p[0] < 16:
                    # but the code of the push setup, 0-x:25.9.x, is a text in front of a list
                    if p[2] != 25 or p[3] != 9:
                        code = int(p)
                        p = ptr8(code + 6)
            elif tag == 6 and room >= 7 and p[0] == 9 and p[6] == 0xFF and p[1] < 2 and p[2] < 2 and depth > 1:
                code = int(p) + 1
                p = ptr8(code + 6)
        if code:
            info[1] = info[1] + 1
            key = _FOREIGN
            o = ptr8(code)
            k = o[0]
            if mark:
                if mark == 1 and o[2] == 96 and o[3] == 3 or mark == 11 and o[2] == 24 and o[3] == 1:
                    mark = 0  # attribute 3 of a breaker is its state, attribute 9 of a channel the kind of its meter
                elif mark == 7 and o[2] == 24:
                    mark = _TIME
                else:
                    mark = _SCALER if mark == 1 else _FOREIGN
            if k < 2:
                if o[1] <= k or o[2] == 1 and not o[3]:
                    key = k << 24 | o[2] << 16 | o[3] << 8 | o[4] | mark
                    if not k:
                        # Some Landis+Gyr have A = 0 for electricity too.
                        if o[3] == 8 or o[3] == 7:
                            key |= 1 << 24
                        elif not key & 0xFFFFFF:
                            key = _FOREIGN
                elif not k and o[1] < 10 and (o[2] == 24 or o[2] == 96 and (o[3] == 1 or o[3] == 3)):
                    key = o[1] + 4 << 24 | o[2] << 16 | o[3] << 8 | o[4] | mark
            if tag == 2 and size == 4:
                if named < most:
                    names[named] = key
                    named += 1
                continue
            pending = key
            if tag != 2:
                continue
        kind = form >> 4 & 3
        if kind == _HOLDS:
            if depth < _DEPTH and (code or not pending) and (depth != 1 or named <= left[0]):
                depth += 1
                left = ptr32(int(left) + 4)
                left[0] = size
                continue
            # An array or structure as a value is of no use: step over it.
            k = int(behind(int(p), end, size))
            if not k:
                break
            p = ptr8(k)
            room = end - k
            kind = 0
            size = 0
        if tag == 4:
            size = (size + 7) >> 3
        if size > room:
            break
        key = pending
        pending = 0
        if not key:
            if depth == 1:
                shape = (shape << 5) + shape + tag & 0xFFFFFF
                # The names of a push list are for the last elements of the list.
                k = named - 1 - left[0]
                if k >= 0:
                    key = names[k]
            else:
                key = _FOREIGN  # it has neither a name nor a place in the list
        last = ptr32(0)
        if not kind and (tag == 3 or tag == 22) and key & 0xFFFF00 == _SWITCH:
            kind = _NUMBER  # the state of a breaker, a boolean or an enumeration
        if key < _SCALER and n < most:
            rows[0] = key
            rows[1] = int(p) - base
            rows[2] = size
            low = 0
            high = 0
            k = 0
            if kind == _NUMBER:
                if form & p[0] & 0x80:
                    k = 0xFF
                while size > 3 and high <= _FITS:
                    high = high << 8 | (p[0] ^ k)
                    p = ptr8(int(p) + 1)
                    size -= 1
                if size > 3:
                    # It is too large for low and high.
                    kind = 0
                    high = 0
                    k = 0
                else:
                    while size:
                        low = low << 8 | (p[0] ^ k)
                        p = ptr8(int(p) + 1)
                        size -= 1
                    low += k & 1
                    high += low >> 24
            elif form & 0x80:
                kind = _FLOAT
                info[2] = info[2] + 1
            if kind or not key:
                rows[3] = low & 0xFFFFFF
                rows[4] = high
                rows[5] = scale
                rows[6] = unit
                rows[7] = kind | k & _NEGATIVE
                if kind & 1 and unit == _NO_UNIT:
                    last = rows
                rows = ptr32(int(rows) + 32)
                n += 1
        scale = _SCALE
        unit = _NO_UNIT
        p = ptr8(int(p) + size)
    info[15] = base - 1 - int(p)
    return 1
