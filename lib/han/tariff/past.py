"""The costs of days and months. Imported when they are asked for, and when a day ends.

Those that have ended are in the ledger. The others are computed: a day from its quarters of an hour, a month from its
days.
"""
from asyncio import sleep

from ..store.ledger import records
from ..store.series.dated import Dated
from ..store.series.samples import DAYS, MONTHS, QUARTERS
from .costs import EXACT, Sum
from .fees import Tariff
from .windows import rounded

_EVER = 1 << 40
# A month may have begun in another zone: its end is found from a day in its middle.
_FORTNIGHT = 14 * 86400
# Rows read before other tasks have a turn.
_TURN = 32


class Money:
    """What a day or a month has cost and earned.

    net      cost without VAT, 10^-9 minor units; None where it is not known
    vat      10^-2 percent; 0 for a month, which has it in its net
    income   10^-9 minor units; None where it is not known
    part     True where they are not of all its energy
    """

    def __init__(self, net, vat, income, part):
        self.net = net
        self.vat = vat
        self.income = income
        self.part = part

    def exact(self):
        """The cost with VAT, EXACT to 10^-6 minor units; None where it is not known."""
        return None if self.net is None else self.net * (Tariff.unit + self.vat)

    def told(self):
        """(cost, income, part): 10^-6 minor units, None where not known; 1 for a part, else 0."""
        exact, income = self.exact(), self.income
        return (
            None if exact is None else rounded(exact, EXACT),
            None if income is None else rounded(income, 1000),
            1 if self.part else 0,
        )


class Month:
    """Adds up the days of a month. known: something is known of one of them."""

    def __init__(self):
        self.known = self._part = False
        self._exact = self._income = None  # as of Money
        self._imported = self._exported = 0

    def add(self, day, sample):
        """Add a day's Money, None where it is not known, and the sample of its energies."""
        self._imported += sample[3]
        self._exported += sample[4]
        if day is None:
            self._part = True
            return
        self.known = True
        self._part = self._part or day.part
        exact = day.exact()
        if exact is not None:
            self._exact = (self._exact or 0) + exact
        if day.income is not None:
            self._income = (self._income or 0) + day.income

    def money(self, sample, costs):
        """The Money of the month with its fixed fees, rounded to 10^-6. sample: that of the month's energies."""
        exact = self._exact
        if exact is not None:
            exact += 1000 * costs.monthly * costs.tariff.factor
            exact = 1000 * rounded(exact, EXACT)
        part = self._part or (self._imported, self._exported) != (sample[3], sample[4])
        return Money(exact, 0, self._income, part)


class Past:
    """The days or months (kind) of a History as they are now, with their costs.

    ledger  its Ledger, or None
    anew    True: rows that the ledger has of this kind are not used
    """

    def __init__(self, history, costs, kind, ledger, anew=False):
        self._costs = costs
        self._kind = kind
        # All that is still going on is looked at in one moment.
        self._quarters, self._days, self._months = [_Series(history, each) for each in (QUARTERS, DAYS, MONTHS)]
        today = month = _EVER
        if history.t is not None:
            today = self._days.zone.day_start(history.t)
            month = self._days.zone.month_start(history.t)
        days, months = [None if anew and kind == each else ledger for each in (DAYS, MONTHS)]
        self._old_days = _Rows(days, records.DAYS, costs.currency, today)
        self._old_months = _Rows(months, records.MONTHS, costs.currency, month)
        self._found = {}  # the Money of each that is computed, by its start

    async def load(self, start):
        """Compute what is not in the ledger yet, from `start` on, s since 2020. Returns self."""
        zone = self._quarters.zone
        month = self._kind == MONTHS
        await self._old_days.load()
        if month:
            await self._old_months.load()
            newest = self._old_months.newest
            if newest is not None:
                start = max(start, zone.next_month(newest))
        newest = self._old_days.newest
        sums = await self._sums(start if newest is None else max(start, zone.next_day(newest)))
        if month:
            await self._load_months(start, sums)
        else:
            await self._load_days(start, sums)
        return self

    def find(self, t):
        """The Money of the day or month that begins at t; None where it is not known. Fast for one after the other."""
        return self._found.get(t) or (self._old_months if self._kind == MONTHS else self._old_days).find(t)

    async def _sums(self, start):
        """{midnight: Sum} of the quarters of each day from `start` on."""
        zone = self._quarters.zone
        sums = {}
        begin = _EVER
        for found in self._quarters.all():
            if found is None:
                await sleep(0)
                continue
            number, sample = found
            t = sample[0]
            if t < start:
                break
            if t < begin:
                begin = zone.day_start(t)
                total = sums[begin] = Sum(self._costs)
            total.take(t, sample, *self._quarters.energies(number, sample))
        return sums

    async def _load_days(self, start, sums):
        for found in self._days.all():
            if found is None:
                await sleep(0)
                continue
            sample = found[1]
            if sample[0] < start or not sums:
                break
            total = sums.pop(sample[0], None)
            if total:
                self._found[sample[0]] = self._money(total, sample)

    def _money(self, total, sample):
        """The Money of a day from the Sum of its quarters and its own sample."""
        costs = self._costs
        part = costs.buys and total.imported != sample[3] or costs.sells and total.exported != sample[4]
        return Money(total.net, costs.vat, total.income, part)

    async def _load_months(self, start, sums):
        days = self._days.all()
        day = None
        for found in self._months.all():
            if found is None:
                await sleep(0)
                continue
            sample = found[1]
            if sample[0] < start:
                break
            month = Month()
            end = self._months.zone.next_month(sample[0] + _FORTNIGHT)
            while True:
                if not day:
                    found = next(days, ())
                    if found is None:
                        await sleep(0)
                        continue
                    if not found:
                        break
                    day = found[1]
                t = day[0]
                if t < sample[0]:
                    break
                total = sums.get(t)
                if t < end:
                    month.add(self._money(total, day) if total else self._old_days.find(t), day)
                day = None
            if month.known:
                self._found[sample[0]] = month.money(sample, self._costs)


class _Series(Dated):
    """A series of a History, and what is still going on of it."""

    def __init__(self, history, kind):
        super().__init__(history, kind)
        self._live = self.newest(history)

    def all(self):
        """Yield what backwards() does, and before it (None, the sample that has not ended)."""
        live = self._live
        if live:
            yield None, live
        for found in self.backwards(live[0]) if live else self.backwards():
            yield found


class _Rows:
    """Finds the Money of the days or months (kind) that a Ledger has in a currency, of those that began before `end`.

    newest  start of the newest one, s since 2020; None where there is none
    """

    def __init__(self, ledger, kind, currency, end):
        self.newest = None
        self._end = end
        self._ledger = ledger
        self._kind = kind
        self._currency = currency
        self._first = self._at = 0
        self._row = None  # the row with number _at, where it has been read
        self._good = bytearray()  # one bit a row, from _first on: 1 when its time is right

    async def load(self):
        """See which rows there are."""
        if not self._ledger:
            return
        self._first, end = self._ledger.span(self._kind)
        self._good = bytearray((end - self._first + 7) // 8)
        before = self._end
        for number in range(end - 1, self._first - 1, -1):
            if number % _TURN == 0:
                await sleep(0)
            row = self._ledger.read(self._kind, number)
            # One that would lie after a newer row was dated by a clock that was ahead.
            if row and row.t < before:
                before = row.t
                if self.newest is None:
                    self.newest = row.t
                self._at = number
                at = number - self._first
                self._good[at // 8] |= 1 << at % 8

    def find(self, t):
        """The Money of the row that begins at t, None where there is none. It begins with the row found last."""
        if self.newest is None:
            return None
        row = self._row or self._step(0)
        while row and row.t != t:
            up = row.t < t
            row = self._step(1 if up else -1)
            if row and (row.t > t) == up:
                break
        if not row or row.t != t or row.currency != self._currency or row.net is row.income is None:
            return None
        return Money(row.net, row.vat, row.income, row.part)

    def _step(self, way):
        """The next row in a direction, or the present one for 0; None where there is none, then all stays as it is."""
        at = self._at - self._first
        while True:
            at += way
            if not 0 <= at < 8 * len(self._good):
                return None
            row = self._good[at // 8] >> at % 8 & 1 and self._ledger.read(self._kind, at + self._first)
            if row:
                self._at, self._row = at + self._first, row
                return row
            if not way:
                return None
