"""/ws and /sse: each client gets every kind of message, and none can delay another (replay list 9 and 10)."""

import asyncio
import json

from han.api.http.client import encoded
from host_sim.board import Cable
from tests.api.fake import FULL, Board, Running, ask, connect, get, ms
from tests.api.routes.test_api_forms import masked

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n" % KEY
FIRST = ["HAN_STATE_MESSAGE", "HAN_CONFIGURATION_MESSAGE", "HAN_OTA_MESSAGE"]


class Ws:
    """A WebSocket client that sees every byte."""

    def __init__(self, socket):
        self.socket = socket

    async def frame(self, seconds=5):
        """(opcode, payload) of the next frame."""
        head = await self.socket.exactly(2, seconds)
        assert head[0] & 0xF0 == 0x80 and not head[1] & 0x80, head
        length = head[1]
        if length == 126:
            length = int.from_bytes(await self.socket.exactly(2), "big")
            assert length > 125
        assert length < 127 or head[1] == 126
        payload = await self.socket.exactly(length) if length else b""
        return head[0] & 0x0F, payload

    async def message(self, seconds=5):
        """The next message that is not a ping."""
        while True:
            opcode, payload = await self.frame(seconds)
            if opcode == 1:
                return json.loads(payload.decode())
            assert opcode == 9

    async def start(self):
        """Kinds of the messages that a new client gets."""
        kinds = []
        while "HAN_OTA_MESSAGE" not in kinds:
            kinds.append((await self.message())["type"])
        return kinds

    async def send(self, *frame):
        await self.socket.send(masked(*frame))

    async def end(self, seconds=5):
        """Everything until the server closes."""
        try:
            return await self.socket.all(seconds)
        except OSError:
            return b""

    async def close(self):
        await self.socket.close()


async def ws(app):
    socket = await connect(app)
    await socket.send(("GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % UPGRADE).encode())
    head = await socket.until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 "), head
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
    return Ws(socket)


class Sse:
    """An event stream's client."""

    def __init__(self, socket):
        self.socket = socket

    async def event(self, seconds=5):
        """{field: value} of the next event, with the text of comments under "".

        Some clients take every empty line for an event, so there is none without data before it.
        """
        fields = {}
        while True:
            line = await self.socket.line(seconds)
            assert line.endswith(b"\n"), "the stream ended"
            line = line.decode().rstrip("\r\n")
            if not line:
                assert "data" in fields, fields
                return fields
            if line[0] == ":":
                fields[""] = line[1:]
                continue
            name, _, text = line.partition(":")
            assert name not in fields
            fields[name] = text[1:] if text[:1] == " " else text

    async def message(self, seconds=5):
        """The message of the next event."""
        fields = await self.event(seconds)
        message = json.loads(fields["data"])
        assert fields["event"] == message["type"], fields
        return message

    async def start(self):
        """Kinds of the messages that a new client gets."""
        kinds = []
        while "HAN_OTA_MESSAGE" not in kinds:
            kinds.append((await self.message())["type"])
        return kinds

    async def close(self):
        await self.socket.close()


async def sse(app, path="/sse", headers="Accept: text/event-stream\r\n"):
    socket = await connect(app)
    await socket.send(("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % (path, headers)).encode())
    head = await socket.until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
    assert b"\r\nContent-Type: text/event-stream\r\n" in head
    assert b"\r\nCache-Control: no-store\r\n" in head and b"Content-Length" not in head
    assert await socket.line() == b"retry: 3000\n"
    return Sse(socket)


async def settle(app, count):
    """Wait until so many streams are open."""
    began = ms()
    while len(app.streams.clients) != count:
        await asyncio.sleep(0.01)
        assert ms() - began < 3000, len(app.streams.clients)


# --- what is sent


async def test_ws_starts_with_the_state_and_then_tells_each_reading():
    async with Running() as app:
        client = await ws(app)
        assert await client.start() == FIRST
        app.link.read(*FULL)
        meter = await client.message()
        assert meter["type"] == "HAN_METER_MESSAGE" and meter["seq"] == 1 and meter["ic"] == 123456.789
        assert "age" not in meter
        for number in range(2, 6):
            app.link.read(*FULL)
            assert (await client.message())["seq"] == number
        rest = await get(app, "/meter")
        for name in meter:
            assert name == "seq" or rest[name] == meter[name], name
        late = await ws(app)
        assert await late.start() == [FIRST[0], "HAN_METER_MESSAGE"] + FIRST[1:]
        await client.close()
        await late.close()
        await settle(app, 0)


async def test_sse_says_the_same_in_its_own_form():
    async with Running() as app:
        for path in ("/sse", "/events"):
            client = await sse(app, path)
            first = await client.event()
            assert sorted(first) == ["data", "event", "id"] and first["event"] == "HAN_STATE_MESSAGE"
            assert first["id"] == str(app.link.live.seq)
            await client.start()
            app.link.read(*FULL)
            event = await client.event()
            message = json.loads(event["data"])
            assert event["event"] == message["type"] == "HAN_METER_MESSAGE"
            assert event["id"] == str(message["seq"])
            await client.close()
        await settle(app, 0)


async def test_every_change_is_told_to_everyone_in_the_same_bytes():
    async with Running() as app:
        clients = [await ws(app), await ws(app), await sse(app)]
        for client in clients:
            await client.start()
        app.bus.publish("configuration", app.config)
        app.bus.publish("ota", None)
        for client in clients:
            assert (await client.message())["type"] == "HAN_CONFIGURATION_MESSAGE"
            assert (await client.message())["type"] == "HAN_OTA_MESSAGE"
        app.link.read(*FULL)
        one = app.messages.stream("meter")
        assert app.messages.stream("meter") is one
        same = []
        for client in clients:
            same.append(await client.message())
        assert same[0] == same[1] == same[2]
        assert encoded(one, "meter", "ws").endswith(one.open + b"}")
        assert encoded(one, "meter", "sse").endswith(one.open + b"}\n\n")
        for client in clients:
            await client.close()


async def test_a_network_that_goes_is_told():
    board = Board()
    board.cable = Cable("192.168.1.50")
    async with Running(board) as app:
        await asyncio.sleep(0.3)
        client = await ws(app)
        await client.start()
        assert (await get(app, "/han"))["ethIp"] == "192.168.1.50"
        board.cable.address = "0.0.0.0"
        message = await client.message(6)
        assert message["type"] == "HAN_STATE_MESSAGE" and message["state"] == "SETUP"
        assert message["ethIp"] == "0.0.0.0"
        await client.close()


async def test_a_burst_of_changes_loses_the_older_ones_and_counts_them():
    async with Running() as app:
        client = await ws(app)
        await client.start()
        for _ in range(10):
            app.link.read(*FULL)
        assert (await client.message())["seq"] == 10
        assert (await get(app, "/health"))["connections"]["dropped"] == 9
        await client.close()
        await settle(app, 0)
        assert (await get(app, "/health"))["connections"]["dropped"] == 9


# --- limits


async def test_three_websockets_and_the_fourth_is_refused():
    async with Running() as app:
        clients = []
        for _ in range(3):
            clients.append(await ws(app))
            await clients[-1].start()
        for _ in range(3):
            answer = await ask(app, "/ws", headers=UPGRADE)
            assert answer.status == 503 and answer.json()["success"] is False
            assert int(answer.headers["retry-after"]) > 0
        app.link.read(*FULL)
        for client in clients:
            assert (await client.message())["seq"] == 1
        assert (await get(app, "/health"))["connections"]["ws"] == {"c": 3, "m": 3}
        await clients.pop().close()
        await settle(app, 2)
        clients.append(await ws(app))  # the place is free again
        for client in clients:
            await client.close()
        await settle(app, 0)


async def test_five_event_streams_beside_three_websockets():
    async with Running() as app:
        clients = []
        for _ in range(3):
            clients.append(await ws(app))
        for _ in range(5):
            clients.append(await sse(app))
        for client in clients:
            await client.start()
        for path in ("/sse", "/events"):
            assert (await ask(app, path, headers="Accept: text/event-stream\r\n")).status == 503
        app.link.read(*FULL)
        for client in clients:
            assert (await client.message())["seq"] == 1
        for path in ("/meter", "/han", "/health"):  # and there is room for requests
            await get(app, path)
        for client in clients:
            await client.close()
        await settle(app, 0)


async def test_on_the_chip_six_together():
    board = Board()
    board.stream_limits = (3, 5, 6)
    async with Running(board) as app:
        clients = []
        for _ in range(5):
            clients.append(await sse(app))
        clients.append(await ws(app))
        assert (await ask(app, "/ws", headers=UPGRADE)).status == 503
        for client in clients:
            await client.close()


# --- staying and going


async def test_a_websocket_is_pinged_and_dropped_after_two_missed():
    async with Running(tick_ms=20, ping_ms=200) as app:
        good, bad = await ws(app), await ws(app)
        await good.start()
        began = ms()

        async def answer():
            while True:
                opcode, payload = await good.frame()
                if opcode == 9:
                    await good.send(0x8A, payload)

        task = asyncio.create_task(answer())
        data = await bad.end()
        gone = ms() - began
        assert data.count(b"\x89\x00") == 2, data
        assert 450 < gone < 1500, gone
        await asyncio.sleep(0.5)
        assert len(app.streams.clients) == 1
        task.cancel()
        await good.close()
        await bad.close()
        await settle(app, 0)


async def test_an_event_stream_gets_comments():
    async with Running(tick_ms=20, ping_ms=100) as app:
        client = await sse(app)
        await client.start()
        for _ in range(3):
            assert await client.socket.line(1) == b":\n"
        app.link.read(*FULL)
        assert (await client.message(1))["type"] == "HAN_METER_MESSAGE"
        await client.close()


async def test_the_clients_ping_is_answered():
    async with Running() as app:
        client = await ws(app)
        await client.start()
        await client.send(0x81, b'{"type":"PING"}')
        assert await client.message() == {"type": "PONG"}
        await client.send(0x01, b'{"type": ')
        await client.send(0x80, b'"PING", "x": 1}')
        assert await client.message() == {"type": "PONG"}
        await client.send(0x89, b"are you there")
        assert await client.frame() == (10, b"are you there")
        # The reader ignores other messages.
        for text in (b"", b"PING", b'{"type":"OTHER"}', b'["PING"]', b'"PING"', b"{", b'"PING' + b"[" * 1000):
            await client.send(0x81, text)
        await client.send(0x82, b"\x00\xff")
        app.link.read(*FULL)
        assert (await client.message())["type"] == "HAN_METER_MESSAGE"
        await client.close()


async def test_close_is_answered_with_close():
    async with Running() as app:
        client = await ws(app)
        await client.start()
        await client.send(0x88, b"\x03\xe8bye")
        assert await client.end() == b"\x88\x02\x03\xe8"
        await client.close()
        for frame, code in (((0x83, b""), 1002), ((0x81, b"\xff"), 1007), ((0x81, b"", 5000), 1009)):
            client = await ws(app)
            await client.start()
            await client.send(*frame)
            assert await client.end() == b"\x88\x02" + code.to_bytes(2, "big")
            await client.close()
        await settle(app, 0)


async def test_a_client_that_vanishes_frees_its_place():
    async with Running() as app:
        for _ in range(12):
            client = await ws(app)
            await client.close()
            stream = await sse(app)
            await stream.close()
        await settle(app, 0)
        assert len(app.bus.boxes["meter"]) == 2  # the counters' own, and the history's
        assert app.gate.connections == []


async def test_what_is_not_a_handshake_is_400_and_a_foreign_page_403():
    async with Running() as app:
        for headers in (
            "",
            "Upgrade: websocket\r\n",
            UPGRADE.replace("13", "8"),
            UPGRADE.replace(KEY, "short"),
            UPGRADE.replace("Connection: Upgrade", "Connection: close"),
            UPGRADE.replace("websocket", "h2c"),
        ):
            answer = await ask(app, "/ws", headers=headers)
            assert answer.status == 400 and answer.json()["success"] is False
            assert answer.headers["sec-websocket-version"] == "13"
        answer = await ask(app, "/ws", headers=UPGRADE + "Origin: http://evil.example\r\n")
        assert answer.status == 403
        assert (await ask(app, "/ws", headers=UPGRADE, host="evil.example")).status == 403
        head = "GET /ws HTTP/1.1\r\nHost: reader.local\r\nOrigin: http://reader.local\r\n" + UPGRADE + "\r\n"
        socket = await connect(app)
        await socket.send(head.encode())
        assert (await socket.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        await socket.close()


# --- slow and stuck


async def test_a_client_that_takes_nothing_is_closed_and_nobody_else_notices():
    async with Running(tick_ms=20, stall_ms=600) as app:
        large = b'{"type":"HAN_METER_MESSAGE"%s}' % (b" " * 60000)
        app.messages.make = lambda: large
        stuck = [await sse(app), await ws(app)]
        quick = await ws(app)
        await quick.start()
        began = ms()
        worst = 0
        while len(app.streams.clients) > 1:
            start = ms()
            app.link.read(*FULL)
            message = await quick.message()
            assert message["type"] == "HAN_METER_MESSAGE"
            worst = max(worst, ms() - start)
            assert ms() - began < 20000
        assert (await get(app, "/health"))["connections"]["dropped"] > 0
        assert worst < 500, worst
        assert (await ask(app, "/han")).status == 200
        for client in stuck + [quick]:
            await client.close()
        await settle(app, 0)


async def test_random_frames_never_stop_the_server():
    from tests.support import Random

    random = Random(5)
    async with Running(goodbye_ms=50) as app:
        for number in range(60):
            client = await ws(app)
            try:
                for _ in range(random.between(1, 4)):
                    await client.socket.send(random.bytes(random.between(1, 60)))
            except OSError:
                pass
            await client.close()
        await settle(app, 0)
        assert app.log.entries() == [], app.log.entries
        client = await ws(app)
        assert await client.start() == FIRST
        await client.close()


async def test_a_stop_ends_the_streams():
    async with Running() as app:
        clients = [await ws(app), await sse(app)]
        for client in clients:
            await client.start()
    for client in clients:
        try:
            await client.socket.all(3)
        except OSError:
            pass
        await client.close()


# --- many at once (13, time scaled)


async def test_two_home_assistants_evcc_and_streams_together():
    async with Running() as app:
        app.link.read(*FULL)
        worst = [0]

        async def poll(paths, cycles):
            for _ in range(cycles):
                for path in paths:
                    began = ms()
                    await get(app, path)
                    worst[0] = max(worst[0], ms() - began)

        async def listen(client, wanted):
            last = 0
            while last < wanted:
                message = await client.message()
                if message["type"] == "HAN_METER_MESSAGE":
                    assert message["seq"] > last
                    last = message["seq"]
            await client.close()

        tasks = [
            asyncio.create_task(task)
            for task in (
                poll(("/meter", "/configuration", "/han"), 60),
                poll(("/meter", "/configuration", "/han", "/meter/id"), 60),
                poll(("/meter/data",), 120),
                poll(("/health",), 20),
            )
        ]
        streams = [await ws(app), await sse(app)]
        listeners = [asyncio.create_task(listen(client, 50)) for client in streams]
        for _ in range(60):
            app.link.read(*FULL)
            await asyncio.sleep(0.01)
        for task in tasks + listeners:
            await task
        assert worst[0] < 2000, worst
        await settle(app, 0)


async def test_a_stream_that_never_began_leaves_nothing_behind():
    async with Running() as app:
        await (await sse(app)).close()
        await settle(app, 0)
        boxes = len(app.bus.boxes["meter"])
        kept = app.streams.open

        def broken(kind, connection, hello):
            kept(kind, connection, hello)
            raise asyncio.CancelledError  # as if others had taken its place before it began

        def full(*_):
            raise MemoryError

        app.streams.open = broken
        for _ in range(4):
            socket = await connect(app)
            await socket.send(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            try:
                await socket.all()
            except OSError:
                pass
            await socket.close()
            await settle(app, 0)
        app.streams.open = kept
        # And one without memory for it.
        from han.api.http import client as module

        made, module.Client.__init__ = module.Client.__init__, full
        try:
            assert (await ask(app, "/sse")).status == 503
        finally:
            module.Client.__init__ = made
        assert len(app.bus.boxes["meter"]) == boxes
        client = await sse(app)
        await client.start()
        await client.close()
        await settle(app, 0)
