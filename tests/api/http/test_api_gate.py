"""Slow, broken and hostile clients: they get an answer or a closed socket in time, and no other client notices."""

import asyncio
import json
import os

from tests.api.fake import FULL, Answer, Running, ask, connect, get, ms, raw
from tests.support import Random, skip


async def refused(app, data, status=400):
    """Assert that these bytes get an error answer in the API's form; returns its message."""
    answer = Answer(await raw(app, data))
    assert answer.status == status, (data, answer.status, answer.body)
    error = answer.json()
    assert error["success"] is False and isinstance(error["message"], str) and error["message"]
    return error["message"]


# --- methods and paths (14)


async def test_paths_and_methods_that_are_not_there():
    async with Running() as app:
        for path in ("/nothing", "/page.bin", "/ui/", "/meter/", "/METER", "/meter/x", "//meter", "/meter%20", "/*"):
            answer = await ask(app, path)
            assert answer.status == 404, path
            assert answer.json() == {"success": False, "message": "no such path"}
        for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW"):
            answer = await ask(app, "/han", method)
            assert answer.status == 405 and answer.json()["success"] is False
            assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        answer = await ask(app, "/nothing", "POST", body=b"{}")
        assert answer.status == 404


async def test_head_and_options():
    async with Running() as app:
        app.link.read(*FULL)
        for path in ("/han", "/meter", "/meter/data", "/meter/id", "/configuration", "/health"):
            head = await ask(app, path, "HEAD")
            assert head.status == 200 and head.body == b""
            if path == "/health":  # which goes out in pieces
                assert head.headers["transfer-encoding"] == "chunked" and "content-length" not in head.headers
            else:
                assert int(head.headers["content-length"]) > 50
            assert head.headers["content-type"] == "application/json"
            options = await ask(app, path, "OPTIONS")
            allowed = options.headers["allow"].split(", ")
            assert options.status == 200 and allowed[0] == "GET" and "HEAD" in allowed and "OPTIONS" in allowed
            assert options.body == b"" and "access-control-allow-origin" not in options.headers
        assert (await ask(app, "/nothing", "HEAD")).status == 404
        assert (await ask(app, "/nothing", "OPTIONS")).status == 404
        assert (await ask(app, "*", "OPTIONS")).status == 200
        head = await ask(app, "/sse", "HEAD")
        assert head.status == 200 and head.headers["content-type"] == "text/event-stream"
        assert (await ask(app, "/ws", "HEAD")).status == 400
        assert app.streams.clients == []


async def test_a_path_may_be_percent_encoded():
    async with Running() as app:
        assert (await get(app, "/%68%61n?a=%C3%A9&b=c+d&&=&%3D"))["type"] == "HAN_STATE_MESSAGE"


async def test_answers_have_exactly_one_content_type():
    async with Running() as app:
        assert (await ask(app, "/han")).headers["content-type"] == "application/json"
        assert (await ask(app, "/x")).headers["content-type"] == "application/json"


# --- bodies


async def test_a_body_too_large_is_413_however_it_is_sent():
    async with Running() as app:
        for path in ("/han", "/configuration", "/nothing"):
            for size in (app.gate.max_body + 1, 200_000):
                answer = await ask(app, path, "POST", body=b"x" * size)
                assert answer.status == 413 and answer.json()["success"] is False
        # announced only
        message = await refused(app, b"POST /han HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413)
        assert str(app.gate.max_body) in message


async def test_a_body_nobody_wants_does_not_reset_the_connection():
    async with Running() as app:
        for _ in range(20):
            answer = await ask(app, "/han", "GET", body=b"x" * app.gate.max_body)
            assert answer.status == 200
            assert (await ask(app, "/han", "PUT", body=b"x" * app.gate.max_body)).status == 405


async def test_an_unfinished_body_ends_in_time():
    async with Running(rest_ms=300, tick_ms=50) as app:
        began = ms()
        answer = Answer(await raw(app, b"POST /han HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"))
        assert answer.status == 405
        assert 200 < ms() - began < 2000


# --- garbage

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
HELLO = b"\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03" + bytes(200)


async def test_what_is_not_a_request_is_400():
    async with Running(linger_ms=50, tick_ms=25) as app:
        for data in (
            b"GARBAGE\r\n\r\n",
            b"\x00\x01\x02\x03",
            b"GET /han\r\n\r\n",
            b"GET /han HTTP/1.1\nHost: x\n\n",
            b"GET /han HTTP/1.1\r\n\r\n",
            b"GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /han?x=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /han HTTP/1.1\r\nHost: x\r\nX: \0\r\n\r\n",
            b"POST /han HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
            b"POST /han HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
            b"POST /han HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            b"GET /han HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
            b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /han HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 100 + b"\r\n",
            b"GET /han HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
            b"a" * 100_000,
            PREFACE,
            HELLO,
        ):
            await refused(app, data)
        assert (await get(app, "/han"))["type"] == "HAN_STATE_MESSAGE"
        assert app.log.entries() == [], app.log.entries


async def test_a_head_that_stops_in_the_middle_is_400_at_its_end():
    async with Running() as app:
        # MicroPython cannot close one direction of a socket. It closes both, and sees no answer.
        socket = await connect(app)
        await socket.send(b"GET /han HT")
        if hasattr(socket.writer, "write_eof"):
            socket.writer.write_eof()
            assert Answer(await socket.all(3)).status == 400
        await socket.close()
        await asyncio.sleep(0.05)
        assert app.gate.connections == []


async def test_an_empty_line_before_the_request_is_ignored():
    async with Running() as app:
        answer = Answer(await raw(app, b"\r\nGET /han HTTP/1.0\r\n\r\n"))
        assert answer.status == 200 and answer.version == "HTTP/1.1"


async def test_a_request_in_pieces_is_one_request():
    async with Running() as app:
        socket = await connect(app)
        for byte in b"GET /han HTTP/1.1\r\nHost: reader\r\nAccept: */*\r\n\r\n":
            await socket.send(bytes((byte,)))
            await asyncio.sleep(0)
        assert Answer(await socket.all()).status == 200
        await socket.close()


async def test_random_bytes_always_get_an_end_and_never_a_500():
    random = Random(11)
    good = b"GET /meter?a=%20 HTTP/1.1\r\nHost: reader.local\r\nContent-Length: 3\r\nAccept: x\r\n\r\nabc"
    async with Running(linger_ms=20, head_ms=100, rest_ms=50, tick_ms=10) as app:
        for number in range(150):
            data = bytearray(good)
            for _ in range(random.between(1, 4)):
                at = random.below(len(data))
                if random.below(2):
                    data[at] = random.below(256)
                else:
                    data = data[:at] + random.bytes(random.below(5)) + data[at + random.below(5) :]
            try:
                answer = await raw(app, bytes(data), 3)
            except OSError:
                continue
            if answer:
                status = Answer(answer).status
                assert status in (200, 400, 403, 404, 405, 413) or (
                    status == 503 and answer.endswith(b"no bytes on the HAN port")
                ), (data, answer)
        assert app.log.entries() == [], app.log.entries
        assert app.gate.connections == []


# --- hosts and origins


async def test_a_rebound_name_reads_nothing():
    async with Running() as app:
        app.link.read(*FULL)
        for host in ("evil.com", "192-168-1-5.rebind.example:80", "", "a b"):
            for path in ("/meter", "/han", "/configuration", "/sse", "/nothing"):
                answer = await ask(app, path, host=host)
                assert answer.status == 403, (host, path)
                assert answer.json()["success"] is False
        for host in ("127.0.0.1:8080", "reader.local", "reader", "[::1]", "a.localdomain", "a.tail1.ts.net"):
            assert (await ask(app, "/han", host=host)).status == 200


async def test_who_is_refused_for_the_host_is_told_how_to_allow_it():
    async with Running() as app:
        told = (await ask(app, "/han", host="Reader.Example.com:8080")).json()["message"]
        assert told.startswith("host reader.example.com is not a name of this reader: ask by its address"), told
        body = told[told.index("{") : told.rindex("}") + 1]
        assert json.loads(body) == {"hosts": ["reader.example.com"]}
        # Which is what allows it.
        assert (await ask(app, "/configuration", "PUT", body=body.encode())).status == 200
        assert (await ask(app, "/han", host="Reader.Example.com:8080")).status == 200
        for host in ("", "a b", "<script>", ".", "x:99999999", "a." * 40 + "com"):
            told = (await ask(app, "/han", host=host)).json()["message"]
            assert told.startswith("host must be a name of 64 characters at most or an address"), told


# --- slow clients


async def several(app, count):
    sockets = []
    for _ in range(count):
        sockets.append(await connect(app))
    return sockets


async def test_a_client_that_says_nothing_or_never_ends_is_closed_in_time():
    async with Running(head_ms=400, tick_ms=50) as app:
        silent, half, slow = await connect(app), await connect(app), await connect(app)
        await half.send(b"GET /han HTTP/1.1\r\n")
        began = ms()

        async def trickle():
            try:
                for _ in range(100):
                    await slow.send(b"G")  # each byte comes in time, but not the whole head
                    await asyncio.sleep(0.05)
            except OSError:
                pass

        task = asyncio.create_task(trickle())
        await asyncio.sleep(0.1)
        assert (await get(app, "/han"))["type"] == "HAN_STATE_MESSAGE"
        for socket in (silent, half):
            assert await socket.all(3) == b""
        assert 250 < ms() - began < 1500
        try:
            await slow.all(3)
        except OSError:
            pass
        assert ms() - began < 2000
        task.cancel()
        for socket in (silent, half, slow):
            await socket.close()
        assert app.gate.expired == 3 and app.gate.connections == []


async def test_a_client_that_does_not_take_its_answer_is_closed():
    async with Running(answer_ms=300, tick_ms=50) as app:
        big = b'{"x":"' + b"y" * 8_000_000 + b'"}'
        app.messages.meter = lambda: big
        socket = await connect(app)
        await socket.send(b"GET /meter HTTP/1.1\r\nHost: x\r\n\r\n")
        began = ms()
        while app.gate.connections or not app.gate.served:
            await asyncio.sleep(0.02)
            assert ms() - began < 3000
        assert app.gate.expired == 1
        await socket.close()


async def test_beyond_the_limit_one_is_refused_and_the_others_are_not_hurt():
    async with Running(max_requests=3, queue_ms=200, yield_ms=60_000) as app:
        held = await several(app, 3)
        await asyncio.sleep(0.02)
        answer = Answer(await raw(app, b"GET /meter HTTP/1.1\r\nHost: x\r\n\r\n"))
        assert answer.status == 503 and int(answer.headers["retry-after"]) > 0
        # Home Assistant would take a JSON answer for a reading of zeros.
        assert answer.headers["content-type"].startswith("text/plain")
        assert json.loads(answer.body)["success"] is False
        for socket in held:
            await socket.send(b"GET /han HTTP/1.1\r\nHost: x\r\n\r\n")
            assert Answer(await socket.all()).status == 200
            await socket.close()
        assert (await ask(app, "/han")).status == 200
        assert app.gate.refused == 1 and app.gate.connections == []


async def test_a_burst_of_requests_waits_for_its_turn():
    async with Running(max_requests=2, max_queue=40) as app:
        answers = []

        async def one():
            answers.append((await ask(app, "/han")).status)

        tasks = [asyncio.create_task(one()) for _ in range(40)]
        for task in tasks:
            await task
        assert answers == [200] * 40


async def test_connections_that_only_wait_make_room():
    async with Running(max_requests=3, yield_ms=100, tick_ms=25) as app:
        held = await several(app, 3)
        await asyncio.sleep(0.3)
        for _ in range(6):
            began = ms()
            assert (await ask(app, "/han")).status == 200
            assert ms() - began < 300
        for socket in held:
            await socket.close()


async def test_clients_that_do_not_send_or_take_make_room_when_it_is_wanted():
    big = b'{"x":"' + b"y" * 8_000_000 + b'"}'
    for request in (
        b"PUT /configuration HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
        b"PUT /configuration HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5",
        b"GET /meter HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        async with Running(max_requests=3, slow_ms=300, answer_ms=60_000, tick_ms=25, queue_ms=3000) as app:
            app.messages.meter = lambda: big
            held = await several(app, 3)
            for socket in held:
                await socket.send(request)
            await asyncio.sleep(0.05)
            for _ in range(3):
                assert (await ask(app, "/han")).status == 200, request
            assert app.gate.expired >= 1
            # A connection that blocks no other stays.
            assert len([c for c in app.gate.connections if c.left is not None]) >= 1
            for socket in held:
                await socket.close()


async def test_clients_that_linger_make_room():
    async with Running(max_requests=3, yield_ms=60_000) as app:
        held = await several(app, 3)
        for socket in held:
            await socket.send(b"POST /han HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
            await socket.until(b"}")
        began = ms()
        assert (await ask(app, "/han")).status == 200
        assert ms() - began < 1000
        for socket in held:
            await socket.close()


async def test_a_flood_of_connections_is_survived():
    async with Running(linger_ms=100, tick_ms=50, head_ms=500) as app:
        held = []
        for _ in range(60):
            try:
                held.append(await asyncio.wait_for(connect(app), 2))
            except (OSError, asyncio.TimeoutError):
                break
        assert len(app.gate.connections) <= 2 * (app.gate.max_requests + app.gate.max_queue)
        await asyncio.sleep(0.4)
        assert (await ask(app, "/han")).status == 200  # while some are still there
        await asyncio.sleep(1)
        for socket in held:
            await socket.close()
        await asyncio.sleep(0.3)
        assert app.gate.connections == []


async def test_an_error_in_a_handler_is_no_json_and_is_seen():
    async with Running() as app:

        def broken():
            raise ValueError("a bug")

        works, app.messages.meter, app.messages.reading = app.messages.reading, broken, broken
        for path in "/meter", "/meter/id":  # a message, and a handler
            answer = await ask(app, path)
            assert answer.status == 500 and answer.headers["content-type"].startswith("text/plain")
            assert "ValueError: a bug" in app.log.entries()[-1][2], path
        app.messages.reading = works
        assert (await ask(app, "/han")).status == 200


# --- nothing is left behind (2)


def descriptors():
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return None


async def test_a_thousand_cycles_of_a_client_leave_nothing_behind():
    async with Running() as app:
        app.link.read(*FULL)
        await get(app, "/meter")
        before = descriptors()
        began = ms()
        worst = 0
        for number in range(250):
            cycle = ms()
            for path in ("/meter", "/configuration", "/han", "/meter/id"):
                keep = "Connection: keep-alive\r\n" if number % 2 else "Connection: close\r\n"
                answer = await ask(app, path, headers=keep)
                assert answer.status == 200 and isinstance(answer.json(), dict)
            worst = max(worst, ms() - cycle)
        assert worst < 2000, worst
        await asyncio.sleep(0.05)
        assert app.gate.connections == [] and app.gate.served >= 1000
        assert descriptors() == before
        assert ms() - began < 30000


async def test_a_taken_port_is_an_error_of_run():
    async with Running() as app:
        from tests.api.fake import Board, FakeApp

        board = Board()
        board.listen = ("127.0.0.1", app.port)
        try:
            await FakeApp(board).run()
            raise AssertionError("two applications on one port")
        except OSError:
            pass
        assert (await ask(app, "/han")).status == 200


async def test_a_request_that_there_is_no_memory_for_is_told_so():
    async with Running() as app:

        def full(*_):
            raise MemoryError()

        # Before a handler is found, and where an answer in pieces begins.
        for owner, name, path in ((app.config, "get", "/han"), (app.board, "heap", "/health")):
            works = getattr(owner, name)
            setattr(owner, name, full)
            try:
                answer = await ask(app, path)
            finally:
                setattr(owner, name, works)
            assert answer.status == 503 and answer.body == b"out of memory for the moment", path
            assert answer.headers["retry-after"] == "5"
            assert (await ask(app, "/han")).status == 200


async def test_a_client_that_there_is_no_memory_for_is_hung_up_on():
    import han.api.http.server as server

    made = server.Connection

    def none(*_):
        raise MemoryError

    async with Running() as app:
        server.Connection = none
        try:
            found = await raw(app, b"GET /han HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        except OSError:
            found = b""  # reset, as nobody has read the request
        finally:
            server.Connection = made
        assert not found
        assert (await ask(app, "/han")).status == 200 and app.gate.refused == 1 and not app.gate.connections


async def test_listening_that_has_ended_begins_again():
    async with Running(tick_ms=20) as app:
        task = getattr(app.gate._server, "task", None)
        if task is None:
            skip("MicroPython's servers are tasks")
        task.cancel()  # as an accepted connection without memory for it does
        for _ in range(200):
            await asyncio.sleep(0.05)
            try:
                assert (await ask(app, "/han")).status == 200
                return
            except OSError:
                pass
        raise AssertionError("nobody listens")
