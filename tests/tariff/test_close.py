"""Costs in the rows of the ledger: what is recorded, closed day by day, is what all quarters of it say."""

from han import closing
from han.core.zone import Zone
from han.store.config import defaults
from han.store.ledger import records
from han.store.ledger.close import days, months
from han.store.ledger.records import Ledger
from han.store.series.samples import DAYS, MONTHS
from han.tariff.close import Close
from han.tariff.costs import Costs
from tests.api.fake import Running, get
from tests.store.world import World
from tests.support import Random
from tests.tariff.test_costs import all_of

HOUR, DAY = 3600, 86400
# A midnight in Helsinki, 26 March 2026: the clocks change on Sunday, the month ends on Tuesday.
START = (2192 + 31 + 28 + 25) * DAY - 7200
SETTINGS = dict(defaults(), s=True, vat=2550, fees=[[2253001, 7, 22, 127, 4095]], monthly=399123456)


class House:
    """A reader in Helsinki that closes what is due each hour."""

    def __init__(self):
        self.world = world = World(true=START, price=lambda utc: ((utc // 900 * 7919 % 40000 - 9000) * 1001, "EUR"))
        world.zone = world.clock.zone = Zone("Europe/Helsinki")
        world.boot()
        self.values = SETTINGS
        self.random = Random(12)

    async def run(self, hours, period=300):
        for _ in range(hours):
            power = self.random.below(9000), self.random.below(2) * self.random.below(900)
            self.world.run(HOUR, period, power)
            await self.close()

    async def close(self):
        world = self.world
        ledger = Ledger(world.history)
        if world.history.guessed or not ledger.free():
            return
        fill = Close(world.history, ledger, Costs(self.values, world.zone)).fill
        since = await days(ledger, world.history, world.history.t, [fill])
        await months(ledger, world.zone, world.history.t, since, [fill])

    async def told(self, kind, ledger=True):
        history = self.world.history
        return await all_of(history, Costs(self.values, self.world.zone), kind, ledger and Ledger(history))

    def rows(self, kind):
        return {row.t: (row.net, row.income, row.part) for row in Ledger(self.world.history).rows(kind)}


async def test_days_and_months_that_are_closed_are_what_their_quarters_say():
    house = House()
    await house.run(9 * 24)
    for kind, count in ((DAYS, 9), (MONTHS, 1)):
        told = await house.told(kind)
        assert told == await house.told(kind, None) and len(told) == count
        assert [part for _, _, part in told.values()] == [0] * count
        assert len(house.rows(records.DAYS if kind == DAYS else records.MONTHS)) == count
    # Later settings change neither, but the day that is going on.
    before = await house.told(DAYS), await house.told(MONTHS)
    house.values = dict(SETTINGS, vat=0, fees=[], monthly=0)
    assert (await house.told(DAYS), await house.told(MONTHS)) == before
    await house.run(24)
    last = max(await house.told(DAYS))
    assert (await house.told(DAYS))[last] == (await house.told(DAYS, None))[last]


async def test_what_was_not_closed_in_time_is_made_up_for():
    house, other = House(), House()
    await house.run(7 * 24)
    close, other.close = other.close, house.close
    await other.run(7 * 24)
    assert other.rows(records.DAYS) == {}
    other.world.boot()
    await close()
    assert other.rows(records.DAYS) == house.rows(records.DAYS) and len(house.rows(records.DAYS)) == 7
    assert other.rows(records.MONTHS) == house.rows(records.MONTHS) and len(house.rows(records.MONTHS)) == 1


async def test_a_day_with_a_gap_and_one_of_a_wrong_clock():
    house = House()
    await house.run(30)
    house.world.off(5 * HOUR, (2000, 0))
    await house.run(40)
    rows = house.rows(records.DAYS)
    assert [rows[t][2] for t in sorted(rows)] == [False, True, False]
    # The clock turns out to be three days ahead: all rows are of other days now.
    house.world.known(-3 * DAY)
    await house.run(30)
    told = await house.told(DAYS)
    assert told == await house.told(DAYS, None)


async def test_the_reader_closes_its_days():
    async with Running() as app:
        app.config.values.update(dict(SETTINGS, s=False, p=8000000))
        told = []

        def report(health, error):
            told.append((health, error))

        wh = 10**6
        for _ in range(30 * 12):
            app.link.read((0, 1200), (22, wh))
            app.link.live.counted += 1
            app.link.live.period_ms = 300000
            app.history.take(app.link.live)
            app.board.ticks += 300000
            wh += 100
        due = await closing.close(app, app.history.t, report)
        assert told == [("ok", None)] and due > app.history.t
        (row,) = [row for row in Ledger(app.history).rows(records.DAYS) if row.net is not None]
        assert row.vat == 2550 and row.currency == "EUR" and row.income is None
        message = await get(app, "/history/monthly")
        at = message["t"].index(row.t + 1577836800)
        assert message["cost"][at] > 0 and message["part"][at] == 0
