"""What only some meters send, on a reader that really reads: `x` of /meter, /meter/events, and what streams get."""

from json import loads

from han.core.zone import Zone
from han.wire.texts import crc_arc

from tests.api.fake import Running, ask, connect, get
from tests.api.routes.test_api_diagnostics import reading, until
from tests.meter.besides.test_extra import FAILURES

PATH = "/meter/events"
LATER = "(260901090000S)(0000000200*s)"
END = 1788246000000  # of that power failure


def telegram(*lines):
    data = b"/XYZ5 meter\r\n\r\n0-0:1.0.0(260901120000S)\r\n1-0:1.8.1(000123.456*kWh)\r\n1-0:1.7.0(00.111*kW)\r\n"
    data += "".join([line + "\r\n" for line in lines]).encode() + b"!"
    return data + b"%04X\r\n" % crc_arc(data, 0, len(data))


async def send(app, data):
    """Let the line send it; returns when it is read."""
    seq = app.link.live.seq
    app.board.uart.data += data
    await until(lambda: app.link.live.seq > seq)


class Stream:
    """An event stream; counts its messages of each type."""

    def __init__(self, socket):
        self.socket = socket
        self.events = []

    async def meters(self, count):
        """Read on until so many more meter messages have come; keeps what events came in between."""
        while count:
            line = await self.socket.line()
            if line.startswith(b"data: "):
                message = loads(line[6:])
                count -= message["type"] == "HAN_METER_MESSAGE"
                if message["type"] == "HAN_METER_EVENTS_MESSAGE":
                    self.events.append(message["events"])


async def test_events_are_told_once():
    async with Running(reading(b"")) as app:
        app.clock.zone = Zone("Europe/Amsterdam")
        answer = await ask(app, PATH)
        assert (answer.status, answer.body) == (503, b"no bytes on the HAN port")
        await send(app, telegram())
        assert await get(app, PATH) == {"type": "HAN_METER_EVENTS_MESSAGE", "events": []}
        app.link.live.forget()
        await send(app, telegram(FAILURES, "0-0:96.13.0(48656C6C6F)"))
        old = [{"kind": "failure", "ts": 1553590215000, "s": 2014}, {"kind": "failure", "ts": 1528793045000, "s": 367}]
        hello = {"kind": "message", "ts": None, "text": "Hello"}
        assert (await get(app, PATH))["events"] == old + [hello]
        socket = await connect(app)
        await socket.send(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        stream = Stream(socket)
        await stream.meters(1)
        await send(app, telegram(FAILURES, "0-0:96.13.0(48656C6C6F)"))
        await stream.meters(1)
        assert stream.events == []
        for _ in range(3):
            await send(app, telegram(FAILURES + LATER, "0-0:96.13.0(224869220A)"))
            await stream.meters(1)
        news = [
            {"kind": "message", "ts": 1788256800000, "text": '"Hi"\n'}, {"kind": "failure", "ts": END, "s": 200},
        ]  # fmt: skip
        assert stream.events == [news]
        assert (await get(app, PATH))["events"] == news + old + [hello]
        await socket.close()
        # A new client gets none of it.
        socket = await connect(app)
        await socket.send(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        stream = Stream(socket)
        await stream.meters(1)
        await send(app, telegram(FAILURES + LATER))
        await stream.meters(1)
        assert stream.events == []
        await socket.close()


async def test_more_of_the_meter():
    async with Running(reading(b"")) as app:
        app.clock.zone = Zone("Europe/Amsterdam")
        await send(app, telegram("0-0:96.14.0(0002)", "1-0:1.6.0(260901100000S)(02.589*kW)", "1-0:32.32.0(00002)"))
        want = {"ict": [123.456], "tariff": 2, "peak": 2589, "peak_ts": END + 3600000, "sags": [2, None, None]}
        assert (await get(app, "/meter"))["x"] == want
        assert "x" not in await get(app, "/meter/data")
        app.link.multiply(0, 0, 0, 40)
        await send(app, telegram("1-0:1.4.0(00.500*kW)"))
        assert (await get(app, "/meter"))["x"]["demand"] == 20000


async def test_a_message_of_2_kb():
    async with Running(reading(b"")) as app:
        text = ("Planned work on the grid." * 82)[:2048]
        await send(app, telegram("0-0:96.13.0(%s)" % "".join(["%02X" % ord(character) for character in text])))
        assert (await get(app, "/meter"))["p"][0] == 111
        assert (await get(app, PATH))["events"] == [{"kind": "message", "ts": None, "text": text}]
