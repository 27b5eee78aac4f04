"""The application after starts that never became healthy: network, updates and diagnosis, and nothing else.

What may have stopped those starts is left alone: the meter's bytes, the history, counters and prices in flash. A
configuration that cannot be used is replaced by defaults, so that there is a way in.

So it is with an image that cannot run on its board, from the first start on: one with files without PSRAM. Where it is
new there, the one before is what the reader goes back to at once.
"""
from . import app
from .meter.link import Link
from .start import Start

_TASKS = ("api", "console", "network", "ota", "setup", "watchdog")
_UNHEALTHY = "safe mode: the reader did not become healthy in several starts; update it, or restart it to try again"


class _Unplugged(Link):
    """The meter is not read, for the reason given."""

    def __init__(self, app):
        super().__init__(app.board.uart, app.bus, app.board, 0)
        self.reason = app.why


class _Start(Start):
    def restore(self):
        app = self.app
        try:
            app.config.load()
        except Exception as error:  # whatever is wrong with it must not be what stops this
            app.log.crash("configuration", error)
            app.supervisor.set("configuration", "running", "failed", "not used: %s" % error)

    def link(self):
        return _Unplugged(self.app)

    def history(self):
        self.app.supervisor.set("history", "stopped", "disabled", self.app.told)


class App(app.App):
    """The reader in safe mode, on a board."""

    def __init__(self, board):
        unfit = "files" in (board.boot["manifest"] or {}) and board.no_files()
        #: Why this is safe mode, in words; and what services that do not run say.
        self.why = "safe mode: this image " + unfit if unfit else _UNHEALTHY
        self.told = self.why if unfit else "safe mode"
        super().__init__(board)
        self.log.add(self.why, "error")
        if unfit and board.boot["pending"]:
            from .ota.proof import GIVEN_UP

            self.restart("OTA_ROLLBACK", GIVEN_UP + "it " + unfit)

    def starter(self):
        return _Start

    async def run(self):
        """Serve until cancelled. OSError when the port is taken."""
        start = self.supervisor.start

        def few(name, *more, **options):
            if name in _TASKS:
                start(name, *more, **options)
            else:
                self.supervisor.set(name, "stopped", "disabled", self.told)

        self.supervisor.start = few
        await super().run()

    def flush(self):
        """Nothing has been kept."""
