"""Costs of quarters, days and months: against an independent computation in exact numbers."""

from han.core.zone import Zone, date, days
from han.store.config import defaults
from han.store.series.samples import DAYS, MONTHS, NO_CURRENT, QUARTERS, Series, fitting, packed
from han.store.ledger import records
from han.store.ledger.records import Ledger
from han.tariff.close import Close
from han.tariff.costs import Costs
from han.tariff.past import Past
from tests.store.world import World
from tests.support import Random

FEES = (
    # price, hours, weekdays, months, as people say them
    (2253001, range(24), range(7), range(12)),
    (3100000, range(7, 22), range(6), (10, 11, 0, 1, 2)),
    (-450000, (22, 23, 0, 1, 2, 3, 4, 5), range(7), range(12)),
    (777777, range(24), (5, 6), (2, 9)),
)


def bits(numbers):
    return sum([1 << number for number in numbers])


def kept(fee):
    price, hours, on, months = fee
    hours = list(hours)
    return [price, hours[0], hours[-1] + 1, bits(on), bits(months)]


def settings(**more):
    values = dict(defaults(), s=True, vat=2550, fees=[kept(fee) for fee in FEES], monthly=399123456)
    values.update(more)
    return values


def paid(values, zone, t):
    """The fees at a time, by the words of FEES."""
    local = zone.local(t)
    weekday, month, hour = (local // 86400 + 2) % 7, date(local // 86400)[1] - 1, local // 3600 % 24
    fees = FEES if values["fees"] else ()
    return sum([fee[0] for fee in fees if hour in fee[1] and weekday in fee[2] and month in fee[3]])


def half_away(number, unit):
    size, rest = divmod(abs(number), unit)
    size += 2 * rest >= unit
    return size if number > 0 else -size


async def all_of(history, costs, kind, ledger=None):
    """{start: (cost, income, part)} of the days or months that have costs."""
    past = await Past(history, costs, kind, ledger).load(0)
    found = {}
    series = Series(history.series[kind])
    for number in range(series.first, series.next):
        t = series.read(number)[0]
        money = past.find(t)
        if money:
            found[t] = money.told()
    return found


class Year:
    """Quarters, days and months in a World's flash as if they had been recorded, and what they cost.

    quarters  {start: (import Wh, export Wh, price or None, currency)} of those that are recorded
    """

    def __init__(self, zone, first, seed, sectors=512, **faults):
        self.world = world = World(sectors, true=first)
        world.zone = world.clock.zone = zone
        world.history.t = first
        self._random = Random(seed)
        self._faults = faults
        self.zone, self.quarters = zone, {}
        self.days, self.months = {}, {}
        self.counters = [7000000000, 123]

    def grow(self, count):
        """Record some days more, and the months that end."""
        for _ in range(count):
            t = self.world.history.t
            end = self.zone.next_day(t)
            month = self.zone.month_start(t)
            self._day(t, end, self.months.setdefault(month, [0, 0]))
            if self.zone.month_start(end) != month:
                self._append(MONTHS, month, self.months[month])
            self.world.history.t = end
        return self

    def finish(self):
        """Record the month that has begun, as if it had ended."""
        month = max(self.months)
        self._append(MONTHS, month, self.months[month])
        return self

    def _day(self, t, end, month):
        random = self._random
        missing, unpriced, large = [self._faults.get(name, 0) for name in ("missing", "unpriced", "large")]
        day = [0, 0]
        for start in range(t, end, 900):
            wh = [random.below(900) * random.below(4) // 2, random.below(500) * (random.below(3) == 0)]
            if large and random.below(large) == 0:
                wh[0] += 65536 + random.below(60000)
            price = random.below(60000) * 1000 + random.below(1000) - 9000000
            for way in (0, 1):
                day[way] += wh[way]
                month[way] += wh[way]
                self.counters[way] += wh[way]
            if missing and random.below(missing) == 0:
                continue
            if unpriced and random.below(unpriced) == 0:
                price = None
            self.quarters[start] = (wh[0], wh[1], price)
            self._append(QUARTERS, start, wh, packed(price, "EUR"))
        self.days[t] = day
        self._append(DAYS, t, day)

    def _append(self, kind, t, wh, more=()):
        values = [t, 0, 90, wh[0], wh[1]] + [NO_CURRENT] * 9
        values += [number & 0xFFFFFFFF for number in self.counters] + [number >> 32 for number in self.counters] + [0]
        values += more
        fitting(kind, values)
        self.world.history.series[kind].append(*values)

    async def told(self, kind, values, ledger=None):
        return await all_of(self.world.history, Costs(values, self.zone), kind, ledger)

    async def close(self, kind, starts, values):
        """Write rows of the ledger, as when these days or months end, and return it as after a restart."""
        ledger = Ledger(self.world.history)
        closing = Close(self.world.history, ledger, Costs(values, self.zone))
        for t in starts:
            row = records.Row(t)
            await closing.fill(kind, row, t, None)
            ledger.append(kind, row)
        return Ledger(self.world.history)

    def exact(self, values, begin, end):
        """(cost in 10^-13, income in 10^-9 minor units, Wh imported and exported that they are of)."""
        cost = income = imported = exported = 0
        for t in range(begin, end, 900):
            a, b, price = self.quarters.get(t, (0, 0, None))
            if price is not None:
                cost += a * (price + paid(values, self.zone, t)) * (10000 + values["vat"])
                imported += a
            sold = price if values["sell"] is None else values["sell"]
            if sold is not None:
                income += b * sold
                exported += b
        return cost, income, [imported, exported]


ZONES = (
    ("Europe/Helsinki", 2026, 3, 1, 40), ("Europe/Amsterdam", 2026, 10, 10, 40), ("America/St_Johns", 2026, 10, 20, 20),
)  # fmt: skip


async def test_days_and_months_are_exact_to_the_last_digit():
    for seed, (name, year, month, day, count) in enumerate(ZONES):
        zone = Zone(name)
        first = zone.day_start(days(year, month, day) * 86400 + 43200)
        made = Year(zone, first, 100 + seed, large=50 * seed).grow(count).finish()
        for values in (settings(), settings(fees=[], vat=813), settings(vat=0, monthly=-5000000, sell=4123457)):
            found = await made.told(DAYS, values)
            assert sorted(found) == sorted(made.days)
            for t, day in made.days.items():
                cost, income, energies = made.exact(values, t, zone.next_day(t))
                assert energies == day
                assert found[t] == (half_away(cost, 10**7), half_away(income, 1000), 0), (name, t)
            found = await made.told(MONTHS, values)
            assert sorted(found) == sorted(made.months)
            for t in made.months:
                cost, income, _ = made.exact(values, t, zone.next_month(t))
                cost += 1000 * values["monthly"] * (10000 + values["vat"])
                assert found[t] == (half_away(cost, 10**7), half_away(income, 1000), 0), (name, t)


async def test_what_has_ended_is_in_the_ledger_and_later_settings_do_not_change_it():
    zone = Zone("Europe/Helsinki")
    first = zone.day_start(days(2026, 9, 20) * 86400 + 43200)
    made = Year(zone, first, 77).grow(60).finish()
    starts = sorted(made.days)
    before, after = settings(), settings(vat=813, fees=[], monthly=1)
    await made.close(records.DAYS, starts[:20], before)
    ledger = await made.close(records.DAYS, starts[20:50], after)
    wanted = {}
    months = {}
    for at, t in enumerate(starts):
        values = before if at < 20 else after
        cost, income, _ = made.exact(values, t, zone.next_day(t))
        wanted[t] = half_away(cost, 10**7), half_away(income, 1000), 0
        month = months.setdefault(zone.month_start(t), [0, 0])
        month[0] += cost
        month[1] += income
    assert await made.told(DAYS, after, ledger) == wanted
    for cost in months.values():
        cost[0] += 1000 * 10813
    months = {t: (half_away(cost, 10**7), half_away(income, 1000), 0) for t, (cost, income) in months.items()}
    assert await made.told(MONTHS, after, ledger) == months
    assert len(months) == 3
    # The month of both settings is closed now.
    ledger = await made.close(records.MONTHS, sorted(months)[:2], after)
    last = max(months)
    other = await made.told(MONTHS, settings(vat=0, monthly=0, sell=0), ledger)
    assert {t: other[t] for t in other if t != last} == {t: months[t] for t in months if t != last}
    assert other[last] != months[last]
    # In another currency all of that is not known, and the running month is a part.
    other = await made.told(DAYS, settings(pc="SEK"), ledger)
    assert sorted(other) == starts[50:]
    other = await made.told(MONTHS, settings(pc="SEK"), ledger)
    assert list(other.values()) == [(None, None, 1)]


async def test_a_year_by_month_as_it_is_closed_week_by_week():
    zone = Zone("Europe/Oslo")
    first = zone.day_start(days(2025, 12, 1) * 86400 + 43200)
    made = Year(zone, first, 2026, sectors=1024)
    values = settings()
    closed = 0
    while len(made.days) < 364:
        made.grow(7)
        ledger = await made.close(records.DAYS, sorted(made.days)[-7:], values)
        for month in sorted(made.months)[closed:]:
            if zone.next_month(month) <= made.world.history.t:
                ledger = await made.close(records.MONTHS, [month], values)
                closed += 1
    made.grow(2).finish()
    assert closed == 11
    found = await made.told(MONTHS, values, ledger)
    assert len(found) == 13
    for t in found:
        cost, income, energies = made.exact(values, t, min(zone.next_month(t), made.world.history.t))
        assert energies == made.months[t]
        cost += 1000 * values["monthly"] * (10000 + values["vat"])
        assert found[t] == (half_away(cost, 10**7), half_away(income, 1000), 0), date(zone.local(t) // 86400)


async def test_rows_are_found_in_any_order_and_those_of_a_wrong_clock_are_not():
    zone = Zone("Etc/UTC")
    first = days(2026, 9, 20) * 86400
    made = Year(zone, first, 78).grow(40)
    wanted = await made.told(DAYS, settings())
    starts = sorted(made.days)
    await made.close(records.DAYS, starts[:10], settings())
    ledger = Ledger(made.world.history)
    for t in (starts[10] + 10**8, starts[10] + 10**8 + 86400):
        ledger.append(records.DAYS, records.Row(t))
    ledger = await made.close(records.DAYS, starts[10:], settings())
    past = await Past(made.world.history, Costs(settings(), zone), DAYS, ledger).load(0)
    random = Random(4)
    for _ in range(200):
        t = starts[random.below(40)] + (random.below(4) == 0)
        money = past.find(t)
        assert (money and money.told()) == wanted.get(t)
    for t in (0, 2**30, starts[0], starts[-1], starts[-1] + 86400):
        money = past.find(t)
        assert (money and money.told()) == wanted.get(t)


async def test_a_row_of_the_day_that_is_going_on_is_of_a_clock_that_was_ahead():
    zone = Zone("Europe/Helsinki")
    made = Year(zone, zone.day_start(days(2026, 9, 20) * 86400 + 43200), 9).grow(12).finish()
    wanted = await made.told(DAYS, settings()), await made.told(MONTHS, settings())
    made.world.history.t -= 3600  # so that the last day and the last month are going on
    ledger = await made.close(records.DAYS, sorted(made.days), settings(vat=0, fees=[]))
    ledger = await made.close(records.MONTHS, sorted(made.months), settings(vat=0, fees=[]))
    last = max(made.days)
    assert (await made.told(DAYS, settings(), ledger))[last] == wanted[0][last]
    assert (await made.told(DAYS, settings(), ledger))[last - 86400] != wanted[0][last - 86400]
    found = await made.told(MONTHS, settings(vat=0, fees=[]), ledger)
    assert found == await made.told(MONTHS, settings(vat=0, fees=[]))


async def test_days_of_92_and_100_quarters():
    zone = Zone("Europe/Helsinki")
    for month, day, count in ((3, 29, 92), (10, 25, 100), (6, 1, 96)):
        t = zone.day_start(days(2026, month, day) * 86400 + 43200)
        made = Year(zone, t, 5).grow(1)
        assert len(made.quarters) == count
        cost, income, _ = made.exact(settings(), t, zone.next_day(t))
        assert await made.told(DAYS, settings()) == {t: (half_away(cost, 10**7), half_away(income, 1000), 0)}


async def test_what_is_missing_or_has_no_price_makes_a_part_and_never_a_whole():
    zone = Zone("Europe/Helsinki")
    first = zone.day_start(days(2026, 5, 20) * 86400 + 43200)
    for more in ({"missing": 150}, {"unpriced": 150}):
        made = Year(zone, first, 3, **more).grow(20).finish()
        values = settings()
        found = await made.told(DAYS, values)
        parts = 0
        for t, day in made.days.items():
            cost, income, energies = made.exact(values, t, zone.next_day(t))
            part = int(energies != day)
            assert found[t] == (half_away(cost, 10**7), half_away(income, 1000), part)
            parts += part
        assert 3 < parts < 18
        assert [part for _, _, part in (await made.told(MONTHS, values)).values()] == [1, 1]
    made = Year(zone, first, 3, unpriced=1).grow(2)
    assert await made.told(DAYS, settings()) == {t: (None, None, 1) for t in made.days}
    # A price of its own for what is sold needs no other.
    found = await made.told(DAYS, settings(sell=5))
    assert [(cost, part) for cost, _, part in found.values()] == [(None, 1)] * 2 and min(found.values())[1] > 0


async def test_another_currency_is_no_price():
    zone = Zone("Europe/Helsinki")
    made = Year(zone, zone.day_start(days(2026, 5, 20) * 86400), 3).grow(2)
    assert await made.told(DAYS, settings(pc="SEK")) == {t: (None, None, 1) for t in made.days}


async def test_a_price_of_0_before_any_was_set_is_none():
    zone = Zone("Etc/UTC")
    first = days(2026, 5, 20) * 86400
    made = Year(zone, first, 3).grow(1)
    numbers = [(t, wh[0]) for t, wh in sorted(made.quarters.items())]
    world = World(64, true=first)
    world.clock.zone = zone
    since = first + 6 * 3600
    for t, wh in numbers:
        values = [t, 0, 90, wh, 0] + [NO_CURRENT] * 9 + [0, 0, 255, 255, 0]
        values += packed(0 if t < since or t == since + 3600 else 1000000, "EUR")
        world.history.series[QUARTERS].append(*values)
    day = [first, 0, 90, sum([wh for _, wh in numbers]), 0] + [NO_CURRENT] * 9 + [0, 0, 255, 255, 0]
    world.history.series[DAYS].append(*day)
    for values, begin in ((settings(fees=[], vat=0, since=since), since), (settings(fees=[], vat=0), first)):
        wanted = sum([wh * 1000 for t, wh in numbers if t >= since and t != since + 3600])
        told = await all_of(world.history, Costs(values, zone), DAYS)
        assert told == {first: (wanted, 0, int(begin > first))}


def test_a_quarter():
    zone = Zone("Etc/UTC")
    values = [0] * 19 + list(packed(-8123457, "EUR"))
    values[3:5] = 1234, 55
    costs = Costs(settings(), zone)
    t = days(2026, 6, 1) * 86400 + 12 * 3600  # a Monday in summer: the first fee alone
    assert costs.total(t, values) == half_away((2253001 - 8123457) * 12550, 10**4)
    assert costs.cost(t, values) == half_away(1234 * (2253001 - 8123457) * 12550, 10**7)
    assert costs.income(t, values) == half_away(-8123457 * 55, 1000)
    values[19:] = packed(None, None)
    assert costs.total(t, values) is costs.cost(t, values) is costs.income(t, values) is None
    assert Costs(settings(sell=-7), zone).income(t, values) == 0
    values[4] = 1000
    assert Costs(settings(sell=-7), zone).income(t, values) == -7
    # With a fixed price, what is sold has no price but its own.
    values[19:] = packed(8000000, "EUR")
    fixed = Costs(settings(s=False, p=8000000, vat=0, fees=[]), zone)
    assert fixed.cost(t, values) == 1234 * 8000 and fixed.income(t, values) is None
    assert Costs(settings(s=False, p=0, vat=0, fees=[]), zone).cost(t, values) is None
