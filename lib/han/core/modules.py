"""Which modules are forgotten when they have not been needed for a while: the one place that decides it.

An imported module stays. The code of a frozen one is in flash, but what its lines make of it (functions, classes,
tables) are objects on the heap. So what is needed now and then, and measurably pays, is taken out of sys.modules again,
and the next import makes it anew. Whoever still runs in it goes on with what he has.

What is forgotten keeps nothing in its module, and of an exception there must not be two: who catches one imports it,
and what raises it, at the top of a module of the same row. viper code is never forgotten, as the chip copies it, at
each import, to memory that only a reset gives back.
"""
import sys

#: Modules that are needed together. The bytes are those of their objects alone, on a 32-bit heap (MicroPython 1.29's
#: WebAssembly port, each module's lines run where its code is there already), with 96 for each module's own dict.
FORGOTTEN = (
    # 1700: the start.
    ("begin", "pins", "han.start", "han.store.series.replay"),
    # 2400: a history, which pages and clients ask for now and then.
    ("han.api.routes.history", "han.api.routes.export", "han.api.routes.chosen", "han.store.series.clocksteps"),
    # 2800: diagnosis, and a recording without names.
    ("han.api.routes.diagnostics", "han.meter.anonymous.anonymise", "han.meter.anonymous.anonymise_sml",
     "han.meter.anonymous.aliases", "han.meter.anonymous.sevenbits", "han.store.crashlog"),
    # 3000: settings that change.
    ("han.api.config.change", "han.api.config.settings", "han.api.config.fields", "han.api.config.permit",
     "han.api.config.auth", "han.api.config.definitions", "han.core.strictjson", "han.core.zonefile", "han.apply"),
    # 2700: a network that comes or goes, setup mode.
    ("han.net.policy", "han.net.attempts", "han.net.reason", "han.net.join.setup", "han.net.join.dns",
     "han.net.join.scan", "han.api.routes.scan", "han.api.routes.portal"),
    # 4500: prices, once a day.
    ("han.price.fetch", "han.price.scan", "han.price.rates", "han.price.day", "han.price.keep",
     "han.price.providers.elering", "han.price.providers.elprisetjustnu", "han.price.providers.energycharts",
     "han.net.http"),
    # 4700: an update, once a month.
    ("han.api.routes.update", "han.ota.proof", "han.ota.client", "han.ota.install", "han.ota.slot.writer",
     "han.ota.slot.image", "han.ota.slot.signature", "han.ota.keys", "han.ota.form", "han.ota.rules",
     "han.ota.state"),
)  # fmt: skip


class Idle:
    """Looks now and then which rows of the table are there."""

    def __init__(self):
        self._before = [0] * len(FORGOTTEN)  # how many modules of each row were there

    def look(self):
        """Forget the rows that are as they were at the look before: nothing of them has been imported since."""
        for at, row in enumerate(FORGOTTEN):
            there = [name for name in row if name in sys.modules]
            if there and len(there) == self._before[at]:
                for name in there:
                    _forget(name)
                there = ()
            self._before[at] = len(there)


def _forget(name):
    del sys.modules[name]
    package, _, last = name.rpartition(".")
    if hasattr(sys.modules.get(package), last):
        delattr(sys.modules[package], last)
