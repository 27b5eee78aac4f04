"""GET /history/sub: what a sub-meter counted, its replacements, gaps, and what is asked wrongly."""

import json

from han.api.routes.past.sub import Answer, asked
from han.meter.submeters.now import Sub, subs
from han.store.ledger.records import DAYS, HOURS, MONTHS, Ledger, Row
from tests.api.fake import Running
from tests.api.fake import ask as send
from tests.api.routes.past.test_api_history import Connection
from tests.meter.test_sub import Port
from tests.store.world import EPOCH, World
from tests.support import raises

HOUR, DAY = 3600, 86400
START = 200000000 // DAY * DAY - 3 * HOUR  # a midnight in Helsinki, in May
KNOWN = [3, "G1", "m3"]


def house(kind, rows, seconds=60):
    """A World whose ledger has rows of (start, counter[, replaced[, other]]); counters are of channel 2."""
    world = World(true=START + seconds)
    world.read()
    ledger = Ledger(world.history)
    for t, value, *marks in rows:
        row = Row(t)
        row.values[1] = value
        row.replaced, row.other = [2 * mark for mark in marks + [0] * (2 - len(marks))]
        ledger.append(kind, row)
    return world


async def ask(world, kind, query=(None, None, None), now=None, form="json", comma=False):
    connection = Connection()
    answer = Answer(world.history, Ledger(world.history), kind, 2, query, now, KNOWN, form, comma)
    await answer.send(connection, 1000)
    head, _, body = connection.data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"no-store" in head
    assert connection.longest < 2000
    if form != "json":
        return body.decode()
    message = json.loads(body.decode())
    said = [message[name] for name in ("type", "ch", "kind", "id", "unit")]
    assert said == ["HAN_SUB_HISTORY_MESSAGE", 2, "gas", (now or Sub(*(KNOWN + [None, None]))).id, "m3"]
    return message


async def columns(*arguments, **more):
    """[(t after START, f, v, used)] of an answer."""
    message = await ask(*arguments, **more)
    assert message["x"] == (message["t"][-1] if message["t"] else None)
    rows = zip(*[message[name] for name in ("t", "f", "v", "used")])
    return [(t - EPOCH - START, f, v, used) for t, f, v, used in rows]


def test_parameters():
    assert asked("ch=2") == (2, HOURS) and asked("series=month&ch=4&from=5") == (4, MONTHS)
    for query, word in (
        ("", "ch"), (None, "ch"), ("ch=0", "ch"), ("ch=5", "ch"), ("ch=x", "ch"), ("ch=", "ch"), ("ch=1&ch=1", "ch"),
        ("ch=1&series=week", "series"), ("ch=1&series=", "series"),
    ):  # fmt: skip
        with raises(ValueError) as caught:
            asked(query)
        assert str(caught.value).startswith(word + " must be "), query


async def test_hours_with_a_gap_and_the_running_one():
    world = house(HOURS, [(START + n * HOUR, 1000 * n) for n in (0, 1, 2, 5, 6)], 7 * HOUR + 60)
    found = await columns(world, HOURS, now=Sub(3, "G1", "m3", 6500, None))
    assert found == [
        (0, 2, 0, None), (HOUR, 0, 1, 1), (2 * HOUR, 0, 2, 1), (5 * HOUR, 2, 5, 3), (6 * HOUR, 0, 6, 1),
        (7 * HOUR, 1, 6.5, 0.5),
    ]  # fmt: skip
    # Without a telegram that tells it, the running hour is not there.
    assert (await columns(world, HOURS))[-1][0] == 6 * HOUR
    # A part of it: what was used is known although the row before is not in the answer.
    base = EPOCH + START
    assert await columns(world, HOURS, (base + HOUR, base + 6 * HOUR, None)) == found[1:4]
    assert await columns(world, HOURS, (None, None, 2)) == found[3:5]
    assert await columns(world, HOURS, (base + 8 * HOUR, None, None)) == []


async def test_a_default_answer_has_a_week_and_an_old_ledger_begins_somewhere():
    world = house(HOURS, [(START + n * HOUR, 1000 * n) for n in range(500)], 500 * HOUR)
    found = await columns(world, HOURS)
    assert [t for t, _, _, _ in found] == [n * HOUR for n in range(332, 500)]
    assert all([f == 0 and used == 1 for _, f, _, used in found])
    everything = await columns(world, HOURS, (0, None, None))
    assert len(everything) >= 188 and everything[0][1:] == (2, everything[0][2], None)


async def test_another_sub_meter_is_no_jump():
    rows = [(START, 5000), (START + DAY, 6000), (START + 2 * DAY, 100, 1), (START + 3 * DAY, 300)]
    found = await columns(house(DAYS, rows, 5 * DAY), DAYS)
    assert found == [(0, 2, 5, None), (DAY, 0, 6, 1), (2 * DAY, 10, 0.1, None), (3 * DAY, 0, 0.3, 0.2)]
    # One of another kind, or with another unit: what was before is not its past.
    found = await columns(house(DAYS, rows[:2] + [(START + 2 * DAY, 100, 1, 1)] + rows[3:], 5 * DAY), DAYS)
    assert found == [(2 * DAY, 10, 0.1, None), (3 * DAY, 0, 0.3, 0.2)]
    # Nobody said so, but its counter is less than before.
    found = await columns(house(DAYS, [(START, 5000), (START + DAY, 10)], 5 * DAY), DAYS)
    assert found == [(0, 2, 5, None), (DAY, 10, 0.01, None)]
    # Replaced while its counter was not known, and in the hour that runs.
    found = await columns(house(DAYS, [(START, 5000), (START + DAY, None, 1), (START + 2 * DAY, 9000)], 3 * DAY), DAYS,
                          now=Sub(3, "G2", "m3", 9500, None))  # fmt: skip
    assert found == [(0, 2, 5, None), (2 * DAY, 2, 9, None), (3 * DAY, 11, 9.5, None)]


async def test_rows_that_a_wrong_clock_has_dated():
    rows = [(START + n * DAY, 1000 * k) for k, n in enumerate((0, 1, 7, 8, 2, 3))]
    assert await columns(house(DAYS, rows, 5 * DAY), DAYS) == [
        (0, 2, 0, None), (DAY, 0, 1, 1), (2 * DAY, 0, 4, 3), (3 * DAY, 0, 5, 1)]  # fmt: skip


async def test_months_and_lines():
    world = World(true=START)
    zone = world.zone
    first = zone.month_start(START)
    second = zone.next_month(first)
    world = house(MONTHS, [(first, 1500), (second, 2750)], 70 * DAY)
    assert [(f, v, used) for _, f, v, used in await columns(world, MONTHS)] == [(2, 1.5, None), (0, 2.75, 1.25)]
    csv = (await ask(world, MONTHS, form="csv")).split("\r\n")
    assert csv[0] == "t,time,f,counter,used,unit" and csv[2].endswith(",0,2.75,1.25,m3")
    assert csv[1].startswith("%d,2026-" % (first + EPOCH)) and csv[1].endswith(",2,1.5,,m3") and csv[3:] == [""]
    assert (await ask(world, MONTHS, form="csv", comma=True)).split("\r\n")[2].endswith(";0;2,75;1,25;m3")
    lines = [json.loads(line) for line in (await ask(world, MONTHS, form="jsonl")).split("\n")[:-1]]
    assert [line["used"] for line in lines] == [None, 1.25] and lines[0]["unit"] == "m3"


def test_what_a_telegram_tells_is_taken_with_its_age():
    port = Port()
    port.read(
        "0-0:1.0.0(260503120500S)",
        "0-1:24.1.0(003)", "0-1:96.1.0(4731)", "0-1:24.2.1(260503120000S)(00012.3456*m3)",
        "0-2:24.1.0(007)", "0-2:96.1.0(5732)", "0-2:24.2.1(260503110000W)(00077*m3)",
        "0-3:24.1.0(012)", "0-3:24.2.3(00005.123*GJ)", "1-0:1.7.0(00.500*kW)",
    )  # fmt: skip
    live = port.live
    found = subs(live, 1000)
    assert sorted(found) == [1, 2, 3]
    assert (found[1].value, found[1].taken) == (12345, 700)
    assert (found[2].value, found[2].taken) == (77000, 700)  # 11:00 in winter time is 12:00 in summer time
    assert (found[3].value, found[3].taken, found[3].id) == (5123, None, None)


async def test_it_answers_on_the_wire():
    async with Running() as app:
        answer = await send(app, "/history/sub?ch=7")
        assert answer.status == 400 and "ch must be" in answer.json()["message"]
        answer = await send(app, "/history/sub?ch=1&from=x")
        assert answer.status == 400 and "from" in answer.json()["message"]
        answer = await send(app, "/history/sub?ch=1")
        assert answer.status == 404 and answer.json()["message"] == "channel 1 has no sub-meter"
        app.config.note("sub", {"1": [3, "G1", "m3"]})
        for query, kind in (("", "json"), ("&format=csv", "csv"), ("&format=jsonl&series=day", "ndjson")):
            answer = await send(app, "/history/sub?ch=1" + query)
            assert answer.status == 200 and kind in answer.headers["content-type"], answer.body
