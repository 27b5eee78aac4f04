"""GET /peaks on a reader: what a Belgian meter tells, what the reader has found itself, and the setting `cap`."""

import asyncio
import json

from han.core.encode import decimal
from han.api.routes.telegram import MOST
from tests.api.fake import NOW, Board, Running, ask, get
from tests.api.routes.test_api_diagnostics import reading, until
from tests.api.routes.test_api_registers import Line, silence

KEYS = {"type", "cap", "month", "billed_w", "cost", "pc", "now", "months"}
NOW_KEYS = {"ts", "end", "w", "forecast_w", "limit_w", "left_w", "src", "part"}
#: 2026-09-21 16:22 in Brussels: 420 s into a quarter of an hour.
CLOCK = "260921162200S"
QUARTER = 1790000100000
BELGIAN = (
    "/FLU5\\253770000_A\r\n\r\n0-0:1.0.0(%s)\r\n1-0:1.8.1(000123.456*kWh)\r\n1-0:1.7.0(%s*kW)\r\n%s!\r\n"
)
DEMAND = (
    "1-0:1.4.0(01.400*kW)\r\n1-0:1.6.0(260909134500S)(04.123*kW)\r\n"
    "0-0:98.1.0(3)(1-0:1.6.0)(1-0:1.6.0)(260901000000S)(260823191500S)(03.695*kW)(260701000000S)(260605121500S)(05.980*kW)"
    "(260801000000S)(632525252525W)(02.000*kW)\r\n"
)
READY = BELGIAN % (CLOCK, "03.000", "")


def sent(power="03.000", demand=DEMAND, clock=CLOCK):
    return (BELGIAN % (clock, power, demand)).encode()


async def put(app, value):
    answer = await ask(app, "/configuration", "PUT", "Content-Type: application/json\r\n", json.dumps(value).encode())
    return answer


async def peaks(app, data):
    """The answer to a request that was made before these bytes came."""
    line = Line(app, 1000)
    asked = asyncio.create_task(ask(app, "/peaks"))
    await line.waiting()
    line.send(data)
    await silence(app)
    answer = await asked
    assert answer.status == 200, answer.body
    message = answer.json()
    assert set(message) == KEYS and message["type"] == "HAN_PEAKS_MESSAGE"
    assert message["now"] is None or set(message["now"]) == NOW_KEYS
    return message


def belgian(second=0):
    """A reader that has had its first telegram; it is so many seconds after 16:22."""
    board = reading(READY.encode())
    board.ticks = 520000 + 1000 * second
    return board


async def test_what_a_belgian_meter_tells():
    async with Running(belgian()) as app:
        await silence(app)
        assert (await put(app, {"t": "Europe/Brussels"})).status == 200
        message = await peaks(app, sent())
        assert message["cap"] is message["billed_w"] is message["cost"] is None
        assert message["month"] == [{"ts": 1788954300000, "w": 4123, "src": "meter", "part": False}]
        # 1400 W over the whole quarter have flowed in its first 420 s, and 480 s are left.
        now = message["now"]
        assert (now["ts"], now["end"]) == (QUARTER, QUARTER + 900000)
        assert (now["w"], now["forecast_w"]) == (3000, 1400 + 3000 * 480 // 900)
        assert (now["limit_w"], now["left_w"]) == (4123, (4123 - 1400) * 900 // 480)
        assert (now["src"], now["part"]) == ("meter", False)
        assert message["months"] == [
            {"month": 1780264800000, "ts": 1780654500000, "w": 5980, "src": "meter", "part": False},
            {"month": 1782856800000, "ts": None, "w": 2000, "src": "meter", "part": False},
            {"month": 1785535200000, "ts": 1787505300000, "w": 3695, "src": "meter", "part": False},
        ]
        assert (await put(app, {"cap": {"preset": "flanders", "price": 470}})).status == 200
        message = await peaks(app, sent())
        # The mean of four months, one of which counts with the minimum; times 470 cents per kW.
        billed = (4123 + 5980 + 2500 + 3695 + 2) // 4
        assert message["billed_w"] == billed and message["pc"] == "EUR"
        assert message["cost"] == float(decimal(billed * 470, 3))
        cap = message["cap"]
        assert cap["preset"] == "flanders" and cap["months"] == 12 and cap["min"] == 2.5


async def test_a_new_month_of_the_meter():
    async with Running(belgian()) as app:
        await silence(app)
        await put(app, {"t": "Europe/Brussels", "cap": "flanders"})
        none = "1-0:1.4.0(00.000*kW)\r\n1-0:1.6.0(632525252525S)(00.000*kW)\r\n"
        message = await peaks(app, sent(demand=none))
        assert message["month"] == [] and message["billed_w"] == 2500 and message["months"] == []
        # What was measured before the month is not of it; what ended at its first midnight neither.
        for stamp in ("260831234500S", "260901000000S", "250921161500S"):
            message = await peaks(app, sent(demand="1-0:1.6.0(%s)(07.000*kW)\r\n" % stamp))
            assert message["month"] == [], stamp
        message = await peaks(app, sent(demand="1-0:1.6.0(260901001500S)(07.000*kW)\r\n"))
        assert message["month"][0]["w"] == 7000 and message["billed_w"] == 7000


async def test_the_first_seconds_of_a_quarter_may_be_the_last_of_the_one_before():
    async with Running(belgian(472)) as app:
        await silence(app)
        await put(app, {"t": "Europe/Brussels"})
        message = await peaks(app, sent(clock="260921163003S"))
        assert message["now"] is None or message["now"]["src"] == "own"


async def test_a_meter_that_tells_no_demand_is_not_waited_for_again():
    async with Running(belgian()) as app:
        await silence(app)
        await peaks(app, sent(demand=""))
        assert app.link.live.demand is False
        message = await get(app, "/peaks")  # nothing comes any more
        assert message["month"] == [] and message["now"]["src"] == "own" and message["now"]["part"] is True


async def test_a_silent_meter_has_no_running_interval():
    async with Running(Board()) as app:
        message = await get(app, "/peaks")
        assert message["now"] is None and message["month"] == message["months"] == []
        assert (await ask(app, "/peaks", "HEAD")).status == 200
        assert (await ask(app, "/peaks", "PUT")).status == 405


async def test_no_more_than_some_wait():
    async with Running(belgian()) as app:
        await silence(app)
        line = Line(app, 5000)
        waiting = [asyncio.create_task(ask(app, "/peaks")) for _ in range(MOST)]
        await line.waiting(MOST)
        refused = await ask(app, "/peaks")
        assert refused.status == 503 and b"too many" in refused.body
        line.send(sent())
        await silence(app)
        for task in waiting:
            assert (await task).json()["month"][0]["w"] == 4123


async def test_the_reader_finds_its_own():
    board = Board()
    board.ticks = -800000  # 2026-09-21 14:00:00 UTC
    async with Running(board) as app:
        link = app.link
        wh = 5000000
        for step in range(2 * 360 + 90):  # two hours and a quarter, every 10 s; a second reckoning of the energy
            power = 3600 if step < 360 else 7200 if step < 720 else 1800
            link.live.counted = link.live.seq + 1
            link.read((0, power), (22, wh))
            wh += power // 360
            await asyncio.sleep(0)
            await until(lambda: app.history.t == app.clock.utc())
            board.ticks += 10000
        assert (await put(app, {"t": "Europe/Oslo", "cap": "no-elvia"})).status == 200
        message = await get(app, "/peaks")
        # The first hour is that of the first reading ever.
        assert message["month"] == [{"ts": NOW - 800000 + 3600000, "w": 7200, "src": "own", "part": False}]
        assert message["billed_w"] == 7200 and message["cost"] == 42000 and message["pc"] == "NOK"
        now = message["now"]
        assert (now["ts"], now["w"], now["src"], now["part"]) == (NOW - 800000 + 7200000, 1800, "own", False)
        assert now["forecast_w"] == 1800 and now["limit_w"] == 7200
        assert abs(now["left_w"] - (7200 * 3600 - 1800 * 890) // 2710) < 10


async def test_settings():
    async with Running(Board()) as app:
        for good, told in (
            ("flanders", "flanders"),
            ({"preset": "norway"}, "norway"),
            ({"interval": 60, "n": 3, "days": True}, {"interval": 60, "n": 3, "days": True}),
            ({"min": 2.5, "other": 1}, {"min": 2.5}),
            (
                {"steps": [[2.5, 100], [None, 200.123456]], "when": [{"w": 50, "hours": [22, 6], "days": [6, 7]}]},
                {"steps": [[2.5, 100], [None, 200.123456]], "when": [{"w": 50, "hours": [22, 6], "days": [6, 7]}]},
            ),
            (None, None),
        ):
            answer = await put(app, {"cap": good})
            assert answer.status == 200, answer.body
            assert (await get(app, "/configuration"))["cap"] == told
            assert (await get(app, "/peaks"))["cap"] is None or told is not None
        for bad, word in (
            (5, b"cap must be null"), ("x", b"flanders"), ({}, b"cap must have a field"), ([], b"cap must be null"),
            ({"interval": 30}, b"cap.interval"), ({"interval": True}, b"cap.interval"), ({"n": 0}, b"cap.n"),
            ({"n": 4}, b"cap.n must be at most 3"), ({"n": 11, "days": True}, b"cap.n"),
            ({"months": 13}, b"cap.months"), ({"days": 1}, b"cap.days"), ({"min": -1}, b"cap.min"),
            ({"min": "2"}, b"cap.min"), ({"price": None}, b"cap.price"), ({"pc": "USD"}, b"cap.pc"),
            ({"preset": ["flanders"]}, b"flanders"), ({"steps": 1}, b"cap.steps"),
            ({"steps": [[2, 1], [2, 2]]}, b"cap.steps[1][0]"), ({"steps": [[2]]}, b"cap.steps[0]"),
            ({"steps": [[None, 1], [2, 2]]}, b"cap.steps[0][0]"), ({"steps": [[2, "x"]]}, b"cap.steps[0][1]"),
            ({"when": [{"hours": [1, 2]}]}, b"cap.when[0]"),
            ({"when": [{"w": 1, "hours": [25, 2]}]}, b"cap.when[0].hours"),
            ({"when": [{"w": 1, "days": [0]}]}, b"cap.when[0].days"), ({"price": 1, "steps": [[2, 1]]}, b"either"),
            ({"preset": "no-elvia", "days": False, "n": 5}, b"cap.n must be at most 3"),
        ):  # fmt: skip
            answer = await put(app, {"cap": bad})
            assert answer.status == 400 and word in answer.body, (bad, answer.body)
        assert (await get(app, "/configuration"))["cap"] is None
        presets = (await get(app, "/definitions"))["caps"]
        for preset in presets:
            answer = await put(app, {"cap": preset})  # as it is: what is not known is ignored
            assert answer.status == 200, answer.body
            told = (await get(app, "/configuration"))["cap"]
            assert all(preset[key] == value for key, value in told.items())
            assert preset["source"].startswith("https://") and len(preset["date"]) == 10
