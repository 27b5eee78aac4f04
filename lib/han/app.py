"""The application: has all parts as attributes, and starts and stops the tasks. start.py builds the parts."""
import asyncio

from .api.messages.meter import Messages
from .api.routes.table import Routes
from .api.http.server import Gate
from .api.messages.silence import Silence
from .api.http.stream import Streams
from .books import Books
from .core import memory, poll
from .core.bus import Bus
from .core.clock import Clock
from .core.log import Log
from .core.modules import Idle
from .core.tasks import Supervisor
from .core.zone import Zone
from .keeping import keep, note
from .meter.link import Link
from .net.links import Links
from .net.reach import Reach
from .net.timekeeper import Timekeeper
from .ota.updates import Updates
from .price.book import MARKET, Book
from .store.config import Config
from .store.counters import Counters

#: The name by which a browser that flashes boards knows this program, see tools/site.py.
_FIRMWARE = "HAN reader"
#: Number of entries that one run may add to the crash log: its start, and the first crashes.
_MOST_KEPT = 7
#: Seconds between two looks at the modules, between two at the memory; seconds of too little memory after which the
#: reader restarts.
_MEMORY_LOOKS = 10
_BAD_LOOKS = 30
#: Seconds for which the languages' object is kept while none is on, since somebody has asked for it.
_UNASKED = 20


class App:
    """The whole reader on a board. start.py makes the parts that are declared here."""

    #: Least time between two writes of the counters to flash, ms.
    save_ms = 15 * 60 * 1000
    #: Time between two looks whether the configuration wants spot prices, s.
    watch_s = 2
    #: Time between two looks whether anybody talks to the console, s.
    console_s = 0.25

    seed: bytes  # random bytes for tokens
    memory: memory.Memory
    faults: poll.Faults
    clock: Clock
    log: Log
    bus: Bus
    supervisor: Supervisor
    config: Config
    counters: Counters
    book: Book
    link: Link
    history: object  # a store.series.history.History, None where nothing is recorded
    links: Links
    updates: Updates
    identity: object  # see core/identity.py
    messages: Messages
    silence: Silence
    streams: Streams
    routes: Routes
    gate: Gate

    #: False where no language of other systems is spoken.
    speaks = True
    _outs = None
    _unasked = 0  # looks since somebody has asked for it

    def __init__(self, board):
        self.board = board
        #: Set when the API answers, on `port`.
        self.listening = asyncio.Event()
        self._kept = self._looks = 0
        self.starter()(self).build()
        self.books = Books(self)
        self._idle = Idle()

    def starter(self):
        """The class that makes the parts, see start.Start."""
        from .start import Start

        return Start

    @property
    def outs(self):
        """The Outs, which has the languages of other systems. It is there while one is switched on, or asked for."""
        self._unasked = 0
        if self._outs is None:
            self._outs = self.languages()
        return self._outs

    def languages(self):
        """A new Outs with all languages."""
        from .out.outs import Outs

        return Outs(self)

    def taken(self):
        """The number of sockets that languages have."""
        return self._outs.used() if self._outs else 0

    def configure(self, values):
        """Save and apply a new configuration. OSError, ValueError: nothing has changed."""
        from .apply import configure

        configure(self, values)

    @property
    def port(self):
        """The port on which the API listens."""
        return self.gate.port

    @property
    def names(self):
        """The reader's names in .local, which announce() a service and withdraw() it."""
        return self.links.names()

    async def run(self):
        """Run until cancelled, or until the reader must restart. OSError when the port is taken."""
        poll.guard(self.faults)
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
        if self.board.console:
            self.supervisor.start("console", self._listen)
        self.supervisor.start("reach", self._ask_itself)
        self.watch_alarms()
        self.listening.set()
        try:
            reason, text = await self.supervisor.watch(self.board, self._look)
            self.restart(reason)
            if text:
                self._kept = 0
                self.remember("%s: %s" % (reason, text))
            await asyncio.sleep(self.supervisor.look_s)
        except Exception as error:
            self.log.crash("application", error)
            raise
        finally:
            await self.supervisor.stop()
            self.flush()
        self.board.reset(reason)

    def join(self, name, password):
        """Save and apply the name and password ("": open) of a WiFi. OSError, ValueError: nothing has changed."""
        from .api.config.change import join

        join(self, {"s": True, "ss": name, "sp": password})

    def restart(self, reason, text=None):
        """Restart the board within seconds. reason: a rebootReason of the API; text: for the crash log."""
        self.messages.reboot_pending = True
        self.bus.publish("state", None)
        self.supervisor.leave(reason, text)

    def plenty(self, urgent):
        """True where there is memory for work that can wait. urgent: if there is not, close the streams."""
        if not self.memory.short(self.board.memory_limits[2]):
            return True
        if urgent:
            self.streams.shed()
        return False

    def relieve(self):
        """Free memory, as a task has lacked it: streams are closed, and the language that was started last ends."""
        self.streams.shed()
        if self._outs:
            self._outs.shed()

    def watch_alarms(self):
        """Start the task of the alarms, if any is set and it does not run. It ends when none is set any more."""
        if self.config.get("alarms") and not self.supervisor.lives("alarms"):
            self.supervisor.start("alarms", self._watch)

    # Called once in a second.
    def _look(self):
        self.silence.look()
        # Prometheus is only a path: it needs nobody who looks after it.
        wanted = any([row["on"] for name, row in self.config.get("out").items() if name != "metrics"])
        if self._outs or wanted:
            outs = self._outs or self.outs
            outs.look()
            self._unasked += 1
            if not wanted and self._unasked > _UNASKED and outs.unused():
                self._outs = None
        if self.books.wanted() and not self.supervisor.lives("ledger"):
            self.supervisor.start("ledger", self._keep_books)
        self._looks += 1
        self._idle.look()
        if self._looks % _MEMORY_LOOKS:
            return
        self.messages.forget()
        least, low, _ = self.board.memory_limits
        low = self.memory.short(low)
        told = self.memory.told()
        if low != self.gate.low:
            self.gate.low = self.streams.low = low
            if low:
                self.streams.shed()
            self.supervisor.set(
                "memory", "running", "degraded" if low else "ok", told if low else None
            )
        if not self.memory.short(least, memory.LEAST):
            self._looks = 0
        elif self._looks >= _BAD_LOOKS:
            self.restart("CRASH", told)

    def remember(self, text):
        """Add a text to the crash log. Only the first texts of a run are written, as flash wears."""
        self._kept += 1
        if self._kept > _MOST_KEPT:
            return
        try:
            from .store.crashlog import keep

            keep(self.board, self.clock, text)
        except (OSError, MemoryError):
            pass  # the text is in the log in memory; there is no better place

    def flush(self):
        """Write what must not be lost to flash. Works without the event loop, so also after it has ended."""
        try:
            self.counters.save()
            note(self)
            if self.history:
                self.history.flush()  # type: ignore[attr-defined]  # None, or what was imported for it
        except OSError as error:
            self.log.crash("counters", error)

    def quote(self, utc):
        """(10^-6 minor units per kWh or None, currency) of the quarter that starts at utc, for its sample."""
        return self.book.price(utc), self.book.currency

    def _running(self, service):
        """A function with which a running service reports its health and error."""
        return lambda health, error: self.supervisor.set(service, "running", health, error)

    def _service(self, name):
        """A function with which a service reports its status, health and error."""
        return lambda status, health, error=None: self.supervisor.set(name, status, health, error)

    # These make the coroutine of a task, which lives as long as the application. A task that only waited for another
    # coroutine would keep a frame for that.

    def _record(self):
        return self.history.record(self.bus, self._running("history"))  # type: ignore[attr-defined]

    def _keep_books(self):  # from the first time on that there is something for the ledger
        return self.books.keep(self._running("ledger"))

    def _keep_counters(self):
        return keep(self)

    def _ask_itself(self):
        reach = Reach(self.board, self.links, self.clock, lambda: self.port, lambda: self.gate.served,
                      self.streams.shed, self.restart, self._running("reach"))  # fmt: skip
        return reach.run()

    def _keep_time(self):
        return Timekeeper(self.board, self.clock, self.bus, self.links, self._running("time")).run()

    def _follow_updates(self):  # without an update server until this version is proven
        report = self._service("ota")
        return self.updates.run(self.supervisor.failing, self.links, lambda: self.port, self.config, report)

    # Lives as long as the application.
    async def _listen(self):
        board = self.board
        heard = b""
        # Nobody talks to most readers over their console, once they are in a network.
        while not (heard or board.console.addressed or self.links.setup):
            await asyncio.sleep(self.console_s)
            heard = board.console.read()
        from .net.join.console import Console

        about = _FIRMWARE, self.updates.running, board.chip, board.hostname
        await Console(board.console, self.links, self.join, about).run(heard)

    # Lives while an alarm is set.
    async def _watch(self):
        from .watching import watch

        await watch(self, self._running("alarms"))
        self.supervisor.set("alarms", "stopped", "disabled")

    # Lives as long as the application.
    async def _follow_prices(self):
        report = self._service("spotprices")
        while not self.book.spot:  # most readers have a fixed price and need the memory for other things
            report("stopped", "disabled")
            await asyncio.sleep(self.watch_s)
        from .price.spot import Spot
        await Spot(self.board, self.clock, Zone(MARKET), self.bus, self.book, report, self.plenty).run()
