"""Safe mode: the application after several starts that did not become healthy. It has network, updates and diagnosis.

Safe mode does not touch what may have stopped those starts: the meter's bytes, and the history, counters and prices in
flash. A configuration that cannot be used is replaced by the defaults, so that the owner can reach the reader.

An image that cannot run on its board (one with files, on a board without PSRAM) is in safe mode from its first start
on. If that image is new here, the reader goes back to the image before at once.
"""
from . import app
from .meter.link import Link
from .start import Start

_TASKS = ("api", "console", "network", "ota", "setup", "watchdog")
_UNHEALTHY = "safe mode: the reader did not become healthy in several starts; update it, or restart it to try again"


class _Unplugged(Link):
    """A Link that does not read the meter, and gives safe mode as the reason."""

    def __init__(self, app):
        super().__init__(app.board.uart, app.bus, app.board, 0)
        self.reason = app.why


class _Start(Start):
    def restore(self):
        app = self.app
        try:
            app.config.load()
        except Exception as error:  # whatever is wrong with the configuration, safe mode must start
            app.log.crash("configuration", error)
            app.supervisor.set("configuration", "running", "failed", "not used: %s" % error)

    def link(self):
        return _Unplugged(self.app)

    def history(self):
        self.app.supervisor.set("history", "stopped", "disabled", self.app.told)


class App(app.App):
    """The reader in safe mode, on a board."""

    speaks = False

    def __init__(self, board):
        unfit = "files" in (board.boot["manifest"] or {}) and board.no_files()
        #: Why the reader is in safe mode, in words; and the same as the error of services that do not run.
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
        """Run the tasks of safe mode; see App.run()."""
        start = self.supervisor.start

        def few(name, *more, **options):
            if name in _TASKS:
                start(name, *more, **options)
            else:
                self.supervisor.set(name, "stopped", "disabled", self.told)

        self.supervisor.start = few
        await super().run()

    def flush(self):
        """Write nothing: safe mode has recorded nothing."""
