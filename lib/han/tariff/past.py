"""The costs of days and months. Imported when they are asked for, and when a day ends.

What has ended is in the ledger. The rest is computed from quarters of an hour, as far as these reach.
"""
from asyncio import sleep

from ..store.series.dated import Dated
from ..store.series.samples import CHANGED, DAYS, MONTHS, QUARTERS, counter
from .costs import EXACT, Sum
from .fees import Tariff
from .windows import rounded

_EVER = 1 << 40
# The energies of a larger quarter are kept in kWh.
_MOST_WH = 0xFFFF


class Money:
    """What a day has cost and earned.

    net      cost without VAT, 10^-9 minor units; None where it is not known
    vat      10^-2 percent
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
        return _told(self.exact(), self.income, self.part)


def _told(exact, income, part):
    return (
        None if exact is None else rounded(exact, EXACT),
        None if income is None else rounded(income, 1000),
        1 if part else 0,
    )


class Month:
    """Adds up the days of a month. known: something is known of one of them."""

    def __init__(self):
        self.known = False
        self._exact = self._income = None  # as of Money
        self._part = False
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

    def told(self, sample, costs):
        """The same as Money.told(), with the fixed fees of the month. sample: that of the month's energies."""
        part = self._part or (self._imported, self._exported) != (sample[3], sample[4])
        exact = self._exact
        if exact is not None:
            exact += 1000 * costs.monthly * costs.tariff.factor
        return _told(exact, self._income, part)


class Past:
    """The days or months (kind) of a History as they are now, with their costs."""

    def __init__(self, history, costs, kind):
        self._costs = costs
        self._kind = kind
        # All that is still going on is looked at in one moment.
        self._quarters, self._days, self._months = [_Series(history, each) for each in (QUARTERS, DAYS, MONTHS)]
        self._sums = {}  # the Sum of each day by its start

    async def load(self, start, put):
        """Call put(t, cost, income, part) for each of them from `start` on, the newest first; see Money.told()."""
        await self._add_up(start)
        if self._kind == MONTHS:
            await self._load_months(start, put)
            return
        for found in self._days.all():
            if found is None:
                await sleep(0)
                continue
            sample = found[1]
            if sample[0] < start:
                break
            day = self._day(sample)
            if day:
                put(sample[0], *day.told())

    async def _add_up(self, start):
        """Add up the quarters of each day from `start` on."""
        zone = self._quarters.zone
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
                total = self._sums[begin] = Sum(self._costs)
            total.take(t, sample, *_energies(self._quarters, number, sample))

    def _day(self, sample):
        """The Money of a day's sample; None where nothing is known."""
        total = self._sums.get(sample[0])
        if not total:
            return None
        costs = self._costs
        part = costs.buys and total.imported != sample[3] or costs.sells and total.exported != sample[4]
        return Money(total.net, costs.vat, total.income, part)

    async def _load_months(self, start, put):
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
            while True:
                if not day:
                    found = next(days, ())
                    if found is None:
                        await sleep(0)
                        continue
                    if not found:
                        break
                    day = found[1]
                if day[0] < sample[0]:
                    break
                month.add(self._day(day), day)
                day = None
            if month.known:
                put(sample[0], *month.told(sample, self._costs))


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


def _energies(quarters, number, sample):
    """(import, export) of a quarter, Wh. Large ones are kept in kWh, so they are taken from the counters."""
    imported, exported = sample[3], sample[4]
    if max(imported, exported) > _MOST_WH and number is not None and not sample[1] & CHANGED:
        before = quarters.series.read(number - 1)
        if before and quarters.dated(number - 1, before)[0] == sample[0] - 900:
            now = counter(sample[14], sample[16]), counter(sample[15], sample[17])
            then = counter(before[14], before[16]), counter(before[15], before[17])
            if None not in now and None not in then:
                return max(0, now[0] - then[0]), max(0, now[1] - then[1])
    return imported, exported
