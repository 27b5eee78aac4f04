"""What OBIS codes are called: IEC 62056-6-1 clauses 5 to 7, and what DSMR, eMUCS and FNN add to it."""

# Codes that belong to no quantity, by C.D.E.
_NAMES = """
0.1.0 Billing periods, count
0.2.0 Firmware version
0.2.8 Version of the P1 telegram
0.2.129 Version of the list
0.9.1 Time
0.9.2 Date
1.0.0 Clock
17.0.0 Limiter threshold
24.1.0 Kind of device
24.2.1 Meter reading
24.2.3 Meter reading, not converted to a reference temperature
24.3.0 Meter reading of the last hour
24.4.0 Valve or breaker state
25.9.0 Push setup
42.0.0 Logical device name
96.1.0 Equipment identifier
96.1.1 Equipment identifier
96.1.2 EAN code
96.1.4 Version information
96.1.7 Meter type
96.3.10 Breaker state
96.5.0 Operating status
96.7.20 Threshold of long power failures
96.7.21 Power failures, any phase
96.8.0 Operating time
96.13.0 Text message
96.13.1 Message code
96.14.0 Tariff in force
96.50.1 Manufacturer
97.97.0 Error register
98.1.0 Values of past billing periods
99.97.0 Log of long power failures
99.98.0 Log of events
199.130.3 Manufacturer
199.130.5 Public key
"""
_FAILURES = "Power failures", "Long power failures", "Time of a power failure", "Duration of a long power failure"
_WHERE = "all phases", "L1", "L2", "L3", "any phase"
_WAYS = (
    "Active import", "Active export", "Reactive import", "Reactive export",
    "Reactive Q1", "Reactive Q2", "Reactive Q3", "Reactive Q4", "Apparent import", "Apparent export",
    "Current", "Voltage", "Power factor", "Frequency", "Active import plus export", "Active import less export",
    "Active Q1", "Active Q2", "Active Q3", "Active Q4",
)  # fmt: skip
_CURRENT, _VOLTAGE, _FREQUENCY = 10, 11, 13
_ANGLES = "U L1", "U L2", "U L3", "", "I L1", "I L2", "I L3", "I N"
# By D: of those with a "!" the value is an energy; "-" says nothing.
_KINDS = """
2 cumulative maximum
3 minimum
4 average of the running interval
5 average of the last interval
6 maximum
7 -
8 !-
9 !since the last billing period
13 minimum
14 average of the running interval
15 average of the last interval
16 maximum
23 minimum
24 average of the running interval
25 average of the last interval
26 maximum
29 !in the last interval
32 too low, count
33 too low, duration
34 too low, magnitude
36 too high, count
37 too high, duration
38 too high, magnitude
"""


def name(obis):
    """The plain English name of an OBIS code (text); None where none of these standards has one."""
    numbers = _numbers(obis)
    if not numbers:
        return None
    a, b, c, d, e, f = numbers
    if a == b == 129 or a < 2 and (c == 0 or c >= 94) or a == 0 and (b or d not in (7, 8)):
        found = _abstract(c, d, e)
        return "%s, channel %d" % (found, b) if found and a == 0 and b and c in (24, 96) else found
    # Some meters of Landis+Gyr send A = 0 for electricity.
    found = _electricity(c, d, e) if a < 2 else None
    return "%s, billing period %d" % (found, f) if found and f < 100 else found


def _numbers(obis):
    """The six numbers of a code as `value.code` writes it; None where it is another kind of code."""
    try:
        head, _, rest = obis.partition(":")
        a, b = head.split("-")
        rest, _, f = rest.partition("*")
        c, d, e = rest.split(".")
        return int(a), int(b), int(c), int(d), int(e), int(f or 255)
    except ValueError:
        return None


def _row(table, key):
    at = table.find("\n%s " % key)
    return None if at < 0 else table[at + len(key) + 2 : table.find("\n", at + 1)]


def _abstract(c, d, e):
    found = _row(_NAMES, "%d.%d.%d" % (c, d, e))
    if found or (c, d) not in ((96, 7), (96, 1), (0, 0)):
        return found
    if d == 7:
        return "%s, %s" % (_FAILURES[e // 5], _WHERE[e % 5]) if e < 20 and e != 4 else None
    return "%s %d" % ("Device number" if c else "Electricity number", e + 1) if e < 10 else None


def _electricity(c, d, e):
    if c == 81 and d == 7 and e % 10 < 8 and e // 10 < 8:
        return "Angle from %s to %s" % (_ANGLES[e % 10], _ANGLES[e // 10])
    kind = _row(_KINDS, str(d))
    if kind is None:
        return None
    energy = kind[:1] == "!"
    rest = kind[energy:].lstrip("-")
    if c in (90, 91, 92):
        found = ("Current, sum of all phases", "Current N", "Voltage N")[c - 90]
    elif 1 <= c <= 80:
        phase, which = (c - 1) // 20, (c - 1) % 20
        found = _WAYS[which]
        if energy and _CURRENT <= which <= _FREQUENCY:
            return None  # ampere hours and their like, which nobody sends
        if which == _CURRENT and d == 4:
            found, rest = "Fuse supervision threshold", ""  # the only use that P1 has for it
        elif which == _VOLTAGE and d in (32, 36):
            found, rest = "Voltage swells" if d == 36 else "Voltage sags", ""
        elif which < _CURRENT or which > _FREQUENCY:
            first, _, way = found.partition(" ")
            found = "%s %s %s" % (first, "energy" if energy else "power", way)
        if phase:
            found += " L%d" % phase
    else:
        return None
    if rest:
        found += ", " + rest
    if e and e != 255 and d != 7 and d < 31:
        found += ", tariff %d" % e
    return found
