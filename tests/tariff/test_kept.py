"""Peaks of days and months that are over: in the ledger, and over restarts, rules that change, and wrong clocks."""

import asyncio

from han.store.ledger.close import days, months
from han.store.ledger.records import DAYS, MONTHS, Ledger, Row
from han.store.series.samples import PARTIAL
from han.tariff.kept import Keeper, Kept
from han.tariff.own import Own
from han.tariff.rules import Rule
from tests.store.nor import PowerCut
from tests.tariff.grid import peaks
from tests.tariff.test_own import DAY, HOUR, START, Life

NORWAY = {"interval": 60, "n": 3, "days": True}
#: 29 October 2026, 00:00 in Helsinki, in winter time.
LAST = START + 6 * DAY + HOUR


class Book:
    """A life, whose days and months are closed by a rule."""

    def __init__(self, life, rule):
        self.life = life
        self.rule = rule
        self.noted = []
        self.written = []

    def note(self, value):
        self.noted = value

    def ledger(self):
        return Ledger(self.life.world.history)

    def close(self):
        """Write the rows that are due."""
        world = self.life.world
        ledger = self.ledger()
        keeper = Keeper(world.history, ledger, Rule(self.rule), self.noted, self.note)

        async def fill(kind, row, begin, end):
            await keeper.fill(kind, row, begin, end)
            self.written.append((kind, begin))

        async def write():
            since = await days(ledger, world.history, world.history.t, [fill])
            await months(ledger, world.zone, world.history.t, since, [fill])

        asyncio.run(write())

    def run(self, count):
        """Live, and close after each midnight; some seconds late."""
        world = self.life.world
        for _ in range(count):
            self.life.run((world.zone.next_day(world.true) - world.true) // 60 * 60 + 120)
            self.close()

    def found(self, noted=None):
        rule = Rule(self.rule)
        world = self.life.world
        kept = Kept(world.history, self.ledger(), rule, self.noted if noted is None else noted)
        own = asyncio.run(Own(world.history, rule, world.true).load(kept))
        return own, kept

    def months(self, noted=None):
        return asyncio.run(self.found(noted)[1].months(13))

    def wanted(self):
        """[(W of the month, [(W, start)])] of the months so far, the running one last."""
        begin = self.found()[0].begin
        quarters = {t: one for t, one in self.life.quarters().items() if t < begin}
        return [value for _, value in sorted(peaks(self.rule, self.life.world.zone, quarters).items())]

    def check(self):
        own, _ = self.found()
        assert [(w, t) for _, (w, t, _) in own.month.counting] == self.wanted()[-1][1]


def test_days_are_read_from_their_rows():
    book = Book(Life(LAST - 5 * DAY), NORWAY)
    book.run(3)
    assert len(book.written) == 3 and book.noted == [Rule(NORWAY).mark(), book.written[0][1]]
    book.check()
    book.life.world.boot()
    book.life.run(600)
    book.check()
    # What is in a row is believed, so the quarters of that day are not needed.
    day = book.life.world.zone.day_start(book.life.world.true - DAY)
    row = Row(day)
    row.peaks = [(54321, 7, False), (60000, 8, True)]
    book.ledger().append(DAYS, row)
    month = book.found()[0].month
    assert month.counting[0][1] == (54321, day + 7 * HOUR, True)
    assert month.others[0][1] == (60000, day + 8 * HOUR, False)
    # But not what was found by another rule.
    assert book.found([7, 0])[0].month.counting[0][1][0] < 54321
    assert book.found([])[0].month.counting[0][1][0] < 54321


def test_a_rule_that_changes_holds_for_the_whole_month():
    book = Book(Life(LAST - 4 * DAY), {})
    book.run(2)
    before = book.noted
    for rule in (NORWAY, {"interval": 60, "n": 2}):
        book.rule = rule
        book.check()  # at once, before any day has ended by it
        book.run(1)
        assert book.noted == [Rule(rule).mark(), book.written[-1][1]] != before
        book.check()
    book.rule = {}
    book.check()
    book.run(1)
    book.check()


def test_a_month_that_is_over():
    for rule in (NORWAY, {}, {"n": 3}):
        book = Book(Life(LAST + DAY), rule)
        book.run(3)
        (value, counting), _ = book.wanted()
        months = book.months()
        october = book.life.world.zone.month_start(LAST)
        # Of the first days of October nothing is known.
        assert months == [(october, counting[0][1], value, False)]
        row = next(iter(book.ledger().rows(MONTHS)))
        assert [(w, t) for w, t, part in row.peaks if not part] == counting and row.billed == value
        book.check()
        # A month that ended by another rule is none of this one's.
        november = book.life.world.zone.next_month(october)
        for noted in ([Rule({"interval": 60}).mark(), 0], [Rule(rule).mark(), november]):
            assert book.months(noted) == []


def test_a_day_that_was_not_closed_is_computed():
    book = Book(Life(LAST - 5 * DAY), NORWAY)
    book.run(1)
    book.life.run(2 * DAY)
    book.check()
    book.life.off(2 * HOUR)
    book.life.world.boot()
    book.life.run(HOUR)
    book.check()
    book.close()
    assert len(book.written) == 3
    book.check()


def test_without_a_ledger_all_is_computed():
    life = Life(LAST - 3 * DAY)
    life.run(DAY)
    rule = Rule(NORWAY)
    kept = Kept(life.world.history, None, rule, [rule.mark(), 0])
    own = asyncio.run(Own(life.world.history, rule, life.world.true).load(kept))
    assert own.month.value() and asyncio.run(kept.months(13)) == []


def test_of_a_month_all_intervals_have_to_be_known():
    for silent, lacks in ((0, 0), (HOUR // 2, 0), (3 * HOUR, 1), (54 * HOUR, 3)):
        book = Book(Life(LAST - 10 * 60), NORWAY)
        book.run(2)
        if silent:
            book.life.off(silent)
            book.life.world.boot()
        while book.life.world.true < LAST + 4 * DAY:
            book.run(1)
        # As if these four days were a month.
        keeper = Keeper(book.life.world.history, book.ledger(), Rule(NORWAY), book.noted, book.note)
        row = Row(LAST)
        asyncio.run(keeper.fill(MONTHS, row, LAST, LAST + 4 * DAY))
        rows = [found for found in book.ledger().rows(DAYS) if found.t >= LAST]
        assert len(rows) == 4 and sum([found.f & PARTIAL for found in rows]) == PARTIAL * lacks, silent
        # An interval of which a part is known is told by its peak.
        assert bool(row.f & PARTIAL) == (lacks > 0)
        assert row.billed and row.peaks and (silent or not any([part for _, _, part in row.peaks]))


def test_a_power_cut_at_any_operation_costs_nothing():
    book = Book(Life(LAST + DAY), NORWAY)
    book.run(1)
    world = book.life.world
    book.life.run((world.zone.next_month(LAST) - world.true) // 60 * 60 + 120)  # a day and the month are due
    book.rule = {"interval": 60, "n": 2}  # and the rule has changed
    content, noted = world.flash.content(), book.noted
    power = world.flash.power
    cut = 0
    while True:
        world.flash.file.seek(0)
        world.flash.file.write(content)
        book.noted = noted
        world.boot()
        power.restore(cut)
        try:
            book.close()
            break
        except PowerCut:
            pass
        power.restore()
        for _ in range(2):
            world.boot()
            assert not book.found()[0].month.counting  # the new one has just begun
            book.close()
            value, counting = book.wanted()[0]
            assert book.months()[-1][1:3] == (counting[0][1], value), cut
        cut += 1
    assert cut >= 2
