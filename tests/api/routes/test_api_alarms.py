"""Alarms through the API: set, told by /alarms, /health and the streams, gone again, after a restart."""

import asyncio
import json

from han.alarms.hours import Hours
from han.store.ledger.records import HOURS, Ledger, Row
from tests.api.fake import FULL, Board, Running, ask, get
from tests.api.http.test_api_stream import FIRST, sse, ws


async def change(app, alarms):
    answer = await ask(app, "/configuration", "PUT", "", json.dumps({"alarms": alarms}).encode())
    assert answer.status == 200, answer.body


async def until(condition):
    for _ in range(300):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never")


async def row(app):
    found = [one for one in (await get(app, "/health"))["services"] if one["name"] == "alarms"]
    return found[0] if found else None


def state(app, name):
    for alarm in app.bus.latest.get("alarms", ()):
        if alarm.name == name:
            return alarm.on
    return "not set"


async def test_without_alarms_nothing_is_there():
    async with Running() as app:
        app.link.read(*FULL)
        assert "alarms" not in await get(app, "/health") and await row(app) is None
        assert (await get(app, "/configuration"))["alarms"] == {}
        found = await get(app, "/alarms")
        assert found["type"] == "HAN_ALARMS_MESSAGE" and found["alarms"] == {}
        client = await ws(app)
        kinds = await client.start()
        app.bus.publish("ota", None)
        assert kinds + [(await client.message())["type"]] == [FIRST[0], "HAN_METER_MESSAGE"] + FIRST[1:] + FIRST[2:]
        await client.close()


async def test_an_alarm_is_told_everywhere():
    async with Running() as app:
        app.link.read(*FULL)
        clients = [await ws(app), await sse(app)]
        for client in clients:
            await client.start()
        await change(app, {"power": {"w": 999, "s": 0}, "current": {"percent": 50}, "price": {"below": 0.5}})
        for client in clients:
            assert (await client.message())["type"] == "HAN_CONFIGURATION_MESSAGE"
            message = await client.message()
            assert message["type"] == "HAN_ALARMS_MESSAGE" and message["alarms"]["power"]["on"] is True
        found = await get(app, "/alarms")
        now = app.clock.unix_ms()
        assert abs(found["ts"] - now) < 2000
        power = found["alarms"]["power"]
        assert abs(power.pop("since") - now) < 2000
        assert power == {"on": True, "value": 1000, "limit": 999}
        found["alarms"]["current"].pop("since")
        assert found["alarms"]["current"] == {"on": False, "value": 6.1, "limit": 12.5, "phase": 1}
        assert found["alarms"]["price"]["on"] is True  # the fixed price is 0
        health = await get(app, "/health")
        assert [one["name"] for one in health["alarms"]] == ["power", "price"]
        assert [one["value"] for one in health["alarms"]] == [1000, 0] and health["meter"]
        assert (await row(app)) == {"name": "alarms", "status": "running", "health": "ok", "error": None}
        assert (await get(app, "/configuration"))["alarms"] == {
            "power": {"w": 999, "s": 0}, "current": {"percent": 50, "s": 60}, "price": {"below": 0.5}}  # fmt: skip
        # A new client gets it after the first messages.
        late = await sse(app)
        await late.start()
        message = await late.message()
        assert message["type"] == "HAN_ALARMS_MESSAGE" and sorted(message["alarms"]) == ["current", "power", "price"]
        clients.append(late)
        # All are switched off: they are told once, and the task ends.
        await change(app, {"power": None, "current": None, "price": None, "silent": None})
        for client in clients:
            assert (await client.message())["type"] == "HAN_CONFIGURATION_MESSAGE"
            message = await client.message()
            assert message["type"] == "HAN_ALARMS_MESSAGE" and message["alarms"] == {}
            await client.close()
        assert (await row(app)) == {"name": "alarms", "status": "stopped", "health": "disabled", "error": None}
        assert "alarms" not in await get(app, "/health")
        # And they can be set again.
        await change(app, {"power": {"w": 5000}})
        await until(lambda: state(app, "power") is False)
        assert (await row(app))["health"] == "ok"


async def hours(app, query, status=200):
    answer = await ask(app, "/alarms?" + query)
    assert answer.status == status, answer.body
    return answer.json()["hours"] if status == 200 else answer.json()["message"]


async def test_the_hours_in_which_alarms_were_on():
    async with Running() as app:
        now = app.clock.utc()
        this = now - now % 3600
        assert await hours(app, "from=0") == []
        ledger = Ledger(app.history)
        for ago, bits in (40, 0b10), (30, 0), (20, 0b10001), (10, 0x8000), (2, 0b1000), (1, 0):
            row = Row(this - 3600 * ago)
            row.alarms = bits
            row.values[0] = 5
            ledger.append(HOURS, row)
        unix = this + 1577836800
        expected = [{"t": unix - 7200, "on": ["silent"]}, {"t": unix - 72000, "on": ["current", "price"]},
                    {"t": unix - 144000, "on": ["power"]}]  # fmt: skip
        assert await hours(app, "from=0") == expected
        assert "hours" not in await get(app, "/alarms") and "hours" not in await get(app, "/alarms?later=1")
        app.link.read(*FULL)
        await change(app, {"power": {"w": 500, "s": 0}})
        await until(lambda: state(app, "power") is True)
        expected.insert(0, {"t": unix, "on": ["power"]})  # the running hour is not in flash yet
        assert await hours(app, "from=0") == expected
        # The hour before is not there yet either, while its row waits for counters; but this one has its row.
        noted = app.bus.latest["alarmhours"]
        noted.add(this - 3600, 0b10000)
        assert await hours(app, "from=0") == expected
        assert await hours(app, "limit=2") == expected[:2]
        assert await hours(app, "from=%d" % (unix - 72000)) == expected[:3]
        assert await hours(app, "from=%d&to=%d" % (unix - 71999, unix)) == expected[1:2]
        assert await hours(app, "to=%d&limit=1" % (unix - 7200)) == expected[2:3]
        for query, message in (
            ("from=x", "from must"), ("limit=0", "limit must"), ("to=5&to=6", "to must"), ("from=-1", "from must"),
        ):  # fmt: skip
            assert (await hours(app, query, 400)).startswith(message)


async def test_an_hour_that_has_no_row_yet():
    async with Running() as app:
        now = app.clock.utc()
        this = now - now % 3600
        app.bus.publish("alarmhours", Hours())
        app.bus.latest["alarmhours"].add(this - 3600, 0b10000)
        unix = this + 1577836800
        expected = [{"t": unix - 3600, "on": ["price"]}]
        assert await hours(app, "from=0") == expected
        row = Row(this - 7200)
        row.alarms = 1
        Ledger(app.history).append(HOURS, row)
        assert await hours(app, "from=0") == expected + [{"t": unix - 7200, "on": ["current"]}]
        row = Row(this - 3600)
        row.alarms = 0b10000
        Ledger(app.history).append(HOURS, row)
        assert await hours(app, "from=0") == expected + [{"t": unix - 7200, "on": ["current"]}]


async def test_a_long_time_comes_in_pieces():
    async with Running() as app:
        now = app.clock.utc()
        this = now - now % 3600
        ledger = Ledger(app.history)
        for ago in range(150, 0, -1):
            row = Row(this - 3600 * ago)
            row.alarms = 0x1F if ago < 50 else 0
            row.values[0] = ago
            ledger.append(HOURS, row)
        found = await hours(app, "from=0")
        assert [one["t"] - 1577836800 for one in found] == [this - 3600 * ago for ago in range(1, 50)]
        assert found[7]["on"] == ["current", "power", "selling", "silent", "price"]


async def test_a_reader_without_history_keeps_no_hours():
    async with Running() as app:
        app.history = None
        assert (await get(app, "/alarms"))["alarms"] == {}
        answer = await ask(app, "/alarms?from=0")
        assert answer.status == 503 and b"keeps no hours" in answer.body


async def test_a_restart_watches_what_is_stored():
    board = Board()
    async with Running(board) as app:
        app.link.read(*FULL)
        await change(app, {"power": {"w": 500, "s": 0}, "silent": {"s": 120}})
        await until(lambda: state(app, "power") is True)
    async with Running(Board(board.flash)) as app:
        await until(lambda: "alarms" in app.bus.latest)
        assert state(app, "power") is None  # nobody knows yet
        found = (await get(app, "/alarms"))["alarms"]
        assert found["power"]["on"] is None and found["power"]["value"] is None and found["silent"]["on"] is False
        assert (await row(app))["error"] == "not known: power"
        app.link.read(*FULL)
        await until(lambda: state(app, "power") is True)


async def test_a_crash_of_the_task_leaves_nothing_as_it_was():
    async with Running() as app:
        app.link.read(*FULL)
        await change(app, {"power": {"w": 500, "s": 0}})
        await until(lambda: state(app, "power") is True)
        app.supervisor.first_ms = 300
        price, app.book.price = app.book.price, None
        await change(app, {"price": {"below": 1}})
        await until(lambda: app.bus.latest["alarms"] == [])
        found = await row(app)
        assert found["status"] == "restarting" and found["health"] == "failed" and found["error"]
        app.book.price = price
        await until(lambda: state(app, "power") is True and state(app, "price") is True)


async def test_a_wrong_alarm_is_refused_by_name():
    async with Running() as app:
        await change(app, {"power": {"w": 500}})
        for alarms, message in (
            ({"pover": {}}, "alarms.pover must be one of current, power, selling, silent, price, peak"),
            ({"x" * 3000: None}, "alarms.xxxxxxxxxxxxxxxx must be one of current, power, selling, silent, price, peak"),
            ([], "alarms must be an object"),
            (None, "alarms must be an object"),
            ({"power": 5}, "alarms.power must be an object"),
            ({"power": {"w": 0}}, "alarms.power.w must be an integer from 1 to 1000000"),
            ({"power": {"w": None}}, "alarms.power.w must be an integer from 1 to 1000000"),
            ({"power": {"s": 3601}}, "alarms.power.s must be an integer from 0 to 3600"),
            ({"power": {"s": 0}, "current": {}}, "alarms.current.percent must be an integer from 10 to 200"),
            ({"current": {"s": 5}}, "alarms.current.percent must be an integer from 10 to 200"),
            ({"price": {}}, "alarms.price.below must be a number from -1000000 to 1000000"),
            ({"price": {"below": "1"}}, "alarms.price.below must be a number from -1000000 to 1000000"),
            ({"silent": {"s": 59}}, "alarms.silent.s must be an integer from 60 to 86400"),
        ):
            answer = await ask(app, "/configuration", "PUT", "", json.dumps({"alarms": alarms}).encode())
            assert answer.status == 400 and answer.json()["message"].startswith(message), (alarms, answer.body)
        # Nothing of a refused request is taken, and what is not given stays.
        assert (await get(app, "/configuration"))["alarms"] == {"power": {"w": 500, "s": 60}}
        await change(app, {"power": {"s": 5, "later": 1}, "selling": {}})
        expected = {"power": {"w": 500, "s": 5}, "selling": {"w": 100, "s": 60}}
        assert (await get(app, "/configuration"))["alarms"] == expected
        await change(app, {})
        assert (await get(app, "/configuration"))["alarms"] == expected
        bounds = (await get(app, "/definitions"))["alarms"]
        assert bounds["power"] == {"w": [1, 1000000], "s": [0, 3600]} and len(bounds) == 6
