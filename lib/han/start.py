"""Builds all objects of the application, and hands each of them its collaborators. Imported for that."""
from . import __version__
from .api.messages.meter import Messages
from .api.routes.table import Routes
from .api.http.server import Gate
from .api.messages.silence import Silence
from .api.http.stream import Streams
from .apply import set_zone, use
from .core.bus import Bus
from .core.clock import Clock
from .core.identity import identity
from .core.log import Log, show
from .core.memory import HANDSHAKE, Memory
from .core.poll import Faults
from .core.tasks import Supervisor
from .meter.link import Link
from .net.links import Links
from .ota.updates import Updates
from .price.book import Book
from .store import certificates, flash
from .store.config import Config
from .store.counters import Counters


class Start:
    """Makes the parts of an App. safe.py overrides what safe mode does differently."""

    def __init__(self, app):
        self.app = app

    def build(self):
        """Make all parts of the App, which has its board already. Errors of flash are reported in /health."""
        app = self.app
        board = app.board
        app.memory = Memory(board)
        app.faults = Faults()
        app.clock = Clock(board)
        app.log = Log(app.clock, show)
        app.log.keep = app.remember
        app.bus = Bus()
        app.supervisor = Supervisor(app.clock, app.log)
        app.seed = board.random(40)  # for tokens
        state = board.partition("state")
        app.config = Config(flash.Region(state, *flash.CONFIGURATION))
        app.counters = Counters(flash.Region(state, *flash.COUNTERS))
        app.book = Book(flash.Region(state, *flash.PRICES), app.config)
        if board.last_words:  # the version and error of an application that could not be built at the last start
            version, _, words = board.last_words.partition(" ")
            app.remember("started %s: CRASH" % version)
            app.remember("start: " + words)
        self.restore()
        app.remember("started %s: %s" % (__version__, board.reset_reason))
        app.link = self.link()
        app.history = self.history()
        app.links = Links(board, app.clock, app.config, app.bus, app.log, app.supervisor.set, app.restart)
        app.updates = Updates(board, app.bus, app.clock, __version__, app.restart)
        app.identity = identity(board.mac)
        app.messages = Messages(app)
        app.silence = Silence(app)
        app.streams = Streams(app)
        app.supervisor.relieve = app.relieve
        app.faults.relieve = app.streams.shed
        app.routes = Routes(app)
        app.gate = gate = Gate(app, app.routes)
        gate.max_requests, gate.max_queue = board.request_limit
        gate.portal = app.links.portal
        gate.secure = secure(app)
        app.messages.tls_ready = gate.secure is not None

    def restore(self):
        """Load the configuration and the counters. Flash that cannot be read must not stop the meter's reading."""
        app = self.app
        tell = app.supervisor.set
        try:
            found = app.config.load()
            if not found:
                text = app.board.provisioned()
                if text:
                    app.config.adopt(text)
                    found = True
            if found or not app.config.damaged:
                tell("configuration", "running", "ok")
            else:
                tell("configuration", "running", "degraded", "both copies damaged, defaults used")
        except (OSError, ValueError) as error:
            tell("configuration", "running", "failed", "cannot be read: %s" % error)
        set_zone(app)
        try:
            app.counters.load()
        except OSError as error:
            app.log.crash("counters", error)
        boot = app.board.boot
        if boot["rolled_back"]:
            from .ota.proof import last_words

            try:
                words = last_words(app.board.partition("state"), __version__)
                boot["rolled_back"] += words and ": " + words
            except OSError as error:
                app.log.crash("update", error)

    def link(self):
        """The Link that reads the meter, with the configuration, the last counters and what was found out before."""
        app = self.app
        app.link = link = Link(app.board.uart, app.bus, app.board, app.config.get("m", "o"))
        use(app)
        link.search.prefer(app.config.get("line"))
        link.expect(app.counters.values, app.counters.meter, app.config.get("scales"))
        return link

    def history(self):
        """The History, None where the board has no partition for it or its flash cannot be read."""
        app = self.app
        try:
            partition = app.board.partition("history")
        except OSError as error:
            app.supervisor.set("history", "stopped", "disabled", str(error))
            return None
        try:
            from .store.series.replay import restored  # imported here: a board without history does not need it

            region = flash.Region(app.board.partition("state"), *flash.CLOCK_STEPS)
            return restored(partition, region, app.clock, app.quote)
        except (OSError, ValueError) as error:
            app.supervisor.set("history", "stopped", "failed", "%s" % error)
            app.log.crash("history", error)
        return None


def secure(app):
    """The Secure that serves HTTPS; None where no certificate was provisioned, or this board cannot."""
    tell = app.supervisor.set
    try:
        kept = certificates.own(app.board.partition("state")).load()
        if kept is None:
            return None
        if not app.board.secure_port:
            why = "this image leaves too little memory for TLS; one with all modules frozen leaves enough"
            tell("https", "stopped", "disabled", why)
            return None
        from .api.http.tls import Secure, context

        made = Secure(context(kept), app.board.secure_port, app.board.secure_limit, lambda: app.memory.room(HANDSHAKE))
        tell("https", "running", "ok")
        return made
    except (OSError, ValueError, MemoryError) as error:
        tell("https", "stopped", "failed", "%s: %s" % (type(error).__name__, error))
    return None
