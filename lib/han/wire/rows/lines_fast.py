"""The lines of P1 as viper code: the walk from lines to rows of integers, and the lines of sub-meters.

`walk_fast.py` describes a row. `lines_plain.py` has the twins in ordinary Python.
"""
import micropython
from micropython import const

_NUMBER = const(1)
_TEXT = const(2)
_NEGATIVE = const(16)
_SCALE = const(64)
_NO_UNIT = const(255)
_SUB = const(24)  # C of a sub-meter's values
_SUB_NUMBER = const(0x6001)  # C and D, 96.1, of its number
_SWITCH = const(0x60030A)  # 96.3.10
_PEAK = const(0x1010600)  # 1-0:1.6.0
_LONGEST = const(128)


@micropython.viper
def p1_walk(p: ptr8, k: int, end: int, rows: ptr32, most: int, keys: ptr32, known: int) -> int:
    """Walk the lines of a P1 telegram p[k:end]. Returns the number of rows written, at most `most` (below 256).

    256 times the index of the first line of a sub-meter (0-n:24 or 0-n:96.1) is added to that, where there is one.

    A line makes a row of its first value if its OBIS code is among keys[:known] (sorted). Of 1.6.0, the value is behind
    a time. The key of 0-n:96.3.10 has 4 + n for A. `1-0:`
    may be missing, as in IEC 62056-21. The code may end with *255 or .255; any other number there
    means a value of the past, which makes no row. A line ends with CR, LF or both. A value must end
    with its parenthesis. A number must have a complete, known unit; only an energy may lack it, and
    is in kWh, if it has decimals. Other contents make rows of text. Two lines with the same code and
    different contents make one row without content.
    """
    # Only the first three parameters are in registers, so p moves along and k is used as a scratch variable.
    base = int(p)
    end += base
    p = ptr8(base + k)
    first = int(rows)
    begin = int(p)
    aside = 0
    n = 0
    while int(p) < end and n < most:
        if p[0] == 0x02:  # STX
            p = ptr8(int(p) + 1)
        # the code: up to six numbers; the character behind a number tells which one it is
        a = 1
        channel = 0  # B
        key = 0  # C, D and E so far, 8 bits each
        parts = 0  # how many of C, D and E have come
        number = -1
        k = 0
        while int(p) < end:
            k = p[0]
            p = ptr8(int(p) + 1)
            if k >= 0x30 and k <= 0x39:
                if number < 0:
                    number = 0
                number = number * 10 + k - 0x30
                if number > 255:
                    break
                continue
            if number < 0:
                parts = 0
                break
            if k == 0x2D and not parts:  # A-
                a = number
            elif k == 0x3A and not parts:  # B:
                channel = number
            elif k == 0x2E and parts < 3 or parts == 2 and (k == 0x28 or k == 0x2A):  # C.D.E, followed by ( or * or .
                key = key << 8 | number
                parts += 1
            elif k != 0x28 or number != 255:
                parts = 0
                break
            number = -1
            if k == 0x28:
                break
        if parts < 3 or k != 0x28 or a > 1:
            a = -1
        elif channel > a and key >> 8 != 0x100:
            if not a and key == _SWITCH and channel < 10:
                a = channel + 4  # a relay
            else:
                if (key >> 16 == _SUB or key >> 8 == _SUB_NUMBER) and not a and not aside:
                    aside = int(p)
                    while aside > begin and ptr8(aside)[-1] >= 0x20:
                        aside -= 1
                    aside = (aside - base) << 8
                a = -1
        if a < 0:
            key = 0
        else:
            key |= a << 24
            if key & 0xFFFF == 0x7FF:  # C.7.255, power of no tariff, which other meters write as C.7.0
                key -= 0xFF
            # Binary search for the last of the keys that is not above this one.
            at = 0
            step = 64
            while step:
                if at + step < known and keys[at + step] <= key:
                    at += step
                step >>= 1
            if keys[at] != key:
                key = 0
        if key:
            if key == _PEAK:
                # Its time stands in front of it, YYMMDDhhmmss with or without S or W, which the row leaves out.
                at = 0
                while at < 13 and int(p) + at < end and p[at] >= 0x30:
                    at += 1
                if at > 11 and int(p) + at + 1 < end and p[at] == 0x29 and p[at + 1] == 0x28:
                    p = ptr8(int(p) + at + 2)
            start = int(p)
            low = 0
            high = 0
            scale = -1  # digits behind the point, -1 before the point
            kind = _NUMBER
            if int(p) < end and (p[0] == 0x2D or p[0] == 0x2B):  # - or +
                if p[0] == 0x2D:
                    kind = _NUMBER | _NEGATIVE
                p = ptr8(int(p) + 1)
            at = int(p)
            while int(p) < end:
                k = p[0]
                if k >= 0x30 and k <= 0x39:
                    if high > 0x3FFFFFF:
                        kind = _TEXT
                    else:
                        low = low * 10 + k - 0x30
                        high = high * 10 + (low >> 24)
                        low = low & 0xFFFFFF
                    if scale >= 0:
                        scale += 1
                elif (k == 0x2E or k == 0x2C) and scale < 0 and int(p) > at:
                    scale = 0
                else:
                    break
                p = ptr8(int(p) + 1)
            if int(p) == at or not scale:
                kind = _TEXT
            # The unit, with or without a star: its letters as five bits each, behind a 1. k, M and m in front scale it.
            unit = 1
            power = 0
            step = 0  # 1 behind a star, 2 behind the first letter
            k = 0
            while int(p) < end:
                k = p[0]
                if k == 0x29 or k == 0x28 or k == 0x0A or k == 0x0D:
                    break
                p = ptr8(int(p) + 1)
                if k == 0x2A and not step:
                    step = 1
                    continue
                if step < 2:
                    step = 2
                    if k | 0x20 == 0x6B:
                        power = 3
                        continue
                    if k | 0x20 == 0x6D:
                        power = 6
                        if k == 0x6D:
                            power = -3
                        continue
                if k < 0x41 or k > 0x7A or unit > 0xFFFF:
                    unit = 0
                elif unit:
                    unit = unit << 5 | k & 31
            if int(p) < end and k == 0x29:
                k = _NO_UNIT
                if unit == 0x37:
                    k = 27  # W
                elif unit == 0x6E8:
                    k = 30  # Wh
                elif unit == 0x36:
                    k = 35  # V
                elif unit == 0x6C1:
                    k = 28  # VA
                elif unit == 0xD832:
                    k = 29  # var
                elif unit == 0x1B0648:
                    k = 32  # varh
                elif unit == 0x21:
                    k = 33  # A
                elif unit != 1 or step or scale < 0 or key >> 8 & 0xFF != 8:
                    kind = _TEXT
                # No house has mega volts or mega amperes, and none counts in milliwatts: the case of M was lost.
                if power == 6 and k >= 33 or power < 0 and k < 33:
                    kind = _TEXT
                if scale < 0:
                    scale = 0
                unit = int(p) - start
                row = ptr32(first)
                while int(row) < int(rows) and row[0] != key:
                    row = ptr32(int(row) + 32)
                if int(row) < int(rows):
                    # The code has come before: if its content was another, neither can be trusted.
                    step = row[2] ^ unit
                    at = base + row[1]
                    while not step and unit:
                        unit -= 1
                        step = ptr8(at)[unit] ^ ptr8(start)[unit]
                    if step:
                        row[2] = 0
                        row[7] = _TEXT
                else:
                    rows[0] = key
                    rows[1] = start - base
                    rows[2] = unit
                    rows[3] = low
                    rows[4] = high
                    rows[5] = _SCALE - scale + power
                    rows[6] = k
                    rows[7] = kind
                    rows = ptr32(int(rows) + 32)
                    n += 1
        # go to the next line, over further values of this one; a line with only a value has no code, so it makes no row
        while int(p) < end and p[-1] != 0x0A and p[-1] != 0x0D:
            p = ptr8(int(p) + 1)
    return aside | n


@micropython.viper
def gather(p: ptr8, k: int, end: int, out: ptr8, room: int) -> int:
    """Copy the lines of sub-meters in p[k:end] to out[:room], each with an LF: 0-n:24 and 0-n:96.1, n 1 to 9.

    k is the beginning of a line. A line that opens with its parenthesis belongs to the line before (DSMR 2.2). Lines
    of more than 128 bytes are left out, and all that come when out is full.

    Returns twice the length that all of them have, which may be more than `room`, + 1 where out has changed.
    """
    base = int(p)
    end += base
    p = ptr8(base + k)
    changed = 0
    n = 0
    taken = 0  # the line before was taken
    while int(p) < end:
        if p[0] == 0x02:  # STX
            p = ptr8(int(p) + 1)
        line = int(p)
        take = 0
        if p[0] == 0x28:
            take = taken
        elif end - line > 8 and p[0] == 0x30 and p[1] == 0x2D and p[2] >= 0x31 and p[2] <= 0x39 and p[3] == 0x3A:
            if p[4] == 0x32 and p[5] == 0x34 and p[6] == 0x2E:
                take = 1
            elif p[4] == 0x39 and p[5] == 0x36 and p[6] == 0x2E and p[7] == 0x31 and p[8] == 0x2E:
                take = 1
        k = 0
        while int(p) < end and p[0] != 0x0A and p[0] != 0x0D:
            k |= p[0]
            p = ptr8(int(p) + 1)
        size = int(p) - line
        if k & 0x80 or size > _LONGEST or size < 9 and ptr8(line)[0] != 0x28:
            take = 0
        if size:
            taken = take
        if take and size:
            k = n
            n += size + 1
            if n > room:
                room = k
            else:
                while k < n:
                    line += 1
                    size = 0x0A
                    if k + 1 < n:
                        size = ptr8(line)[-1]
                    if out[k] != size:
                        out[k] = size
                        changed = 1
                    k += 1
        while int(p) < end and (p[0] == 0x0A or p[0] == 0x0D):
            p = ptr8(int(p) + 1)
    return n << 1 | changed
