"""The peaks that a reader finds in its own history, against an independent reckoning of the true counters."""

import asyncio

from han.store.series.samples import QUARTERS
from han.tariff.kept import Kept
from han.tariff.own import Own
from han.tariff.rules import Rule
from tests.store.world import World
from tests.support import Random
from tests.tariff.grid import peaks

HOUR = 3600
DAY = 86400
#: Some days before the end of summer time in Helsinki, where the world is: 23 October 2026, 00:00.
START = 2487 * DAY - 3 * HOUR
PERIOD = 60
RULES = ({}, {"interval": 60}, {"interval": 60, "n": 3, "days": True}, {"n": 3})


class Life:
    """A reader's life, and the true Wh of each quarter of an hour; `bad` are those of which it cannot know all."""

    def __init__(self, start=START, seed=3):
        self.world = World(true=start)
        self.chance = Random(seed)
        self.truth = {}
        self.most = 9000  # W
        self.bad = set()
        self._power = 0
        self._count = self.world.counters()[0]
        self.world.read()
        self.bad.add(start - start % 900)

    def run(self, seconds):
        world = self.world
        for _ in range(seconds // PERIOD):
            if world.true % 900 == 0:
                self._power = self.chance.below(16) * self.most // 16 + self.chance.below(50)
            world.off(PERIOD, (self._power, 0))
            world.read((self._power, 0))
            self._edge()

    def _edge(self):
        if self.world.true % 900 == 0:
            count = self.world.counters()[0]
            self.truth[self.world.true - 900] = count - self._count
            self._count = count

    def off(self, seconds):
        """No telegrams for so long, and then a start."""
        for _ in range(seconds // PERIOD):
            self.bad.add(self.world.true - self.world.true % 900)
            self.world.off(PERIOD, (20000, 0))
            self._edge()
        self.bad.add(self.world.true - self.world.true % 900)

    def quarters(self):
        return {t: (wh, t not in self.bad) for t, wh in self.truth.items()}

    def own(self, rule):
        rule = Rule(rule)
        kept = Kept(self.world.history, None, rule, [])
        return asyncio.run(Own(self.world.history, rule, self.world.true).load(kept))

    def check(self):
        """Compare what the reader says with the truth, for each rule."""
        for rule in RULES:
            found = self.own(rule)
            # The quarter that has just ended is written with the next reading.
            quarters = {t: found for t, found in self.quarters().items() if t < self.own(rule).begin}
            _, counting = peaks(rule, self.world.zone, quarters).popitem()[1]
            assert [(w, t) for _, (w, t, _) in found.month.counting] == counting, rule


def test_days_with_a_change_to_winter_time():
    life = Life()
    life.run(2 * DAY + 15 * HOUR)
    assert life.world.zone.offset(life.world.true) == 2 * HOUR
    life.check()


def test_a_new_month_begins_anew():
    life = Life(START + 8 * DAY + HOUR)
    life.run(20 * HOUR)
    life.check()
    before = life.own({}).month.value()
    life.run(10 * HOUR)
    months = peaks({}, life.world.zone, life.quarters())
    (_, (old, _)), (_, (new, _)) = sorted(months.items())
    assert old >= before
    assert life.own({}).month.value() == new != old


def test_gaps_and_starts_never_make_a_peak():
    life = Life()
    life.run(5 * HOUR)
    for seconds in (300, 1500, 5000 // PERIOD * PERIOD, 60):
        life.off(seconds)
        life.world.boot()
        life.run(3 * HOUR + 420)
    life.check()
    # What is higher but not whole is told.
    assert life.own({}).month.others


def test_a_clock_that_is_not_set_never_makes_a_peak():
    life = Life()
    life.run(5 * HOUR)
    life.check()
    month = life.own({}).month.counting
    world = life.world
    world.boot(known=False)
    for _ in range(4 * 60):
        world.off(PERIOD, (20000, 0))
        world.read((20000, 0))
    world.known(wrong=0)
    world.off(PERIOD)
    world.read()
    assert 5000 in [sample[3] for sample in world.samples(QUARTERS)]
    found = life.own({})
    assert found.month.counting == month and found.month.others[0][1][0] >= 20000


def test_a_step_of_the_clock_never_makes_a_peak():
    life = Life()
    life.run(3 * HOUR)
    world = life.world
    month = life.own({}).month.counting
    world.known(wrong=2 * DAY)
    world.off(PERIOD, (20000, 0))
    world.read((20000, 0))
    world.known()
    for _ in range(26):
        world.off(PERIOD, (20000, 0))
        world.read((20000, 0))
    found = life.own({}).month
    assert found.counting == month and found.others[0][1][0] > month[0][1][0]


def test_the_running_interval():
    life = Life()
    life.run(2 * HOUR)
    world = life.world
    midnight = world.zone.day_start(world.true)
    begin = world.true
    start = world.counters()[0]
    for _ in range(40):  # the first 40 minutes of an hour
        world.off(PERIOD, (3000, 0))
        world.read((3000, 0))
    assert (begin - midnight) % HOUR == 0
    own = life.own({"interval": 60})
    assert (own.begin, own.end) == (begin, begin + HOUR)
    running, whole = own.interval.running(6000)
    wh = world.counters()[0] - start
    assert whole and running.mean() == 3000 and wh == 2000
    assert running.forecast() == 4000 and running.left(4000) == 6000 and running.left(1999) == 0
    quarter, whole = life.own({}).interval.running(6000)
    assert whole and quarter.mean() == 3000 and quarter.forecast() == (600 * 3000 + 300 * 6000) // 900
    # The same after a start, but now it is not whole.
    world.off(PERIOD, (3000, 0))
    world.boot()
    world.read((3000, 0))
    running, whole = life.own({"interval": 60}).interval.running(6000)
    assert not whole and running.mean() == 3000
    running, whole = life.own({}).interval.running(6000)
    assert not whole
    # A quarter without any reading, or none before: nobody knows what it was.
    world.off(1800)
    world.boot()
    world.read()
    running, whole = life.own({}).interval.running(6000)
    assert not whole and running.mean() is running.forecast() is running.left(5000) is None
    # The last reading was in another interval.
    world.off(HOUR)
    assert life.own({}).interval.running(0) is None


def test_counters_that_come_once_an_hour():
    life = Life()
    world = life.world
    for _ in range(4 * 3600 // 10):
        world.off(10, (4321, 0))
        world.read((4300, 0), counters=world.true % HOUR == 10)
    # Power alone would say 4300 W. The last hour waits for its counter, or has just got it.
    found = life.own({"interval": 60}).month
    assert found.counting[0][1][0] in (4320, 4321, 4322), found.counting
    assert [t for _, (_, t, _) in found.others] in ([], [START])  # the first reading was the first ever
    while world.true % HOUR:
        world.off(10, (4321, 0))
        world.read((4300, 0), counters=False)
    before = life.own({"interval": 60})
    assert before.end == world.true and before.interval.running(0)[0].left(9999) is None


def test_the_power_of_a_factory_is_exact_too():
    life = Life()
    life.most = 2000000
    life.run(6 * HOUR)
    assert max([wh for wh, _ in life.quarters().values()]) > 70000
    life.check()
