"""Lists without OBIS codes: what their values mean, told by their types and by what is plausible.

Adding such a meter is one row of _LISTS. A list is looked up by the types of all its values and
by how its first text opens; what it says is judged before it is believed: its voltages are those
of a mains, its tariffs make its totals, its power goes with its currents.
"""
from ..obis import (
    CLOCK,
    DEVICE_NAME,
    EXPORT_ENERGY,
    EXPORT_ENERGY_T1,
    EXPORT_POWER,
    EXPORT_REACTIVE,
    EXPORT_REACTIVE_ENERGY,
    FIELDS,
    ID,
    IMPORT_ENERGY,
    IMPORT_ENERGY_T1,
    IMPORT_POWER,
    IMPORT_REACTIVE,
    IMPORT_REACTIVE_ENERGY,
    L1_CURRENT,
    L1_EXPORT_POWER,
    L1_IMPORT_POWER,
    L1_VOLTAGE,
    LIST_VERSION,
    NOTHING,
    QUANTITIES,
    TYPE,
    VOLT,
    AMPERE,
)
from .profiles import KAIFA_SCALE
from ..reading import COMMON_SCALE

# Values without a meaning to us, which have to be of their type all the same: texts, numbers of up to
# 16 bits (or an enumeration, a boolean), longer ones; one such short number a phase; what follows, if anything.
_WORDS, _SHORT, _LONG, _EACH, _REST = 0xFE, 0xFD, 0xFC, 0xFB, 0xFA

# One a phase: of these the lists name the first.
_PHASES = (L1_VOLTAGE, L1_CURRENT, L1_IMPORT_POWER, L1_EXPORT_POWER)

_U, _I, _P, _E = ((first,) for first in _PHASES)
_ACTIVE = (IMPORT_POWER, EXPORT_POWER)
_POWERS = _ACTIVE + (IMPORT_REACTIVE, EXPORT_REACTIVE)
_COUNTERS = (IMPORT_ENERGY, EXPORT_ENERGY, IMPORT_REACTIVE_ENERGY, EXPORT_REACTIVE_ENERGY)
_TARIFFS = (IMPORT_ENERGY, IMPORT_ENERGY_T1, IMPORT_ENERGY_T1 + 1,
            EXPORT_ENERGY, EXPORT_ENERGY_T1, EXPORT_ENERGY_T1 + 1)
_KAIFA = (LIST_VERSION, ID, TYPE) + _POWERS + _I + _U
_ISKRA = (DEVICE_NAME, _WORDS)
_HEP = (ID, _WORDS, _WORDS) + _TARIFFS  # number, time, date

# (opening of the first text, bytes of a voltage or current, order of the values, scale)
_LISTS = (
    # Norway and Sweden: the meter's power alone, each 2 to 10 seconds
    (b"", 4, (IMPORT_POWER,), KAIFA_SCALE),
    # Kaifa MA105, MA304 (NVE's lists 2 and 3)
    (b"KFM", 4, _KAIFA, KAIFA_SCALE),
    (b"KFM", 4, _KAIFA + (CLOCK,) + _COUNTERS, KAIFA_SCALE),
    # Iskraemeco AM550 in Slovenia: Elektro Ljubljana each 1 to 5 s, an older one-phase meter, each quarter
    (b"ISK", 2, _ISKRA + _POWERS + _U + _I + _P + _E, COMMON_SCALE),
    (b"ISK", 2, _ISKRA + _POWERS + _U + (_LONG, _LONG), COMMON_SCALE),
    (b"ISK", 2, _ISKRA + (_SHORT, _WORDS) + _TARIFFS + _COUNTERS[2:], COMMON_SCALE),  # breaker, tariff
    (b"ISK", 2, (DEVICE_NAME,) + _ACTIVE + _TARIFFS, COMMON_SCALE),
    # Elektro Celje
    (b"ISK", 2, _ISKRA + _U + _I + _POWERS, COMMON_SCALE),
    # Each quarter: another number than that of the list before, tariff
    (b"", 2, (_WORDS, _SHORT, IMPORT_ENERGY, EXPORT_ENERGY), COMMON_SCALE),
    # Iskraemeco IE.5 of HEP in Croatia: with four quadrants and power factor, without; limits and breaker behind
    (b"", 2, _HEP + (_LONG,) * 4 + _ACTIVE + (_SHORT,) + _P + _E + _U + _I + (_REST,), COMMON_SCALE),
    (b"", 2, _HEP + _ACTIVE + _P + _E + _U + _I + (_REST,), COMMON_SCALE),
    # Iskraemeco AM550, Siemens IM350 in Carinthia and Wels: the push's code, number, time, date; messages behind
    (b"\0", 2, (_WORDS, ID, _WORDS, _WORDS) + _COUNTERS + _ACTIVE + (_REST,), COMMON_SCALE),
    # Wiener Netze: Landis+Gyr E450 and Iskraemeco AM550, Siemens IM150 and IM350
    (b"", 2, (CLOCK,) + _COUNTERS + _POWERS, COMMON_SCALE),
    (b"", 2, (DEVICE_NAME, CLOCK) + _COUNTERS + _POWERS, COMMON_SCALE),
    # Landis+Gyr E450 in Burgenland, with power factors and without
    (b"", 2, _U + _I + _ACTIVE + _COUNTERS[:2] + (_EACH, ID), COMMON_SCALE),
    (b"", 2, _U + _I + _ACTIVE + _COUNTERS[:2] + (ID,), COMMON_SCALE),
)

_TEXT, _NUMBER = 2, 1

# 0.1 V, W: a meter at work, of any mains; no list without codes comes from a larger site.
_LEAST_VOLT, _MOST_VOLT = 400, 4800
_MOST_WATT = 1000000

# Lists in a row that may be what they are taken for, where none proves itself.
_DOUBTS = 8

#: What `judge` says: no such list, maybe, it proves itself.
WRONG, POSSIBLE, PROVEN = 0, 1, 2


def choose(reading, buf, rows, n, text):
    """((order, scale), lists to look at) of these n rows; None: no list that is known, or more than one.

    text: how the list's first text opens, or b"". `reading` is filled to judge by. Kaifa's lists are
    published and say whose they are.
    """
    best = None
    score = WRONG
    for opening, size, order, scale in _LISTS:
        for phases in (3, 1) if text.startswith(opening) else ():
            profile = bytes(_each(order, phases)), scale
            if not _fits(profile[0], size, rows, n) or best and best[0] == profile:
                continue
            if scale is KAIFA_SCALE:
                return profile, 0
            reading.clear()
            reading.fill(buf, rows, n, profile)
            said = judge(reading)
            if said > score:
                best = profile, _DOUBTS
                score = said
            elif said == score:
                best = None
    return best


def _each(order, phases):
    for code in order:
        if code in _PHASES:
            for phase in range(phases):
                yield code + phase
        elif code == _EACH:
            for _ in range(phases):
                yield _SHORT
        else:
            yield code


def _fits(order, size, rows, n):
    """Whether n rows have the types of this order; size: bytes of a voltage or current."""
    if order[-1] == _REST:
        order = order[:-1]
        n = min(n, len(order))
    if len(order) != n:
        return False
    for i in range(n):
        code, width, kind = order[i], rows[8 * i + 2], rows[8 * i + 7] & 15
        if code < FIELDS:
            fits = kind == _NUMBER and (width == size if QUANTITIES[code] in (VOLT, AMPERE) else width >= 4)
        elif code == _SHORT:
            fits = width <= 2 and kind != _TEXT
        elif code == _LONG:
            fits = kind == _NUMBER and width >= 4
        elif code == CLOCK:
            fits = kind == _TEXT and width == 12
        else:
            fits = kind == _TEXT or code == NOTHING
        if not fits:
            return False
    return True


def judge(reading):
    """Whether a list makes sense: WRONG, POSSIBLE or PROVEN."""
    get = reading.get
    proven = doubtful = False
    for total, first in (IMPORT_ENERGY, IMPORT_ENERGY_T1), (EXPORT_ENERGY, EXPORT_ENERGY_T1):
        whole = get(total)
        if whole is None or get(first) is None:
            continue
        parts = get(first) + (get(first + 1) or 0)
        # Each is cut to whole Wh by itself.
        if parts > whole + 2:
            return WRONG
        if 0 < parts < whole - 2:
            doubtful = True
        elif parts and whole:
            proven = True
    for field in _POWERS:
        if (get(field) or 0) > _MOST_WATT:
            return WRONG
    if get(L1_VOLTAGE) is None:
        return PROVEN if proven and not doubtful else WRONG if doubtful else POSSIBLE
    apparent = 0
    alive = False
    for phase in range(3):
        volt = get(L1_VOLTAGE + phase)
        if volt:
            alive = True
            if not _LEAST_VOLT <= volt <= _MOST_VOLT:
                return WRONG
            apparent += volt * (get(L1_CURRENT + phase) or 0) // 10000  # 0.1 V * mA
    if not alive:
        return WRONG
    if get(L1_CURRENT) is not None:
        power = abs((get(IMPORT_POWER) or 0) - (get(EXPORT_POWER) or 0))
        if power > 2 * apparent + 500:
            doubtful = True
        elif power > 100 and 2 * power >= apparent:
            proven = True
    if doubtful:
        return POSSIBLE if proven else WRONG
    return PROVEN if proven else POSSIBLE
