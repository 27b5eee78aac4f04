"""The ledger's rows: what is written is read back, and what is not known stays so."""

from han.store import flash
from han.store.config import Config
from han.store.factory import reset
from han.store.ledger.records import CHANNELS, DAYS, HOURS, MONTHS, Ledger, Row, shares
from han.store.ring import capacity
from han.store.series.samples import PARTIAL, TENS, used
from han.store.series.samples import shares as series_shares
from tests.store.world import World
from tests.support import raises

START = 200000000 // 86400 * 86400
_MOST = (255 << 32) - 1


def full(t):
    """A row of which everything that all kinds have is known."""
    row = Row(t)
    row.f, row.replaced, row.other = PARTIAL, 9, 1
    row.values = [0, None, 12785123, _MOST]
    return row


def same(one, other):
    return all([getattr(one, name) == getattr(other, name) for name in (
        "t", "f", "replaced", "other", "values", "alarms", "net", "vat", "income", "part", "currency", "peaks",
        "billed",
    )])  # fmt: skip


def written(kind, *rows):
    world = World(true=START)
    ledger = Ledger(world.history)
    assert list(ledger.rows(kind)) == []
    for row in rows:
        ledger.append(kind, row)
    world.boot()
    return list(Ledger(world.history).rows(kind))


def test_shares_are_all_of_it_and_enough():
    for sectors in (64, 65, 80, 130, 512, 1024, 2048):
        tens = series_shares(sectors)[TENS][1]
        found = shares(tens - used(tens))
        at = 0
        for first, count in found:
            assert first == at and count >= 2
            at += count
        assert at == tens - used(tens)
        world = World(sectors, true=START)
        hours, days, months = [capacity(ring) for ring in Ledger(world.history)._rings]
        # Hours for a week, days for the month that runs and most of the one before, months for four years.
        assert hours >= 7 * 24 and days >= 58 and months >= 48, (sectors, hours, days, months)


def test_a_small_partition_has_no_ledger_and_says_so():
    for sectors in (16, 40, 63):
        with raises(ValueError) as caught:
            Ledger(World(sectors, true=START).history)
        assert "no room for a ledger" in str(caught.value)


def test_an_hour():
    row = full(START)
    row.alarms = 0x8001
    found = written(HOURS, Row(START - 3600), row)
    assert same(found[0], row) and same(found[1], Row(START - 3600))
    assert found[1].values == [None] * CHANNELS


def test_a_day_and_a_month():
    for kind in (DAYS, MONTHS):
        row = full(START)
        row.net, row.income, row.currency = -(2**60) - 7, 2**62 + 3, "ISK"
        row.vat, row.part = 10000, True
        row.peaks = (4123, 99 if kind == DAYS else START + 900, False), (4000, 3, True), (0, 0, False)
        if kind == MONTHS:
            row.billed = 2500
        little = Row(START + 86400)
        little.peaks = ((17, 1, True),)
        little.income = 0
        found = written(kind, row, little)
        assert same(found[0], little) and same(found[1], row), kind


def test_a_counter_that_does_not_fit_is_not_known():
    row = Row(START)
    row.values = [_MOST + 1, 10**15, -1, 0]
    assert written(HOURS, row)[0].values == [None, None, None, 0]


def test_rows_of_a_clock_that_was_ahead_lie_not_after_newer_ones():
    found = written(HOURS, *[Row(START + 3600 * n) for n in (0, 1, 50, 51, 2, 3)])
    assert [(row.t - START) // 3600 for row in found] == [3, 2, 1, 0]


class Board:
    """What a factory reset needs of a board."""

    def __init__(self, world):
        self._world = world
        self.feed = int

    def partition(self, label):
        return (self._world.flash if label == "history" else self._world.state).partition


def test_a_factory_reset_erases_it_with_everything():
    for everything in (False, True):
        world = World(true=START)
        ledger = Ledger(world.history)
        for kind in range(3):
            ledger.append(kind, full(START))
        config = Config(flash.Region(world.state.partition, *flash.CONFIGURATION))
        config.load()
        config.note("sub", {"1": [3, "G1", "m3"]})
        reset(Board(world), config, everything)
        world.boot()
        assert [len(list(Ledger(world.history).rows(kind))) for kind in range(3)] == [0 if everything else 1] * 3
        config.load()
        assert config.get("sub") == {}


def test_the_rings_wrap_and_leave_the_history_alone():
    world = World(true=START)
    world.run(1800, 10)
    before = [world.samples(kind) for kind in range(4)]
    ledger = Ledger(world.history)
    for n in range(400):
        for kind in range(3):
            row = full(START + n * 3600)
            ledger.append(kind, row)
    world.boot()
    assert [world.samples(kind) for kind in range(4)] == before
    for kind in range(3):
        found = list(Ledger(world.history).rows(kind))
        assert [row.t for row in found] == [START + n * 3600 for n in range(399, 399 - len(found), -1)]
        begin, end = Ledger(world.history).span(kind)
        assert end == 400 and len(found) >= end - begin - 8
