"""Lists without OBIS codes: finds the meaning of their values, by their types and by what is plausible.

To add such a meter, add one row to _LISTS. A list is looked up by the types of all its values and by
the opening of its first text. Then its values are judged: voltages must be those of a mains, tariffs
must make up the totals, and power must match currents.
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

# Values that are not used, but must have the right type: a text; a number of up to 16 bits (or an enumeration or
# boolean); a longer number; a short number for each phase; any further values, or none.
_WORDS, _SHORT, _LONG, _EACH, _REST = 0xFE, 0xFD, 0xFC, 0xFB, 0xFA

# Fields with one value for each phase: the orders below name only the first.
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

# (opening of the first text, size of a voltage or current in bytes, order of the values, scale)
_LISTS = (
    # Norway and Sweden: only the meter's power, every 2 to 10 s
    (b"", 4, (IMPORT_POWER,), KAIFA_SCALE),
    # Kaifa MA105, MA304 (NVE's lists 2 and 3)
    (b"KFM", 4, _KAIFA, KAIFA_SCALE),
    (b"KFM", 4, _KAIFA + (CLOCK,) + _COUNTERS, KAIFA_SCALE),
    # Iskraemeco AM550 in Slovenia: Elektro Ljubljana every 1 to 5 s; an older one-phase meter; every 15 min (two)
    (b"ISK", 2, _ISKRA + _POWERS + _U + _I + _P + _E, COMMON_SCALE),
    (b"ISK", 2, _ISKRA + _POWERS + _U + (_LONG, _LONG), COMMON_SCALE),
    (b"ISK", 2, _ISKRA + (_SHORT, _WORDS) + _TARIFFS + _COUNTERS[2:], COMMON_SCALE),  # breaker, tariff
    (b"ISK", 2, (DEVICE_NAME,) + _ACTIVE + _TARIFFS, COMMON_SCALE),
    # Elektro Celje
    (b"ISK", 2, _ISKRA + _U + _I + _POWERS, COMMON_SCALE),
    # Every 15 min: another number than that in the list before, tariff
    (b"", 2, (_WORDS, _SHORT, IMPORT_ENERGY, EXPORT_ENERGY), COMMON_SCALE),
    # Iskraemeco IE.5 of HEP in Croatia, with and without four quadrants and power factor; then limits and breaker
    (b"", 2, _HEP + (_LONG,) * 4 + _ACTIVE + (_SHORT,) + _P + _E + _U + _I + (_REST,), COMMON_SCALE),
    (b"", 2, _HEP + _ACTIVE + _P + _E + _U + _I + (_REST,), COMMON_SCALE),
    # Iskraemeco AM550, Siemens IM350 in Carinthia and Wels: code of the push setup, number, time, date; then messages
    (b"\0", 2, (_WORDS, ID, _WORDS, _WORDS) + _COUNTERS + _ACTIVE + (_REST,), COMMON_SCALE),
    # Wiener Netze: Landis+Gyr E450 and Iskraemeco AM550, Siemens IM150 and IM350
    (b"", 2, (CLOCK,) + _COUNTERS + _POWERS, COMMON_SCALE),
    (b"", 2, (DEVICE_NAME, CLOCK) + _COUNTERS + _POWERS, COMMON_SCALE),
    # Landis+Gyr E450 in Burgenland, with and without power factors
    (b"", 2, _U + _I + _ACTIVE + _COUNTERS[:2] + (_EACH, ID), COMMON_SCALE),
    (b"", 2, _U + _I + _ACTIVE + _COUNTERS[:2] + (ID,), COMMON_SCALE),
)

_TEXT, _NUMBER = 2, 1

# Limits of a working meter on any mains, 0.1 V and W. Lists without codes do not come from larger sites.
_LEAST_VOLT, _MOST_VOLT = 400, 4800
_MOST_WATT = 1000000

# So many lists of a kind are judged, unless one proves the order before.
_DOUBTS = 8

#: Verdicts of judge(): this is not such a list; it may be one; it proves itself.
WRONG, POSSIBLE, PROVEN = 0, 1, 2


def choose(reading, buf, rows, n, text):
    """((order, scale), number of lists to judge) for n rows of a list; None: no known list fits, or several do.

    text: the opening of the list's first text, or b""; reading: is filled for judging

    Kaifa's lists are not judged, as they are documented and tell the manufacturer.
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
    """True where n rows have the types of this order. size: of a voltage or current, bytes."""
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
    """Judges the values of a list: WRONG, POSSIBLE or PROVEN."""
    get = reading.get
    proven = doubtful = False
    for total, first in (IMPORT_ENERGY, IMPORT_ENERGY_T1), (EXPORT_ENERGY, EXPORT_ENERGY_T1):
        whole = get(total)
        if whole is None or get(first) is None:
            continue
        parts = get(first) + (get(first + 1) or 0)
        # Each of them is cut to whole Wh, so the sum may be off by 2.
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
