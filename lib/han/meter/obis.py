"""The only table from OBIS codes (IEC 62056-61) of an electricity meter to fields.

A field is a small integer. Below FIELDS it is a number in the base unit of its quantity. From
TEXTS on it is a text, the clock, or something that besides/extra.py keeps. Group A of a code may be 0 or 1.
"""
from array import array

IMPORT_POWER, EXPORT_POWER, IMPORT_REACTIVE, EXPORT_REACTIVE = 0, 1, 2, 3
L1_IMPORT_POWER, L1_EXPORT_POWER = 4, 7  # L2 and L3 are the next two numbers, also below
L1_IMPORT_REACTIVE, L1_EXPORT_REACTIVE = 10, 13
L1_VOLTAGE, L1_CURRENT = 16, 19
IMPORT_ENERGY, EXPORT_ENERGY = 22, 23
IMPORT_REACTIVE_ENERGY, EXPORT_REACTIVE_ENERGY = 24, 25
TARIFFS = 8
IMPORT_ENERGY_T1, EXPORT_ENERGY_T1 = 26, 34  # TARIFFS each
IMPORT_REACTIVE_ENERGY_T1, EXPORT_REACTIVE_ENERGY_T1 = 42, 44  # two tariffs each
FIELDS = 46
# Power with a sign, as SML sends it: the total, then three phases. sense/direction.py splits it into import and export.
NET_POWER = 46
# Power without a sign, see sense/direction.py; four energies of a second channel, 1-2.
ANY_POWER, OTHER_ENERGY = 50, 51
ALL = 55

TEXTS = 64
ID, ID_OTHER, ID_KAMSTRUP, DEVICE_NAME, ADDRESS, TYPE, LIST_VERSION, MAKER = 64, 65, 66, 67, 68, 69, 70, 71
CLOCK, TIME, DATE = 72, 73, 74
# More of the meter itself, which only some send; see besides/extra.py. First the numbers, then what is read as text.
MORE = 75
TARIFF, FREQUENCY = 75, 76
POWER_FACTOR, APPARENT, EXPORT_APPARENT = 77, 81, 85  # the total and three phases each
BREAKER, RELAY = 89, 90  # six relays
LIMIT, FUSE = 96, 97  # three phases
FAILURES, LONG_FAILURES, SAGS, SWELLS = 100, 101, 102, 105  # three phases each
DEMAND, PEAK = 108, 109
LOG, MESSAGE, MESSAGE_CODE = 110, 111, 112
SPECIALS = 49
NOT_SENT = -0x40000000  # among these numbers
# COSEM units of the numbers of MORE. 252: W or A; 253: a power factor; 254: a count or a state.
MORE_UNITS = bytes(
    [254, 44] + [253] * 4 + [28] * 8 + [254] * 7 + [252] + [33] * 3 + [254] * 8 + [27] * 2
)  # fmt: skip
# Slots of a reading's texts, and the slot of each code from ID to MAKER. Of several codes for one slot, the first one
# with a content counts.
METER_ID, METER_TYPE, MANUFACTURER, LIST_NAME, P1_IDENT, NAME = 0, 1, 2, 3, 4, 5
SLOTS = bytes((METER_ID, METER_ID, METER_ID, METER_ID, METER_ID, METER_TYPE, LIST_NAME, MANUFACTURER))
# Marks behind the texts in `Reading.said`: bits of what was netted, the total and phases 1 to 3, as the imported power
# was negative; 1 where a power has come whose direction is unknown; 1 where the scale must be told from the numbers,
# see lists/scales.py.
NETTED, UNDIRECTED, UNSCALED = 8, 9, 10
NOTHING = 0xFF  # in a profile: a value that is not used

# Quantities. The base units are W, var, 0.1 V, mA, Wh, varh. BASES has their power of ten, and
# UNITS the COSEM units in which meters send them.
WATT, VAR, VOLT, AMPERE, WATT_HOUR, VAR_HOUR = 0, 1, 2, 3, 4, 5
BASES = bytes((64, 64, 63, 61, 64, 64))  # 64 + power
UNITS = bytes((27, 29, 35, 33, 30, 32))
QUANTITIES = bytes(
    [WATT] * 2 + [VAR] * 2 + [WATT] * 6 + [VAR] * 6 + [VOLT] * 3 + [AMPERE] * 3
    + [WATT_HOUR] * 2 + [VAR_HOUR] * 2 + [WATT_HOUR] * 2 * TARIFFS + [VAR_HOUR] * 4 + [WATT] * 5
    + [WATT_HOUR] * 2 + [VAR_HOUR] * 2
)


def _table():
    """(keys of the codes in ascending order, packed as in `wire/rows/walk_fast.py`; their fields; their number)."""
    found = []

    def add(a, c, d, e, field):
        found.append((a << 24 | c << 16 | d << 8 | e, field))

    for i in range(4):
        add(1, 1 + i, 7, 0, IMPORT_POWER + i)
        add(1, 1 + i, 8, 0, IMPORT_ENERGY + i)
    for phase in range(3):
        c = 20 + 20 * phase
        add(1, c + 1, 7, 0, L1_IMPORT_POWER + phase)
        add(1, c + 2, 7, 0, L1_EXPORT_POWER + phase)
        add(1, c + 3, 7, 0, L1_IMPORT_REACTIVE + phase)
        add(1, c + 4, 7, 0, L1_EXPORT_REACTIVE + phase)
        add(1, c + 11, 7, 0, L1_CURRENT + phase)
        add(1, c + 12, 7, 0, L1_VOLTAGE + phase)
    for tariff in range(TARIFFS):
        add(1, 1, 8, 1 + tariff, IMPORT_ENERGY_T1 + tariff)
        add(1, 2, 8, 1 + tariff, EXPORT_ENERGY_T1 + tariff)
    for tariff in range(2):
        add(1, 3, 8, 1 + tariff, IMPORT_REACTIVE_ENERGY_T1 + tariff)
        add(1, 4, 8, 1 + tariff, EXPORT_REACTIVE_ENERGY_T1 + tariff)
    for i in range(4):
        add(1, 16 + 20 * i, 7, 0, NET_POWER + i)
        add(3, 1 + i, 8, 0, OTHER_ENERGY + i)  # 1-2, see `wire/rows/sml_fast.py`
    add(1, 15, 7, 0, ANY_POWER)
    for i in range(4):
        c = 20 * i
        add(1, c + 13, 7, 0, POWER_FACTOR + i)
        add(1, c + 9, 7, 0, APPARENT + i)
        add(1, c + 10, 7, 0, EXPORT_APPARENT + i)
        if i:
            add(1, c + 11, 4, 0, FUSE + i - 1)
            add(1, c + 12, 32, 0, SAGS + i - 1)
            add(1, c + 12, 36, 0, SWELLS + i - 1)
    for i in range(6):
        add(5 + i, 96, 3, 10, RELAY + i)  # 0-1 to 0-6, see `wire/rows/walk_fast.py`
    for a in 0, 1:  # in lists, A of all codes with D = 7 is 1
        add(a, 96, 7, 21, FAILURES)
        add(a, 96, 7, 9, LONG_FAILURES)
        add(a, 96, 14, 0, TARIFF)
        add(a, 96, 3, 10, BREAKER)
        add(a, 17, 0, 0, LIMIT)
    add(1, 14, 7, 0, FREQUENCY)
    add(1, 1, 4, 0, DEMAND)
    add(1, 1, 6, 0, PEAK)
    add(1, 99, 97, 0, LOG)
    add(0, 96, 13, 0, MESSAGE)
    add(0, 96, 13, 1, MESSAGE_CODE)
    add(0, 96, 1, 0, ID)
    add(1, 96, 1, 0, ID)
    add(0, 96, 1, 1, ID_OTHER)
    add(1, 0, 0, 5, ID_KAMSTRUP)
    add(1, 0, 0, 9, ID_OTHER)  # SML: server id
    add(1, 0, 0, 0, ADDRESS)  # SML of older meters: the number that is printed on them
    add(0, 96, 1, 255, ADDRESS)
    add(1, 96, 50, 1, MAKER)  # SML: three letters of the manufacturer
    add(0, 42, 0, 0, DEVICE_NAME)
    add(0, 96, 1, 7, TYPE)
    add(1, 96, 1, 1, TYPE)  # Kamstrup
    add(1, 0, 2, 129, LIST_VERSION)
    add(0, 1, 0, 0, CLOCK)
    for a in 0, 1:
        add(a, 0, 9, 1, TIME)
        add(a, 0, 9, 2, DATE)
    found.sort()
    # Behind the last key are others that no code has, so that a search by halves needs no more bounds.
    keys = [key for key, _ in found] + [0x7FFFFFFF] * (128 - len(found))
    return array("i", keys), bytes([field for _, field in found]), len(found)


KEYS, CODES, KNOWN = _table()
# For fill_fast.py, all that belongs to a field: CODES, and from 128 on QUANTITIES, BASES, UNITS.
FORMS = CODES + bytes(128 - KNOWN) + QUANTITIES + BASES + UNITS
del _table  # it is not needed any more, and takes a few kB
