"""The four series of samples in the `history` partition: layout, places, reading.

A sample is one record of a ring, written once when its bucket is over, of a fixed size:

    t        start, seconds since 2020 UTC as the clock said then (see clocksteps.py)
    f        flags, below
    w        how many 10-second buckets with readings are in it: the weight of its average
    a, b     import and export: mean W of the 10 s, else Wh of the bucket, or kWh (KILO)
    9 x h    current of L1 L2 L3, 10 mA or A (AMPERES): minimum, average, maximum; NO_CURRENT where not known
    I I B B  the meter's counters at the end, Wh: low words, then high bytes; NO_COUNTER
    10 s     H H    Wh of the bucket, import and export
    others   B      number of the next finer sample (its low byte): what comes from there on is not in this
    15 min   i B B  price, 10^-6 minor units per kWh: low word, high byte, and its currency

All four are kept, none is computed from another when asked for: months outlive days by years and
days outlive quarters of an hour. But each is folded from the finer one as it is recorded, and after
a restart from its records (replay.py), so a cut costs what the last 10 s would have added.
The counters at the end of each sample make the sums right where samples are missing.

Each ring has a share of the partition: the 10 s at most a quarter, as much wear as 20 years of them
cause 256 kB, and only what is left where the partition is small; the longest go to the quarters.
"""
from ..flash import Region
from ..ring import begin_after, first, opened, read

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


TENS, QUARTERS, DAYS, MONTHS = const(0), const(1), const(2), const(3)
LIVE, PARTIAL, UNSET, CHANGED = const(1), const(2), const(4), const(8)
#: In records only. GUESSED: t is on a clock that nobody had set. LATE: its counters made up for
#: energy of the time before, which belongs to no 15 minutes but to the day.
GUESSED, LATE = const(16), const(32)
#: In records only: currents are whole amperes, energies are kWh, as they are too large for 10 mA and for Wh.
AMPERES, KILO = const(64), const(128)
NO_CURRENT = const(-32768)
NO_COUNTER = const(0xFF)
NO_PRICE = const(0xFF)

#: Counted up when a format changes; BEFORE then tells how to read the one before.
LAYOUT = 1
FORMATS = "IBBII9hIIBBHH", "IBBHH9hIIBBBiBB", "IBHII9hIIBBB", "IBHII9hIIBBB"
#: By series: (layout, format, function from its tuple to one of this layout).
BEFORE = {}
#: Seconds of a bucket; a day and a month end when the zone says so.
LENGTHS = 10, 900, 86400, 2592000
_CURRENCIES = "EUR SEK NOK DKK GBP PLN CZK HUF RON BGN CHF ISK"
#: The next sector is made blank when so many places are left in this one.
AHEAD = const(8)


def fitting(kind, values):
    """Make a sample's values fit its record, which has 16 bits for currents and for the energies of 15 minutes."""
    currents = [number for number in values[5:14] if number != NO_CURRENT]
    if currents and max(max(currents), -min(currents)) > 0x7FFF:
        values[1] |= AMPERES
        for i in range(5, 14):
            if values[i] != NO_CURRENT:
                values[i] = max(-0x7FFF, min(0x7FFF, (values[i] + 50) // 100))
    if kind == QUARTERS and max(values[3], values[4]) > 0xFFFF:
        values[1] |= KILO
        for i in (3, 4):
            values[i] = min(0xFFFF, (values[i] + 500) // 1000)


def whole(sample):
    """A sample as it was before fitting(), but for what that has rounded."""
    if not sample or not sample[1] & (AMPERES | KILO):
        return sample
    values = list(sample)
    if sample[1] & KILO:
        values[3] *= 1000
        values[4] *= 1000
    if sample[1] & AMPERES:
        for i in range(5, 14):
            if values[i] != NO_CURRENT:
                values[i] *= 100
    values[1] &= ~(AMPERES | KILO)
    return tuple(values)


def shares(sectors):
    """(first, count) of each series in a partition of so many sectors, at least 16."""
    tens = max(2, min(sectors // 4, sectors - 14))
    days = max(2, min(sectors // 8, 96))
    months = max(2, min(sectors // 32, 4))
    quarters = sectors - tens - days - months
    return (0, tens), (tens, quarters), (tens + quarters, days), (tens + quarters + days, months)


def counter(low, high):
    """Wh of a counter from its two parts, None where not known."""
    return None if high == NO_COUNTER else high << 32 | low


def price(sample):
    """(price, currency) of a sample of 15 minutes, (None, None) where none was known."""
    low, high, currency = sample[19:]
    if currency == NO_PRICE:
        return None, None
    high = high - 256 if high > 127 else high
    return (high << 32) + (low & 0xFFFFFFFF), _CURRENCIES[4 * currency : 4 * currency + 3]


def packed(number, currency):
    """The last three values of a sample of 15 minutes."""
    at = _CURRENCIES.find(currency) if currency else -1
    if number is None or at < 0:
        return 0, 0, NO_PRICE
    low = number & 0xFFFFFFFF
    return low - (low >> 31 << 32), number >> 32 & 0xFF, at // 4


def rings(partition, before=None):
    """The Ring of each series. OSError when the flash cannot be read. before: in place of BEFORE."""
    found = []
    for kind, share in enumerate(shares(partition.ioctl(4, 0))):
        ring = opened(Region(partition, *share), FORMATS[kind], LAYOUT)
        older = (before or BEFORE).get(kind)
        if ring.strange and older:
            layout, form, convert = older
            old = opened(ring.region, form, layout)
            ring.before = old, convert  # until its sectors are needed
            if not ring.next:
                begin_after(ring, old)
        found.append(ring)
    return found


class Series:
    """What a ring of samples tells: those of this layout, and before them what is left of the one before.

    first  number of the oldest sample that may still be there; negative for one of the layout before
    """

    def __init__(self, ring):
        self._ring = ring
        self._base = self.first = first(ring)
        if ring.before:
            old, _ = ring.before
            self.first += first(old) - old.next

    @property
    def next(self):
        """Number of the sample that comes next."""
        return self._ring.next

    def read(self, number):
        """The sample as a tuple in the order of its format, None where there is none (any more)."""
        ring = self._ring
        if ring.before and number < self._base:
            old, convert = ring.before
            sample = read(old, number - self._base + old.next)
            return sample and convert(sample)
        return whole(read(ring, number))
