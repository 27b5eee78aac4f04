"""Bodies of requests: in chunks, with Expect: 100-continue, incomplete, malformed, too large."""

import asyncio

from han.api.http.incoming import Incoming
from tests.api.fake import Answer, Running, connect, get, ms, raw
from tests.api.routes.test_api_ota import _FORM, Reader, authorized, form_of, watch
from tests.ota.world import SECTOR, SECTORS, image
from tests.support import Random

BODY = b'{"m":{"f":35}}'
CHUNKED = "Transfer-Encoding: chunked\r\n"


def chunks(body, size, extension=b"", end=b"0\r\n\r\n"):
    """A body in chunks of this size."""
    out = b""
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        out += b"%x%s\r\n%s\r\n" % (len(piece), extension, piece)
    return out + end


def request(path, method="PUT", headers=CHUNKED, version="1.1"):
    return ("%s %s HTTP/%s\r\nHost: 127.0.0.1\r\n%s\r\n" % (method, path, version, headers)).encode()


async def send(app, path, body, method="PUT", headers=""):
    """The Answer to a request with this body, in chunks already."""
    return Answer(await raw(app, request(path, method, CHUNKED + headers) + body))


async def fuse(app):
    return (await get(app, "/configuration"))["m"]["f"]


# --- chunks


async def test_a_body_in_chunks_is_a_body():
    async with Running() as app:
        follows = b"PUT /configuration HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 14\r\n\r\n" + BODY
        for value, cut in (
            (36, lambda body: chunks(body, 100)),
            (37, lambda body: chunks(body, 1)),
            (38, lambda body: chunks(body, 5)),
            (39, lambda body: chunks(body, 5, b";name=value;other")),
            (40, lambda body: chunks(body, 5, b" ; x")),
            (41, lambda body: chunks(body, 14).replace(b"e\r\n", b"000000000E\r\n")),
            (42, lambda body: chunks(body, 3, end=b"0000\r\n\r\n")),
            (43, lambda body: chunks(body, 3, end=b"0;last\r\nX-Sum: 1\r\nY:\r\n\r\n")),
            (44, lambda body: chunks(body, 3, end=b"0\r\n" + b"X: y\r\n" * 100 + b"\r\n")),
            (45, lambda body: chunks(body, 7) + follows),
        ):
            body = cut(BODY.replace(b"35", b"%d" % value))
            answer = await send(app, "/configuration", body)
            assert answer.status == 200 and answer.json()["success"], (body, answer.body)
            assert await fuse(app) == value, body
        assert app.log.entries() == []


async def test_chunks_may_come_in_any_pieces():
    random = Random(16)
    async with Running(rest_ms=20_000, linger_ms=20_000) as app:
        for number in range(20):
            value = 20 + number
            body = b'{"m":{"f":%d},"w":{"s":"%s"}}' % (value, b"x" * random.below(33))
            data = request("/configuration")
            at = 0
            while at < len(body):
                size = random.between(1, 30)
                piece = body[at : at + size]
                at += size
                data += b"%x\r\n%s\r\n" % (len(piece), piece)
            data += b"0\r\n\r\n"
            socket = await connect(app)
            at = 0
            while at < len(data):
                size = random.between(1, 40)
                await socket.send(data[at : at + size])
                at += size
                await asyncio.sleep(0)
            began = ms()
            assert Answer(await socket.all()).status == 200
            assert ms() - began < 10_000, "waited for more than there was"
            await socket.close()
            assert await fuse(app) == value


async def test_what_is_no_chunk_changes_nothing():
    async with Running(linger_ms=50, tick_ms=20, answer_ms=1000) as app:
        whole = BODY + b"\r\n0\r\n\r\n"
        for body in (
            b"\r\n" + whole, b"x\r\n" + whole, b"-e\r\n" + whole, b"+e\r\n" + whole, b"0xe\r\n" + whole,
            b" e\r\n" + whole, b"e" + whole, b";e\r\n" + whole, b"e\n" + BODY + b"\n0\n\n", b"e\r" + whole,
            b"e\r\r\n" + whole, b"e\r\n" + BODY + b"0\r\n\r\n", b"e\r\n" + BODY + b"\n0\r\n\r\n",
            b"e\r\n" + BODY + b"x\r\n0\r\n\r\n", b"d\r\n" + whole, b"1_0\r\n" + whole, b"e e\r\n" + whole,
            b"e\0\r\n" + whole, b"\xd9\xa1\r\n" + whole, b"{}\r\n" + whole, b"fffffffff\r\n" + whole,
            b"e \r\n" + whole, b"e\x0b;\r\n" + whole, b"80000000\r\n" + whole, b"ffffffffffffffff\r\n" + whole,
            b"e" * 5000, b"0" * 300 + b"e\r\n" + whole,
            b"e;" + b"x" * 300 + b"\r\n" + whole, chunks(BODY, 5, end=b"0\r\nno colon\r\n\r\n"),
            chunks(BODY, 5, end=b"0\r\n: x\r\n\r\n"), chunks(BODY, 5, end=b"0\n\n"), chunks(BODY, 5, end=b"0\r\n\n"),
            chunks(BODY, 5, end=b"0\r\nX: " + b"y" * 400 + b"\r\n\r\n"),
            chunks(BODY, 5, end=b"0\r\n" + b"X: yyyy\r\n" * 300),
        ):  # fmt: skip
            answer = await send(app, "/configuration", body)
            assert answer.status == 400, (body[:60], answer.status, answer.body)
            assert "chunk" in answer.json()["message"], (body[:60], answer.body)
        assert await fuse(app) == 25
        assert app.log.entries() == [] and app.gate.connections == []


async def test_chunks_together_are_as_limited_as_a_body():
    async with Running() as app:
        most = app.gate.max_body
        body = BODY + b" " * (most - len(BODY))
        assert (await send(app, "/configuration", chunks(body, 1000))).status == 200
        assert await fuse(app) == 35
        for data in (chunks(body + b" ", 1000), chunks(body + b" ", most + 1), chunks(b" " * 200000, 9000)):
            answer = await send(app, "/configuration", data)
            assert answer.status == 413 and str(most) in answer.json()["message"], answer.body
        # The chunk is only announced.
        answer = Answer(await raw(app, request("/configuration") + b"7ffffff\r\n"))
        assert answer.status == 413


async def test_half_a_body_ends_in_time():
    async with Running(tick_ms=20, answer_ms=400, linger_ms=100) as app:
        for body in (b"", b"e", b"e\r\n", b"e\r\n{", chunks(BODY, 5, end=b""), chunks(BODY, 5, end=b"0\r\n")):
            began = ms()
            found = await raw(app, request("/configuration") + body)
            assert not found and ms() - began < 8000, (body, found)
            socket = await connect(app)
            await socket.send(request("/configuration") + body)
            if hasattr(socket.writer, "write_eof"):  # MicroPython cannot close one direction of a socket
                socket.writer.write_eof()
                assert Answer(await socket.all()).status == 400, body
            await socket.close()
        # A byte now and then does not keep a connection open.
        socket = await connect(app)
        began = ms()
        try:
            await socket.send(request("/configuration") + b"e;")
            while ms() - began < 10_000:
                await socket.send(b"x")
                await asyncio.sleep(0.05)
        except OSError:
            pass
        assert ms() - began < 8000
        await socket.close()
        await asyncio.sleep(0.1)
        assert app.gate.connections == [] and await fuse(app) == 25


async def test_chunks_that_nobody_wants_are_passed_over():
    async with Running(rest_ms=20_000, linger_ms=20_000) as app:
        for path, method, status in (
            ("/han", "GET", 200), ("/han", "PUT", 405), ("/nothing", "POST", 404), ("/ota", "POST", 401),
            ("/health", "GET", 200),
        ):  # fmt: skip
            for body in (chunks(b"x" * 3000, 100), chunks(b"", 1), chunks(b"x" * 100000, 7000)):
                began = ms()
                answer = await send(app, path, body, method)
                assert answer.status == status, (path, method, answer.status)
                assert ms() - began < 10_000, "the end of the body was not seen"
        for host in ("evil.example.com",):
            data = request("/configuration").replace(b"127.0.0.1", host.encode()) + chunks(BODY, 5)
            assert Answer(await raw(app, data)).status == 403
        assert await fuse(app) == 25


async def test_an_upload_may_come_in_chunks():
    data = image("good")
    for fields, body, size in (
        (_FORM, form_of(data), 4096), (_FORM, form_of(data), 999), ("", data, 65536), ("", data, 4097),
        ("Content-Type: application/octet-stream\r\n", data, 1460),
    ):  # fmt: skip
        board = Reader()
        async with board.running() as app:
            watch(app, board)
            fields += await authorized(app)
            answer = await send(app, "/ota", chunks(body, size), "POST", fields)
            assert answer.status == 200, (size, answer.body)
            state = answer.json()
            assert state["status"] == "READY_TO_REBOOT" and state["progress"] == 100
            assert board.chip_.content(len(data)) == data
    board = Reader()
    async with board.running() as app:
        watch(app, board)
        answer = await send(app, "/update", chunks(form_of(data), 16384), "POST", _FORM)
        assert answer.status == 200 and answer.json()["rebootPending"], answer.body
        assert answer.json()["bytesWritten"] == answer.json()["bytesExpected"] == len(data)


async def test_an_upload_in_chunks_that_goes_wrong_changes_nothing():
    data = image("good")
    board = Reader()
    async with board.running() as app:
        token = await authorized(app)
        room = SECTOR * SECTORS
        for body, status, reason in (
            (chunks(b"", 1), 400, "no image"),
            (chunks(data, 4096, end=b"x\r\n"), 400, "chunk without a size"),
            (chunks(data, 4096).replace(b"\r\n1000\r\n", b"\r\n1001\r\n", 1), 400, "chunk longer than its size"),
            (chunks(data[:-5000], 4096), 400, "invalid_firmware"),
            (chunks(data + b"\xff" * (room + 9000 - len(data)), 4096), 413, "too_large"),
            (b"7ffffff\r\n" + data, 413, "too_large"),
        ):
            answer = await send(app, "/ota", body, "POST", token)
            assert answer.status == status and reason in answer.json()["message"], (reason, answer.status, answer.body)
            assert (await get(app, "/ota"))["status"] == "FAILED"
            assert board.chip_.next == "slot1" and app.updates.staged is None
        # The sender has gone.
        socket = await connect(app)
        await socket.send(request("/ota", "POST", CHUNKED + token) + chunks(data[:9000], 1000, end=b""))
        while app.updates.written < 8192:
            await asyncio.sleep(0.01)
        assert (await get(app, "/ota"))["progress"] == 8192 * 100 // room
        await socket.close()
        while app.updates.status != "FAILED":
            await asyncio.sleep(0.01)
        assert app.updates.error == "truncated"
        assert (await send(app, "/ota", chunks(data, 4096), "POST", token)).status == 200
        assert app.log.entries() == []


# --- Expect: 100-continue

GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
EXPECT = "Expect: 100-continue\r\n"


async def test_who_waits_to_be_told_to_send_is_told_at_once():
    async with Running() as app:
        for value, headers, body in (
            (41, "Content-Length: 14\r\n", BODY), (42, CHUNKED, chunks(BODY, 5)), (43, CHUNKED, chunks(BODY, 14)),
        ):  # fmt: skip
            body = body.replace(b"35", b"%d" % value)
            for early in (0, 1, 7):
                socket = await connect(app)
                await socket.send(request("/configuration", headers=headers + EXPECT) + body[:early])
                assert await socket.exactly(len(GO_ON)) == GO_ON
                await socket.send(body[early:])
                assert Answer(await socket.all()).status == 200
                await socket.close()
        # The client has not waited: the body is there, so no 100 is needed.
        answer = await raw(app, request("/configuration", headers="Content-Length: 14\r\n" + EXPECT) + BODY)
        assert answer.startswith(b"HTTP/1.1 200 OK")
        # HTTP/1.0 knows no such answer.
        fields = "Content-Length: 14\r\n" + EXPECT
        answer = await raw(app, request("/configuration", headers=fields, version="1.0") + BODY)
        assert answer.startswith(b"HTTP/1.1 200 OK")


async def test_an_upload_is_asked_for_only_where_it_is_taken():
    board = Reader()
    async with Running(board, rest_ms=60_000) as app:
        token = await authorized(app)
        data = image("good")
        length = "Content-Length: %d\r\n" % len(data)
        for path, method, headers, status in (
            ("/ota", "POST", length, 401),
            ("/ota", "POST", CHUNKED, 401),
            ("/ota", "POST", "Content-Length: 99999999\r\n" + token, 413),
            ("/update?allowDowngrade=1", "POST", length, 401),
            ("/update", "POST", length + "Origin: http://evil.example.com\r\n", 403),
            ("/update", "PUT", "Content-Length: 5000\r\n", 405),
            ("/update", "PUT", length, 413),
            ("/configuration", "PUT", "Content-Length: 9000\r\n", 413),
            ("/nothing", "POST", CHUNKED, 404),
            ("/han", "GET", "Content-Length: 5\r\n", 200),
        ):
            socket = await connect(app)
            await socket.send(request(path, method, headers + EXPECT))
            # The final answer comes without waiting for the body, which the client will not send.
            found = await socket.all(10)
            assert Answer(found).status == status and b"100 Continue" not in found, (path, found)
            await socket.close()
        board.boot["pending"] = False
        socket = await connect(app)
        await socket.send(request("/ota", "POST", length + token + EXPECT))
        assert await socket.exactly(len(GO_ON)) == GO_ON
        second = await raw(app, request("/ota", "POST", length + token + EXPECT))
        assert Answer(second).status == 409
        await socket.send(data)
        assert Answer(await socket.all()).status == 200
        await socket.close()


# --- by itself


class Pieces:
    """A stream reader over bytes that come in pieces."""

    def __init__(self, *pieces):
        self._pieces = list(pieces)

    async def read(self, count):
        if not self._pieces:
            return b""
        piece = self._pieces[0][:count]
        self._pieces[0] = self._pieces[0][count:]
        if not self._pieces[0]:
            self._pieces.pop(0)
        return piece


async def taken(incoming, size=7):
    """(contents of a body, its error)."""
    view = memoryview(bytearray(size))
    data = b""
    while True:
        n = await incoming.readinto(view)
        if not n:
            return data, incoming.wrong
        data += bytes(view[:n])


async def test_no_bytes_are_more_than_they_say():
    random = Random(3)
    for _ in range(400):
        body = random.bytes(random.below(200))
        size = random.between(1, 50)
        data = bytearray(chunks(body, size))
        good = bytes(data)
        for _ in range(random.below(3)):
            data[random.below(len(data))] = random.choice(b"0123456789abcdef\r\n;x")
        cut = random.below(len(data))
        found, wrong = await taken(Incoming(Pieces(bytes(data[cut:])), bytes(data[:cut]), None))
        if bytes(data) == good:
            assert (found, wrong) == (body, None)
        assert wrong is None or wrong[0] == 400
        assert len(found) <= len(data)
    for length in (0, 1, 5, 100):
        data = random.bytes(100)
        assert await taken(Incoming(Pieces(data[3:]), data[:3], length)) == (data[:length], None)
    found, wrong = await taken(Incoming(Pieces(b"abc"), b"", 4))
    assert found == b"abc" and wrong == (400, "body shorter than its content-length")
