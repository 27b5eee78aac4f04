"""Languages are started, restarted and ended as the configuration says; what they may take; GET /out."""

import asyncio
import json
import sys

from han.out.outs import LANGUAGES, Outs
from tests.api.fake import Board, FakeApp, Running, ask, connect, get

MQTT = {"mqtt": {"on": True, "host": "broker.lan"}}


class Language:
    """A language that notes what is done with it."""

    def __init__(self):
        self.log = []
        self.status = None
        self.fails = None  # the exception with which it crashes
        self.closing = None  # an Event: it ends only when that is set

    async def run(self, app, status):
        self.log.append("run")
        self.status = status
        status.tell("connected")
        if self.fails:
            raise self.fails
        try:
            while True:
                await asyncio.sleep(3600)
        finally:
            if self.closing:
                await self.closing.wait()
            status.tell("after the end")
            self.log.append("end")

    async def test(self, app, settings):
        return None if settings["host"] == "broker.lan" else "no route to " + settings["host"]


class Known(Outs):
    """Outs with one Language in the place of all."""

    def __init__(self, app):
        super().__init__(app)
        self.language = Language()

    def module(self, name):
        return self.language


class App(FakeApp):
    def languages(self):
        return Known(self)


class Reader(Running):
    application = App

    async def __aenter__(self):
        app = await super().__aenter__()
        app.supervisor.look_s = 0.05
        return app


async def put(app, out):
    answer = await ask(app, "/configuration", "PUT", "", json.dumps({"out": out}).encode())
    assert answer.status == 200, answer.body


async def until(condition):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


async def services(app):
    return {row["name"]: row for row in (await get(app, "/health"))["services"]}


async def test_a_language_runs_while_it_is_switched_on():
    async with Reader() as app:
        language = app.outs.language
        app.outs.look()
        told = (await get(app, "/out"))["mqtt"]
        assert "mqtt" not in await services(app) and not told["on"]
        await put(app, MQTT)
        await until(lambda: language.log == ["run"])
        found = await services(app)
        assert found["mqtt"]["status"] == "running" and found["mqtt"]["health"] == "ok"
        language.status.clients, language.status.sent = 1, 7
        language.status.tell("refused: bad password", "failed")
        told = (await get(app, "/out"))["mqtt"]
        assert told["on"] and told["state"] == told["error"] == "refused: bad password" and told["health"] == "failed"
        assert told["sent"] == 7 and told["since_s"] == 0
        before = language.status
        await put(app, {"mqtt": {"prefix": "house"}})
        await until(lambda: language.log == ["run", "end", "run"])
        assert language.status is not before and language.status.settings["prefix"] == "house"
        assert before.state != "after the end" and before.over
        await put(app, {"homewizard": {"on": False}})  # nothing new
        await put(app, {"mqtt": {"on": False}})
        await until(lambda: language.log[3:] == ["end"])
        await until(lambda: app.outs.status("mqtt") is None)
        assert "mqtt" not in await services(app)
        told = (await get(app, "/out"))["mqtt"]
        assert told["state"] is told["since_s"] is told["health"] is None and not told["on"]


async def test_the_next_run_waits_for_the_end_of_the_one_before():
    async with Reader() as app:
        language = app.outs.language
        language.closing = asyncio.Event()
        await put(app, MQTT)
        await until(lambda: language.log)
        await put(app, {"mqtt": {"port": 1884}})
        for _ in range(5):
            app.outs.look()
            await asyncio.sleep(0)
        assert language.log == ["run"]
        language.closing.set()
        await until(lambda: language.log == ["run", "end", "run"])
        language.closing = None


async def test_one_that_crashes_is_started_again_and_the_reader_goes_on():
    async with Reader() as app:
        language = app.outs.language
        app.supervisor.first_ms = 50
        language.fails = ValueError("told so")
        await put(app, MQTT)
        await until(lambda: len(language.log) > 2)
        row = (await services(app))["mqtt"]
        assert row["error"] == "ValueError: told so" and row["health"] != "ok"
        assert (await get(app, "/out"))["mqtt"]["error"] == "ValueError: told so"
        language.fails = None
        await until(lambda: app.supervisor.lives("mqtt") and language.log[-1] == "run")
        assert (await ask(app, "/han")).status == 200


async def test_without_memory_it_is_refused_with_the_reason_and_tried_again():
    board = Board()
    free = board.memory_limits[1] + 5 * 1024
    board.heap = lambda: (200000, free, free)
    async with Reader(board) as app:
        language = app.outs.language
        app.outs.again_ms = 0
        await put(app, MQTT)
        await until(lambda: app.outs.status("mqtt"))
        row = (await services(app))["mqtt"]
        assert row["health"] == "failed" and row["error"] == "not enough memory: needs 7 kB, 5 kB free"
        told = await get(app, "/out")
        assert told["mqtt"]["state"] == row["error"] and told["sockets"]["used"] == 0 and told["memory"]["free_kb"] == 5
        assert not language.log
        free += 4096
        await until(lambda: language.log == ["run"])
        assert (await services(app))["mqtt"]["health"] == "ok"
        board.system = 100000, 10000, 10000, 5000  # it keeps what it has
        app.outs.look()
        assert language.log == ["run"]


async def test_the_next_language_is_judged_by_the_memory_that_the_one_before_has_left():
    board = Board()
    log = []
    free = board.memory_limits[1] + 7 * 1024 + 100
    board.heap = lambda: (200000,) + 2 * (free - 7 * 1024 if log else free,)
    async with Reader(board) as app:
        log = app.outs.language.log
        await put(app, dict(MQTT, modbus={"on": True}))
        await until(lambda: app.outs.status("modbus"))
        assert log == ["run"] and app.supervisor.lives("mqtt") and not app.supervisor.lives("modbus")
        assert app.outs.status("modbus").state == "not enough memory: needs 5 kB, 0 kB free"


async def test_one_that_runs_out_of_memory_costs_neither_streams_nor_the_reader():
    async with Reader() as app:
        language = app.outs.language
        app.outs.again_ms = 0
        app.supervisor.first_ms = app.supervisor.longest_ms = 10
        shed = []
        app.supervisor.relieve = lambda: shed.append(1)
        language.fails = MemoryError()
        await put(app, MQTT)
        await until(lambda: len(language.log) > 5)
        assert not shed and not app.supervisor.leaving
        row = (await services(app))["mqtt"]
        assert row["health"] == "failed" and row["error"] == "not enough memory right now"
        language.fails = None
        await until(lambda: app.supervisor.lives("mqtt") and language.log[-1] == "run")
        await until(lambda: app.outs.status("mqtt").state == "connected")
        app.outs.again_ms = 60000
        count = len(language.log)
        language.fails = MemoryError()
        await put(app, {"mqtt": {"port": 1885}})
        await until(lambda: len(language.log) > count + 1)  # its end, and one more run
        count = len(language.log)
        for _ in range(5):
            app.outs.look()
            await asyncio.sleep(0.02)
        assert len(language.log) == count


async def test_what_ran_out_of_memory_leaves_no_modules():
    begin = "han.out.mqtt"
    async with Reader() as app:
        language = app.outs.language
        language.fails = MemoryError()
        await put(app, MQTT)
        await until(lambda: language.log)
        sys.modules[begin + ".half"] = sys.modules["han.out.p1.half"] = True
        await until(lambda: not [name for name in sys.modules if name[-5:] == ".half"])
        sys.modules[begin + ".half"] = True
        await ask(app, "/out/test", "POST", "", b'{"name":"mqtt"}')
        assert begin + ".half" not in sys.modules


async def test_where_a_task_lacks_memory_the_latest_language_ends_and_comes_back_after_a_longer_time_each_time():
    async with Reader() as app:
        language = app.outs.language

        async def starved():
            raise MemoryError

        await put(app, {"modbus": {"on": True}})
        await until(lambda: language.log == ["run"])
        app.board.ticks += 1000
        await put(app, MQTT)
        await until(lambda: language.log == ["run"] * 2)
        for pause in 30000, 60000, 120000:
            del language.log[:]
            app.supervisor.start("starved", starved)
            await until(lambda: language.log == ["end"])
            app.supervisor.end("starved")
            found = await services(app)
            assert found["mqtt"]["error"] == "not enough memory right now" and found["mqtt"]["health"] == "failed"
            assert found["modbus"]["health"] == "ok" and app.supervisor.lives("modbus")
            app.board.ticks += pause - 1000
            app.outs.look()
            assert not app.supervisor.lives("mqtt")
            app.board.ticks += 2000
            await until(lambda: language.log == ["end", "run"])
            assert (await services(app))["mqtt"]["health"] == "ok"


async def test_its_sockets_are_taken_from_the_streams_the_newest_first():
    board = Board()
    board.sockets = 10
    async with Reader(board) as app:
        streams = []
        for _ in range(5):
            socket = await connect(app)
            await socket.send(b"GET /sse HTTP/1.1\r\nHost: a\r\n\r\n")
            await socket.until(b"retry: 3000\n")
            streams.append(socket)
        assert (await ask(app, "/sse")).status == 503
        assert (await get(app, "/out"))["sockets"]["streams"] == 5
        await put(app, {"modbus": {"on": True}})
        await until(lambda: len(app.streams.clients) == 4)
        app.outs.language.status.clients = 9  # it counts wrong: there are never more than three
        await until(lambda: len(app.streams.clients) == 1)
        found = (await get(app, "/out"))["sockets"]
        assert (found["have"], found["own"], found["used"], found["streams"]) == (10, 5, 4, 1)
        assert found["few"] == [["modbus"], ["mqtt", "p1"], ["p1", "shelly"]]
        assert await streams[4].all()
        assert app.streams.clients[0].connection.reader is not None
        await put(app, {"modbus": {"on": False}})
        await until(lambda: app.streams.most() == 5)
        for socket in streams:
            await socket.close()


async def test_guests_count_as_streams():
    class Guest:
        ended = False

        def end(self):
            self.ended = True

    async with Reader() as app:
        app.streams.guests += [Guest() for _ in range(7)]
        assert app.streams.full("guest") is None and app.streams.full("ws") is None
        app.streams.guests.append(Guest())
        assert app.streams.full("guest") == app.streams.full("ws") == "too many streams"
        app.streams.trim(6)
        assert [guest.ended for guest in app.streams.guests] == [False] * 6 + [True] * 2
        app.streams.guests.clear()


async def test_a_test_of_the_connection():
    async with Reader() as app:
        async def test(body):
            answer = await ask(app, "/out/test", "POST", "", body)
            return answer.status, answer.json()["message"]

        assert await test(b'{"name":"mqtt"}') == (200, "no route to ")
        await put(app, MQTT)
        assert await test(b'{"name":"mqtt"}') == (200, "mqtt:ok")
        for body in b"", b"[]", b"{}", b'{"name":"nothing"}', b'{"name":["mqtt"]}', b'{"name":':
            status, message = await test(body)
            assert status == 400 and message, body
        assert (await ask(app, "/out/test", "POST", "Origin: http://elsewhere\r\n", b'{"name":"mqtt"}')).status == 403
        await put(app, {"metrics": {"on": False}})


async def test_all_of_the_table_are_settings():
    async with Reader() as app:
        assert sorted(row[0] for row in LANGUAGES) == sorted(app.config.get("out"))
        told = await get(app, "/out")
        assert sorted(told) == sorted([row[0] for row in LANGUAGES] + ["type", "sockets", "memory"])
