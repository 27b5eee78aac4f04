"""The registers of SunSpec's meters (Device Information Model Specification; models 1, 201 to 204, 211 to 214).

Points are counted from 0 on in the order of the float models, where each has two registers. The integer models have
them in the same order, one register each, two for energies, and a scale factor behind each group.
"""
from ..table import quantities, read
from .words import put, put_text, rounded, single

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


#: Names of points, each the first of some: a total, and the three phases behind it. Where they are.
_POINTS = "A PhV PPV Hz W VA VAR PF TotWhExp TotWhImp"
_PLACES = b"\x00\x04\x08\x0c\x0d\x11\x15\x19\x1d\x21"
_VOLTAGE = const(4)
_BETWEEN = const(8)
_FACTOR = const(25)
_ENERGY = const(29)
_ALL = const(61)
#: The groups of the integer models: numbers of points, and the least scale factors, 128 + the power of ten.
_COUNTS = b"\x04\x08\x01\x04\x04\x04\x04\x08\x08\x10"
FACTORS = b"\x7e\x7f\x7e\x80\x80\x80\x7f\x80\x80\x80"

#: Registers: "SunS" and the common model; then the model of the meter, its header of two included; then the end.
COMMON = const(70)
INTEGERS = const(107)
FLOATS = const(126)
END = const(2)

_NOT_SHORT = const(0x8000)
_NAN = 0x7FC00000


def common(buf, names, unit):
    """Write "SunS" and the common model. names: manufacturer, model, options, version, serial number."""
    put_text(buf, 0, "SunS", 2)
    put(buf, 2, 1, 1)
    put(buf, 3, 66, 1)
    at = 4
    for name, size in zip(names, (16, 16, 8, 8, 16)):
        put_text(buf, at, name, size)
        at += size
    put(buf, at, unit, 1)
    put(buf, at + 1, _NOT_SHORT, 1)  # padding


def head(buf, model, size):
    """Write the number and length of the meter's model, and the end model. size: registers of the meter's model."""
    put(buf, COMMON, model, 1)
    put(buf, COMMON + 1, size - 2, 1)
    put(buf, COMMON + size, 0xFFFF, 1)
    put(buf, COMMON + size + 1, 0, 1)


def points(app, live, phases, delta):
    """(numbers, places) of all points: integers in 10^-places of the unit of the float models, None where not known.

    phases   of the network, 1 or 3
    delta    True: the voltages are between lines: L1-L2, L1-L3, L2-L3
    """
    numbers: list = [None] * _ALL
    places = bytearray(_ALL)
    names = _POINTS.split()
    for source, decimals, unit, name in quantities("source", "places", "unit", "sunspec"):
        phase = 0
        if name[-3:-1] == "ph":
            phase = ord(name[-1]) - 0x40
            name = name[:-3]
        at = _PLACES[names.index(name)] + phase
        if delta and _VOLTAGE < at < _BETWEEN:
            at = _BETWEEN + (1, 3, 2)[phase - 1]  # AB, CA, BC
        numbers[at] = read(app, live, source)
        places[at] = int(decimals) - 3 * (unit[0] == "k")
    # What only SunSpec has: the sum of the currents, and the mean of the voltages that there are.
    currents = numbers[1 : 1 + phases]
    if None not in currents:
        numbers[0], places[0] = sum(currents), places[1]
    for first in (_VOLTAGE, _BETWEEN):
        there = [number for number in numbers[first + 1 : first + 4] if number]
        if there:
            numbers[first], places[first] = (2 * sum(there) + len(there)) // (2 * len(there)), 1
    return numbers, places


def integers(buf, numbers, places, factors):
    """Write the points of an integer model. factors: bytearray, 128 + the scale factor of each group.

    False where a number does not fit: its factor has grown, and all must be written again.
    """
    at = COMMON + 2
    first = 0
    for group, count in enumerate(_COUNTS):
        factor = factors[group] - 128
        size = 1 if first < _ENERGY else 2
        for point in range(first, first + count):
            number = numbers[point]
            if number is None or size == 2 and number < 0:
                number = -0x8000 if size == 1 else 0
            else:
                # Power factors are in percent here.
                number = rounded(number, places[point] + factor - (2 if first == _FACTOR else 0))
                # Many clients take a counter of ones for "not implemented".
                if not (-0x8000 < number < 0x8000 if size == 1 else number < 0xFFFFFFFF):
                    factors[group] += 1
                    return False
            put(buf, at, number, size)
            at += size
        first += count
        put(buf, at, factor, 1)
        at += 1
    put(buf, at, 0, 2)  # no events
    return True


def floats(buf, numbers, places):
    """Write the points of a float model."""
    for point in range(_ALL):
        number = numbers[point]
        put(buf, COMMON + 2 + 2 * point, _NAN if number is None else single(number, places[point]), 2)
    put(buf, COMMON + 2 + 2 * _ALL, 0, 2)  # no events
