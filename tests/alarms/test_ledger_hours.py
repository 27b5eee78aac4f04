"""The hours in which alarms were on get into the ledger: one row an hour, also while the meter is silent."""

import asyncio

from han.alarms.watch import Watch
from han.core import modules
from han.meter.obis import IMPORT_ENERGY, IMPORT_POWER
from han.store.ledger.records import HOURS, Ledger
from tests.api.fake import Board, Running
from tests.api.routes.test_api_alarms import change, hours
from tests.meter.test_sub import Port

HOUR = 3600
EPOCH = 1577836800


class House:
    """A reader whose tasks look often, and whose time passes where the test lets it."""

    def __init__(self, app):
        self.app = app
        app.books.look_s = app.supervisor.look_s = 0.01
        self.wh = 1000000
        self.ends = []

    async def passes(self, seconds, watt=None):
        """Let time pass in steps of 5 minutes, with a reading at each where a power is given."""
        for _ in range(0, seconds, 300):
            self.app.board.ticks += 300000
            if watt is not None:
                self.wh += watt // 12
                self.app.link.live.counted = self.app.link.live.seq + 1
                self.app.link.read((IMPORT_POWER, watt), (IMPORT_ENERGY, self.wh))
                self.app.link.live.period_ms = 300000
            await asyncio.sleep(0.05)

    async def to_the_hour(self, watt=None):
        """Let time pass until an hour has just begun, and return its start."""
        left = HOUR - self.app.clock.utc() % HOUR
        self.app.board.ticks += left % 300 * 1000
        await self.passes(left // 300 * 300, watt)
        return self.app.clock.utc()

    def rows(self):
        """[(start, bits)] of the hours in flash, the oldest first."""
        return [(row.t, row.alarms) for row in Ledger(self.app.history).rows(HOURS)][::-1]


async def running(test, board=None):
    before, Watch.tick_s = Watch.tick_s, 0.01
    rows, modules.FORGOTTEN = modules.FORGOTTEN, ()  # else the reader would use another Watch
    try:
        async with Running(board) as app:
            house = House(app)
            await asyncio.sleep(1.1)  # the supervisor's first look
            await test(house)
    finally:
        Watch.tick_s = before
        modules.FORGOTTEN = rows


async def test_an_hour_in_which_an_alarm_was_on_is_one_row():
    board = Board()

    async def some_hours(house):
        await change(house.app, {"power": {"w": 2000, "s": 0}, "price": {"below": -1}})
        start = await house.to_the_hour(1000)
        await house.passes(HOUR, 1000)
        assert house.rows() == []
        await house.passes(300, 3000)
        for _ in range(3):
            await house.passes(600, 1000)
            await house.passes(300, 3000)
        await house.passes(600, 1000)
        await house.passes(2 * HOUR, 1000)
        # It was on four times in this hour.
        assert house.rows() == [(start + HOUR, 0b10)], house.rows()
        await house.passes(300, 3000)
        here = house.app.clock.utc() // HOUR * HOUR
        assert (await hours(house.app, "limit=2")) == [
            {"t": here + EPOCH, "on": ["power"]}, {"t": start + HOUR + EPOCH, "on": ["power"]}]  # fmt: skip

    await running(some_hours, board)

    async def after_a_restart(house):
        assert len(house.rows()) == 1

    await running(after_a_restart, Board(board.flash))


async def test_a_silence_of_hours_is_in_each_of_them():
    async def silent(house):
        await change(house.app, {"silent": {"s": 600}, "power": {"w": 2000}})
        start = await house.to_the_hour(1000)
        await house.passes(1800, 1000)
        await house.passes(3 * HOUR)
        # Six periods of five minutes of silence are over at the end of the first hour.
        found = house.rows()
        assert [t for t, _ in found][-2:] == [start + HOUR, start + 2 * HOUR], found
        assert {bits for _, bits in found} == {0b1000}
        await house.passes(1200, 1000)
        await house.passes(2 * HOUR, 1000)
        found = house.rows()
        assert found[-1] == (start + 3 * HOUR, 0b1000) and len(found) in (3, 4), (start, found)
        assert len(set([t for t, _ in found])) == len(found)

    await running(silent)


async def test_a_silence_before_the_first_reading():
    async def silent(house):
        await change(house.app, {"silent": {"s": 60}})
        start = await house.to_the_hour()
        await house.passes(2 * HOUR + 600)
        assert house.rows()[-2:] == [(start, 0b1000), (start + HOUR, 0b1000)]

    await running(silent)


async def test_sub_meters_of_the_hour_in_which_the_meter_fell_silent():
    async def silent(house):
        app = house.app
        await change(app, {"silent": {"s": 600}})
        start = await house.to_the_hour(1000)
        port = Port()
        port.read("0-1:24.1.0(003)", "0-1:96.1.0(4731)", "0-1:24.2.1(00005.000*m3)", "1-0:1.7.0(00.500*kW)")
        app.link.live.extra = port.live.extra
        await house.passes(1800, 1000)
        await house.passes(3 * HOUR)
        rows = {row.t: row for row in Ledger(app.history).rows(HOURS)}
        # The counter is that of the last reading, and of later hours it is not known.
        assert rows[start].values[0] == 5000 and rows[start].alarms in (0, 0b1000)
        for t in start + HOUR, start + 2 * HOUR:
            assert rows[t].values == [None] * 4 and rows[t].alarms == 0b1000

    await running(silent)
