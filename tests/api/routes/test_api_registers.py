"""GET /meter/registers on a reader that really reads: every register of the next whole telegram."""

import asyncio
import sys

from han.core.modules import FORGOTTEN, Idle
from han.core.zone import Zone

from tests.api.fake import Running, ask, connect, get
from tests.api.routes.test_api_diagnostics import AUTH, KEY, SEALED, reading, until
from tests.meter.anonymous.test_anonymise import LIST
from tests.wire.test_framer import hdlc
from tests.wire.test_sml import entry, integer, telegram

P1 = (
    b"/XYZ5 meter\r\n\r\n0-0:1.0.0(261128120000W)\r\n1-0:1.8.1(000123.456*kWh)\r\n"
    b"0-1:24.2.1(261128115500W)(00012.345*m3)\r\n0-0:96.13.0(48656C6C6F)\r\n1-0:1.7.0(%s*kW)\r\n!\r\n"
)
PATH = "/meter/registers"


class Line:
    """A reader, and what its meter sends."""

    def __init__(self, app, period_ms):
        self.app = app
        self.asked = None
        app.link.live.period_ms = period_ms

    def ask(self, method="GET"):
        """Begin a request; its task."""
        return asyncio.create_task(ask(self.app, PATH, method))

    async def waiting(self, count=1):
        """Wait until so many requests do."""
        tap = self.app.link.decoder
        await until(lambda: tap.tap and tap.tap.waiting == count)

    def send(self, data):
        self.app.board.uart.data += data


async def silence(app):
    """Until what the line has sent is decoded, and the gap behind it has been noticed."""
    await until(lambda: not app.board.uart.data)
    for _ in range(40):
        app.board.ticks += 200
        await asyncio.sleep(0.01)


async def sent_after(app, data):
    """The answer to a request that was made before these bytes came."""
    line = Line(app, 5000)
    asked = line.ask()
    await line.waiting()
    line.send(data)
    await silence(app)
    answer = await asked
    assert answer.status == 200, answer.body
    return answer.json()


async def test_the_next_telegram_after_the_request():
    async with Running(reading(P1 % b"00.111")) as app:
        await silence(app)
        app.clock.zone = Zone("Europe/Amsterdam")
        assert app.link.live.seq == 1
        message = await sent_after(app, P1 % b"00.222")
        assert message["type"] == "HAN_METER_REGISTERS_MESSAGE"
        assert (message["format"], message["head"]) == ("P1", "/XYZ5 meter")
        assert abs(message["ts"] - app.clock.unix_ms()) < 60000
        clock, energy, gas, text, power = message["registers"]
        noon = 1795863600000
        assert clock == {
            "obis": "0-0:1.0.0", "name": "Clock", "value": "261128120000W", "unit": None, "time": "261128120000W",
            "ts": noon,
        }  # fmt: skip
        assert energy == {
            "obis": "1-0:1.8.1", "name": "Active energy import, tariff 1", "value": "000123.456", "unit": "kWh",
        }  # fmt: skip
        assert (gas["value"], gas["unit"]) == ("00012.345", "m3")
        assert (gas["ts"], gas["time"]) == (noon - 300000, "261128115500W")
        assert (text["value"], text["text"]) == ("48656C6C6F", "Hello")
        assert power["value"] == "00.222"
        # /meter is as it was.
        assert (await get(app, "/meter"))["p"][0] == 222


async def test_without_a_zone_a_local_time_has_no_utc():
    async with Running(reading(b"")) as app:
        message = await sent_after(app, P1 % b"00.222")
        assert [r["ts"] for r in message["registers"] if "time" in r] == [None, None]


async def test_lists_and_sml():
    async with Running(reading(b"")) as app:
        message = await sent_after(app, hdlc(LIST))
        assert message["format"] == "DLMS" and len(message["registers"]) > 2
        counter = entry((1, 0, 1, 8, 0), integer(123456, 8, False), 30, -1, b"\x63\x01\x82")
        message = await sent_after(app, telegram(counter))
        assert message["format"] == "SML"
        assert message["registers"][0] == {
            "obis": "1-0:1.8.0", "name": "Active energy import", "value": "12345.6", "unit": "Wh", "status": "386",
        }  # fmt: skip


async def test_a_ciphered_one():
    async with Running(reading(b"")) as app:
        line = Line(app, 100)
        asked = line.ask()
        await line.waiting()
        line.send(SEALED[0])
        answer = await asked
        assert (answer.status, answer.body) == (503, b"encrypted: no key")
        keys = '{"m":{"k":"%s","a":"%s"}}' % (KEY, AUTH)
        assert (await ask(app, "/configuration", "PUT", "", keys.encode())).status == 200
        message = await sent_after(app, SEALED[1])
        assert "1661" in [register["value"] for register in message["registers"]]


async def test_a_silent_meter_is_a_503_with_the_reason():
    async with Running(reading(b"")) as app:
        app.link.live.period_ms = 100
        answer = await ask(app, PATH)
        assert (answer.status, answer.body) == (503, b"no bytes on the HAN port")
        assert answer.headers["content-type"].startswith("text/plain") and "retry-after" in answer.headers
        assert app.link.decoder.tap is None
    async with Running(reading(P1 % b"00.111")) as app:
        await silence(app)
        app.link.live.period_ms = 900000
        answer = await ask(app, PATH)
        assert answer.status == 503 and b"the next telegram is due in 8" in answer.body
        assert int(answer.headers["retry-after"]) > 700


async def test_who_asks_together_gets_the_same():
    async with Running(reading(b"")) as app:
        line = Line(app, 5000)
        first = line.ask()
        await line.waiting()
        second = line.ask()
        await line.waiting(2)
        third = await ask(app, PATH)
        assert third.status == 503 and b"too many connections" in third.body
        line.send(P1 % b"00.333")
        await silence(app)
        one, other = await first, await second
        assert one.body == other.body and one.status == 200
        assert app.link.decoder.tap is None


async def test_no_memory_is_said():
    async with Running(reading(b"")) as app:
        line = Line(app, 5000)
        asked = line.ask()
        await line.waiting()
        module = sys.modules["han.api.routes.telegram"]
        copy = module.Copy

        def short(kind, decoder):
            raise MemoryError

        module.Copy = short
        try:
            line.send(P1 % b"00.333")
            await silence(app)
            answer = await asked
        finally:
            module.Copy = copy
        assert answer.status == 503 and b"not enough memory" in answer.body
        # The meter task has noticed nothing.
        assert app.link.live.seq == 1 and app.supervisor.rows()


async def test_who_leaves_is_waited_for_no_longer():
    async with Running(reading(b""), tick_ms=20) as app:
        line = Line(app, 300)
        socket = await connect(app)
        await socket.send(b"GET /meter/registers HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await line.waiting()
        await socket.close()
        await until(lambda: app.link.decoder.tap is None)
        assert (await ask(app, PATH, "HEAD")).status == 200 and app.link.decoder.tap is None
        assert (await ask(app, PATH, "POST")).status == 405


async def test_nothing_of_it_stays():
    async with Running(reading(b"")) as app:
        await sent_after(app, P1 % b"00.333")
        idle = Idle()
        idle.look()
        idle.look()
        (row,) = [row for row in FORGOTTEN if "han.api.routes.registers" in row]
        assert not [name for name in row if name in sys.modules]
        # And again.
        assert (await sent_after(app, P1 % b"00.444"))["registers"][-1]["value"] == "00.444"
