"""The application: builds every object, hands each its collaborators, starts and stops the tasks."""
import asyncio
import gc
import sys
from binascii import crc32

from . import __version__
from .api.messages import Messages
from .api.routes import Routes
from .api.server import Gate
from .api.stream import Streams
from .core.bus import Bus
from .core.clock import Clock
from .core.log import Log
from .core.modules import Modules, release
from .core.tasks import Supervisor
from .core.zone import Zone
from .meter.link import Link
from .meter.reading import METER_ID
from .net.links import Links
from .net.timekeeper import Timekeeper
from .ota.updates import Updates
from .price.book import MARKET, Book
from .store import counters, flash, ring  # noqa: F401  as rings stay, so does what writes them, once
from .store.config import Config

#: Entries of the crash log of one run: its start, and what crashes first.
_MOST_KEPT = 7
#: Seconds between two looks at the memory, and how long there may be too little of it.
_MEMORY_LOOKS = 10
_BAD_LOOKS = 30


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
        self.log.keep = self._remember
        self._kept = self._looks = 0
        self.bus = Bus()
        self.supervisor = Supervisor(self.clock, self.log)
        self.seed = board.random(40)  # of tokens
        state = board.partition("state")
        self.config = Config(flash.Region(state, *flash.CONFIGURATION))
        self.counters = counters.Counters(flash.Region(state, *flash.COUNTERS))
        self.book = Book(flash.Region(state, *flash.PRICES), self.config)
        self._restore()
        self._remember("started %s: %s" % (__version__, board.reset_reason))
        self.link = self.make_link()
        # After what needs big pieces of memory.
        self.history = self._restore_history()
        self.links = Links(board, self.clock, self.config, self.bus, self.log, self.supervisor.set, self.restart)
        self.updates = Updates(board, self.bus, self.clock, __version__, self.restart)
        self.identity = self._identity()
        self.modules = Modules()
        self.messages = Messages(self)
        self.streams = Streams(self)
        self.supervisor.relieve = self.streams.shed
        self.gate = Gate(self, Routes(self))
        self.gate.max_requests, self.gate.max_queue = board.request_limit
        self.gate.portal = self.links.portal
        self._secure()

    def _identity(self):
        from .core.identity import identity

        release("han.core.identity")
        return identity(self.board.mac)

    def _restore(self):
        from .start import restore

        restore(self)

    def _restore_history(self):
        from .start import history

        return history(self)

    def make_link(self):
        """The part that reads the meter."""
        from .start import expect

        self.link = Link(self.board.uart, self.bus, self.board, self.config.get("m", "o"))
        expect(self)
        return self.link

    def _secure(self):
        from .start import secure

        release("han.start", "han.apply")
        self.gate.secure = secure(self)
        self.messages.tls_ready = self.gate.secure is not None

    def configure(self, values):
        """Keep and apply a new configuration. OSError, ValueError: nothing has changed."""
        from .apply import configure

        release("han.apply")
        configure(self, values)

    @property
    def port(self):
        """Where the API listens."""
        return self.gate.port

    async def run(self):
        """Serve until cancelled. OSError when the port is taken."""
        await self.gate.open()
        self.supervisor.start("api", self.gate.run, lambda: self.gate.ticks)
        self.supervisor.start("meter", self.link.run, self.link.pulse)
        self.supervisor.start("network", self.links.run)
        self.supervisor.start("counters", self._keep_counters)
        self.supervisor.start("time", self._keep_time)
        self.supervisor.start("spotprices", self._follow_prices)
        self.supervisor.start("ota", self._follow_updates)
        if self.history:
            self.supervisor.start("history", self._record)
        self.listening.set()
        try:
            reason, text = await self.supervisor.watch(self.board, self._look)
            self.restart(reason)
            if text:
                self._kept = 0
                self._remember("%s: %s" % (reason, text))
            await asyncio.sleep(self.supervisor.look_s)
        except Exception as error:
            self.log.crash("application", error)
            raise
        finally:
            await self.supervisor.stop()
            self.flush()
        self.board.reset(reason)

    def restart(self, reason, text=None):
        """Have the board start again within seconds; reason: a rebootReason of the API, text: for the crash log."""
        self.messages.reboot_pending = True
        self.bus.publish("state", None)
        self.supervisor.leave(reason, text)

    def short(self, needed):
        """True where less than so many bytes are free, after garbage has been collected."""
        if self.board.heap()[1] < needed:
            gc.collect()
        return self.board.heap()[1] < needed

    def plenty(self, urgent):
        """True where there is memory for what can wait; streams give way to it where it is urgent."""
        if not self.short(self.board.memory_limits[2]):
            return True
        if urgent:
            self.streams.shed()
        return False

    # Each second.
    def _look(self):
        self._looks += 1
        if self._looks % _MEMORY_LOOKS:
            return
        least, low, _ = self.board.memory_limits
        low = self.short(low)
        free = self.board.heap()[1]
        if low != self.gate.low:
            self.gate.low = self.streams.low = low
            if low:
                self.streams.shed()
            self.supervisor.set(
                "memory", "running", "degraded" if low else "ok", "%d bytes free" % free if low else None
            )
        if free >= least:
            self._looks = 0
        elif self._looks >= _BAD_LOOKS:
            self.restart("CRASH", "%d bytes free" % free)

    def _remember(self, text):
        """Keep a text in the crash log; only so many a run, as flash wears."""
        self._kept += 1
        if self._kept > _MOST_KEPT:
            return
        try:
            from .store.crashlog import CrashLog

            release("han.store.crashlog", "han.store.records")
            CrashLog(self.board.partition("state")).add(text, self.clock.utc(), self.clock.uptime_ms() // 1000)
        except (OSError, MemoryError):
            pass  # it is in the log, and there is no better place

    def flush(self):
        """Write what must not be lost. Needs no loop: also for a stop that ended it."""
        try:
            self.counters.save()
            if self.history:
                self.history.flush()
        except OSError as error:
            self.log.crash("counters", error)

    def quote(self, utc):
        """(price, currency) of a quarter of an hour, for its sample."""
        return self.book.price(utc), self.book.currency

    def _running(self, service):
        """What a running service tells its health and error with."""

        def report(health, error):
            self.supervisor.set(service, "running", health, error)

        return report

    # Lives as long as the application.
    async def _record(self):
        await self.history.record(self.bus, self._running("history"))

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
    async def _keep_time(self):
        await Timekeeper(self.board, self.clock, self.bus, self.links, self._running("time")).run()

    # Lives as long as the application.
    async def _follow_prices(self):
        def report(status, health, error=None):
            self.supervisor.set("spotprices", status, health, error)

        while not self.book.spot:  # most readers have a fixed price, and memory for something else
            report("stopped", "disabled")
            await asyncio.sleep(self.watch_s)
        from .price.spot import Spot

        await Spot(self.board, self.clock, Zone(MARKET), self.bus, self.book, report, self.plenty).run()

    # Lives as long as the application, less where there is no update server.
    async def _follow_updates(self):
        def report(status, health, error=None):
            self.supervisor.set("ota", status, health, error)

        await self.updates.run(self.supervisor.failing, self.links, lambda: self.port, self.config, report)
