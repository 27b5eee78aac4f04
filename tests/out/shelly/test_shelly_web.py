"""The Shelly over HTTP, WebSocket and UDP, while it is switched on."""

import asyncio
import errno
import json
import socket

from han.net.websocket import BINARY, CLOSE, PING, PONG, TEXT
from han.out import shelly
from han.out.shelly import KINDS, udp
from tests.api.fake import FULL, Board, FakeApp, Running, ask, connect, get, raw
from tests.api.http.test_api_stream import UPGRADE, Ws
from tests.api.routes.test_api_forms import masked
from tests.support import free_port

NAME = "shellypro3em-02005e10abcd"
ASKED = b'{"id":1,"method":"EM.GetStatus","params":{"id":0}}'


class Shelly(Running):
    """`async with Shelly() as app`: an application with the Shelly switched on."""

    async def __aenter__(self):
        app = await super().__aenter__()
        body = b'{"out":{"shelly":{"on":true}}}'
        answer = await ask(app, "/configuration", "PUT", "Content-Type: application/json\r\n", body)
        assert answer.status == 200, answer.body
        await until(lambda: app.outs.status("shelly") and app.outs.status("shelly").state)
        return app


async def until(true):
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nothing came")


async def post(app, path, body):
    return await ask(app, path, "POST", "Content-Type: application/json\r\n", body)


async def rpc(app):
    """A WebSocket at /rpc."""
    line = await connect(app)
    await line.send(("GET /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % UPGRADE).encode())
    head = await line.until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 "), head
    return Ws(line)


async def test_it_is_there_only_while_it_is_switched_on():
    async with Running() as app:
        for path in "/shelly", "/rpc", "/rpc/EM.GetStatus":
            assert (await ask(app, path)).status == 404
            assert (await post(app, path, b"{}")).status == 404
    async with Shelly() as app:
        assert (await get(app, "/shelly"))["id"] == NAME
        for kind in KINDS:
            _, instance, port, text = app.names.services.rows[kind]
            assert instance[1:].startswith(NAME.encode()) and port == app.port.to_bytes(2, "big")
            assert b"\x05gen=2\x0aapp=Pro3EM\x09ver=1.7.1" in text and NAME.encode() in text
        rows = [row for row in (await get(app, "/health"))["services"] if row["name"] == "shelly"]
        assert len(rows) == 1 and rows[0]["status"] == "running"
        await post(app, "/configuration", b'{"out":{"shelly":{"on":false}}}')
        await until(lambda: app.outs.status("shelly") is None)
        assert (await ask(app, "/shelly")).status == 404
        assert not app.names.services


async def test_results_by_get_and_by_post():
    async with Shelly() as app:
        app.link.read(*FULL)
        status = await get(app, "/rpc/EM.GetStatus?id=0")
        assert status["total_act_power"] == 1000
        # evcc posts the parameters and more to the method's path, and wants the result alone.
        for body in b'{"id":0,"src":"evcc","method":"EM.GetStatus"}', b'{"id":0}', b"{}":
            assert (await post(app, "/rpc/EM.GetStatus", body)).json() == status
        assert (await ask(app, "/rpc/EM.GetStatus", "POST")).json() == status  # no body
        frame = (await post(app, "/rpc", b'{"id":1,"src":"me","method":"EM.GetStatus","params":{"id":0}}')).json()
        assert frame == {"id": 1, "src": NAME, "dst": "me", "result": status}
        assert "EM.GetStatus" in (await get(app, "/rpc"))["methods"]
        assert (await get(app, "/rpc/Shelly.GetComponents?dynamic_only=true&offset=0"))["components"] == []
        assert (await get(app, "/rpc/Shelly.GetComponents?include=[%22status%22]"))["total"] == 2
        assert (await get(app, "/rpc/Shelly.GetDeviceInfo?ident=true")) == await get(app, "/shelly")
        assert (await ask(app, "/rpc/EM.GetStatus", "HEAD")).status == 200


async def test_what_batteries_ask_has_answers():
    """Of other imitations it is told what each battery asks, and that one which misses an answer gives up."""
    async with Shelly() as app:
        app.link.read(*FULL)
        for path in (
            "/rpc/Shelly.GetStatus?esp",  # Growatt Noah 2000
            # Hoymiles, before it opens its WebSocket
            "/shelly", "/rpc/Shelly.GetDeviceInfo", "/rpc/Shelly.GetStatus", "/rpc/Sys.GetStatus",
            "/rpc/EM.GetConfig?id=0", "/rpc/WiFi.GetStatus", "/rpc/WiFi.GetConfig",
            "/rpc/EM.GetStatus?id=0", "/rpc/EMData.GetStatus?id=0",
            # Others
            "/rpc/Shelly.GetConfig", "/rpc/Shelly.GetComponents", "/rpc/Shelly.ListMethods", "/rpc/Sys.GetConfig",
            "/rpc/Cloud.GetConfig", "/rpc/Cloud.GetStatus", "/rpc/Ws.GetConfig", "/rpc/Script.List",
        ):  # fmt: skip
            answer = await ask(app, path)
            assert answer.status == 200 and isinstance(answer.json(), dict), path
        # A client that would go by the cloud must not find it.
        assert (await get(app, "/rpc/Cloud.GetConfig"))["enable"] is False
        ws = await rpc(app)
        try:
            for number, method in enumerate(("EM.GetStatus", "EMData.GetStatus") * 3):
                body = b'{"id":%d,"method":"%s","params":{"id":0}}' % (number, method.encode())
                await ws.send(0x80 | TEXT, body)
                message = await ws.message()
                assert message["id"] == number and message["result"]["id"] == 0
        finally:
            await ws.close()


async def test_a_websockets_frames_may_come_in_pieces():
    async with Shelly() as app:
        app.link.read(*FULL)
        ws = await rpc(app)
        try:
            # In three pieces with a ping between them, then as bytes, then the frame itself in two segments.
            await ws.send(TEXT, b'{"id":1,"method":')
            await ws.send(0x80 | PING, b"p")
            await ws.send(0, b'"EM1.Get')
            await ws.send(0x80, b'Status"}')
            assert await ws.frame() == (PONG, b"p")
            assert (await ws.message())["id"] == 1
            await ws.send(0x80 | BINARY, b'{"id":2,"method":"EM1.GetStatus"}')
            assert (await ws.message())["result"]["act_power"] == 1000
            data = masked(0x80 | TEXT, b'{"id":"three","method":"EM1.GetStatus"}')
            await ws.socket.send(data[:9])
            await asyncio.sleep(0.05)
            await ws.socket.send(data[9:])
            assert (await ws.message())["id"] == "three"
            # Pieces that are too long together.
            await ws.send(TEXT, b"x" * 600)
            await ws.send(0x80, b"x" * 600)
            assert await ws.frame() == (CLOSE, b"\x03\xf1")  # 1009: too big
        finally:
            await ws.close()


async def test_refusals_are_a_shellys():
    async with Shelly() as app:
        app.link.read(*FULL)
        for path, status, code in (
            ("/rpc/EM.GetStatus?id=1", 400, -105), ("/rpc/EM.GetStatus?id=x", 400, -103), ("/rpc/Foo", 404, 404),
            ("/rpc/Switch.Set?id=0&on=true", 404, 404), ("/rpc/Ws.SetConfig?config={%22enable%22:true}", 403, 403),
            ("/rpc/EM.GetStatus?id=%220%22", 400, -103), ("/rpc/EM.GetStatus?id", 400, -103),
            ("/rpc/Shelly.Reboot", 403, 403), ("/rpc/a/b", 404, 404),
            ("/rpc/EM.GetStatus/x", 404, 404),
        ):  # fmt: skip
            answer = await ask(app, path)
            assert (answer.status, answer.json()["code"]) == (status, code), path
            assert answer.json()["message"]
        for path, body, status in (
            ("/rpc", b"", 400), ("/rpc", b"[]", 400), ("/rpc", b'{"method":"EM.GetStatus"}', 400),
            ("/rpc", b"x" * 2000, 400), ("/rpc/EM.GetStatus", b"x", 400), ("/rpc/EM.GetStatus", b'{"id":7}', 400),
            ("/rpc/Shelly.Reboot", b"{}", 403), ("/rpc", b"x" * 9000, 413),
        ):  # fmt: skip
            answer = await post(app, path, body)
            assert answer.status == status, (path, body, answer.status)
        frame = await post(app, "/rpc", b'{"id":3,"method":"Shelly.Update"}')
        assert frame.status == 200 and frame.json()["error"]["code"] == 403
        assert (await ask(app, "/shelly", host="evil.example")).status == 403  # the gate's own check
        assert (await ask(app, "/shelly", "PUT")).status == 405
        assert b"Access-Control" not in await raw(app, b"GET /shelly HTTP/1.0\r\nOrigin: http://a\r\n\r\n")


async def test_without_a_fresh_reading_the_answer_is_503():
    async with Shelly() as app:
        for _ in range(2):
            for path in "/rpc/EM.GetStatus", "/rpc/EMData.GetStatus?id=0", "/rpc/Shelly.GetStatus":
                answer = await ask(app, path)
                assert answer.status == 503 and answer.json()["code"] == -114 and "act_power" not in str(answer.body)
            frame = await post(app, "/rpc", b'{"id":1,"method":"EM.GetStatus"}')
            assert frame.status == 503 and frame.json()["error"]["code"] == -114
            assert (await get(app, "/shelly"))["gen"] == 2
            assert (await get(app, "/rpc/Shelly.GetConfig"))["em:0"]["id"] == 0
            app.link.read(*FULL)
            assert (await ask(app, "/rpc/EM.GetStatus")).status == 200
            app.board.ticks += 10001


async def test_a_websocket_is_answered_and_told_of_each_reading():
    async with Shelly() as app:
        app.link.read(*FULL)
        ws = await rpc(app)
        try:
            # It has not said its name yet, so this one is not told.
            app.link.read(*FULL)
            await asyncio.sleep(0.2)
            await ws.send(0x80 | TEXT, b'{"id":1,"src":"ha","method":"Shelly.GetDeviceInfo"}')
            message = await ws.message()
            if "id" not in message:  # the machine was slow
                message = await ws.message()
            assert message["id"] == 1 and message["dst"] == "ha" and message["result"]["id"] == NAME
            assert app.streams.guests and app.outs.status("shelly").clients == 1
            for _ in range(3):
                app.link.read(*FULL)
                told = await ws.message()
                assert told["method"] == "NotifyStatus" and told["dst"] == "ha"
                assert told["params"]["em:0"]["total_act_power"] == 1000
            # Several calls at once, each answered.
            for number in range(2, 6):
                await ws.send(0x80 | TEXT, b'{"id":%d,"src":"ha","method":"EM.GetStatus","params":{"id":0}}' % number)
            for number in range(2, 6):
                assert (await ws.message())["id"] == number
            await ws.send(0x80 | PING, b"x")
            assert await ws.frame() == (PONG, b"x")
            for nothing in b"x", b"{}", b'{"method":"EM.GetStatus"}', b"[]":
                await ws.send(0x80 | TEXT, nothing)
            await ws.send(0x80 | TEXT, b'{"id":9,"method":"Shelly.Reboot"}')
            assert (await ws.message())["error"]["code"] == 403
            await ws.send(0x80 | CLOSE, b"\x03\xe8")
            assert await ws.frame() == (CLOSE, b"\x03\xe8")
            assert await ws.end() == b""
        finally:
            await ws.close()
        await until(lambda: not app.streams.guests)
        assert app.outs.status("shelly").clients == 0


async def test_a_websocket_ends_when_the_reading_is_stale():
    async with Shelly() as app:
        app.link.read(*FULL)
        told, silent = await rpc(app), await rpc(app)
        try:
            await told.send(0x80 | TEXT, b'{"id":1,"src":"ha","method":"EM.GetStatus"}')
            assert "result" in await told.message()
            app.board.ticks += 10001
            assert await told.frame(20) == (CLOSE, b"\x03\xf5")  # 1013: later
            # One that only asks gets an error.
            await silent.send(0x80 | TEXT, b'{"id":2,"method":"EM.GetStatus"}')
            assert (await silent.message())["error"]["code"] == -114
        finally:
            await told.close()
            await silent.close()


async def test_websockets_of_strangers_and_too_many_are_refused():
    async with Shelly() as app:
        for fields, status in (
            (UPGRADE + "Origin: http://evil.example\r\n", 403), (UPGRADE.replace("13", "12"), 400),
            ("Upgrade: websocket\r\n", 400),
        ):  # fmt: skip
            assert (await ask(app, "/rpc", headers=fields)).status == status
        open_ones = []
        try:
            while len(open_ones) < 20:
                line = await connect(app)
                open_ones.append(line)
                await line.send(("GET /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % UPGRADE).encode())
                if not (await line.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 "):
                    break
            assert 2 <= len(open_ones) <= 9  # those of before, and the one that was refused
        finally:
            for line in open_ones:
                await line.close()
        await until(lambda: not app.streams.guests)


async def test_switching_it_off_ends_its_websockets():
    async with Shelly() as app:
        app.link.read(*FULL)
        ws = await rpc(app)
        await post(app, "/configuration", b'{"out":{"shelly":{"on":false}}}')
        assert await ws.end(20) == b""
        await until(lambda: not app.streams.guests and app.outs.status("shelly") is None)


async def test_a_broken_frame_ends_a_websocket():
    async with Shelly() as app:
        for data in masked(0x80 | TEXT, b"x" * 2000), b"\x81\x05hello", masked(0x83, b""):
            ws = await rpc(app)
            await ws.socket.send(data)
            opcode, code = await ws.frame()
            assert opcode == CLOSE and code in (b"\x03\xea", b"\x03\xf1"), code
            await ws.close()
        await until(lambda: not app.streams.guests)


# --- UDP


class Battery:
    """Asks over UDP."""

    def __init__(self, port):
        self.where = socket.getaddrinfo("127.0.0.1", port, 0, socket.SOCK_DGRAM)[0][-1]
        self.line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.line.setblocking(False)

    def send(self, data):
        self.line.sendto(data, self.where)

    async def hear(self, seconds=5):
        """The next answer; None when none comes."""
        for _ in range(int(seconds * 100)):
            try:
                return self.line.recvfrom(2048)[0]
            except OSError:
                await asyncio.sleep(0.01)
        return None

    async def ask(self, data):
        for _ in range(20):  # the port may not be open yet
            self.send(data)
            heard = await self.hear(0.25)
            if heard:
                return heard
        raise AssertionError("no answer")


class Told:
    sent = dropped = clients = 0


class Listening:
    """A port that is listened on."""

    async def __aenter__(self):
        self.app = FakeApp(Board())
        self.status = Told()
        port = free_port(socket.SOCK_DGRAM)
        self.task = asyncio.create_task(udp.listen(self.app, self.status, port, {}))
        self.battery = Battery(port)
        return self

    async def __aexit__(self, *_):
        self.battery.line.close()
        self.task.cancel()
        try:
            await self.task
        except asyncio.CancelledError:
            pass


async def test_a_battery_is_answered_over_udp():
    async with Listening() as here:
        here.app.link.read(*FULL)
        heard = await here.battery.ask(ASKED)
        frame = json.loads(heard.decode())
        assert frame["id"] == 1 and frame["src"] == NAME and frame["dst"] == "unknown"
        assert frame["result"]["total_act_power"] == 1000 and frame["result"]["a_act_power"] == 301
        assert 250 <= len(heard) < 1400 and here.status.sent
        heard = await here.battery.ask(b'{"id":5,"method":"EM1.GetStatus","params":{"id":0}}')
        assert len(heard) == 250 and heard[-1:] == b"}"
        assert json.loads(heard.decode())["result"] == {"id": 0, "act_power": 1000}
        frame = json.loads((await here.battery.ask(b'{"id":6,"src":"b","method":"Shelly.Reboot"}')).decode())
        assert frame["dst"] == "b" and frame["error"]["code"] == 403


async def test_over_udp_the_phases_add_up():
    async with Listening() as here:
        here.app.link.read((0, 0), (1, 640))
        for asked in ASKED, b'{"id":1,"method":"EM.GetStatus"}', b'{"id":1,"method":"em.getstatus","params":null}':
            result = json.loads((await here.battery.ask(asked)).decode())["result"]
            assert [result[phase + "_act_power"] for phase in "abc"] == [-640, 0, 0]
            assert result["total_act_power"] == -640 and result["b_voltage"] is None


async def test_over_udp_there_is_silence_without_a_fresh_reading_and_for_garbage():
    async with Listening() as here:
        battery = here.battery
        assert "result" in json.loads((await battery.ask(b'{"id":1,"method":"Shelly.GetDeviceInfo"}')).decode())
        battery.send(ASKED)
        assert await battery.hear(0.3) is None
        here.app.link.read(*FULL)
        await battery.ask(ASKED)
        for garbage in (
            b"", b"hame", b"\0\1\2", b"{}", b'{"method":"EM.GetStatus"}', b'{"id":null,"method":"EM.GetStatus"}',
            b"[" * 1000, b" " * 1025, b'{"id":1}garbage' * 100, b"\xff" * 64,
        ):  # fmt: skip
            battery.send(garbage)
            assert await battery.hear(0.1) is None, garbage
        here.app.board.ticks += 10001
        for _ in range(3):
            battery.send(ASKED)
        assert await battery.hear(0.3) is None
        here.app.link.read(*FULL)
        await battery.ask(ASKED)


async def test_a_flood_is_answered_in_part_and_ends():
    async with Listening() as here:
        here.app.link.read(*FULL)
        await here.battery.ask(ASKED)
        for _ in range(100):
            here.battery.send(ASKED)
        count = 0
        while await here.battery.hear(0.3):
            count += 1
        assert count <= 20, count  # the clock of this board stands still
        here.app.board.ticks += 1000
        await here.battery.ask(ASKED)


async def test_a_port_that_is_taken_is_taken_over_when_it_is_free():
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    number = free_port(socket.SOCK_DGRAM)
    taken.bind(socket.getaddrinfo("127.0.0.1", number, 0, socket.SOCK_DGRAM)[0][-1])
    app = FakeApp(Board())
    app.link.read(*FULL)
    errors = {}
    task = asyncio.create_task(udp.listen(app, Told(), number, errors, 0.05))
    try:
        await until(lambda: errors)
        assert errors == {number: "port %d (UDP) is taken" % number}
        taken.close()
        await until(lambda: not errors)
        battery = Battery(number)
        await battery.ask(ASKED)
        battery.line.close()
    finally:
        task.cancel()


class NoSockets:
    """In the place of the module socket while there are none left."""

    AF_INET, SOCK_DGRAM = socket.AF_INET, socket.SOCK_DGRAM

    def socket(self, *_):
        raise OSError(errno.ENOMEM)


async def test_a_port_without_a_socket_is_told_and_tried_again():
    number, errors = free_port(socket.SOCK_DGRAM), {}
    app = FakeApp(Board())
    app.link.read(*FULL)
    udp.socket = NoSockets()
    task = asyncio.create_task(udp.listen(app, Told(), number, errors, 0.05))
    try:
        await until(lambda: errors)
        assert errors[number].startswith("port %d (UDP) does not listen: " % number), errors
        udp.socket = socket
        await until(lambda: not errors)
        battery = Battery(number)
        await battery.ask(ASKED)
        battery.line.close()
    finally:
        udp.socket = socket
        task.cancel()


async def test_a_port_that_has_ended_ends_the_whole_so_that_it_begins_again():
    async def ends(*_):
        raise MemoryError

    listen, udp.listen = udp.listen, ends
    try:
        await asyncio.wait_for(shelly.run(FakeApp(Board()), Told()), 20)
        raise AssertionError("it went on")
    except MemoryError:
        pass
    finally:
        udp.listen = listen


def test_who_is_near():
    for address, near in (
        ("10.1.2.3", True), ("172.16.0.1", True), ("172.31.255.1", True), ("172.32.0.1", False), ("172.15.0.1", False),
        ("192.168.178.20", True), ("192.169.0.1", False), ("169.254.7.7", True), ("127.0.0.1", True),
        ("100.64.0.1", True), ("100.128.0.1", False), ("8.8.8.8", False), ("0.0.0.0", False),
    ):  # fmt: skip
        assert udp.near((address, 22222)) is near, address
        packed = b"\2\0\x56\xce" + bytes([int(part) for part in address.split(".")]) + bytes(8)
        assert udp.near(packed) is near, address
