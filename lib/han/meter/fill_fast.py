"""Puts the rows of a telegram into the fields of a reading (viper); its twin is `fill_plain.py`."""
import micropython
from micropython import const

from .obis import BASES, QUANTITIES, UNITS

_NUMBER = const(1)
_NEGATIVE = const(16)
_NO_UNIT = const(255)
_TEXTS = const(64)
_FIELDS = const(38)
_ALL = const(42)
_VOLTAGES = const(16)
_CURRENTS = const(19)
_COUNTERS = const(22)
_FITS = const(0x3FFFFFF)


@micropython.viper
def fill(rows, n: int, table, known: int, profile, ordered: int, values, present, special):
    """Scale rows[:n] (see `wire/walk_fast.py`) to base units and store them by field.

    table is (keys, codes, order, defaults): codes name the field of each of the sorted keys,
    order[:ordered] that of rows without a key, defaults the power of ten (+ 64) of each
    quantity where none was sent; 0 for voltages: told from their size.
    values gets two words a field (24 low bits, the rest), present 1 or 3 (negative), special
    1 + the row of each text. A field that is there already keeps its first value.
    """
    r = ptr32(rows)
    keys = ptr32(table[0])
    codes = ptr8(table[1])
    order = ptr8(profile[0])
    defaults = ptr8(profile[1])
    v = ptr32(values)
    here = ptr8(present)
    texts = ptr8(special)
    bases = ptr8(BASES)
    units = ptr8(UNITS)
    quantities = ptr8(QUANTITIES)
    i = 0
    while i < n:
        q = i * 8
        i += 1
        code = 0xFF
        key = r[q]
        if key:
            lo = 0
            hi = known
            while lo < hi:
                mid = (lo + hi) >> 1
                if keys[mid] < key:
                    lo = mid + 1
                else:
                    hi = mid
            if lo < known and keys[lo] == key:
                code = codes[lo]
        elif i <= ordered:
            code = order[i - 1]
        if code == 0xFF:
            continue
        if code >= _TEXTS:
            if texts[code - _TEXTS] == 0:
                texts[code - _TEXTS] = i
            continue
        if r[q + 7] & 15 != _NUMBER or code >= _ALL or here[code]:
            continue
        quantity = quantities[code]
        low = r[q + 3]
        high = r[q + 4]
        power = r[q + 5] - bases[quantity]
        unit = r[q + 6]
        if unit == _NO_UNIT:
            sent = defaults[quantity]
            if sent == 0:
                sent = 64
                if high or low >= 10000:
                    sent = 62
                elif low >= 1000:
                    sent = 63
            power += sent - 64
        elif unit != units[quantity]:
            continue
        if power > 9 or power < -9:
            continue
        while power > 0 and high <= _FITS:
            low = low * 10
            high = high * 10 + (low >> 24)
            low = low & 0xFFFFFF
            power -= 1
        if power > 0:
            continue
        digit = 0
        while power < 0:
            rest = high % 10
            high = high // 10
            low = rest << 24 | low
            digit = low % 10
            low = low // 10
            power += 1
        if digit >= 5:
            low += 1
            if low > 0xFFFFFF:
                low = 0
                high += 1
        v[code * 2] = low
        v[code * 2 + 1] = high
        if r[q + 7] & _NEGATIVE and low | high:
            here[code] = 3
        else:
            here[code] = 1


@micropython.viper
def overlay(values, present, over, there):
    """Copy the fields that are present in `over` onto `values`."""
    v = ptr32(values)
    here = ptr8(present)
    o = ptr32(over)
    t = ptr8(there)
    i = 0
    while i < _FIELDS:
        if t[i]:
            here[i] = t[i]
            v[i * 2] = o[i * 2]
            v[i * 2 + 1] = o[i * 2 + 1]
        i += 1


@micropython.viper
def beyond(values, present, limits) -> int:
    """First field whose magnitude exceeds limits[field], or that is a negative counter or voltage; -1: none."""
    v = ptr32(values)
    here = ptr8(present)
    most = ptr32(limits)
    i = 0
    while i < _FIELDS:
        if here[i]:
            if i < _COUNTERS:
                if v[i * 2 + 1] or v[i * 2] > most[i]:
                    return i
                if here[i] == 3 and i >= _VOLTAGES and i < _CURRENTS:
                    return i
            elif here[i] == 3:
                return i
        i += 1
    return -1
