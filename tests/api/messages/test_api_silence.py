"""A silent meter is not shown as live: requests, streams, /health and the history say so."""

import asyncio

from tests.api.fake import FULL, Running, ask, get
from tests.api.routes.test_api_diagnostics import reading, until
from tests.api.http.test_api_stream import sse, ws
from tests.meter.anonymous.test_anonymise import LIST
from tests.wire.test_framer import hdlc

PATHS = "/meter", "/meter/data", "/data"


async def looked(app):
    """Let the supervisor check everything, as it does every second."""
    app.silence.look()
    await asyncio.sleep(0.01)


async def meter_row(app):
    health = await get(app, "/health")
    return [row for row in health["services"] if row["name"] == "meter"][0]


async def hourly(app):
    return await get(app, "/history/hourly")


async def test_after_six_periods_and_a_minute_there_is_no_reading():
    async with Running() as app:
        app.link.counters.frames = 1
        cases = (0, 60000), (1000, 60000), (2500, 60000), (10000, 60000), (10001, 60006), (60000, 360000)
        for period, fresh in cases:
            app.link.read(*FULL)
            app.link.live.period_ms = period
            for age in (0, fresh):
                app.board.ticks = app.link.live.received + age
                await looked(app)
                for path in PATHS:
                    assert (await ask(app, path)).status == 200, (period, age, path)
                assert (await meter_row(app))["health"] == "ok"
            app.board.ticks += 1000
            for look in (False, True):  # the result must be the same before the supervisor has checked
                for path in PATHS:
                    answer = await ask(app, path)
                    assert answer.status == 503, (period, path)
                    assert answer.headers["content-type"].startswith("text/plain")
                    reason = "no bytes on the HAN port" if fresh > 64000 else "the meter has fallen silent"
                    said = reason + "; the last reading is %d s old" % ((fresh + 1000) // 1000)
                    assert answer.body.decode() == said, answer.body
                if look:
                    row = await meter_row(app)
                    assert row["health"] == "degraded" and row["status"] == "running"
                    assert row["error"] == "no reading for %d s" % ((fresh + 1000) // 1000)
                await looked(app)
            # The meter's identity stays known.
            assert (await ask(app, "/meter/id")).status == 200
        app.link.read(*FULL)
        for path in PATHS:
            assert (await ask(app, path)).status == 200
        await looked(app)
        row = await meter_row(app)
        assert row["health"] == "ok" and row["error"] is None


async def test_a_silence_of_weeks_is_no_new_reading():
    # The chip's tick wraps after 12 days, differences beyond half of that turn negative.
    wrap = 1 << 30
    async with Running() as app:
        board = app.board
        board.ticks_diff = lambda a, b: (a - b + wrap // 2) % wrap - wrap // 2
        app.link.read(*FULL)
        for day in range(30):
            board.ticks += 86400000
            await looked(app)
            answer = await ask(app, "/meter")
            assert answer.status == 503
            assert answer.body.endswith(b"is %d s old" % (86400 * (day + 1)))
        app.link.read(*FULL)
        assert (await get(app, "/meter"))["age"] == 0


async def test_streams_are_told_once_and_see_the_next_reading():
    async with Running() as app:
        app.link.read(*FULL)
        early = [await ws(app), await sse(app)]
        for client in early:
            await client.start()
        app.board.ticks += 61000
        for _ in range(5):
            await looked(app)
        app.bus.publish("configuration", None)
        for client in early:
            message = await client.message()
            assert message["type"] == "HAN_METER_MESSAGE" and message["stale"] is True
            assert message["seq"] == 1 and message["p"][0] == 1000
            assert (await client.message())["type"] == "HAN_CONFIGURATION_MESSAGE"
        # New clients are told, too.
        late = [await ws(app), await sse(app)]
        for client in late:
            message = await client.message()
            while message["type"] != "HAN_METER_MESSAGE":
                message = await client.message()
            assert message["stale"] is True
            while message["type"] != "HAN_OTA_MESSAGE":
                message = await client.message()
        app.link.read(*FULL)
        for client in early + late:
            message = await client.message()
            assert message["seq"] == 2 and "stale" not in message
            await client.close()


async def test_history_has_nothing_of_a_time_without_readings():
    async with Running() as app:
        for _ in range(20):
            app.link.read(*FULL)
            app.board.ticks += 2500
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        before = await hourly(app)
        app.board.ticks += 600000
        await looked(app)
        assert await hourly(app) == before
        now = app.clock.unix_ms() // 1000
        assert before["x"] == before["t"][-1] < now - 600
        app.link.read(*FULL)
        await asyncio.sleep(0.05)
        after = await hourly(app)
        assert [t for t in after["t"] if before["x"] < t < after["x"]] == []


async def test_the_reason_is_what_is_wrong_now():
    board = reading(hdlc(LIST))
    async with Running(board) as app:
        await until(lambda: app.link.live.seq)
        for data, reason in (
            (hdlc(LIST)[:-4] + b"\0\0\0~", "no bytes on the HAN port"),
            (hdlc(LIST.replace(b"\0\0\x06\x7d", b"\x06\0\x06\x7d")), "implausible reading: 100664957 W"),
            (hdlc(LIST[:-1]), "list malformed"),
            (b"", "no bytes on the HAN port"),
        ):
            board.ticks += 61000
            if data and reason[:2] != "no":
                frames = app.link.counters.frames
                board.uart.data += data
                await until(lambda before=frames: app.link.counters.frames > before)
            else:
                board.ticks += 10000
            answer = await ask(app, "/meter")
            assert answer.status == 503 and answer.body.decode().startswith(reason + "; the last"), answer.body
        board.uart.data += hdlc(LIST)
        await until(lambda: app.link.live.seq == 2)
        assert (await ask(app, "/meter")).status == 200


async def test_a_meter_task_that_crashes_has_its_own_word():
    async with Running() as app:
        app.link.read(*FULL)
        app.board.ticks += 61000
        row = [row for row in app.supervisor.rows() if row.name == "meter"][0]
        row.status, row.health, row.error = "restarting", "failed", "ValueError: x"
        await looked(app)
        assert (row.health, row.error) == ("failed", "ValueError: x")
        row.status = "running"
        await looked(app)
        assert (row.health, row.error) == ("degraded", "no reading for 61 s")
