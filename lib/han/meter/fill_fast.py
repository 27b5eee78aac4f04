"""Puts the rows of a telegram into the fields of a reading (viper); its twin is `fill_plain.py`."""
import micropython
from micropython import const

from .obis import BASES, QUANTITIES, UNITS

_NUMBER = const(1)
_NEGATIVE = const(16)
_NO_UNIT = const(255)
_TEXTS = const(64)
_SPECIALS = const(10)
_FIELDS = const(46)
_ALL = const(55)
_VOLTAGES = const(16)
_CURRENTS = const(19)
_COUNTERS = const(22)
_FITS = const(0x3FFFFFF)


@micropython.viper
def fill(rows: ptr32, n: int, known: int, keys: ptr32, codes: ptr8, order: ptr8, ordered: int, defaults: ptr8,
         values: ptr32, present: ptr8, special: ptr8):
    """Scale n rows (see `wire/walk_fast.py`) to base units and store them by field.

    codes name the field of each of the known sorted keys, order[:ordered] that of rows without a
    key, defaults the power of ten (+ 64) of each quantity where none was sent; 0 for voltages:
    told from their size.
    values gets two words a field (24 low bits, the rest), present 1 or 3 (negative), special
    1 + the row of each text that is not empty. A field that is there already keeps its first value.
    """
    bases = ptr8(BASES)
    units = ptr8(UNITS)
    quantities = ptr8(QUANTITIES)
    i = 0
    while i < n:
        i += 1
        row = rows
        rows = ptr32(int(rows) + 32)
        code = 0xFF
        key = row[0]
        if key:
            # The last of the keys that is not above this one.
            at = 0
            step = 64
            while step:
                if at + step < known and keys[at + step] <= key:
                    at += step
                step >>= 1
            if keys[at] == key:
                code = codes[at]
        elif i <= ordered:
            code = order[i - 1]
        if code >= _ALL:
            code -= _TEXTS
            if code >= 0 and code < _SPECIALS and not special[code] and row[7] and row[2]:
                special[code] = i
            continue
        if row[7] & 15 != _NUMBER or present[code]:
            continue
        quantity = quantities[code]
        low = row[3]
        high = row[4]
        power = row[5] - bases[quantity]
        if row[6] == _NO_UNIT:
            step = defaults[quantity]
            if not step:
                step = 64
                if high or low >= 10000:
                    step = 62
                elif low >= 1000:
                    step = 63
            power += step - 64
        elif row[6] != units[quantity]:
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
        step = 0
        while power:
            low = high % 10 << 24 | low
            high = high // 10
            step = low % 10
            low = low // 10
            power += 1
        if step >= 5:
            low += 1
            high += low >> 24
            low = low & 0xFFFFFF
        key = 1
        if row[7] & _NEGATIVE and low | high:
            key = 3
        present[code] = key
        values = ptr32(int(values) + code * 8)
        values[0] = low
        values[1] = high
        values = ptr32(int(values) - code * 8)


@micropython.viper
def overlay(values: ptr32, present: ptr8, over: ptr32, there: ptr8):
    """Copy the fields that are present in `over` onto `values`."""
    i = _FIELDS
    while i:
        if there[0]:
            present[0] = there[0]
            values[0] = over[0]
            values[1] = over[1]
        values = ptr32(int(values) + 8)
        over = ptr32(int(over) + 8)
        present = ptr8(int(present) + 1)
        there = ptr8(int(there) + 1)
        i -= 1


@micropython.viper
def beyond(values: ptr32, present: ptr8, limits: ptr32) -> int:
    """First field whose magnitude exceeds limits[field], or that is a negative counter or voltage; -1: none."""
    i = 0
    while i < _FIELDS:
        k = present[0]
        if k:
            if i < _COUNTERS:
                limit = limits[i]
                if values[1] > limit >> 24 or values[1] == limit >> 24 and values[0] > limit & 0xFFFFFF:
                    return i
            if k == 3 and (i >= _COUNTERS or i >= _VOLTAGES and i < _CURRENTS):
                return i
        values = ptr32(int(values) + 8)
        present = ptr8(int(present) + 1)
        i += 1
    return -1
