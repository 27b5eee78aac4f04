"""The forecast that the alarm of peaks takes is that of /peaks, and it is read again each quarter of an hour only."""

import asyncio

from han.api.routes import peaks
from han.forecast import Forecast
from han.meter.obis import EXPORT_POWER, IMPORT_ENERGY, IMPORT_POWER
from tests.api.fake import Running, get
from tests.api.routes.test_api_alarms import change, state, until
from tests.api.routes.test_api_peaks import belgian, put, sent
from tests.api.routes.test_api_registers import Line, silence


class House:
    """A house whose meter tells power and energy each 10 s."""

    def __init__(self, app):
        self.app = app
        self.ws = 5000 * 3600000

    async def draw(self, watt, seconds):
        for _ in range(seconds // 10):
            self.app.board.ticks += 10000
            self.ws += 10 * watt
            self.app.link.live.counted = self.app.link.live.seq + 1
            self.app.link.read((IMPORT_POWER, watt), (EXPORT_POWER, 0), (IMPORT_ENERGY, self.ws // 3600))
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def until_quarter(self, watt):
        left = 900 - self.app.clock.utc() % 900
        await self.draw(watt, left)


async def test_it_is_that_of_peaks():
    async with Running() as app:
        foreseen = Forecast(app)
        await foreseen.load()
        assert foreseen.now(1000) is None  # no reading yet
        house = House(app)
        await house.draw(1000, 20)
        await foreseen.load()
        assert foreseen.now(1000) is None  # a part of this quarter has no readings
        await house.until_quarter(1000)
        await house.draw(2000, 300)
        await foreseen.load()
        found = foreseen.now(2000)
        now = (await get(app, "/peaks"))["now"]
        assert found == (now["forecast_w"], 0) and now["limit_w"] == 0 and abs(found[0] - 2000) < 30
        await house.until_quarter(2000)
        await house.draw(500, 300)
        await foreseen.load()
        for watt in 500, 9000:
            await house.draw(watt, 10)
            now = (await get(app, "/peaks"))["now"]
            assert foreseen.now(watt) == (now["forecast_w"], now["limit_w"]), now
            assert abs(now["limit_w"] - 2000) < 30
        assert foreseen.now(None) is None
        # A rule that is changed holds at once: of two hours, none has been whole yet.
        assert (await put(app, {"cap": {"interval": 60}})).status == 200
        await foreseen.load()
        now = (await get(app, "/peaks"))["now"]
        assert foreseen.now(9000) is None and now["part"] is True


async def test_nothing_is_read_twice_in_a_quarter():
    async with Running() as app:
        loaded = []
        found = peaks.found

        async def counted(app, rule, t):
            loaded.append(t // 900)
            return await found(app, rule, t)

        peaks.found = counted
        try:
            foreseen = Forecast(app)
            house = House(app)
            await house.until_quarter(1000)
            for _ in range(3):
                for _ in range(9):
                    await house.draw(1000, 100)
                    await foreseen.load()
            assert len(loaded) in (3, 4) and len(set(loaded)) == len(loaded), loaded
        finally:
            peaks.found = found


async def test_the_alarm_of_a_reader():
    async with Running() as app:
        house = House(app)
        await change(app, {"peak": {"s": 0}})
        await house.until_quarter(1000)
        await house.draw(2000, 900)
        await house.draw(500, 300)
        await asyncio.sleep(1.2)
        await house.draw(500, 10)
        await until(lambda: state(app, "peak") is False)
        found = (await get(app, "/alarms"))["alarms"]["peak"]
        assert abs(found["limit"] - 2000) < 30 and found["value"] < 600, found
        await house.draw(9000, 60)
        await until(lambda: state(app, "peak") is True)
        assert (await get(app, "/health"))["alarms"][0]["name"] == "peak"


async def test_the_peak_that_a_meter_tells_itself():
    async with Running(belgian()) as app:
        await silence(app)
        await put(app, {"t": "Europe/Brussels"})
        foreseen = Forecast(app)
        line = Line(app, 1000)
        line.send(sent())  # it is recorded, which the first one was too early for
        await silence(app)
        loading = asyncio.create_task(foreseen.load())
        await line.waiting()
        line.send(sent())
        await silence(app)
        await loading
        assert foreseen._limit == 4123 and foreseen._interval
        await foreseen.load()  # it need not be asked again
        # Where its telegram does not come, its peak is not known until it is asked again.
        app.bus.publish("configuration", None)
        await foreseen.load()
        assert foreseen._interval is None and foreseen.now(5) is None
