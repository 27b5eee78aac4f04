"""A meter's counters as clients see them, over restarts and when another meter replaces it."""

import asyncio

from han.app import App
from han.meter.line.settings import setting

from host_sim.meters.p1 import telegram
from tests.api.fake import Board, Running, get
from tests.api.routes.test_api_diagnostics import Uart, until


class Reader(Running):
    """The whole application, its meter task included, on the flash of the run before."""

    application = App

    def __init__(self, flash=None):
        board = Board(flash)
        board.uart = Uart()
        self.heard = 0
        Running.__init__(self, board)

    async def hear(self, app, *telegrams):
        """The meter sends these telegrams; all are judged when this returns."""
        for data in telegrams:
            self.heard += 1
            self.board.ticks += 10000
            self.board.uart.data += data
            await until(lambda: app.link.counters.frames == self.heard)
            await asyncio.sleep(0.02)  # time for the subscribers


def said(ident="METER1", imported=None, exported=None, reactive=None, power="0001.500*kW"):
    """A telegram of the meter with this number (None: without a number)."""
    rows = ["/SIM5HAN-1", ""]
    if ident:
        rows.append("0-0:96.1.1(%s)" % "".join(["%02X" % ord(c) for c in ident]))
    for code, number, unit in ((1, imported, "kWh"), (2, exported, "kWh"), (3, reactive, "kvarh")):
        if number is not None:
            rows.append("1-0:%d.8.0(%08d.%03d*%s)" % (code, number // 1000, number % 1000, unit))
    rows.append("1-0:1.7.0(%s)" % power)
    return telegram(rows)


class Witness:
    """A mailbox that keeps the messages to clients at each reading."""

    def __init__(self, app):
        self.said = []
        self._app = app

    def put(self, topic, live):
        self.said.append(bytes(self._app.messages.meter()))


async def counters(app):
    message = (await get(app, "/meter"))
    return tuple(message[name] for name in ("ic", "ec", "ric"))


async def before(reader, ident):
    """A run with the first meter, which leaves its counters in flash."""
    async with reader as app:
        await reader.hear(app, said(ident, 5000123, 700456, 33))
        assert await counters(app) == (5000.123, 700.456, 0.033)
    return reader.board.flash


async def test_the_same_meter_after_a_restart():
    for ident in "METER1", None:
        reader = Reader(await before(Reader(), ident))
        async with reader as app:
            # A list without counters first, then one that has lost a digit, then a good one.
            await reader.hear(app, said(ident))
            assert await counters(app) == (5000.123, 700.456, 0.033)
            await reader.hear(app, said(ident, 500012, 700456))
            assert app.link.counters.implausible == 1 and await counters(app) == (5000.123, 700.456, 0.033)
            await reader.hear(app, said(ident, 5000200, 700456))
            assert await counters(app) == (5000.2, 700.456, 0.033)
            assert app.link.live.meters == 0 and not app.history.buckets[2].f & 8


async def test_a_meter_with_another_number_after_a_restart():
    for imported in 77, 9000000:
        reader = Reader(await before(Reader(), "METER1"))
        async with reader as app:
            await reader.hear(app, said("METER2"))
            assert await counters(app) == (None, None, None)  # not those of the one before
            await reader.hear(app, said("METER2", imported, 5))
            assert await counters(app) == (imported / 1000, 0.005, None)
            assert app.link.live.meters == 1 and app.link.counters.implausible == 0
            assert app.history.buckets[2].f & 8
        reader = Reader(reader.board.flash)
        async with reader as app:
            await reader.hear(app, said("METER2"))
            assert await counters(app) == (imported / 1000, 0.005, None)
            assert app.link.live.meters == 0


async def test_a_meter_without_a_number_after_a_restart():
    reader = Reader(await before(Reader(), None))
    async with reader as app:
        await reader.hear(app, said(None, 77, 5), said(None, 78, 5))
        assert app.link.live.seq == 0 and app.link.counters.implausible == 2
        await reader.hear(app, said(None, 79, 5))
        assert app.link.live.meters == 1
        assert await counters(app) == (0.079, 0.005, None)
        assert app.history.buckets[2].f & 8 and app.history.buckets[2].a == 0
        assert app.counters.values == [79, 5, None, None]
    reader = Reader(reader.board.flash)
    async with reader as app:
        await reader.hear(app, said(None))
        assert await counters(app) == (0.079, 0.005, None)


async def test_a_meter_that_is_replaced_while_it_is_read():
    for ident in "METER2", None:
        reader = Reader(await before(Reader(), ident and "METER1"))
        async with reader as app:
            await reader.hear(app, said(ident and "METER1", 5000200, 700456, 44))
            box = Witness(app)
            app.bus.boxes["meter"].insert(0, box)
            new = [said(ident, number, 5) for number in (77, 78, 79)]
            if ident:
                new.insert(0, said(ident))
            await reader.hear(app, *new)
            assert app.link.live.meters == 1 and await counters(app) == (0.079, 0.005, None)
            # No client has received the old meter's counters as the new one's.
            assert box.said and not [text for text in box.said if b"5000.2" in text or b"700.456" in text]
            app.bus.boxes["meter"].remove(box)


async def test_a_number_that_is_told_later_is_no_other_meter():
    reader = Reader(await before(Reader(), None))
    async with reader as app:
        await reader.hear(app, said(None, 77, 5), said(None, 78, 5), said(None, 79, 5), said("METER2", 80, 5))
        assert app.link.live.meters == 1 and await counters(app) == (0.08, 0.005, None)


async def test_the_line_that_was_found_is_tried_first_after_a_restart():
    settings = []
    reader = Reader()
    reader.board.uart.any_setting = False
    reader.board.uart.configure = lambda *line: settings.append(line)
    async with reader as app:
        await until(lambda: settings)
        app.link.search.wanted = 7
        await until(lambda: len(settings) == 2)
        await reader.hear(app, said("METER1", imported=5000))
        await until(lambda: app.config.get("line") == 7)
        assert "line" not in await get(app, "/configuration")
        app.configure(dict(app.config.values, p=1))
    for kept, line in (7, 7), (99, 0):  # a version that knows more settings may have been here
        again = Reader(reader.board.flash)
        again.board.uart.any_setting = False
        again.board.uart.configure = lambda *line: settings.append(line)
        settings.clear()
        async with again as app:
            await until(lambda: settings)
            assert settings[0] == setting(line) and app.config.get("line") == kept
            app.config.note("line", 99)
