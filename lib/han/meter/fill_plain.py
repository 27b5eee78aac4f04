"""The twins of `fill_fast.py` in ordinary Python. CPython runs them, and tests compare both."""
from .obis import (
    ALL,
    AMPERE,
    BASES,
    CODES,
    FIELDS,
    IMPORT_ENERGY,
    KEYS,
    KNOWN,
    L1_CURRENT,
    L1_EXPORT_POWER,
    L1_VOLTAGE,
    LOG,
    MORE,
    QUANTITIES,
    SLOTS,
    SPECIALS,
    TEXTS,
    UNITS,
    VOLT,
)
from .said_plain import heard

_NUMBER, _NEGATIVE, _NO_UNIT = 1, 16, 255
# Limits in powers(): the largest magnitude, above which it is cut; 0.1 V and mA, above which U times I is unknown.
_MOST, _MOST_VOLT, _MOST_AMPERE = 0xFFFFFFF, 10000, 20000000


def _rounded(number, power):
    """number * 10**power, rounded half up; None where it is too large for a field."""
    if power >= 0:
        for _ in range(power):
            if number >> 24 > 0x3FFFFFF:
                return None
            number *= 10
        return number
    return (number // 10 ** (-power - 1) + 5) // 10


def _told(quantity, number, size):
    """64 + the power of ten of a voltage or current without a scale, by its size; see `fill_fast.fill`."""
    if quantity == AMPERE:
        return 64 if size == 8 else 62
    # No mains has 1000 V or more, so larger numbers are tenths or hundredths.
    return 62 if number >= 10000 else 63 if number >= 1000 else 64


_SUB = 0x5000000  # the least key of another meter's value
_codes = dict(zip(KEYS[:KNOWN], CODES))


def fill(rows, n, buf, reading, profile):
    """Scale n rows to base units, and store them by field; see the twin in `fill_fast.py`."""
    order, defaults = profile
    values, present, special = reading.values, reading.present, reading.special
    present[:] = bytes(len(present))  # with special and said, which are parts of it
    more = 0
    for i in range(n):
        key, _, size, low, high, scale, unit, kind = rows[i * 8:i * 8 + 8]
        code = _codes.get(key, 0xFF) if key else order[i] if i < len(order) else 0xFF
        if key >= _SUB and key not in _codes:
            more |= 8
        if code >= TEXTS:
            code -= TEXTS
            if code < SPECIALS and kind and size and not special[code]:
                special[code] = i + 1
                if code >= MORE - TEXTS:
                    more |= 4 if code >= LOG - TEXTS else 2
            continue
        if kind & 15 != _NUMBER or code >= ALL or present[code]:
            continue
        quantity = QUANTITIES[code]
        number = high << 24 | low
        power = scale - BASES[quantity]
        if unit == _NO_UNIT:
            power += (defaults[quantity] or _told(quantity, number, size)) - 64
        elif unit != UNITS[quantity]:
            continue
        if abs(power) > 9:
            continue
        number = _rounded(number, power)
        if number is None:
            continue
        values[code * 2], values[code * 2 + 1] = number & 0xFFFFFF, number >> 24
        present[code] = 3 if kind & _NEGATIVE and number else 1
    if any(present[FIELDS:ALL]) or present.find(b"\3", 0, L1_EXPORT_POWER) >= 0:
        more |= 1
    more |= 16 * numbers(present)
    if more & 1:
        return more
    return more | (heard(reading, buf, rows, 0) < len(SLOTS))


def numbers(present):
    """1 where a field is present that is a number, else 0."""
    return int(any(present[:FIELDS]))


def overlay(values, present, over, there):
    """Copy the fields that are present in `over` (as `there` tells) to `values` and `present`."""
    for i in range(FIELDS):
        if there[i]:
            present[i] = there[i]
            values[i * 2:i * 2 + 2] = over[i * 2:i * 2 + 2]


def beyond(values, present, limits):
    """The first field that is larger than limits[field], or a negative counter or voltage; -1: none. No counter has
    a limit."""
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


def powers(values, present, out):
    """Compare voltages, currents and powers; see the twin in `fill_fast.py` for `out`."""

    def size(field):
        return min(_MOST, values[2 * field + 1] << 24 | values[2 * field])

    def net(plus, minus):
        if not present[plus] and not present[minus]:
            return -1
        sizes = [(1, -1)[present[field] == 3] * size(field) if present[field] else 0 for field in (plus, minus)]
        return abs(sizes[0] - sizes[1])

    each = [net(field, field + 3) for field in (4, 5, 6)]
    each = [number for number in each if number >= 0]
    power = net(0, 1)
    phases = [i for i in range(3) if present[L1_CURRENT + i]]
    va = 0 if phases else -1
    for i in phases:
        volt, number = size(L1_VOLTAGE + i), size(L1_CURRENT + i)
        if not present[L1_VOLTAGE + i] or volt > _MOST_VOLT or number > _MOST_AMPERE:
            va = -1
            break
        va += (volt + 5) // 10 * (number // 10) // 100
    mains = {_mains(size(L1_VOLTAGE + i)) for i in range(3) if present[L1_VOLTAGE + i] and size(L1_VOLTAGE + i)}
    out[0], out[1], out[2] = va, max(power, sum(each)) if power >= 0 else -1, net(2, 3)
    out[3], out[4] = len(phases), len(each)
    out[5] = 0 if not mains else mains.pop() if len(mains) == 1 else 3


def _mains(tenths):
    for times in 1, 100:
        if 1800 * times <= tenths <= 2600 * times or 3600 * times <= tenths <= 4500 * times:
            return 1 if times == 1 else 2
    return 3
