"""The application after starts that never became healthy: network, updates and diagnosis, and nothing else.

What may have stopped those starts is left alone: the meter's bytes, the history, counters and prices in flash. A
configuration that cannot be used is replaced by defaults, so that there is a way in.
"""
from . import app
from .meter.link import Link
from .start import Start

_TASKS = ("api", "console", "network", "ota", "setup", "watchdog")
_WHY = "safe mode: the reader did not become healthy in several starts; update it, or restart it to try again"


class _Unplugged(Link):
    """The meter is not read."""

    reason = _WHY


class _Start(Start):
    def restore(self):
        app = self.app
        try:
            app.config.load()
        except Exception as error:  # whatever is wrong with it must not be what stops this
            app.log.crash("configuration", error)
            app.supervisor.set("configuration", "running", "failed", "not used: %s" % error)

    def link(self):
        app = self.app
        return _Unplugged(app.board.uart, app.bus, app.board, 0)

    def history(self):
        self.app.supervisor.set("history", "stopped", "disabled", "safe mode")


class App(app.App):
    """The reader in safe mode, on a board."""

    def starter(self):
        return _Start

    async def run(self):
        """Serve until cancelled. OSError when the port is taken."""
        start = self.supervisor.start

        def few(name, *more, **options):
            if name in _TASKS:
                start(name, *more, **options)
            else:
                self.supervisor.set(name, "stopped", "disabled", "safe mode")

        self.supervisor.start = few  # type: ignore[method-assign]
        await super().run()

    def flush(self):
        """Nothing has been kept."""
