"""Meters of gas, water, heat and others that the electricity meter reads and tells of (DSMR 4.0 clause 5.10).

What is on which channel is said by its device type alone (0-n:24.1.0, EN 13757-7); the order of the lines and
the number of the channel say nothing.

    0-1:24.1.0(003)                               device type
    0-1:96.1.0(hex digits), in Belgium 96.1.1     its number
    0-1:24.2.1(181106140010W)(01569.646*m3)       time of the value, and the value; in Belgium also 24.2.3
    0-1:24.3.0(time)(status)(60)(1)(0-1:24.2.1)(m3)
    (01569.646)                                   the same in DSMR 2.2 and 3
"""
from ..besides.times import local

_TYPE, _VALUES, _OLD_VALUE = "24.1.0", ("24.2.1", "24.2.3", "24.2.0"), "24.3.0"
_NUMBERS = "96.1.0", "96.1.1"
# Text of a unit in small letters -> (unit, decimal places to move). Volumes are told in m3, energies as they come
# but without prefixes that nobody bills in.
_UNITS = {
    "m3": ("m3", 0), "dm3": ("m3", 3), "l": ("m3", 3),
    "gj": ("GJ", 0), "mj": ("GJ", 3), "j": ("GJ", 9),
    "kwh": ("kWh", 0), "wh": ("kWh", 3), "mwh": ("kWh", -3),
}  # fmt: skip
# Names of device types (EN 13757-7); all others are "other".
_KINDS = {
    1: "oil", 2: "electricity", 3: "gas", 4: "heat", 5: "steam", 6: "hot_water", 7: "water", 10: "cold", 11: "cold",
    12: "heat", 13: "heat", 21: "hot_water", 22: "water", 23: "water", 40: "waste_water",
}  # fmt: skip
_DIGITS = 12  # most digits of a value


class Meter:
    """A sub-meter as the last telegram tells of it; None each for what it does not tell.

    channel   1 to 9
    kind      device type, a number
    id        as it is printed on the meter, a text
    value, places   the value is value / 10**places, in `unit`: "m3", "GJ", "kWh" or None where it was sent without one
    time      of the value, s since 2020-01-01 in local time
    dst       True: that is summer time, False: winter time
    """

    kind = id = value = unit = time = dst = None
    places = 0

    def __init__(self, channel):
        self.channel = channel


def meters(extra, clock):
    """read(), kept by the Extra until it changes: for those who ask at each reading. It keeps this module, too."""
    if extra.found is None:
        extra.found = read(extra, clock)
    return extra.found


def read(extra, clock):
    """A new list of Meter in an Extra, by channel. clock: the electricity meter's own, as in `Reading`, or None.

    One that has neither a number nor a value is not there: it has been removed, or was never read.
    """
    said = _lines(bytes(memoryview(extra.buf)[: extra.length]).decode()) if extra.length else {}
    found = [_meter(channel, said, clock) for channel in sorted({code[2:3] for code in said if code})]
    return [one for one in found if one.id or one.value is not None]


def kind_name(kind):
    """What a sub-meter of a device type measures; None for None."""
    return None if kind is None else _KINDS.get(kind, "other")


def _lines(text):
    """{code: contents of its parentheses} of lines; None where two lines with the same code contradict each other."""
    said = {}
    for line in text.replace("\n(", "(").split("\n"):
        code, _, rest = line.partition("(")
        if code[-4:] in ("*255", ".255"):
            code = code[:-4]
        # A line that does not end with its parenthesis is cut, or damaged.
        contents = rest[:-1].split(")(") if rest[-1:] == ")" else None
        if contents and ("(" in "".join(contents) or ")" in "".join(contents)):
            contents = None
        said[code] = contents if said.get(code, contents) == contents else None
    return said


def _meter(channel, said, clock):
    """The Meter of a channel, a digit."""

    def of(code):
        return said.get("0-%s:%s" % (channel, code))

    one = Meter(int(channel))
    kind = of(_TYPE)
    if kind and len(kind) == 1 and kind[0].isdigit() and len(kind[0]) <= 3:
        one.kind = int(kind[0])
    for code in _NUMBERS:
        number = of(code)
        if number and len(number) == 1 and number[0] and not one.id:
            one.id = _readable(number[0])
    for code in _VALUES:
        value = of(code)
        if value and len(value) <= 2 and one.value is None:
            number, star, unit = value[-1].partition("*")
            _value(one, number, unit, value[0] if len(value) == 2 else "", clock)
    old = of(_OLD_VALUE)
    if old and len(old) == 7 and one.value is None:
        _value(one, old[6], old[5], old[0], clock)
    return one


def _value(one, number, unit, time, clock):
    """Set the value of a Meter, and its time; not where it is no number, or has a unit that no counter has."""
    whole, point, fraction = number.replace(",", ".").partition(".")
    digits = whole + fraction
    # m is milli, M is mega: nobody counts in the first.
    known = _UNITS.get(unit.lower()) if unit[:1] != "m" or unit == "m3" else None
    if not digits.isdigit() or not whole or (point and not fraction) or len(digits) > _DIGITS or unit and not known:
        return
    value, places = int(digits), len(fraction)
    when, dst = local(time, clock)
    # Zero at a time that cannot be is what stands there until the sub-meter has been read.
    if not value and when is None:
        return
    if known:
        one.unit, more = known
        places += more
        if places < 0:
            value, places = value * 10**-places, 0
    one.value, one.places, one.time, one.dst = value, places, when, dst


def _readable(number):
    """A number as it is printed: decoded where it is the hex digits of printable ASCII, else as it was sent."""
    try:
        plain = bytes.fromhex(number).rstrip(b"\0 ")
    except ValueError:
        return number
    for byte in plain:
        if not 0x20 < byte < 0x7F:
            return number
    return plain.decode() or number
