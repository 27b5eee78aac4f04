"""Starts, restarts and ends the languages of other systems, as the configuration has them switched on.

A language is a module or package beside this file, with `async def run(app, status)`. It is imported when it is
switched on, and forgotten when it is switched off. So it keeps no state in modules, and has no viper code.
"""
from ..core.modules import forget_package

#: A row has a language, the kB of Python's heap that it takes when it runs, its sockets, and the most clients that have
#: one socket each. Clients that are WebSockets on the reader's own port are streams, see api/http/stream.py.
LANGUAGES = (
    ("mqtt", 7, 1, 0),
    ("modbus", 5, 1, 3),
    ("p1", 4, 1, 2),
    ("homewizard", 4, 0, 0),
    ("shelly", 5, 2, 0),
    ("metrics", 0, 0, 0),
)
# What languages share; telegrams of P1 are HomeWizard's, too.
_SHARED = "table", "serve", "p1"


class Status:
    """A language that is switched on: its task, and what it reports of itself for /health, GET /out and the page.

    It outlives crashes of the task.
    """

    #: Text for the page, such as "connected" or "refused: bad password". Never a secret.
    state = ""
    #: Uptime since when that is the state, ms.
    since = 0
    #: Clients now; messages or answers so far, and those that were dropped.
    clients = sent = dropped = 0
    #: True when it was switched off or has other settings now: it reports nothing more.
    over = False
    #: Its task once it was ended; the uptime at which another start may be tried, ms; how often memory ran out.
    task = None
    again = misses = 0
    #: What the language keeps between requests; it sets that itself.
    device = None

    def __init__(self, outs, name):
        self._outs = outs
        self.name = name
        #: The language's settings, a dict as in `out` of the configuration.
        self.settings = outs.app.config.get("out", name)

    def tell(self, state, health="ok", error=None):
        """Set the state, and the health and error of the row in /health. An error is the state if none is given."""
        if self.over:
            return
        app = self._outs.app
        if state != self.state:
            self.state = state
            self.since = app.clock.uptime_ms()
        app.supervisor.set(self.name, "running", health, error or (None if health == "ok" else state))

    # Lives until the language is switched off, or its settings change.
    async def run(self):
        """Run the language."""
        outs = self._outs
        self.clients = 0
        try:
            await outs.module(self.name).run(outs.app, self)
        except MemoryError:
            # To the supervisor that would be a reason to close streams, and at last to restart the reader.
            outs.ran_out(self)


class Outs:
    """The languages that are switched on. Safe mode has none."""

    #: A language for which there was no memory, or that has ended by itself, is started again after this time, ms.
    #: It is doubled each time that memory ran out while it ran, up to an hour.
    again_ms = 30000

    def __init__(self, app):
        self.app = app
        self._languages = LANGUAGES if app.speaks else ()
        self._there = {}  # name -> Status
        if self.on("metrics"):
            self._begin("metrics", 0)  # only a path, so it is there at once

    def rows(self):
        """Yield (name, kB, sockets, most clients, Status or None) of each language."""
        for row in self._languages:
            yield row + (self._there.get(row[0]),)

    def status(self, name):
        """The Status of a language that is switched on, else None."""
        return self._there.get(name)

    def on(self, name):
        """True for a language that is switched on."""
        for row in self._languages:
            if row[0] == name:
                return self.app.config.get("out", name, "on")
        return False

    # Called once in a second.
    def look(self):
        """Start, end and restart languages, so that they run as the configuration says; one starts in a look.

        The next one is then judged by the memory that this one has left.
        """
        supervisor = self.app.supervisor
        for name, needed, _, _ in self._languages:
            status = self._there.get(name)
            if status is None:
                if self.on(name) and self._begin(name, needed):
                    break
            elif status.over:  # its task may still be closing its sockets
                if status.task is None or status.task.done():
                    del self._there[name]
                    self._forget(name)
            elif status.settings != self.app.config.get("out", name):
                status.over = True
                status.task = supervisor.end(name)
            elif name != "metrics" and not supervisor.lives(name):
                if self.app.clock.uptime_ms() < status.again:
                    self._forget(name)  # what it has imported would leave others even less
                elif self._start(status, needed):
                    break
        if self._there:
            self.app.streams.trim(self.app.streams.most())

    def unused(self):
        """True where there is nothing to keep: no language, and no count of Prometheus' requests. Then its row goes."""
        if [name for name, status in self._there.items() if name != "metrics" or status.sent]:
            return False
        self.app.supervisor.end("metrics")
        return True

    def _begin(self, name, needed):
        self._there[name] = status = Status(self, name)
        if name == "metrics":  # only a path
            status.tell("listening")
            return False
        return self._start(status, needed)

    def _start(self, status, needed):
        app = self.app
        status.again = app.clock.uptime_ms() + self.again_ms
        reserve = app.board.memory_limits[1]
        if app.memory.short(needed * 1024 + reserve):
            free = max(0, app.board.heap()[1] - reserve) // 1024
            status.tell("not enough memory: needs %d kB, %d kB free" % (needed, free), "failed")
            return False
        app.supervisor.start(status.name, status.run)
        return True

    def ran_out(self, status):
        """Give up a language that has found no memory while it ran, for a longer time each time."""
        status.again = self.app.clock.uptime_ms() + (self.again_ms << status.misses)
        status.misses = min(7, status.misses + 1)
        status.tell("not enough memory right now", "failed")

    def shed(self):
        """End the language that was started last, as the reader lacks memory. It is tried again later."""
        last = None
        for status in self._there.values():
            if self._lives(status.name) and (last is None or status.again > last.again):
                last = status
        if last:
            last.over = True  # it says nothing more
            self.app.supervisor.end(last.name)  # first of all, as the rest may find no memory
            self._there[last.name] = status = Status(self, last.name)
            status.misses = last.misses
            self.ran_out(status)
            for other in self._there.values():
                if not self._lives(other.name):  # none takes its place before it is known whether that was enough
                    other.again = max(other.again, status.again)

    def _lives(self, name):
        status = self._there.get(name)
        # Only with a status there is a row in /health; the supervisor would make one.
        return bool(status) and not status.over and self.app.supervisor.lives(name)

    def module(self, name):
        """The module of a language, imported if need be."""
        return __import__("han.out." + name, None, None, ("run",))

    def _forget(self, name):
        """Forget the modules of a language; where no other one runs, also those that they share."""
        forget_package("han.out." + name)
        if not [other for other in self._there if other != name and self._lives(other)]:
            for shared in _SHARED:
                forget_package("han.out." + shared)

    async def test(self, name):
        """Try what a language needs of others, within 10 s. None where it works, else what is wrong, as text."""
        status = self._there.get(name)
        try:
            test = getattr(self.module(name), "test", None)
            if test:
                return await test(self.app, self.app.config.get("out", name))
        finally:
            if not self._lives(name):
                self._forget(name)
        if not status:
            return "it is switched off"
        for service in self.app.supervisor.rows():
            if service.name == name and service.health != "ok":
                return service.error or service.health
        return None

    def paths(self, path):
        """The rows of a path, as of api/routes/table.py; [] where no language that is switched on answers it."""
        from .paths import rows

        return rows(path, self.on)

    async def serve(self, what, request):
        """Answer a request; what: as in the rows of paths()."""
        name, _, function = what[1:].rpartition(".")
        return await getattr(self.module(name), function)(self.app, request)

    def used(self):
        """The number of sockets of the languages that run, with those of their clients."""
        count = 0
        for name, _, sockets, most, status in self.rows():
            if self._lives(name):
                count += sockets + min(most, status.clients)
        return count
