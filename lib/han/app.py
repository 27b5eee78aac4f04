"""The application: builds every object, hands each its collaborators, starts and stops the tasks."""
import asyncio
import sys
from binascii import crc32

from . import __version__
from .api.messages import Messages
from .api.routes import Routes
from .api.server import Gate, make_app
from .api.stream import Streams
from .core.bus import Bus
from .core.clock import Clock
from .core.identity import Identity
from .core.log import Log
from .core.modules import release
from .core.tasks import Supervisor
from .core.zone import Zone
from .meter import profiles
from .meter.link import Link
from .meter.reading import METER_ID
from .net.timekeeper import Timekeeper
from .price.book import MARKET, Book
from .store import counters, flash
from .store.config import Config
from .store.copies import Copies


def _show(text):
    print(text, file=sys.stderr)


class App:
    """The whole reader on a board."""

    #: Counters are written to flash at most so often, ms.
    save_ms = 15 * 60 * 1000
    #: How often the network is looked at for a change of state, s.
    watch_s = 2

    def __init__(self, board):
        self.board = board
        #: Set once the API answers; `port` is then where.
        self.listening = asyncio.Event()
        self.clock = Clock(board)
        self.log = Log(self.clock, _show)
        self.bus = Bus()
        self.supervisor = Supervisor(self.clock, self.log)
        self._seed = board.random(40)  # of tokens
        state = board.partition("state")
        self.config = Config(flash.Region(state, *flash.CONFIGURATION))
        self.counters = counters.Counters(flash.Region(state, *flash.COUNTERS))
        self.book = Book(flash.Region(state, *flash.PRICES), self.config, self.clock)
        self._restore()
        self.link = self.make_link()
        # After what needs big pieces of memory.
        self.history = self._restore_history()
        self.messages = Messages(
            board, Identity(board.mac), __version__, self.clock, self.bus, self.config,
            self.counters, self.supervisor, self.link, self.book,
        )  # fmt: skip
        self.streams = Streams(self.messages, self.bus, self.log, board.stream_limits)
        routes = Routes(
            self.messages, self.streams, self.link, self.history, self._tokens, self._report, self.config,
            self._configure,
        )  # fmt: skip
        self.gate = Gate(make_app(routes.table(), self.log), self.config, self.streams, self.log, board.listen)
        self.gate.max_requests, self.gate.max_queue = board.request_limit

    def make_link(self):
        """The part that reads the meter."""
        meter = self.config.get("m")
        link = Link(self.board.uart, self.bus, self.board, meter["o"])
        link.use(meter["o"], self._cipher(), profiles.opening(meter["t"]))
        link.plausible.expect(self.counters.values, self.counters.meter)
        return link

    def _configure(self, values):
        """Keep and apply a new configuration. OSError, ValueError: nothing has changed."""
        before = self.config.get("m")
        self.config.change(values)
        self.supervisor.set("configuration", "running", "ok")
        self._set_zone()
        meter = values["m"]
        if meter != before:
            self.link.use(meter["o"], self._cipher(), profiles.opening(meter["t"]))
        self.bus.publish("configuration", None)

    def _set_zone(self):
        name = self.config.get("t")
        if name != self.clock.zone.name:
            try:
                self.clock.zone = Zone(name)
            except (OSError, ValueError) as error:
                self.supervisor.set("configuration", "running", "degraded", "t: %s" % error)

    def _cipher(self):
        """What opens ciphered telegrams, None without a key."""
        meter = self.config.get("m")
        if not meter["k"]:
            return None
        from .wire.gcm import Cipher, parse_key

        try:
            return Cipher(parse_key(meter["k"]), parse_key(meter["a"]) if meter["a"] else None)
        except ValueError:
            # Not a word of the key: everybody can read this.
            self.supervisor.set("configuration", "running", "degraded", "m.k or m.a is not a key of 32 hex digits")
            return None

    def _tokens(self):
        """What makes and checks tokens, for one request."""
        from .api.auth import Tokens

        release("han.api.auth")
        region = flash.Region(self.board.partition("state"), *flash.TOKEN_KEY)
        return Tokens(Copies(region, b"HANT"), self._seed, self.clock)

    def _report(self):
        """GET /diagnostics, in pieces."""
        from .api.diagnostics import report

        release("han.api.diagnostics")
        return report(__version__, self.board, self.clock, self.log, self.supervisor, self.config, self.link, self.gate)

    @property
    def port(self):
        """Where the API listens."""
        return self.gate.port

    async def run(self):
        """Serve until cancelled. OSError when the port is taken."""
        await self.gate.open()
        self.supervisor.start("api", self.gate.run, critical=True)
        self.supervisor.start("meter", self.link.run, critical=True)
        self.supervisor.start("counters", self._keep_counters)
        self.supervisor.start("state", self._watch_state)
        self.supervisor.start("time", self._keep_time)
        self.supervisor.start("spotprices", self._follow_prices)
        if self.history:
            self.supervisor.start("history", self._record)
        self.listening.set()
        try:
            while True:
                await asyncio.sleep(3600)
        finally:
            await self.supervisor.stop()
            self.flush()

    def flush(self):
        """Write what must not be lost. Needs no loop: also for a stop that ended it."""
        try:
            self.counters.save()
            if self.history:
                self.history.flush()
        except OSError as error:
            self.log.crash("counters", error)

    def _restore(self):
        # Flash that cannot be read must not keep the reader from reading the meter.
        try:
            found = self.config.load()
            if not found:
                text = self.board.provisioned()
                if text:
                    self.config.adopt(text)
                    found = True
            if found or not self.config.damaged:
                self.supervisor.set("configuration", "running", "ok")
            else:
                self.supervisor.set("configuration", "running", "degraded", "both copies damaged, defaults used")
        except (OSError, ValueError) as error:
            self.supervisor.set("configuration", "running", "failed", "cannot be read: %s" % error)
        self._set_zone()
        try:
            self.counters.load()
        except OSError as error:
            self.log.crash("counters", error)

    def _restore_history(self):
        """What has been recorded, None where the board has no place for it or its flash cannot be read."""
        try:
            partition = self.board.partition("history")
        except OSError as error:
            self.supervisor.set("history", "stopped", "disabled", str(error))
            return None
        from .store.history import History  # a board without history does without its code

        try:
            region = flash.Region(self.board.partition("state"), *flash.CLOCK_STEPS)
            history = History(partition, region, self.clock, self._quote)
            from .store.replay import Replay

            Replay(history).run()
            return history
        except (OSError, ValueError) as error:
            self.supervisor.set("history", "stopped", "failed", "%s" % error)
            self.log.crash("history", error)
        finally:
            release("han.store.replay")
        return None

    def _quote(self, utc):
        """(price, currency) of a quarter of an hour, for its sample."""
        return self.book.price(utc), self.book.currency

    # Lives as long as the application.
    async def _record(self):
        await self.history.run(self.bus, lambda health, error: self.supervisor.set("history", "running", health, error))

    # Lives as long as the application.
    async def _keep_counters(self):
        mailbox = self.bus.subscribe("meter")
        saved = None
        try:
            while True:
                _, live = await mailbox.get()
                meter = live.text(METER_ID)
                self.counters.update(live.energies(), crc32(meter.encode()) if meter else 0, live.meters)
                now = self.clock.uptime_ms()
                if self.counters.unsaved and (saved is None or now - saved >= self.save_ms):
                    saved = now
                    self.counters.save()
        finally:
            mailbox.close()

    # Lives as long as the application.
    async def _watch_state(self):
        before = self.board.network()[:3]
        while True:
            await asyncio.sleep(self.watch_s)
            now = self.board.network()[:3]
            if now != before:
                before = now
                self.bus.publish("state", None)

    # Lives as long as the application.
    async def _keep_time(self):
        def report(health, error):
            self.supervisor.set("time", "running", health, error)

        await Timekeeper(self.board, self.clock, self.bus, report).run()

    # Lives as long as the application.
    async def _follow_prices(self):
        def report(status, health, error=None):
            self.supervisor.set("spotprices", status, health, error)

        while not self.book.spot:  # most readers have a fixed price, and memory for something else
            report("stopped", "disabled")
            await asyncio.sleep(self.watch_s)
        from .price.spot import Spot

        await Spot(self.board, self.clock, Zone(MARKET), self.bus, self.book, report).run()
