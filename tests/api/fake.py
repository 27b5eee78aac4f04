"""A board and a meter link that tests control, and a small HTTP client for both interpreters."""

import asyncio
import io
import json
import os

from han.app import App
from han.meter.live import Live
from han.meter.line.search import Search
from han.start import Start
from han.wire.conventions import Conventions
from host_sim.board import Cable
from host_sim.hardware.flash import Partition
from host_sim.hardware.powercut import Power
from tests.owntime import ms  # noqa: F401  for tests to import from here

_SIZES = {"state": 64 * 1024, "history": 256 * 1024}
NOW = 1_790_000_000_000  # unix ms


class Restarted(Exception):
    """The board has restarted for this reason."""


class Board:
    name = "fake"
    chip = "none"
    mac = b"\x02\x00\x5e\x10\xab\xcd"
    hostname = "han-reader-10abcd"
    reset_reason = "POWER_ON"
    last_words = ""
    uart = None
    stream_limits = (3, 5, 8)
    sockets = 16
    own_sockets = 5
    request_limit = (6, 6)
    memory_limits = 6000, 14000, 32000
    secure_port = None
    secure_limit = 3
    time_servers = ()  # none
    updates = authority = roots = mdns = spare_uart = None
    channel = "release"

    def __init__(self, flash=None, link=None):
        self.link = link or Link
        self.flash = flash or {}
        self.power = Power()
        self.listen = ("127.0.0.1", 0)
        self.ticks = 1000
        self.fed = 0
        self.cable = Cable("192.168.2.50")
        self.given = None
        self.boot = {
            "slot": "slot1", "manifest": None, "rolled_back": None, "safe": False, "boots": 1, "pending": False,
            "healthy": list, "activating": list,
        }  # fmt: skip

    def provisioned(self):
        return self.given

    def partition(self, label):
        if label not in self.flash:
            self.flash[label] = io.BytesIO(b"\xff" * _SIZES[label])
        return Partition(self.flash[label], _SIZES[label], label, self.power)

    def slots(self):
        raise OSError(19, "only one slot")

    def no_files(self):
        return None

    def confirm(self):
        self.boot["pending"] = False
        self.boot["healthy"]()

    def ticks_ms(self):
        return self.ticks

    def ticks_diff(self, a, b):
        return a - b

    def utc_ms(self):
        return NOW + self.ticks

    def random(self, n):
        return os.urandom(n)

    def heap(self):
        return 327680, 182144, 176320

    def system_heap(self):
        return self.system

    #: System heap of a chip: (size, free, least free so far, largest block).
    system = None

    def feed(self):
        self.fed += 1

    def reset(self, reason):
        raise Restarted(reason)

    names = console = None

    def wlan(self, kind):
        return None

    def lan(self):
        return self.cable

    def set_hostname(self, name):
        self.hostname = name

    def button(self):
        return False

    def led(self, on):
        pass


class Counters:
    def __init__(self):
        self.bytes = self.frames = self.checksum_errors = self.parity = self.decoded = self.implausible = 0


class Line:
    """A line with known settings, without any bytes yet."""

    any_setting = False
    reason = tap = scales = None

    def __init__(self):
        self.search = Search(2)
        self.search.telegram()

    def forget_key(self):
        """Nothing to do: there are no keys here."""


class Link:
    """A meter link that publishes the values of the test."""

    reason = None
    heard = False
    last_byte = 0

    def __init__(self, bus, board):
        self.counters = Counters()
        self.conventions = Conventions()
        self.live = Live()
        self.uart = self.decoder = line = Line()
        self.search = line.search
        self.board = board
        self._bus = bus

    async def run(self):
        while True:
            await asyncio.sleep(3600)

    def pulse(self):
        return object()

    def seven(self):
        return False

    def use(self, *what):
        self.used = what

    def multiply(self, *factors):
        self.factors = factors

    def read(self, *fields, clock=None):
        """Publish a reading with these (field, number) pairs."""
        live = self.live
        for field, number in fields:
            put(live, field, number)
        live.clock = clock
        live.seq += 1
        live.received = self.last_byte = self.board.ticks_ms()
        self.heard = True
        live.period_ms = 2500
        self._bus.publish("meter", live)


def put(reading, field, number):
    size = abs(number)
    reading.values[2 * field] = size & 0xFFFFFF
    reading.values[2 * field + 1] = size >> 24
    reading.present[field] = 3 if number < 0 else 1


FULL = tuple((field, number) for field, number in enumerate((
    1000, 0, 10, 0,
    301, 402, 297, 0, 0, 0, 4, 3, 3, 0, 0, 0,
    2392, 2301, 2300, 6100, -5812, 0,
    123456789, 10000, 1001, 0,
)))  # fmt: skip


class FakeStart(Start):
    def link(self):
        return self.app.board.link(self.app.bus, self.app.board)


class FakeApp(App):
    def starter(self):
        return FakeStart


class Running:
    """`async with Running() as app`: the application on a free port of 127.0.0.1."""

    application = FakeApp

    def __init__(self, board=None, **limits):
        self.board = board or Board()
        self._limits = limits

    async def __aenter__(self):
        # MicroPython cannot tell which port it got for 0, so ask for one until it is free.
        for attempt in range(50):
            self.choose(attempt)
            app = self.application(self.board)
            for name, value in self._limits.items():
                setattr(app.gate if hasattr(app.gate, name) else app.streams, name, value)
            self._task = asyncio.create_task(app.run())
            for _ in range(500):
                if app.listening.is_set() or self._task.done():
                    break
                await asyncio.sleep(0.01)
            if app.listening.is_set():
                return app
            try:
                await self._task
            except OSError:
                pass
        raise OSError("no free port")

    def choose(self, attempt):
        """Choose ports for an attempt."""
        self.board.listen = ("127.0.0.1", 20000 + (_seed() + attempt * 997) % 12000)

    async def __aexit__(self, *exception):
        self._task.cancel()
        try:
            await self._task
        except (asyncio.CancelledError, Restarted):
            pass


def _seed():
    return int.from_bytes(os.urandom(2), "big")


class Socket:
    """A client's connection; every wait has a time-out."""

    def __init__(self, app):
        self._app = app

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._app.port)
        return self

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def all(self, seconds=12):
        """Everything until the end of the connection."""
        return await asyncio.wait_for(self.reader.read(-1), seconds)

    async def line(self, seconds=5):
        return await asyncio.wait_for(self.reader.readline(), seconds)

    async def exactly(self, count, seconds=5):
        return await asyncio.wait_for(self.reader.readexactly(count), seconds)

    async def until(self, end, seconds=5):
        """Bytes up to and including `end`."""
        data = b""
        while not data.endswith(end):
            data += await self.exactly(1, seconds)
        return data

    async def close(self):
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass


async def connect(app):
    return await Socket(app).open()


class Answer:
    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.version, self.status = lines[0].split(" ")[0], int(lines[0].split(" ")[1])
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            assert name.lower() not in self.headers, "twice: " + name
            self.headers[name.lower()] = value.strip()

        if self.body and self.headers.get("transfer-encoding") == "chunked":
            rest, self.body = self.body, b""
            while True:
                size, _, rest = rest.partition(b"\r\n")
                size = int(size.decode(), 16)
                self.body += rest[:size]
                assert rest[size : size + 2] == b"\r\n"
                rest = rest[size + 2 :]
                if not size:
                    break
            assert not rest

    def json(self):
        assert self.headers["content-type"] == "application/json", self.headers
        return json.loads(self.body.decode())


async def raw(app, data, seconds=12):
    """Send these bytes; returns everything that comes back until the connection ends."""
    socket = await connect(app)
    try:
        await socket.send(data)
        return await socket.all(seconds)
    finally:
        await socket.close()


async def ask(app, path, method="GET", headers="", body=b"", host="127.0.0.1"):
    """Send a request; returns the Answer."""
    if body:
        headers += "Content-Length: %d\r\n" % len(body)
    head = "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (method, path, host, headers)
    data = await raw(app, head.encode() + body)
    assert data, "closed without an answer"
    answer = Answer(data)
    if method != "HEAD" and "transfer-encoding" not in answer.headers:
        assert int(answer.headers["content-length"]) == len(answer.body)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["connection"] == "close"
    return answer


async def get(app, path):
    answer = await ask(app, path)
    assert answer.status == 200, (path, answer.status, answer.body)
    return answer.json()
