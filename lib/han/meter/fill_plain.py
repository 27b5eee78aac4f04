"""The twins of `fill_fast.py` in ordinary Python: what CPython runs and what the tests compare with."""
from .obis import ALL, BASES, FIELDS, IMPORT_ENERGY, QUANTITIES, SPECIALS, TEXTS, UNITS, VOLT

_NUMBER, _NEGATIVE, _NO_UNIT = 1, 16, 255


def _rounded(number, power):
    """number * 10**power, rounded half up; None where a field has no room for it."""
    if power >= 0:
        for _ in range(power):
            if number >> 24 > 0x3FFFFFF:
                return None
            number *= 10
        return number
    return (number // 10 ** (-power - 1) + 5) // 10


def fill(rows, n, known, keys, codes, order, ordered, defaults, values, present, special):
    """Scale n rows to base units and store them by field."""
    codes = dict(zip(keys[:known], codes))
    for i in range(n):
        key, _, size, low, high, scale, unit, kind = rows[i * 8:i * 8 + 8]
        code = codes.get(key, 0xFF) if key else order[i] if i < ordered else 0xFF
        if code >= TEXTS:
            code -= TEXTS
            if code < SPECIALS and kind and size:
                special[code] = special[code] or i + 1
            continue
        if kind & 15 != _NUMBER or code >= ALL or present[code]:
            continue
        quantity = QUANTITIES[code]
        number = high << 24 | low
        power = scale - BASES[quantity]
        if unit == _NO_UNIT:
            # Voltages tell their scale: no mains has 1000 V or more.
            power += (defaults[quantity] or (62 if number >= 10000 else 63 if number >= 1000 else 64)) - 64
        elif unit != UNITS[quantity]:
            continue
        if abs(power) > 9:
            continue
        number = _rounded(number, power)
        if number is None:
            continue
        values[code * 2], values[code * 2 + 1] = number & 0xFFFFFF, number >> 24
        present[code] = 3 if kind & _NEGATIVE and number else 1


def overlay(values, present, over, there):
    """Copy the fields that are present in `over` onto `values`."""
    for i in range(FIELDS):
        if there[i]:
            present[i] = there[i]
            values[i * 2:i * 2 + 2] = over[i * 2:i * 2 + 2]


def beyond(values, present, limits):
    """First field whose magnitude exceeds limits[field], or that is a negative counter or voltage; -1: none."""
    for field in range(FIELDS):
        negative = present[field] == 3
        if not present[field]:
            continue
        if field >= IMPORT_ENERGY:
            if negative:
                return field
        elif values[2 * field] + (values[2 * field + 1] << 24) > limits[field]:
            return field
        elif negative and QUANTITIES[field] == VOLT:
            return field
    return -1
