"""The ledger: what is kept for hours, local days and local months beside the history. Imported when needed.

It has three rings in the sectors that the 10-second series of the history leaves (samples.used()). A row is
one record:

    I        t: start, s since 2020 UTC as the clock said then
    B        flags, see samples.py, and SHORT
    B        bits 0 to 3: channel 1 to 4 has another sub-meter than in the row before; bits 4 to 7: of another kind
             or with another unit, too
    4I 4B    counters of the sub-meters on channels 1 to 4 at the end, 10^-3 of their units: low words, then high bytes;
             NO_COUNTER as high byte where not known
    hours    H i     bits of the alarms that were on; number after the last sample of 15 minutes that had been recorded
    others   H       steps of the clock that were known then, see Ledger.steps()
             q H q   cost of import without VAT, 10^-9 minor units; VAT, 10^-2 percent, and PART; income of export,
                     10^-9 minor units
             B 3I    bits 0 to 2: peaks that are not of a whole interval; from bit 3 on: number of the currency;
                     the highest mean powers, W
    days     3B      numbers of their intervals, counted from the start of the day
    months   3I I    starts of their intervals, s since 2020 UTC; power that is billed, W

Nobody needs the ledger to be whole. All but the counters of sub-meters and the alarms is computed from the history
(close.py), and a counter that is missing leaves the sums of the others right. The version before wrote samples of 10 s
into these sectors, and does so again where somebody goes back to it. So a row may be gone, but none is wrong.

Where the clock was wrong, hours are moved together with the samples of 15 minutes (series/clocksteps.py). Days and
months are written again, as far as samples reach back.
"""
from binascii import crc32

from ..ring import first, opened, read
from ..series.clocksteps import moves, shifted
from ..series.samples import (
    AHEAD, CURRENCIES, NO_COUNTER, QUARTERS, TENS, UNSET, Series, counter, unfolded, used,
)  # fmt: skip

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


HOURS, DAYS, MONTHS = const(0), const(1), const(2)
#: Channels of sub-meters; peaks of a day or month.
CHANNELS, PEAKS = const(4), const(3)
#: Flag of a day that begins where a day of another zone ended, and ends at midnight.
SHORT = const(64)
_LAYOUT = const(1)
_FORMATS = "IBB4I4BHi", "IBB4I4BHqHqB3I3B", "IBB4I4BHqHqB3I3II"
_NO_MONEY = -(1 << 63)
_PART, _NO_CURRENCY = const(0x8000), const(31)
_NO_POWER = 0xFFFFFFFF
_MOST = (NO_COUNTER << 32) - 1


class Row:
    """A row. Each value that is not known is None.

    t         start, s since 2020 UTC
    f         flags, see samples.py
    replaced  bits 0 to 3 for channels 1 to 4: another sub-meter than in the row before
    other     the same bits: that one is of another kind, or has another unit
    values    counters of the four sub-meters at the end, 10^-3 of their units
    alarms    of an hour: bits of the alarms that were on
    steps     of a day or month: see Ledger.steps()
    net, income  of a day or month: cost without VAT and income, 10^-9 minor units
    vat, currency  of these: 10^-2 percent, and the code. The net of a month has its VAT in it, and its vat is 0
    part      True where net and income are not of all the energy
    peaks     of a day or month: up to three (mean power of an interval, W; which one; True where it is not whole);
              which one: the interval's number in a day, or in a month its start, s since 2020 UTC
    billed    of a month: W
    """

    def __init__(self, t):
        self.t = t
        self.f = self.replaced = self.other = self.alarms = self.steps = 0
        self.values = [None] * CHANNELS
        self.net = self.income = self.currency = self.billed = None
        self.vat = 0
        self.part = False
        self.peaks = ()


def shares(sectors):
    """(first sector, count) of the rings of hours, days and months in so many sectors, at least 7."""
    months = max(2, min(sectors // 7, 4))
    days = (sectors - months) // 2
    hours = sectors - months - days
    return (0, hours), (hours, days), (hours + days, months)


class Ledger:
    """The ledger of a History. ValueError: its partition is too small for one. OSError: the flash cannot be read."""

    def __init__(self, history):
        self._history = history
        region = history.series[TENS].region
        own = used(region.sectors)
        if own == region.sectors:
            raise ValueError("no room for a ledger in %d sectors" % region.sectors)
        self._rings = []
        for kind, (begin, count) in enumerate(shares(region.sectors - own)):
            self._rings.append(opened(region.part(own + begin, count), _FORMATS[kind], _LAYOUT))
        self._moves = moves(history.region, QUARTERS)

    def free(self):
        """True when no sample is left in its sectors that is not yet part of a sample of 15 minutes.

        It is not, for some minutes, after the version before has used them for samples of 10 s.
        """
        series = self._history.series
        ring = series[TENS]
        tens = Series(ring)
        last = tens.next - 1
        while last >= tens.first and tens.read(last) is None:
            last -= 1
        # The newest sample of all must stay, too: the numbers of others go on from its number.
        for place in range(min(last, unfolded(tens, Series(series[QUARTERS]))), tens.next):
            if place >= tens.first and tens.number(place) % ring.slots >= ring.end:
                return False
        return True

    def append(self, kind, row):
        """Write a row. Call it only when the ledger is free(). OSError: the flash refuses."""
        values = [row.t, row.f, row.replaced | row.other << 4]
        known = [value if value is not None and 0 <= value <= _MOST else None for value in row.values]
        values += [0 if value is None else value & 0xFFFFFFFF for value in known]
        values += [NO_COUNTER if value is None else value >> 32 for value in known]
        if kind == HOURS:
            values += [row.alarms, self._history.series[QUARTERS].next]
        else:
            values.append(self.steps())
            net, income = [_NO_MONEY if value is None else value for value in (row.net, row.income)]
            values += [net, row.vat | (_PART if row.part else 0), income]
            at = CURRENCIES.find(row.currency) if row.currency else -1
            bits = (_NO_CURRENCY if at < 0 else at // 4) << 3
            peaks = list(row.peaks)[:PEAKS]
            values.append(sum([1 << i for i, peak in enumerate(peaks) if peak[2]]) | bits)
            peaks += [(_NO_POWER, 0)] * (PEAKS - len(peaks))
            values += [peak[0] for peak in peaks]
            values += [peak[1] for peak in peaks]
            if kind == MONTHS:
                values.append(_NO_POWER if row.billed is None else row.billed)
        ring = self._rings[kind]
        ring.append(*values)
        ring.prepare(AHEAD)

    def steps(self, at=0):
        """A number for the steps of the clock so far, without the newest `at` of them; 0 where there are no others."""
        return crc32(repr(self._moves[at]).encode()) & 0xFFFF if at < len(self._moves) else 0

    def moved(self, steps):
        """Number of the first sample of 15 minutes that the clock's steps since `steps` have moved; None for none."""
        found = None
        for at in range(len(self._moves)):
            if self.steps(at) == steps:
                break
            found = min(self._moves[at][0], found or self._moves[at][0])
        return found

    def span(self, kind):
        """(number of the oldest row that may be there, number of the next row)."""
        return first(self._rings[kind]), self._rings[kind].next

    def read(self, kind, number):
        """The Row of a number; None where there is none (any more)."""
        values = read(self._rings[kind], number)
        if not values:
            return None
        row = _row(kind, values)
        if kind == HOURS:
            by = shifted(values[12] - 1, self._moves)
            if by:
                zone = self._history.clock.zone
                row.t = zone.hour_start(row.t + by + 1800)
                row.f |= UNSET
        return row

    def rows(self, kind):
        """Iterate over the rows, the newest first.

        Of those that a clock which was ahead has dated, the ones that would lie after a newer row are left out.
        """
        before = None
        begin, end = self.span(kind)
        for number in range(end - 1, begin - 1, -1):
            row = self.read(kind, number)
            if row and (before is None or row.t < before):
                before = row.t
                yield row


def ledger_of(history):
    """The Ledger of a History, None where there is no room for one. OSError: the flash cannot be read."""
    try:
        return Ledger(history)
    except ValueError:
        return None


def _row(kind, values):
    row = Row(values[0])
    row.f = values[1]
    row.replaced, row.other = values[2] & 15, values[2] >> 4
    row.values = [counter(values[3 + i], values[7 + i]) for i in range(CHANNELS)]
    if kind == HOURS:
        row.alarms = values[11]
        return row
    row.steps = values[11]
    net, vat, income, bits = values[12:16]
    row.net = None if net == _NO_MONEY else net
    row.income = None if income == _NO_MONEY else income
    row.vat, row.part = vat & ~_PART, bool(vat & _PART)
    at = bits >> 3
    if at != _NO_CURRENCY:
        row.currency = CURRENCIES[4 * at : 4 * at + 3]
    row.peaks = tuple(
        (values[16 + i], values[19 + i], bool(bits >> i & 1)) for i in range(PEAKS) if values[16 + i] != _NO_POWER
    )
    if kind == MONTHS and values[22] != _NO_POWER:
        row.billed = values[22]
    return row
