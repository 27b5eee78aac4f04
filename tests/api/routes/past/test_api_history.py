"""The four history messages, streamed from flash while recording goes on."""

import asyncio
import gc
import json

from han.api.routes.past.history import History, parse
from han.store.series.samples import DAYS, MONTHS, QUARTERS, TENS
from tests.store.world import EPOCH, World
from tests.support import raises, skip

HOUR = 3600
DAY = 86400
START = 200000000 // DAY * DAY - 7200
COLUMNS = "t f i e c_min c_avg c_max".split()


class Connection:
    """Receives an answer; calls `between` before it takes each part."""

    def __init__(self, between=None):
        self.data = b""
        self.longest = 0
        self._between = between

    async def send(self, data, patience):
        if self._between:
            self._between()
        self.longest = max(self.longest, len(data))
        self.data += data


async def ask(world, kind, query="", between=None):
    connection = Connection(between)
    await History(world.history, kind, parse(query)).send(connection, 1000)
    head, _, body = connection.data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"application/json" in head and b"no-store" in head
    assert connection.longest < 2000
    message = json.loads(body.decode())
    names = COLUMNS + (["p"] if kind == QUARTERS else [])
    assert set(message) == set(names + ["type", "x"] + (["pc"] if kind == QUARTERS else []))
    t = message["t"]
    for name in names:
        assert len(message[name]) == len(t), name
    assert t == sorted(set(t))
    assert message["x"] == (t[-1] if t else None)
    assert not any(f & 1 for f in message["f"][:-1])
    for name in COLUMNS[4:]:
        assert all(len(triple) == 3 for triple in message[name])
    return message


def test_parameters():
    assert parse(None) == parse("") == parse("x=1&y") == (None, None, None)
    assert parse("from=1735682400&to=1735686000&limit=5") == (1735682400, 1735686000, 5)
    for query in ("from=", "from=x", "to=-1", "limit=0", "limit=1.5", "from=1&from=2", "to=1234567890123", "limit"):
        with raises(ValueError) as caught:
            parse(query)
        assert query.split("=")[0] in str(caught.value)


async def test_nothing_recorded():
    world = World()
    for kind in range(4):
        message = await ask(world, kind)
        assert message["t"] == [] and message["x"] is None


async def test_hourly():
    world = World(true=START)
    world.run(2 * HOUR + 3, power=(1234, 0), current=(6100, 5800, None))
    message = await ask(world, TENS)
    assert message["type"] == "HAN_HOURLY_HISTORY_MESSAGE"
    assert len(message["t"]) == 360 and message["x"] == START + EPOCH + 2 * HOUR
    assert {b - a for a, b in zip(message["t"], message["t"][1:])} == {10}
    assert message["f"] == [0] * 359 + [1]
    assert set(message["i"]) == {1.234} and set(message["e"]) == {0}
    assert message["c_avg"][7] == [6.1, 5.8, None]


async def test_weekly_with_prices():
    world = World(true=START, price=lambda utc: (8123456 + (utc - START) // 900, "EUR"))
    world.run(8 * DAY + 60, 300, (2000, 0))
    message = await ask(world, QUARTERS)
    assert message["type"] == "HAN_WEEKLY_HISTORY_MESSAGE" and message["pc"] == "EUR"
    assert len(message["t"]) == 672 and message["t"][-1] == message["x"] == START + EPOCH + 8 * DAY
    assert set(message["i"][:-1]) == {0.5} and message["i"][-1] < 0.2
    assert abs(message["p"][0] - (8.123456 + 0.000001 * 97)) < 1e-9
    assert message["f"][-1] & 1


async def test_monthly_and_yearly():
    world = World(true=START)
    world.read()
    world.run(70 * DAY, 300, (600, 0))
    message = await ask(world, DAYS)
    assert message["type"] == "HAN_MONTHLY_HISTORY_MESSAGE" and len(message["t"]) == 31
    assert set(message["i"][:-1]) == {14.4}
    message = await ask(world, MONTHS)
    assert message["type"] == "HAN_YEARLY_HISTORY_MESSAGE" and len(message["t"]) == 3
    assert message["f"][-1] & 1 and abs(sum(message["i"]) - 70 * 14.4) < 1e-3
    for t in message["t"][1:]:
        assert world.zone.month_start(t - EPOCH) == t - EPOCH


async def test_from_to_and_limit():
    world = World(128, true=START)
    world.run(3 * HOUR)
    base = START + EPOCH
    message = await ask(world, TENS, "from=%d&to=%d" % (base + 100, base + 200))
    assert message["t"] == [base + at for at in range(100, 200, 10)] and message["f"] == [0] * 10
    assert (await ask(world, TENS, "limit=2"))["t"] == [base + 3 * HOUR - 10, base + 3 * HOUR]
    assert len((await ask(world, TENS, "from=0"))["t"]) == 1081
    message = await ask(world, TENS, "to=%d&limit=3" % (base + 1000))
    assert message["t"] == [base + 970, base + 980, base + 990]
    assert (await ask(world, TENS, "from=%d" % (base + DAY)))["t"] == []
    assert (await ask(world, TENS, "from=5&to=5"))["t"] == []


async def test_every_column_has_the_same_samples_while_recording_goes_on():
    world = World(128, true=START)
    world.run(4 * HOUR, 10)

    def more():
        world.run(400, 10)  # so that sectors are erased under it

    for query in ("from=0", ""):
        message = await ask(world, TENS, query, more)
        assert len(message["t"]) > 300
    assert None in (await ask(world, TENS, "from=0", more))["i"]


async def test_memory_does_not_grow_with_the_answer():
    if not hasattr(gc, "mem_alloc"):
        skip("needs MicroPython's count of its heap")
    world = World(true=START)
    world.run(5 * HOUR, 10)
    most = []

    def weigh():
        gc.collect()
        most[-1] = max(most[-1], gc.mem_alloc())

    class Measured(Connection):
        async def send(self, data, patience):
            weigh()

    for query in ("limit=400", "from=0"):
        gc.collect()
        before = gc.mem_alloc()
        most.append(0)
        await History(world.history, TENS, parse(query)).send(Measured(), 1000)
        most[-1] -= before
    # A third of the ring's samples or all of them: a bit for each.
    assert most[1] < most[0] + 400, most


async def test_days_on_a_clock_that_was_moved():
    world = World(true=START)
    world.boot(known=False)
    world.run(2 * DAY, 60)
    world.known()
    world.run(2 * DAY, 60)
    message = await ask(world, DAYS)
    for t in message["t"]:
        assert world.zone.day_start(t - EPOCH) == t - EPOCH
    assert message["f"][0] & 4


async def test_two_requests_at_once():
    world = World(true=START)
    world.run(HOUR)
    one, other = await asyncio.gather(ask(world, TENS), ask(world, QUARTERS))
    assert len(one["t"]) == 360 and len(other["t"]) == 5
