"""Loops over the fields of a reading as viper code. `fill_plain.py` has their twins in ordinary Python."""
import micropython
from micropython import const

from .obis import FORMS, KEYS
from .said_fast import heard

_NUMBER = const(1)
_NEGATIVE = const(16)
_NO_UNIT = const(255)
_TEXTS = const(64)
_SPECIALS = const(49)
_SPECIAL = const(56)  # where `special` begins in `present`, as in reading.py
_WORDS = const(30)  # of `present`
_QUANTITIES = const(128)  # where these begin in FORMS, as in obis.py
_BASES = const(183)
_UNITS = const(189)
_MORE = const(11)  # the first special of besides/more.py
_NUMBERS = const(35)  # of besides/more.py
_SUB = const(0x5000000)  # the least key of another meter's value
_NAMED = const(8)
_FIELDS = const(46)
_ALL = const(55)
_AMPERE = const(3)
_L1_EXPORT = const(7)
_VOLTAGES = const(16)
_CURRENTS = const(19)
_COUNTERS = const(22)
_FITS = const(0x3FFFFFF)
_MOST = const(0xFFFFFFF)
_MOST_VOLT = const(10000)
_MOST_AMPERE = const(20000000)


@micropython.viper
def fill(rows: ptr32, at: int, p: ptr8, reading, profile) -> int:
    """Forget the fields of a reading. Scale `at` rows (see `wire/rows/walk_fast.py`) to base units, and store them.

    p         the buffer of the telegram
    profile   (order, defaults). order: the fields of the first rows, where these have no key; defaults: 64 + the
              power of ten of each quantity, for numbers without a unit. 0 for voltages: by the size of the number. 0
              for currents: 0.01 A, but whole amperes in a number of 64 bits

    Results in the reading: in `values` two words for each field, the low 24 bits and the rest; in `present` 1, or 3
    for a negative number, for each field that is there; in `special` 1 + the row of each text that is not empty, and
    of what more.py and extra.py of `besides/` read; in `said` 1 for each text that is known already. A field that is
    there already keeps its first value.

    Returns 0 where that is all. 1: a text is new, or a power has a sign or no direction, or there is an energy of
    another channel, see `sense/direction.py`. + 2: there are numbers for more.py, + 4: texts for extra.py, + 8: values
    of sub-meters. + 16: a field below FIELDS is there.
    """
    values = ptr32(reading.values)
    present = ptr8(reading.present)
    special = ptr8(int(present) + _SPECIAL)
    # Only the first three parameters are in registers: rows moves along, p and at are used for the search.
    n = at
    buf = int(p)
    first = int(rows)
    word = ptr32(int(present))
    at = _WORDS
    while at:
        word[0] = 0
        word[1] = 0
        word = ptr32(int(word) + 8)
        at -= 2
    keys = int(ptr32(KEYS))
    forms = ptr8(FORMS)
    fields = profile[0]
    order = ptr8(fields)
    ordered = 0
    if fields:
        ordered = int(len(fields))
    defaults = ptr8(profile[1])
    more = 0
    i = 0
    while i < n:
        i += 1
        rows = ptr32(int(rows) + 32)  # so that the words of this row are those from -8 to -1
        code = 0xFF
        key = rows[-8]
        if key:
            # Binary search for the last of the keys that is not above this one. There are 128, of 4 bytes each.
            p = ptr8(keys)
            at = 256
            while at > 2:
                if ptr32(int(p) + at)[0] <= key:
                    p = ptr8(int(p) + at)
                at >>= 1
            if ptr32(int(p))[0] == key:
                code = forms[(int(p) - keys) >> 2]
            elif key >= _SUB:
                more |= 8
        elif i <= ordered:
            code = order[i - 1]
        if code >= _ALL:
            code -= _TEXTS
            if code >= 0 and code < _SPECIALS and not special[code] and rows[-1] and rows[-6]:
                special[code] = i
                if code >= _MORE + _NUMBERS:
                    more |= 4
                elif code >= _MORE:
                    more |= 2
            continue
        if rows[-1] & 15 != _NUMBER or present[code]:
            continue
        quantity = forms[code + _QUANTITIES]
        low = rows[-5]
        high = rows[-4]
        power = rows[-3] - forms[quantity + _BASES]
        if rows[-2] == _NO_UNIT:
            step = defaults[quantity]
            if not step:
                step = 64
                if quantity == _AMPERE:
                    if rows[-6] < 8:
                        step = 62
                elif high or low >= 10000:
                    step = 62
                elif low >= 1000:
                    step = 63
            power += step - 64
        elif rows[-2] != forms[quantity + _UNITS]:
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
        if rows[-1] & _NEGATIVE and low | high:
            key = 3
            if code < _L1_EXPORT:
                more |= 1
        if code >= _FIELDS:
            more |= 1
        else:
            more |= 16
        present[code] = key
        values = ptr32(int(values) + code * 8)
        values[0] = low
        values[1] = high
        values = ptr32(int(values) - code * 8)
    if not more & 1 and int(heard(reading, buf, first, 0)) < _NAMED:
        more |= 1
    return more


@micropython.viper
def numbers(present: ptr8) -> int:
    """1 where a field is present that is a number, else 0."""
    i = 0
    while i < _FIELDS:
        if present[i]:
            return 1
        i += 1
    return 0


@micropython.viper
def overlay(values: ptr32, present: ptr8, over: ptr32, there: ptr8):
    """Copy the fields that are present in `over` (as `there` tells) to `values` and `present`."""
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
    """The first field that is larger than limits[field], or a negative counter or voltage; -1: none. No counter has
    a limit."""
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


@micropython.viper
def powers(values: ptr32, present: ptr8, out: ptr32):
    """Compare voltages, currents and powers of a reading. Results:

    out[0]   sum of U times I, VA; -1 where it is not known
    out[1]   magnitude of import less export, W, or the sum of the phases' magnitudes where that is more; -1: not sent
    out[2]   magnitude of reactive import less export, var; -1: not sent
    out[3]   number of phases that have a current
    out[4]   number of phases that have a power
    out[5]   1 where all voltages are those of a mains; 2 where they all are a hundred times those of a mains;
             3 where neither; 0 without voltages
    """
    va = 0
    apart = 0
    out[3] = 0
    out[4] = 0
    found = 0
    i = 0
    while i < 5:
        # The pairs of fields: 0 and 1, 2 and 3; then 4 and 7, 5 and 8, 6 and 9.
        field = i + 2
        step = 3
        if i < 2:
            field = 2 * i
            step = 1
        net = 0
        sent = 0
        while sent < 4:
            k = present[field]
            if k:
                number = _MOST
                if values[2 * field + 1] < 16:
                    number = values[2 * field + 1] << 24 | values[2 * field]
                if k == 3:
                    number = 0 - number
                if sent >= 2:
                    number = 0 - number
                net += number
                sent |= 1
            sent += 2
            field += step
        sent &= 1
        if net < 0:
            net = 0 - net
        if i >= 2:
            if sent:
                apart += net
                out[4] += 1
        elif sent:
            out[1 + i] = net
        else:
            out[1 + i] = -1
        i += 1
    if out[1] >= 0 and apart > out[1]:
        out[1] = apart
    i = _VOLTAGES
    while i < _CURRENTS:
        volt = 0
        if present[i]:
            volt = _MOST
            if values[2 * i + 1] < 16:
                volt = values[2 * i + 1] << 24 | values[2 * i]
            if volt:
                fits = 3
                if volt >= 1800 and volt <= 2600 or volt >= 3600 and volt <= 4500:
                    fits = 1
                elif volt >= 180000 and volt <= 260000 or volt >= 360000 and volt <= 450000:
                    fits = 2
                if found and found != fits:
                    fits = 3
                found = fits
        if present[i + 3]:
            out[3] += 1
            number = _MOST
            if values[2 * i + 7] < 16:
                number = values[2 * i + 7] << 24 | values[2 * i + 6]
            if present[i] == 0 or volt > _MOST_VOLT or number > _MOST_AMPERE:
                va = -1
            elif va >= 0:
                va += (volt + 5) // 10 * (number // 10) // 100
        i += 1
    if out[3] == 0:
        va = -1
    out[0] = va
    out[5] = found
