"""Bucket: gathers the readings between two edges, and gives the values of their sample (see samples.py).

An edge is the moment at which one bucket ends and the next begins. The times (s) that decide to which edge a
reading or a counter belongs are here, too.
"""
from array import array

from ...meter.obis import IMPORT_POWER, L1_CURRENT
from .samples import CHANGED, DAYS, LENGTHS, NO_COUNTER, NO_CURRENT, PARTIAL, TENS, UNSET

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


#: A clock that is off by more than this has been set, s. Less is drift: then time only must not run backwards.
DRIFT = const(30)
#: The time that is assumed where none is known, s since 2020. No clock that was ever set shows it.
FIRST = const(2678400)
#: Counters that come less often than RARE (s) belong to the last edge, if they come within WAIT (s) after it.
RARE = const(300)
WAIT = const(30)
_MOST_CURRENT = const(0x3FFFFFFF)  # larger than any current, 10 mA


class Bucket:
    """What the readings from t to end (s since 2020) have told so far.

    f, w, a, b   as in a sample, see samples.py; a and b are Wh here
    count        readings in these 10 s; p, q: sums of their import and export power, W
    """

    def __init__(self):
        # Three values each, for L1 to L3: minimum, sum, maximum (10 mA), weight of the sum.
        self.currents = array("q", bytes(96))
        self.open(0, 0)

    def open(self, t, end):
        """Begin an empty bucket from t to end."""
        self.t = t
        self.end = end
        self.f = self.w = self.a = self.b = 0
        self.count = self.p = self.q = 0
        for i in range(3):
            self.currents[i] = _MOST_CURRENT
            self.currents[3 + i] = self.currents[9 + i] = 0
            self.currents[6 + i] = -_MOST_CURRENT

    def add(self, phase, low, average, high, weight):
        """Add the minimum, average and maximum current of a phase (0 to 2), 10 mA. weight: of this average."""
        c = self.currents
        if low < c[phase]:
            c[phase] = low
        if high > c[6 + phase]:
            c[6 + phase] = high
        c[3 + phase] += average * weight
        c[9 + phase] += weight

    def read(self, live):
        """Add a reading's powers and currents; advance() of History adds the energy."""
        self.count += 1
        self.p += live.get(IMPORT_POWER) or 0
        self.q += live.get(IMPORT_POWER + 1) or 0
        for i in range(3):
            number = live.get(L1_CURRENT + i)
            if number is not None:
                number = max(-_MOST_CURRENT, min(_MOST_CURRENT, (number + 5) // 10))
                self.add(i, number, number, number, 1)

    def fold(self, sample):
        """Add the flags, weight and currents of a finer sample; advance() of History adds the energy."""
        self.f |= sample[1] & (PARTIAL | UNSET | CHANGED)
        self.w += sample[2]
        for i in range(3):
            if sample[8 + i] != NO_CURRENT:
                self.add(i, sample[5 + i], sample[8 + i], sample[11 + i], sample[2])

    def sample(self, kind):
        """The first 14 values of a sample, as a list."""
        values = [self.t, self.f & 0xFF, min(self.w, 0xFFFF), self.a, self.b]
        if kind == TENS:
            n = self.count or 1
            values[2:] = [1 if self.count else 0, (self.p + n // 2) // n, (self.q + n // 2) // n]
        c = self.currents
        for i in range(9):
            weight = c[9 + i % 3]
            if not weight:
                values.append(NO_CURRENT)
            else:
                number = (c[i] + weight // 2) // weight if 3 <= i < 6 else c[i]
                values.append(number + (number == NO_CURRENT))  # a current must not look like NO_CURRENT
        return values


def bounds(kind, zone, t):
    """(start, end) of the bucket of a series that t is in, s since 2020."""
    if kind < DAYS:
        start = t - t % LENGTHS[kind]
        return start, start + LENGTHS[kind]
    if kind == DAYS:
        return zone.day_start(t), zone.next_day(t)
    return zone.month_start(t), zone.next_month(t)


def counted(values, counters, more):
    """Append the next four values of a sample to `values`: the counters ([Wh or None] * 2) plus `more` ([Wh, Wh])."""
    for part in (0, 32):
        for way in range(2):
            number = counters[way]
            if number is None:
                values.append(NO_COUNTER if part else 0)
            else:
                values.append(number + more[way] >> part & (0xFF if part else 0xFFFFFFFF))


def shares(energy, part, span):
    """The part of an energy ([Wh, Wh], flowed within `span` s) that flowed in the first `part` s."""
    if part >= span:
        return energy if span else (0, 0)
    return energy[0] * part // span, energy[1] * part // span
