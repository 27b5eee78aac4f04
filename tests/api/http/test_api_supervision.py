"""Supervision, seen from outside: restarts, the crash log, and what the reader gives up when memory runs low."""

import asyncio
import json

from han.api.routes.diagnostics import report
from han.meter.link import Link
from tests.api import fake
from tests.api.fake import Board, FakeApp, Restarted, Running, ask, connect, get, raw
from tests.api.routes.test_api_diagnostics import Uart, reading, trusted, until


class Quick(FakeApp):
    def __init__(self, board):
        super().__init__(board)
        self.supervisor.look_s = 0.02
        self.supervisor.looks = 1000


class Application(Running):
    application = Quick

    async def ended(self):
        """Why the board has restarted; AssertionError if it has not."""
        try:
            await asyncio.wait_for(self._task, 5)
        except Restarted as restarted:
            return restarted.args[0]
        raise AssertionError("did not start again")


class Small(Board):
    """A board whose free memory the test sets."""

    free = 100000

    def __init__(self):
        super().__init__(link=lambda bus, board: Link(board.uart, bus, board))
        self.uart = Uart()

    def heap(self):
        return 160000, self.free, self.free


async def crashes(app):
    return [(entry["ts"], entry["text"]) for entry in (await trusted(app, "/diagnostics")).json()["crashes"]]


async def test_reboot_is_announced_and_happens():
    running = Application()
    async with running as app:
        app.supervisor.look_s = 0.5
        stream = await connect(app)
        await stream.send(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        head = await stream.until(b'"rebootPending":false')
        assert b"HAN_STATE_MESSAGE" in head
        answer = await ask(app, "/reboot", "POST")
        assert answer.json() == {"success": True, "message": "reboot:ok", "rebootRequired": True}
        await stream.until(b'"rebootPending":true')
        assert (await get(app, "/han"))["rebootPending"] is True
        assert await running.ended() == "USER"
        await stream.close()
        assert not app.gate.connections


async def test_reboot_is_a_write():
    async with Application() as app:
        assert (await ask(app, "/reboot")).status == 405
        assert (await ask(app, "/reboot", "POST", "Origin: http://evil.example\r\n")).status == 403
        assert (await ask(app, "/configuration", "PUT", body=b'{"pw":"long enough"}')).status == 200
        assert (await ask(app, "/reboot", "POST")).status == 401
        assert app.supervisor.leaving is None


async def test_counters_are_written_before_the_restart():
    running = Application()
    async with running as app:
        app.link.read((0, 1234), (22, 777))
        await until(lambda: app.counters.unsaved or app.counters.values[0])
        app.restart("CONFIGURATION")
        assert await running.ended() == "CONFIGURATION"
        assert not app.counters.unsaved


async def test_crashes_and_starts_survive_a_restart():
    board = reading(b"")
    async with Application(board) as app:
        app.log.crash("history", ValueError("of some kind"))
        for number in range(20):
            app.log.crash("meter", ValueError(str(number)))
    board.reset_reason = "CRASH"
    async with Application(board) as app:
        found = await crashes(app)
        assert found[0][1].startswith("started ") and found[0][1].endswith(": CRASH")
        assert "ValueError: of some kind" in found[6][1] and found[7][1].endswith(": POWER_ON")
        # To save flash, only the first few of the twenty are written.
        assert ["4" in text for _, text in found[1:3]] == [True, False] and len(found) == 8
        assert found[0][0] > 1600000000000
        log = (await trusted(app, "/diagnostics")).json()["log"]
        assert log == []


async def test_what_kept_a_version_from_being_made_is_told():
    board = reading(b"")
    async with Application(board):
        pass
    board.last_words = "9.8.7.6 ImportError: no module named 'x'"
    board.boot["rolled_back"] = "slot2: restarted before it was confirmed"
    board.reset_reason = "OTA_ROLLBACK"
    why = "start: ImportError: no module named 'x'"
    for _ in range(2):  # repeated as long as no start was healthy
        async with Application(board) as app:
            assert (await get(app, "/ota"))["reason"] == "slot2: restarted before it was confirmed: " + why
            texts = [text for _, text in await crashes(app)]
            assert "started 9.8.7.6: CRASH" in texts and why in texts
        board.boot["rolled_back"] = "slot2: restarted before it was confirmed"
        board.last_words = ""


async def test_log_entries_have_levels():
    async with Application(reading(b"")) as app:
        app.log.add("a network came")
        app.log.add("a network is weak", "warning")
        app.log.crash("somewhere", ValueError())
        log = (await trusted(app, "/diagnostics")).json()["log"]
        assert [entry["level"] for entry in log] == ["info", "warning", "error"]
        assert log[0]["text"] == "a network came" and log[0]["uptime_ms"] >= 0


async def test_half_an_answer_ends_where_it_is():
    from han.api.routes.past import history

    class Half:
        """Fails with this error after so many pieces."""

        def __init__(self, *_):
            pass

        async def send(self, connection, patience):
            await connection.send(b"HTTP/1.1 200 OK\r\n\r\n", patience)
            for _ in range(pieces):
                await connection.send(b"x" * 2000, patience)
                await asyncio.sleep(0)
            raise error

    whole, history.History = history.History, Half
    request = b"GET /history/hourly HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    try:
        async with Application(reading(b"")) as app:
            pieces = 1
            for error, logged in ((MemoryError(), 0), (OSError(5), 1), (ValueError("a bug"), 2)):
                found = await raw(app, request)
                # Without the last chunk, by which its client could take it for all.
                assert found.startswith(b"HTTP/1.1 200 OK\r\n") and found.endswith(b"\r\n" + b"x" * 2000 + b"\r\n")
                assert len(app.log.entries()) == logged
            pieces = 5000
            client = await connect(app)  # more than all buffers hold, and nobody takes it
            await client.send(request)
            await client.close()
            await until(lambda: not app.gate.connections)
            assert len(app.log.entries()) == logged
    finally:
        history.History = whole


async def test_flash_that_refuses_does_not_stop_anything():
    class Broken(Board):
        def partition(self, label):
            partition = super().partition(label)
            if label == "state" and self.broken:
                raise OSError(5)
            return partition

    board = Broken(link=lambda bus, board: Link(board.uart, bus, board))
    board.uart = Uart()
    board.broken = False
    async with Application(board) as app:
        board.broken = True
        app.log.crash("meter", ValueError("x"))
        assert (await get(app, "/health"))["type"] == "HAN_HEALTH_MESSAGE"
        told = json.loads(b"".join(list(report(app))).decode())
        assert "cannot be read" in told["crashes"][0]["text"]


def row(health, name):
    for service in health["services"]:
        if service["name"] == name:
            return service
    return None


async def test_low_memory_sheds_streams_and_refuses_uploads_until_it_is_over():
    board = Small()
    async with Application(board) as app:
        stream = await connect(app)
        await stream.send(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await stream.until(b"HAN_STATE_MESSAGE")
        assert row(await get(app, "/health"), "memory") is None
        board.free = 13000
        await until(lambda: app.gate.low)
        await stream.all(5)  # closed
        await stream.close()
        assert (await ask(app, "/sse")).status == 503
        refused = await ask(app, "/configuration", "PUT", body=json.dumps({"s": False}).encode())
        assert refused.status == 503 and refused.headers["retry-after"] == "30"
        upload = await ask(app, "/update", "POST", "Content-Type: multipart/form-data; boundary=x\r\n", b"--x\r\n")
        assert upload.status == 503
        health = row(await get(app, "/health"), "memory")
        assert health["health"] == "degraded" and "13000 bytes free" in health["error"]
        assert (await ask(app, "/meter/id")).status == 503  # no reading yet, but an answer
        answer = await ask(app, "/history/weekly")
        assert answer.status == 503 and answer.headers["retry-after"] == "5"
        assert not app.plenty(False)
        board.free = 20000
        await until(lambda: not app.gate.low)
        assert (await ask(app, "/definitions")).status == 200 and not app.plenty(False)
        stream = await connect(app)
        await stream.send(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await stream.until(b"HAN_STATE_MESSAGE")
        assert not app.plenty(True)  # which ends the stream
        await stream.all(5)
        await stream.close()
        board.free = 50000
        assert app.plenty(False)
        assert row(await get(app, "/health"), "memory")["health"] == "ok"
        assert (await ask(app, "/configuration", "PUT", body=b'{"s":false}')).status == 200


async def test_the_systems_heap_counts_as_much():
    board = Small()
    board.system = 250000, 80000, 60000, 40000
    async with Application(board) as app:
        told = (await get(app, "/health"))["system_heap"]
        assert told == {"size": 250000, "free": 80000, "minimum": 60000, "largest": 40000}
        stream = await connect(app)
        await stream.send(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await stream.until(b"HAN_STATE_MESSAGE")
        # One more stream needs 24 kB free, 12 in one piece. With less it is refused, and open streams stay.
        for system in ((250000, 24000, 20000, 24000), (250000, 40000, 20000, 12000)):
            board.system = system
            refused = await ask(app, "/sse")
            assert refused.status == 503 and b"not enough memory right now" in refused.body
            assert app.streams.clients and not app.gate.low
        # Below the reserve streams end, and uploads and big answers wait.
        board.system = 250000, 10000, 10000, 8000
        await until(lambda: app.gate.low)
        await stream.all(5)
        await stream.close()
        assert (await ask(app, "/history/weekly")).status == 503
        refused = await ask(app, "/configuration", "PUT", body=json.dumps({"s": False}).encode())
        assert refused.status == 503
        health = row(await get(app, "/health"), "memory")
        assert health["health"] == "degraded" and "system 10000, largest block 8000" in health["error"]
        board.system = 250000, 80000, 10000, 40000
        await until(lambda: not app.gate.low)
        assert (await ask(app, "/configuration", "PUT", body=b'{"s":false}')).status == 200


async def test_no_memory_of_the_systems_for_long_starts_the_board_again():
    board = Small()
    running = Application(board)
    async with running as app:
        board.system = 250000, 984, 900, 576  # as it was seen
        assert await running.ended() == "CRASH"
        assert app.supervisor.leaving[1] == "100000 bytes free; system 984, largest block 576"


async def test_an_update_makes_streams_give_way():
    board = Small()
    async with Application(board) as app:
        stream = await connect(app)
        await stream.send(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await stream.until(b"HAN_STATE_MESSAGE")
        board.free = 20000
        form = b'--x\r\nContent-Disposition: form-data; name="filename"\r\n\r\nno image\r\n--x--\r\n'
        kind = "Content-Type: multipart/form-data; boundary=x\r\n"
        foreign = await ask(app, "/update", "POST", "Origin: http://elsewhere.example\r\n" + kind, form)
        assert foreign.status == 403 and app.streams.clients
        upload = await ask(app, "/update", "POST", kind, form)
        assert upload.status == 409 and not app.streams.clients, upload.body  # this board has one slot
        await stream.all(5)  # closed
        await stream.close()


async def test_no_memory_for_long_starts_the_board_again_with_the_reason_kept():
    board = Small()
    running = Application(board)
    async with running as app:
        board.free = 3000
        assert await running.ended() == "CRASH"
        assert app.supervisor.leaving[1] == "3000 bytes free"
    board.free = 100000
    board.reset_reason = "CRASH"
    async with Application(board) as app:
        assert (await crashes(app))[1][1] == "CRASH: 3000 bytes free"


async def test_a_moment_without_memory_is_no_reason_to_start_again():
    board = Small()
    async with Application(board) as app:
        board.free = 3000
        await until(lambda: app.gate.low)
        board.free = 100000
        await until(lambda: not app.gate.low)
        assert app.supervisor.leaving is None


async def test_the_watchdog_is_fed():
    board = Board()
    async with Application(board):
        await until(lambda: board.fed > 3)


class Hung(fake.Link):
    def pulse(self):
        return 1


async def test_a_meter_task_that_hangs_starts_the_board_again():
    running = Application(Board(link=Hung))
    async with running as app:
        app.supervisor.looks = 40
        assert await running.ended() == "WATCHDOG"
        assert app.supervisor.leaving == ("WATCHDOG", "meter")
