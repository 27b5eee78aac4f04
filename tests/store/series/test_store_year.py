"""A year of a reader's life: summer time, another meter, power cuts and wrong clocks.

The months must match the meters' counters to the watt-hour.
"""

from han.store.series.samples import DAYS, MONTHS
from tests.store.world import World

DAY = 86400
HOUR = 3600
START = 2192 * DAY - 7200  # 1 January 2026 in Helsinki


class Year:
    def __init__(self, period):
        self.world = World(true=START)
        self.period = period
        self.marks = []  # (utc, import Wh, export Wh of all meters so far) at each local midnight
        self.carried = [0, 0]
        self.origin = list(self.world.counters())

    def totals(self):
        return [wh - first + before for wh, first, before in zip(self.world.counters(), self.origin, self.carried)]

    def day(self, number):
        """One day; things happen in some of them, never in the second that a day ends in."""
        world, period = self.world, self.period
        end = world.zone.next_day(world.true)
        half = world.true + (end - world.true) // 2 // period * period
        while world.true < end:
            hour = (world.true - START) // HOUR
            power = (300 + hour * 37 % 4000, 0) if hour % 24 not in (11, 12, 13) else (0, 1500)
            world.off(period, power)
            world.read(power, (hour % 20 * 1000, 3000, None))
            if world.true == half:
                self.event(number)
        self.marks.append([world.true] + self.totals())

    def event(self, number):
        world = self.world
        if number % 17 == 5:  # the supply fails, for a minute to some hours
            world.off(number * 97 % 20000 // self.period * self.period, (500, 0))
            world.boot(known=number % 2 == 0)
        elif number % 17 == 6:
            world.known()
        elif number % 41 == 20:
            world.known((HOUR, -2 * HOUR, 300, -40)[number // 41 % 4])
        elif number % 41 == 21 or number % 17 == 7:
            world.known()
        elif number == 140:  # another meter, which has counted something already; the last word of the old one came
            self.carried = self.totals()
            world.first = [77, 88]
            world.ws = [0, 0]
            self.origin = [77, 88]
            world.meter = b"METER-2"
            world.read()  # what flows before its first word nobody can know


def live(year, days, period):
    year.world.read()
    for number in range(days):
        year.day(number)
    world = year.world
    if world.clock.utc() != world.true:
        world.known()
    world.off(period)
    world.read()
    return world


def check(days, period):
    year = Year(period)
    world = live(year, days, period)
    months = world.samples(MONTHS)
    marks = {START: (0, 0)}
    for utc, *totals in year.marks:
        marks[utc] = totals
    sums = [0, 0]
    for sample in months:
        end = world.zone.next_month(sample[0])
        for way in range(2):
            wh = marks[end][way] - marks[sample[0]][way]
            assert sample[3 + way] == wh, (sample[0], way, sample[3 + way], wh)
            sums[way] += wh
    assert len(months) == days // 30, len(months)
    # With the month that has begun: everything, ever.
    bucket = world.history.buckets[MONTHS]
    assert [sums[0] + bucket.a, sums[1] + bucket.b] == year.totals()
    found = world.samples(DAYS)
    starts = [sample[0] for sample in found]
    assert starts == sorted(set(starts)) and len(found) >= days - 2
    return world


def test_two_months_with_cuts_and_clock_faults():
    check(61, 900)
