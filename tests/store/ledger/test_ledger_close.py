"""The rows that are due: whatever the clock, the zone, the sub-meters and the power supply do."""

import asyncio

from han.meter.submeters.now import Sub
from han.store.ledger.close import days, hour, months
from han.store.ledger.records import DAYS, HOURS, MONTHS, SHORT, Ledger, Row
from han.store.series.samples import TENS, unfolded, Series, QUARTERS
from tests.store.world import World, Zone

HOUR, DAY = 3600, 86400
# A midnight in Helsinki, 26 March 2026: the clocks change on Sunday, the month ends on Tuesday.
START = (2192 + 31 + 28 + 25) * DAY - 7200
GAS = 3, "G1", "m3"


class House:
    """A reader with a ledger, and a gas meter on channel 1 that counts 1 m3 an hour and tells it once an hour."""

    def __init__(self, true=START, winter=7200, sectors=64):
        self.world = World(sectors, winter, true)
        self.first = true
        self.known = {}
        self.kind = GAS
        self.delay = 120  # s until the counter of a full hour is told
        self.base = 5000000
        self.fills = ()
        self.calls = []

    def gas(self):
        world = self.world
        taken = (world.true - self.delay) // HOUR * HOUR
        counter = self.base + (taken - self.first) * 1000 // HOUR
        return Sub(*(self.kind + (counter, taken + world.clock.base - world.booted)))

    def close(self, subs=None, alarms=0):
        """Do what is due. True if the hour is done."""
        world = self.world
        ledger = Ledger(world.history)
        t = world.history.t
        done, known = hour(ledger, world.zone, t, {1: self.gas()} if subs is None else subs, self.known, alarms)
        if known is not None:
            self.known = known
        if done:
            asyncio.run(self._periods(ledger, t))
        return done

    async def _periods(self, ledger, t):
        since = await days(ledger, self.world.history, t, self.fills)
        await months(ledger, self.world.zone, t, since, self.fills)

    def run(self, seconds, closes=True):
        """A reading every five minutes, and whatever is due with it."""
        world = self.world
        for _ in range(seconds // 300):
            world.off(300)
            world.read()
            if closes and world.true // 300 % 12 < 5:
                self.close()

    def rows(self, kind):
        return list(Ledger(self.world.history).rows(kind))[::-1]

    def told(self, kind):
        """(start, counter) of each row: hours since the start, m3."""
        return [((row.t - self.first) // HOUR, row.values[0] and row.values[0] - 5000000) for row in self.rows(kind)]


def test_hours_have_the_counter_of_their_end_although_it_is_told_later():
    house = House()
    house.run(6 * HOUR + 300)
    assert house.told(HOURS) == [(n, 1000 * (n + 1)) for n in range(-1, 6)]
    assert [row.replaced for row in house.rows(HOURS)] == [0] * len(house.rows(HOURS))
    assert house.known == {"1": [3, "G1", "m3"]}


def test_a_counter_that_does_not_come_is_waited_for_a_quarter_of_an_hour():
    house = House()
    house.delay = 2000
    house.run(3 * HOUR)
    assert house.told(HOURS)[-1] == (1, 1000)  # that of the hour before, as nothing newer was known
    house.world.off(60)
    house.world.read()
    assert not house.close()
    house.run(15 * 60)
    assert house.told(HOURS)[-1] == (2, 2000)


def test_a_counter_without_a_time_is_that_of_now():
    house = House()
    world = house.world
    world.run(HOUR, 60)
    assert house.close({2: Sub(7, "W", "m3", 77, None)})
    assert [row.values for row in house.rows(HOURS)] == [[None, 77, None, None]]
    # The reader was off at the full hour: nobody knows what the counter was then.
    world.off(HOUR + 1200)
    world.read()
    assert house.close({2: Sub(7, "W", "m3", 99, None)})
    assert len(house.rows(HOURS)) == 1


def test_old_counters_are_not_known():
    house = House()
    world = house.world
    world.run(30 * HOUR, 600)
    for age, value in ((20 * HOUR, 5), (26 * HOUR, None)):
        world.run(HOUR, 600)
        t = world.history.t
        house.close({1: Sub(3, "G1", "m3", 5, t - age), 2: Sub(7, "W", "m3", 1, None)})
        world.off(901)
        world.read()
        house.close({1: Sub(3, "G1", "m3", 5, t - age), 2: Sub(7, "W", "m3", 1, None)})
        assert house.rows(HOURS)[-1].values[0] == value, age
        world.run(HOUR - 901 - HOUR % 1, 300)


def test_without_sub_meters_and_alarms_no_hour_is_written():
    house = House()
    house.world.run(HOUR, 60)
    assert house.close({}) and house.rows(HOURS) == []
    assert house.close({}, alarms=5) and [row.alarms for row in house.rows(HOURS)] == [5]
    house.world.run(HOUR, 60)
    assert house.close({1: Sub(3, None, None, None, None)}) and len(house.rows(HOURS)) == 1


def test_another_sub_meter_is_marked_once():
    house = House()
    house.run(2 * HOUR + 300)
    house.kind, house.base = (3, "G2", "m3"), 1000
    house.run(2 * HOUR)
    house.kind = (7, "G2", "m3")
    house.run(2 * HOUR)
    house.kind = (7, "G2", "l")
    house.run(2 * HOUR)
    marks = [(row.replaced, row.other) for row in house.rows(HOURS)][-8:]
    assert marks == [(0, 0), (0, 0), (1, 0), (0, 0), (1, 1), (0, 0), (1, 1), (0, 0)], marks
    # What a telegram leaves out is as before.
    for kind in ((None, "G2", "l"), (7, None, "l"), (7, "G2", None), (None, None, None), (7, "G2", "l")):
        house.kind = kind
        house.run(HOUR)
        assert house.rows(HOURS)[-1].replaced == 0 and house.known == {"1": [7, "G2", "l"]}


def test_a_sub_meter_that_is_not_known_any_more_may_be_another_one():
    house = House()
    house.run(2 * HOUR + 300)
    house.known = {}  # as after a reset to factory settings
    house.run(2 * HOUR)
    assert [row.replaced for row in house.rows(HOURS)][-4:] == [0, 0, 1, 0]


def test_days_and_months_are_those_of_the_zone_over_a_change_of_the_clocks():
    house = House()
    house.run(8 * DAY + 300)
    zone = house.world.zone
    found = house.rows(DAYS)
    t = START
    for row in found:
        if row.t < START:
            continue
        assert row.t == t and not row.f
        t = zone.next_day(t)
        assert row.values[0] == 5000000 + (t - START) * 1000 // HOUR
    assert t == zone.day_start(house.world.true)
    assert [(row.t, row.values[0]) for row in house.rows(MONTHS)][-1] == (
        zone.month_start(START), 5000000 + (zone.next_month(START) - START) * 1000 // HOUR,
    )  # fmt: skip


def test_a_sub_meter_that_appears_at_noon():
    house = House()
    house.run(12 * HOUR + 1200, closes=False)
    house.run(24 * HOUR)
    assert house.told(DAYS)[-1] == (0, 24000)
    hours = house.told(HOURS)
    assert hours[0] == (12, 13000) and len(hours) == 24


def test_three_days_off_are_made_up_for():
    house = House()
    house.run(DAY + 20 * HOUR + 300)
    house.world.off(3 * DAY + 3 * HOUR)
    house.world.boot()
    house.run(2 * HOUR)
    # On the fourth day the clocks changed, so it had 23 hours.
    assert house.told(DAYS)[-5:] == [(0, 24000), (24, 44000), (48, None), (72, None), (95, 119000)]


def test_a_clock_that_was_ahead_and_one_that_was_behind():
    for wrong in (HOUR, -HOUR, 3 * DAY, -3 * DAY):
        house = House()
        house.run(DAY + 2 * HOUR + 300)
        house.world.known(wrong)
        house.run(5 * HOUR)
        house.world.known()
        house.run(2 * DAY - 7 * HOUR)
        rows = house.rows(HOURS)
        assert [row.t for row in rows] == sorted({row.t for row in rows}), wrong
        values = [row.values[0] for row in rows if row.values[0] is not None]
        assert values == sorted(values), wrong
        # No day is missing or false, and hours are where they were recorded.
        assert house.told(DAYS)[-3:] == [(0, 24000), (24, 48000), (48, 72000)], (wrong, house.told(DAYS))
        hours = [pair for pair in house.told(HOURS) if pair[0] >= 0]
        assert all([value == 1000 * (n + 1) for n, value in hours if not 26 <= n <= 31]), (wrong, hours)
        assert len(hours) >= 72, (wrong, len(hours))


def test_another_zone_leaves_no_time_out_and_counts_none_twice():
    house = House(true=START + 7200, winter=0)
    house.world.zone.summer = False
    seen = []

    async def fill(kind, row, begin, end):
        if kind == DAYS:
            seen.append((begin, end))

    house.fills = (fill,)
    house.run(DAY + 12 * HOUR)
    house.world.zone = house.world.clock.zone = Zone(7200, False)
    house.run(3 * DAY)
    assert len(seen) >= 4
    assert all([one[1] == other[0] for one, other in zip(seen, seen[1:])]), seen
    assert [row.f for row in house.rows(DAYS)][-3:] == [SHORT, 0, 0]
    house.world.zone = house.world.clock.zone = Zone(-18000, False)
    house.run(3 * DAY)
    assert all([one[1] == other[0] for one, other in zip(seen, seen[1:])]), seen


def test_the_hours_of_a_zone_with_half_an_hour():
    zone = Zone(19800, False)
    assert zone.hour_start(START + 1800) == START + 1800 and zone.hour_start(START + 1799) == START - 1800


def test_what_is_missing_is_made_up_for_from_the_oldest_quarter_on_and_once():
    house = House()
    calls = []

    async def fill(kind, row, begin, end):
        calls.append((kind, begin))
        row.net = 1

    house.run(5 * DAY + 1200, closes=False)
    house.fills = (fill,)
    assert house.close()
    zone = house.world.zone
    made = [call[1] for call in calls if call[0] == DAYS]
    assert made[-5:] == [zone.day_start(START + n * DAY + 7200) for n in range(5)]
    before = len(calls)
    house.world.boot()
    house.run(2 * HOUR)
    assert len(calls) == before
    # A reader that was off for a year does not write a row for each of its days.
    house.world.off(400 * DAY)
    house.world.boot()
    house.run(HOUR)
    assert len(calls) - before < 40
    assert house.rows(DAYS)[-1].t == zone.day_start(zone.day_start(house.world.true) - 1)


def test_it_waits_until_no_sample_of_the_running_quarter_lies_in_its_sectors():
    from han.store.flash import Region
    from han.store.ring import opened
    from han.store.series.samples import FORMATS, LAYOUT, shares

    for n in (600, 674, 700, 1100, 1199, 1205, 1290):
        world = World(true=START)
        # The version before: all 16 sectors for 10 s.
        first, sectors = shares(64)[TENS]
        world.history.series[TENS] = ring = opened(Region(world.flash.partition, first, sectors), FORMATS[TENS], LAYOUT)
        assert ring.end == ring.slots
        ring.next = 0
        world.read()
        world.run(10 * n + 5, 10)
        world.boot()
        series = world.history.series
        tens = Series(series[TENS])
        needed = range(unfolded(tens, Series(series[QUARTERS])), tens.next)
        held = any([tens.number(place) % 1200 >= 675 for place in needed])
        newest = tens.number(tens.next - 1) % 1200
        assert Ledger(world.history).free() == (not held and newest < 675), (n, newest, len(needed))
        world.run(1200, 10)
        assert Ledger(world.history).free(), n


def test_a_row_that_power_cuts_short_costs_nothing_but_itself():
    from tests.store.nor import PowerCut

    for cut in range(12):
        house = House()
        house.run(DAY - 600)
        power = house.world.flash.power
        power.restore(cut)
        try:
            house.run(1800)
        except PowerCut:
            pass
        power.restore()
        house.world.boot()
        house.run(2 * HOUR)
        found = house.told(HOURS)
        assert found == [(n, 1000 * (n + 1)) for n, _ in found], cut
        assert len(found) >= 24 and house.told(DAYS)[-1] == (0, 24000), cut
        assert house.rows(DAYS)[-1].values[1:] == Row(0).values[1:]
