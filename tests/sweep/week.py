"""A week of a reader's flash, and what must be true after power failed in any of its operations.

The week runs once. Before each operation on the flash the two partitions are copied, the operation is
left half done in the copy (host_sim.hardware.powercut), and a reader that starts from there is checked.
"""

import io

from han.meter.live import Live
from han.price import keep
from han.price.book import Book
from han.store import flash
from han.store.config import Config
from han.store.counters import Counters
from han.store.series.samples import AHEAD, GUESSED, QUARTERS, UNSET, Series
from host_sim.hardware.flash import Partition
from host_sim.hardware.powercut import Power, PowerCut
from tests.store.world import World

DAY = 86400
HOUR = 3600
# Thursday 26 March 2026 in Helsinki: the clocks change on Sunday, the month ends on Tuesday.
START = (2192 + 31 + 28 + 25) * DAY - 7200
SECTORS = 16


class Tapped:
    """The power supply of a partition's flash; it calls `before` ahead of each operation."""

    def __init__(self, before):
        self._before = before

    def check(self):
        pass

    def erase(self, partition, at, size):
        self._before(partition, at, None, size)

    def program(self, partition, at, data):
        self._before(partition, at, data, len(data))


class Reader(World):
    """World with the rest of what is in flash: configuration, prices, the meter's counters."""

    def boot(self, known=True):
        state = self.state.partition
        self.config = Config(flash.Region(state, *flash.CONFIGURATION))
        self.config.load()
        self.kept = Counters(flash.Region(state, *flash.COUNTERS))
        self.kept.load()
        self.live = Live()
        World.boot(self, known)
        self.book = Book(flash.Region(state, *flash.PRICES), self.config)
        keep.load(self.book)

    def save_price(self, day):
        keep.add(self.book, "FI", "EUR", (START + day * DAY, 900, prices(day)), START)

    def saved_prices(self):
        return [(start, list(numbers)) for start, _, numbers in self.book.days]


def prices(day):
    from array import array

    return array("q", [1000000 * day + slot for slot in range(96)])


class Sweep:
    """wanted(number of the operation, True for an erasure) -> seeds to leave it half done with."""

    def __init__(self, wanted, days=7, telegram=300):
        self.cuts = self.operations = self.erasures = 0
        self._wanted = wanted
        self._days = days
        self._telegram = telegram
        self._written = [[], [], [], []]  # samples that have been written, in order
        self._pending = None
        self._replayed = []  # (series, sample) that restarts made up for, to be compared at the end
        self._configuration = [None, None]  # before and after the save in progress
        self._prices = [None, None]

    def run(self):
        """Go through the week; AssertionError where a restart does not find what it must."""
        self.world = world = Reader(SECTORS, true=START)
        world.flash.partition.power = world.state.partition.power = Tapped(self._before)
        self._configuration = [world.config.values["p"]] * 2
        self._prices = [[], []]
        self._tap()
        self._first = world.counters()
        steps = self._days * DAY // self._telegram
        for step in range(steps):
            self._event(step * self._telegram)
            current = (step % 40 * 100, 2000, -step % 70 * 10)
            power = (1000 + step % 7 * 300, 0) if step % 50 < 40 else (0, 700)
            world.off(self._telegram, power)
            world.read(power, current)
            if step % 12 == 0:
                world.kept.update((world.counters()[0], None, None, None), 1)
                world.kept.save()
        self._compare()

    def _event(self, at):
        world = self.world
        day, second = at // DAY, at % DAY
        if second % (12 * HOUR) == 0:
            self._configuration = [world.config.values["p"], at + 1]
            world.config.change(dict(world.config.values, p=at + 1))
            self._configuration = [at + 1] * 2
        if second == 13 * HOUR:
            before = world.saved_prices()
            after = before + [(START + day * DAY, list(prices(day)))]
            self._prices = [before, after[-3:]]
            world.save_price(day)
            self._prices = [after[-3:]] * 2
        if (day, second) == (1, 6 * HOUR):
            world.known(HOUR + 17)
        if (day, second) == (1, 9 * HOUR):
            world.known(-2 * HOUR)
        if (day, second) == (1, 12 * HOUR):
            world.known()
        if (day, second) in ((0, 3 * HOUR), (3, 7 * HOUR)):
            world.boot(known=False)
            self._tap()
        if (day, second) in ((0, 4 * HOUR), (3, 17 * HOUR)):
            world.known()
        if (day, second) == (5, 5 * HOUR):
            world.boot()
            self._tap()

    def _tap(self):
        """Note what the history writes."""
        for kind, series in enumerate(self.world.history.series):
            series.append = self._noting(kind, series.append)

    def _noting(self, kind, append):
        def noted(*values):
            self._pending = kind, tuple(values)
            append(*values)
            self._pending = None
            self._written[kind].append(tuple(values))

        return noted

    def _before(self, partition, at, data, size):
        self.operations += 1
        self.erasures += data is None
        for seed in self._wanted(self.operations, data is None):
            images = []
            world = self.world
            for each in (world.flash, world.state):
                copy = Partition(io.BytesIO(each.content()), each.sectors * 4096, "copy", Power(seed, 0))
                if each.partition is partition:
                    try:
                        if data is None:
                            copy.ioctl(6, at // 4096)
                        else:
                            copy.writeblocks(at // 4096, bytes(data), at % 4096)
                        raise AssertionError("power did not fail")
                    except PowerCut:
                        pass
                copy.power = None
                images.append(copy)
            self.cuts += 1
            self._check(*images)

    def _check(self, history, state):
        """A reader that starts from these partitions has everything, and goes on."""
        world = self.world
        where = "operation %d" % self.operations
        again = Reader(true=world.true, held=(Held(history), Held(state)))
        again.ws = list(world.ws)
        assert again.config.values["p"] in self._configuration, where
        assert again.config.damaged <= 1, where
        assert again.saved_prices() in self._prices, where
        if self.operations > 40:
            assert again.kept.values[0] is not None and again.kept.values[0] <= world.counters()[0], where
        self._samples(again.history, where)
        again.off(70)
        again.read()
        again.run(20 * 60, 60)
        for kind in range(4):
            starts = [sample[0] for sample in again.samples(kind)]
            # With a wrong clock a run may begin in the last bucket of the one before: the newer is right.
            wrong = DAY + 6 * HOUR <= world.true - START <= DAY + 12 * HOUR + self._telegram
            bad = [(a - START, b - START) for a, b in zip(starts, starts[1:]) if a > b or a == b and not wrong]
            assert not bad, (where, kind, bad)
        assert len(again.samples(QUARTERS)) > 0, where
        if self._written[0]:
            months = again.samples(3)
            total = sum([sample[3] for sample in months]) + again.history.buckets[3].a
            assert total == again.counters()[0] - self._origin(), (where, total, again.counters()[0])

    def _origin(self):
        """The counter at the first reading."""
        return self._first[0] + 1000 * self._telegram // 3600

    def _samples(self, history, where):
        for kind, ring in enumerate(history.series):
            series = Series(ring)
            found = [series.read(number) for number in range(series.first, series.next)]
            found = [sample for sample in found if sample]
            written = self._written[kind]
            new = found
            if written:
                assert written[-1] in found, (where, kind)
                end = len(found) - found[::-1].index(written[-1])
                kept = min(len(written), ring.slots - ring.per_sector - AHEAD)
                assert found[max(0, end - kept) : end] == written[len(written) - kept :], (where, kind, end)
                # Older ones may be half erased.
                assert all([sample in written for sample in found[: max(0, end - kept)]]), (where, kind)
                new = found[end:]
            if new and self._pending == (kind, new[0]):
                new = new[1:]
            assert len(new) <= (1 if kind else 0), (where, kind, new)
            for sample in new:
                self._replayed.append((where, kind, sample))

    def _compare(self):
        """What restarts made up for is what was written later without a cut."""
        for where, kind, sample in self._replayed:
            written = [other for other in self._written[kind] if other[0] == sample[0]]
            assert written, (where, kind, sample)
            assert any([alike(sample, other) for other in written]), (where, kind, sample, written)


class Held:
    """A partition where World expects tests.store.nor.Flash."""

    def __init__(self, partition):
        self.partition = partition


def alike(one, other):
    # Averages are those of averages; GUESSED is for the 10 s alone.
    if one[1] & ~GUESSED != other[1] & ~GUESSED or one[14:18] != other[14:18]:
        return False
    if one[1] & UNSET:
        return abs(one[2] - other[2]) <= 1  # 10 s that the clock was moved in may go to either side
    if one[2] != other[2]:
        return False
    return all([abs(a - b) <= 1 for a, b in zip(one[3:14], other[3:14])])


