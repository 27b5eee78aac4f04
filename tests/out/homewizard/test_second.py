"""Version 2 of HomeWizard's API: over HTTPS, with tokens that a press of the button gives."""

import asyncio
import json

from han.net.join import button
from tests.api.fake import FULL, Answer, ask
from tests.api.http.test_api_tls import Secured, close, opened, provisioned
from tests.out.homewizard.test_first import switched

TWO = "X-Api-Version: 2\r\n"


async def secure(app, path, method="GET", headers=TWO, body=b"", token=None):
    """The Answer to a request over TLS."""
    if token:
        headers += "Authorization: Bearer %s\r\n" % token
    if body:
        headers += "Content-Length: %d\r\n" % len(body)
    reader, writer = await opened(app)
    writer.write(("%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % (method, path, headers)).encode() + body)
    await writer.drain()
    data = await asyncio.wait_for(reader.read(-1), 8)
    await close(writer)
    return Answer(data)


def press(app):
    """The button is pressed and released; True where that opens setup mode."""
    asked = []
    policy = app.links.policy
    app.links.policy = lambda: Asked(asked)
    app.links.button = app.board.ticks
    app.board.ticks += 200
    button.turn(app.links, app.board.ticks)
    app.links.policy = policy
    return bool(asked)


class Asked:
    def __init__(self, asked):
        self.ask = lambda: asked.append(True)


async def user(app, name="local/me"):
    """The token of a new user."""
    body = json.dumps({"name": name}).encode()
    app.board.ticks += 31000
    assert (await secure(app, "/api/user", "POST", body=body)).status == 403
    assert not press(app)
    answer = await secure(app, "/api/user", "POST", body=body)
    assert answer.status == 200 and answer.json()["name"] == name, answer.body
    return answer.json()["token"]


async def test_which_version_a_request_is_of():
    async with Secured(provisioned()) as app:
        await switched(app)
        assert sorted(app.names.services.rows) == ["_homewizard._tcp", "_hwenergy._tcp"]
        # Home Assistant asks so whether there is version 2: it would insist on HomeWizard's own certificate.
        assert (await secure(app, "/api", headers="")).json()["api_version"] == "v1"
        assert (await secure(app, "/api/v1/system")).json() == {"cloud_enabled": False}
        answer = await secure(app, "/api")
        assert answer.status == 401 and answer.json() == {"error": "user:unauthorized"}
        assert answer.headers["x-api-version"] == "2.0.0"
        assert (await secure(app, "/api/measurement", headers="")).status == 401
        assert (await secure(app, "/api", headers="X-Api-Version: 3\r\n")).json() == {
            "error": "request:api-version-not-supported"
        }
        token = await user(app)
        for headers in "", TWO, "X-Api-Version: 2.1\r\n":
            assert (await secure(app, "/api", headers=headers, token=token)).json() == {
                "product_type": "HWE-P1", "product_name": "P1 Meter", "serial": "02005e10abcd",
                "firmware_version": app.updates.running, "api_version": "2.0.0",
            }  # fmt: skip
        assert (await ask(app, "/api/user", "POST", body=b'{"name":"local/x"}')).status == 404


async def test_users_come_with_the_button_and_go():
    async with Secured(provisioned()) as app:
        await switched(app)
        for body, error in (
            (b"", "request:invalid-json"), (b"{", "request:invalid-json"), (b"[]", "request:invalid-json"),
            (b"{}", "json:parameter-missing:name"), (b'{"name":1}', "json:parameter-invalid-type:name"),
            (b'{"name":"cloud/x"}', "user:invalid-prefix"), (b'{"name":"local/"}', "user:name-empty"),
            (b'{"name":"local/' + b"x" * 41 + b'"}', "user:name-too-long"),
            (b'{"name":"local/\xc3\xa4"}', "user:name-invalid"),
        ):  # fmt: skip
            answer = await secure(app, "/api/user", "POST", body=body)
            assert answer.status == 400 and answer.json() == {"error": error}, body
        assert press(app)  # nobody has asked for a user
        body = b'{"name":"local/me"}'
        assert (await secure(app, "/api/user", "POST", body=body)).json() == {"error": "user:creation-not-enabled"}
        app.board.ticks += 31000
        assert press(app)  # too late
        token = await user(app)
        assert len(token) == 32 and token == token.upper()
        assert (await secure(app, "/api/user", "POST", body=body)).status == 403  # one press is for one user
        assert press(app)  # who presses again soon wants setup mode, whoever asks for a user
        app.board.ticks += 31000
        assert (await secure(app, "/api/user", "POST", body=body)).status == 403
        assert not press(app)
        app.board.ticks += 31000
        assert (await secure(app, "/api/user", "POST", body=body)).status == 403
        kept = json.dumps(app.config.values)
        assert token not in kept and token.lower() not in kept
        # The same name gets another token.
        second = await user(app)
        assert (await secure(app, "/api", token=token)).status == 401
        assert (await secure(app, "/api", token=second.lower())).status == 401
        other = await user(app, "local/a b\\/#_-")
        assert (await secure(app, "/api/user", token=second)).json() in (
            [{"name": "local/me", "current": True}, {"name": "local/a b\\/#_-"}],
            [{"name": "local/a b\\/#_-"}, {"name": "local/me", "current": True}],
        )
        for name in "local/3", "local/4":
            await user(app, name)
        app.board.ticks += 31000
        assert (await secure(app, "/api/user", "POST", body=b'{"name":"local/5"}')).status == 403
        app.board.ticks += 29000
        assert not press(app)
        answer = await secure(app, "/api/user", "POST", body=b'{"name":"local/5"}')
        assert answer.status == 507 and answer.json() == {"error": "user:no-storage"}
        for body, status in (
            (b'{"name":"local/7"}', 404), (b'{"name":7}', 400), (b"{}", 400), (b"{", 400), (b'{"name":"local/3"}', 204),
            (b'{"name":"local/a b\\\\/#_-"}', 204), (b"", 204),
        ):  # fmt: skip
            assert (await secure(app, "/api/user", "DELETE", body=body, token=second)).status == status, body
        for gone in second, other:
            assert (await secure(app, "/api", token=gone)).status == 401
        assert list(app.config.get("users")) == ["local/4"]
        answer = await secure(app, "/api/user", "POST", TWO + "Origin: https://127.0.0.1\r\n", b'{"name":"local/x"}')
        assert answer.status == 403 and press(app)  # a page cannot ask


async def test_what_it_tells():
    async with Secured(provisioned()) as app:
        await switched(app)
        token = await user(app)

        async def told(path, method="GET", body=b""):
            return await secure(app, path, method, body=body, token=token)

        answer = await told("/api/measurement")
        assert answer.status == 503 and answer.json() == {"error": "telegram:no-telegram-received"}
        app.link.read(*FULL)
        data = (await told("/api/measurement")).json()
        stamp = data.pop("timestamp")
        assert len(stamp) == 19 and stamp[10] == "T"
        assert data == {
            "power_w": 1000, "power_l1_w": 301, "power_l2_w": 402, "power_l3_w": 297,
            "reactive_power_var": 10, "reactive_power_l1_var": 4, "reactive_power_l2_var": 3,
            "reactive_power_l3_var": 3,
            "voltage_l1_v": 239.2, "voltage_l2_v": 230.1, "voltage_l3_v": 230,
            "current_l1_a": 6.1, "current_l2_a": -5.812, "current_l3_a": 0, "current_a": 11.912,
            "energy_import_kwh": 123456.789, "energy_export_kwh": 10,
            "energy_import_t1_kwh": 123456.789, "energy_export_t1_kwh": 10,
        }  # fmt: skip
        system = {"cloud_enabled": False, "status_led_brightness_pct": 100, "api_v1_enabled": True}
        for method, body in (
            ("GET", b""), ("PUT", b'{"cloud_enabled":true}'),
            ("PUT", b'{"api_v1_enabled":false,"status_led_brightness_pct":5}'),
        ):  # fmt: skip
            found = (await told("/api/system", method, body)).json()
            assert found.pop("uptime_s") >= 0 and found == system
        for body, error in (
            (b"{}", "json:no-parameters-recognized"), (b"x", "request:invalid-json"),
            (b'{"cloud_enabled":1}', "json:parameter-invalid-type:cloud_enabled"),
            (b'{"status_led_brightness_pct":101}', "json:parameter-invalid-type:status_led_brightness_pct"),
            (b'{"status_led_brightness_pct":true}', "json:parameter-invalid-type:status_led_brightness_pct"),
        ):  # fmt: skip
            answer = await told("/api/system", "PUT", body)
            assert answer.status == 400 and answer.json() == {"error": error}, body
        assert (await told("/api/system/identify", "PUT")).status == 204
        for path, method, status in (
            ("/api/batteries", "GET", 404), ("/api/system/reboot", "PUT", 404), ("/api/measurement", "PUT", 405),
            ("/api/ws", "GET", 400), ("/api/user", "PUT", 405),
        ):  # fmt: skip
            assert (await told(path, method)).status == status, path


class WebSocket:
    """A client of /api/ws."""

    async def open(self, app):
        self.reader, self.writer = await opened(app)
        self.writer.write(
            b"GET /api/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await self.writer.drain()
        line = await asyncio.wait_for(self.reader.readline(), 8)
        assert line.startswith(b"HTTP/1.1 101"), line
        while line != b"\r\n":
            line = await asyncio.wait_for(self.reader.readline(), 8)
        return self

    async def send(self, message, opcode=1):
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.writer.write(bytes((0x80 | opcode, 0x80 | len(data), 0, 0, 0, 0)) + data)
        await self.writer.drain()

    async def frame(self):
        """(opcode, payload) of the next frame."""
        first, size = await asyncio.wait_for(self.reader.readexactly(2), 8)
        if size == 126:
            high, low = await asyncio.wait_for(self.reader.readexactly(2), 8)
            size = high << 8 | low
        return first & 15, await asyncio.wait_for(self.reader.readexactly(size), 8) if size else b""

    async def message(self):
        opcode, data = await self.frame()
        assert opcode == 1, opcode
        return json.loads(data.decode())

    async def answer(self, message):
        await self.send(message)
        return await self.message()


def error(name):
    return {"type": "error", "data": {"message": name}}


async def test_a_websocket():
    async with Secured(provisioned()) as app:
        status = await switched(app)
        token = await user(app)
        app.link.read(*FULL)
        ws = await WebSocket().open(app)
        assert await ws.message() == {"type": "authorization_requested", "data": {"api_version": "2.0.0"}}
        assert await ws.answer({"type": "device"}) == error("user:unauthorized")
        assert await ws.answer({"type": "authorization", "data": "A" * 32}) == error("user:unauthorized")
        assert await ws.answer({"type": "authorization", "data": 5}) == error("user:unauthorized")
        half = await ws.answer(b'{"type":"authorization","data":"\\ud800"}')  # of a pair: one interpreter takes it
        assert half in (error("user:unauthorized"), error("request:invalid-json"))
        assert await ws.answer({"type": "authorization", "data": token}) == {"type": "authorized"}
        assert (await ws.answer({"type": "device"}))["data"]["api_version"] == "2.0.0"
        for message, name in (
            (b"x", "request:invalid-json"), (b"[]", "request:invalid-json"), ({}, "json:parameter-missing:type"),
            ({"type": "batteries"}, "request:unknown-type"), ({"type": []}, "json:parameter-missing:type"),
            ({"type": "subscribe"}, "request:unknown-subscription"),
            ({"type": "subscribe", "data": "batteries"}, "request:unknown-subscription"),
            ({"type": "subscribe", "data": {}}, "request:unknown-subscription"),
            ({"type": "system", "data": {"cloud_enabled": 3}}, "json:parameter-invalid-type:cloud_enabled"),
            ({"type": "system", "data": 3}, "json:no-parameters-recognized"),
        ):  # fmt: skip
            assert await ws.answer(message) == error(name), message
        system = await ws.answer({"type": "system", "data": {"cloud_enabled": True}})
        assert system["type"] == "system" and system["data"]["cloud_enabled"] is False
        found = await ws.answer({"type": "subscribe", "data": "measurement"})
        assert found["type"] == "measurement" and found["data"]["power_w"] == 1000
        app.link.read((0, 777))
        assert (await ws.message())["data"]["power_w"] == 777
        await ws.send({"type": "unsubscribe", "data": "measurement"})
        await ws.send({"type": "identify"})
        assert (await ws.answer({"type": "user"}))["data"] == [{"name": "local/me", "current": True}]
        app.link.read((0, 778))
        await ws.send(b"hello", 9)
        assert await ws.frame() == (10, b"hello")
        await ws.send({"type": "subscribe", "data": "*"})
        told = []
        for _ in range(4):
            told.append((await ws.message())["type"])
        assert sorted(told) == ["device", "measurement", "system", "user"]
        for _ in range(16):
            status.device.look()
        assert await ws.frame() == (9, b"") and status.clients == 1 and len(app.streams.guests) == 1
        await ws.send(b"\x03\xe8", 8)
        assert (await ws.frame())[0] == 8
        await close(ws.writer)
        for _ in range(100):
            if not app.streams.guests:
                break
            await asyncio.sleep(0.02)
        assert not app.streams.guests and not status.device.sockets


async def test_websockets_that_say_nothing_and_that_are_too_many():
    async with Secured(provisioned()) as app:
        status = await switched(app)
        app.board.stream_limits = (3, 5, 1)
        ws = await WebSocket().open(app)
        await ws.message()
        assert app.gate.connections[0].left <= 40000
        answer = await secure(
            app, "/api/ws", headers="Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        )  # fmt: skip
        assert answer.status == 503
        # It does not answer the pings, so it is ended.
        for _ in range(60):
            status.device.look()
            await asyncio.sleep(0)
        for _ in range(200):
            if not status.device.sockets:
                break
            await asyncio.sleep(0.02)
        assert not status.device.sockets and not app.streams.guests
        await close(ws.writer)
        # One that is there when the language is switched off goes, too.
        ws = await WebSocket().open(app)
        await ws.message()
        await switched(app, False)
        assert await asyncio.wait_for(ws.reader.read(-1), 8) == b""
        await close(ws.writer)


async def test_a_token_outlives_a_restart():
    board = provisioned()
    async with Secured(board) as app:
        await switched(app)
        token = await user(app)
    async with Secured(board) as app:
        await switched(app)
        assert (await secure(app, "/api", token=token)).status == 200
        assert (await secure(app, "/api/user", "DELETE", token=token)).status == 204
    async with Secured(board) as app:
        await switched(app)
        assert (await secure(app, "/api", token=token)).status == 401


async def authorized(app, token):
    """A WebSocket of the user who has this token."""
    ws = await WebSocket().open(app)
    assert (await ws.message())["type"] == "authorization_requested"
    assert await ws.answer({"type": "authorization", "data": token}) == {"type": "authorized"}
    return ws


async def test_what_was_opened_with_a_token_ends_with_it():
    async with Secured(provisioned()) as app:
        await switched(app)
        one, two = await user(app, "local/1"), await user(app, "local/2")
        first, second = await authorized(app, one), await authorized(app, two)
        assert len((await second.answer({"type": "subscribe", "data": "user"}))["data"]) == 2
        # Another token for the same name: the one before counts no more.
        again = await user(app, "local/1")
        assert await asyncio.wait_for(first.reader.read(-1), 8) == b""
        assert len((await second.message())["data"]) == 2
        first = await authorized(app, again)
        body = b'{"name":"local/1"}'
        assert (await secure(app, "/api/user", "DELETE", body=body, token=two)).status == 204
        assert await asyncio.wait_for(first.reader.read(-1), 8) == b""
        assert (await second.message())["data"] == [{"name": "local/2", "current": True}]
        assert (await secure(app, "/api/user", "DELETE", token=two)).status == 204
        assert await asyncio.wait_for(second.reader.read(-1), 8) == b""
        assert not app.streams.guests
        await close(first.writer)
        await close(second.writer)
