"""Converts binary floating point in a telegram to integers in base units. Imported when the first such number comes.

This does not use MicroPython's floats, as they have 24 bits on the chip, and a counter has more. The
parts of the number (ISO/IEC/IEEE 60559 clause 3.4) are computed with integers.
"""
from ..obis import ALL, BASES, CODES, KEYS, KNOWN, NOTHING, QUANTITIES, UNITS

_NUMBER, _FLOAT, _NEGATIVE = 1, 3, 16
_NO_UNIT = 255
_SCALE = 64
_MOST_BITS = 54  # bits of a number in a row
_EXACT = 400  # a number with a smaller exponent than minus this is 0


def parts(buf, at, size):
    """(sign bit, mantissa, power of two) of the 4 or 8 bytes at buf[at]; None for NaN and infinity."""
    raw = 0
    for i in range(at, at + size):
        raw = raw << 8 | buf[i]
    fraction, bias = (23, 127) if size == 4 else (52, 1023)
    negative = raw >> 8 * size - 1
    exponent = raw >> fraction & 2 * bias + 1
    mantissa = raw & (1 << fraction) - 1
    if exponent == 2 * bias + 1:
        return None
    if exponent:
        mantissa |= 1 << fraction
    else:
        exponent = 1
    return negative, mantissa, exponent - bias - fraction


def rounded(mantissa, two, ten):
    """mantissa * 2**two * 10**ten, rounded half up; None where it is too large for a row."""
    if two > _MOST_BITS:
        return None if mantissa else 0
    if two < -_EXACT:
        return 0
    above = mantissa * 10 ** max(ten, 0) << max(two, 0)
    below = 10 ** max(-ten, 0) << max(-two, 0)
    number = (2 * above + below) // (2 * below)
    return None if number >> _MOST_BITS else number


def settle(buf, rows, n, order):
    """Convert the floating-point rows of n rows to numbers in base units. Those without a field become kind 0.

    order: the fields of rows without a key. A float without a unit is in the unit of its quantity, without a scale.
    """
    for i in range(n):
        row = 8 * i
        if rows[row + 7] & 15 == _FLOAT:
            rows[row + 7] = 0
            field = _field(rows[row]) if rows[row] else order[i] if i < len(order) else NOTHING
            if field < ALL:
                _settle(buf, rows, row, QUANTITIES[field])


def _field(key):
    low, high = 0, KNOWN
    while low < high:
        middle = (low + high) // 2
        if KEYS[middle] < key:
            low = middle + 1
        else:
            high = middle
    return CODES[low] if low < KNOWN and KEYS[low] == key else NOTHING


def _settle(buf, rows, row, quantity):
    ten = rows[row + 5] - BASES[quantity]
    if rows[row + 6] not in (_NO_UNIT, UNITS[quantity]) or not -9 <= ten <= 9:
        return
    said = parts(buf, rows[row + 1], rows[row + 2])
    number = said and rounded(said[1], said[2], ten)
    if number is None:
        return
    rows[row + 3] = number & 0xFFFFFF
    rows[row + 4] = number >> 24
    rows[row + 5] = BASES[quantity]
    rows[row + 6] = UNITS[quantity]
    rows[row + 7] = _NUMBER | (_NEGATIVE if said[0] else 0)
