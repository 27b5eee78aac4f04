"""The four series of samples in the `history` partition: their layout, their places, and how they are read.

A sample is one record of fixed size in a ring. It is written once, when its bucket is over:

    t        start, seconds since 2020 UTC as the clock said then (see clocksteps.py)
    f        flags, see below
    w        number of 10-second buckets with readings in it: the weight of its average
    a, b     import and export: mean W in a 10-second sample, else Wh of the bucket, or kWh (flag KILO)
    9 x h    three minima, averages, maxima of the currents of L1 L2 L3: 10 mA, or A (flag AMPERES);
             NO_CURRENT where not known
    I I B B  the meter's import and export counter at the end, Wh: low words, then high bytes;
             NO_COUNTER as high byte where not known
    10 s     H H    Wh of the bucket, import and export
    others   B      low byte of the number of the first finer sample that is not part of this one
    15 min   i B B  price, 10^-6 minor units per kWh: low word, high byte; number of its currency

All four series are kept, and a request never computes one from another: months are kept years
longer than days, and days longer than quarters of an hour. Each is folded from the next finer series
while that is recorded, and after a restart from the finer samples in flash (replay.py). So a power
cut costs no more than the last 10 s. The counters at the end of each sample keep the sums right where
samples are missing.

Each ring has a share of the partition. The 10-second series has at most a quarter of it. In a small partition
it has only what is left. Quarters have most of the space. Of the sectors of the 10-second series, the
last ones are the ledger's (store/ledger), if there are enough: the others last 20 years, see docs/history.md.
"""
from ..flash import Region
from ..ring import begin_after, first, number_of, opened, read

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


TENS, QUARTERS, DAYS, MONTHS = const(0), const(1), const(2), const(3)
LIVE, PARTIAL, UNSET, CHANGED = const(1), const(2), const(4), const(8)
#: Those that clients get.
FLAGS = LIVE | PARTIAL | UNSET | CHANGED
#: In records only. GUESSED: t is from a clock that nothing had set. LATE: the counters have brought
#: energy of the time before, which belongs to the day but to no known quarter.
GUESSED, LATE = const(16), const(32)
#: In records only: the currents are A and the energies kWh, as they are too large for 10 mA and for Wh.
AMPERES, KILO = const(64), const(128)
NO_CURRENT = const(-32768)
NO_COUNTER = const(0xFF)
NO_PRICE = const(0xFF)

#: Must be increased when a format changes; BEFORE then tells how to read the one before.
LAYOUT = 1
FORMATS = "IBBII9hIIBBHH", "IBBHH9hIIBBBiBB", "IBHII9hIIBBB", "IBHII9hIIBBB"
#: Series -> (layout, format, function that converts a tuple of that layout into one of this layout).
BEFORE = {}
#: Seconds of a bucket. Those of a day and a month are nominal, as the zone says when they end.
LENGTHS = 10, 900, 86400, 2592000
#: Codes of currencies; a number in a record counts them.
CURRENCIES = "EUR SEK NOK DKK GBP PLN CZK HUF RON BGN CHF ISK"
#: The next sector is erased when so many slots are left in the present one.
AHEAD = const(8)
#: With so many sectors or more, the 10-second series uses 9 of 16, and the ledger has the others.
_DIVIDED = const(16)


def fitting(kind, values):
    """Change a list of a sample's values so that they fit its record, and set AMPERES and KILO where needed.

    A record has 16 bits for a current, and for an energy of 15 minutes.
    """
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
    """The sample, a tuple or None, with 10 mA and Wh again: undoes fitting(), except for its rounding."""
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
    """(first sector, count) of each series in a partition of so many sectors, at least 16; the finest comes first."""
    tens = max(2, min(sectors // 4, sectors - 14))
    days = max(2, min(sectors // 8, 96))
    months = max(2, min(sectors // 32, 4))
    quarters = sectors - tens - days - months
    return (0, tens), (tens, quarters), (tens + quarters, days), (tens + quarters + days, months)


def used(tens):
    """Sectors that the 10-second series uses, of its share of so many; the ledger has the others."""
    return tens if tens < _DIVIDED else tens * 9 // 16


def counter(low, high):
    """Wh of a counter from its low word and high byte, None where not known."""
    return None if high == NO_COUNTER else high << 32 | low


def price(sample):
    """(10^-6 minor units per kWh, currency) of a sample of 15 minutes; (None, None) where no price was known."""
    low, high, currency = sample[19:]
    if currency == NO_PRICE:
        return None, None
    high = high - 256 if high > 127 else high
    return (high << 32) + (low & 0xFFFFFFFF), CURRENCIES[4 * currency : 4 * currency + 3]


def packed(number, currency):
    """The last three values of a sample of 15 minutes, from its price or None and its currency: undoes price()."""
    at = CURRENCIES.find(currency) if currency else -1
    if number is None or at < 0:
        return 0, 0, NO_PRICE
    low = number & 0xFFFFFFFF
    return low - (low >> 31 << 32), number >> 32 & 0xFF, at // 4


def rings(partition, before=None):
    """The Ring of each series in a list. before: used instead of BEFORE. OSError when the flash cannot be read."""
    found = []
    for kind, share in enumerate(shares(partition.ioctl(4, 0))):
        ring = opened(Region(partition, *share), FORMATS[kind], LAYOUT, None if kind else used(share[1]))
        older = (before or BEFORE).get(kind)
        if ring.strange and older:
            layout, form, convert = older
            old = opened(ring.region, form, layout)
            ring.before = old, convert  # old samples stay readable until their sectors are needed
            if not ring.next:
                begin_after(ring, old)
        found.append(ring)
    return found


class Series:
    """Reads the samples of a Ring: those of this layout, and before them what is left of the layout before.

    Samples are numbered by their places, see ring.py.

    first  number of the oldest sample that may still be there; negative for a sample of the layout before
    """

    def __init__(self, ring):
        self._ring = ring
        self._base = self.first = first(ring)
        if ring.before:
            old, _ = ring.before
            self.first += first(old) - old.next

    @property
    def next(self):
        """Number that the next sample to be recorded will have."""
        return self._ring.next

    def number(self, place):
        """The number in flash of the sample in a place."""
        return number_of(self._ring, place)

    def read(self, number):
        """The sample as a tuple in the order of its format, in 10 mA and Wh; None where there is none (any more)."""
        ring = self._ring
        if ring.before and number < self._base:
            old, convert = ring.before
            sample = read(old, number - self._base + old.next)
            return sample and convert(sample)
        return whole(read(ring, number))


def newest(series):
    """(number, sample) of a Series' newest sample, or None."""
    for number in range(series.next - 1, series.first - 1, -1):
        sample = series.read(number)
        if sample:
            return number, sample
    return None


def unfolded(series, coarser):
    """Number of the first sample of a Series that no sample of the next coarser one contains."""
    last = newest(coarser)
    if not last:
        return series.first
    return max(series.first, series.next - (series.next - last[1][18] & 0xFF))
