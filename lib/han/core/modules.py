"""Forgets modules that have not been needed for a while. This is the only place that decides which ones.

An imported module stays in memory. The code of a frozen module is in flash, but the objects that its lines make
(functions, classes, tables) are on the heap. So modules that are needed only now and then, and that measurably pay,
are removed from sys.modules, and the next import makes them again. Code that still runs in a forgotten module keeps
its objects.

Rules for a module that may be forgotten:
- It keeps no state in the module.
- No exception class may exist twice. So code that catches an exception imports its class, and the module that raises
  it, at the top of a module of the same row. (Answers of microdot's class Response are known by what they have.)
- It has no viper code: the chip copies that, at each import, to memory that only a reset gives back.
"""
import sys

#: A row has modules that are needed together. The number is the bytes that came free when the row was forgotten while
#: all others were there: on the unix port of MicroPython 1.29, built for 32 bits with all modules frozen in.
FORGOTTEN = (
    # 1300, without the two of the chip's board: the start, and what is kept in two copies.
    ("begin", "pins", "han.start", "han.store.series.replay", "han.store.certificates", "han.store.copies"),
    # 4800: the web framework. GET /meter and streams that are open do without.
    ("microdot", "microdot.microdot"),
    # 4700: requests for the history, which pages and clients make now and then.
    ("han.api.routes.past.history", "han.api.routes.past.export", "han.api.routes.past.sub",
     "han.api.routes.past.lines", "han.api.routes.past.chosen", "han.store.series.clocksteps", "han.store.series.dated",
     "han.api.routes.past.money",
     "han.tariff.past", "han.tariff.costs",
     "han.tariff.close", "han.store.ledger.records"),
    # 3100: diagnosis, and a recording that is made anonymous.
    ("han.api.routes.diagnostics", "han.meter.anonymous.anonymise", "han.meter.anonymous.anonymise_sml",
     "han.meter.anonymous.places", "han.meter.anonymous.suspects", "han.meter.anonymous.aliases",
     "han.meter.anonymous.sevenbits", "han.store.crashlog"),
    # 1900: what /metrics and the page's connections ask for.
    ("han.api.routes.out", "han.out.paths", "han.out.metrics", "han.out.outs"),
    # 1300, estimated: what clients of the Shelly ask for over HTTP, many of them once only.
    ("han.out.shelly.info", "han.out.shelly.web"),
    # 1100: a connection to a broker, and what Home Assistant is told then.
    ("han.out.mqtt.connect", "han.out.mqtt.discovery", "han.out.mqtt.subs"),
    # 4300: every register of a telegram.
    ("han.api.routes.registers", "han.api.messages.registers", "han.meter.registers", "han.meter.registers.value",
     "han.meter.registers.names", "han.meter.registers.lines", "han.meter.registers.lists", "han.meter.registers.axdr",
     "han.meter.registers.entries", "han.meter.registers.demand", "han.api.routes.telegram"),
    # 5600: peaks.
    ("han.api.routes.peaks", "han.api.messages.peaks", "han.tariff.own", "han.tariff.quarters", "han.tariff.peaks",
     "han.tariff.interval", "han.tariff.rules", "han.tariff.presets", "han.tariff.kept"),
    # 2500: a change of settings.
    ("han.api.config.change", "han.api.config.settings", "han.api.config.fields", "han.api.config.number",
     "han.api.config.fees", "han.api.config.cap", "han.api.config.windows", "han.api.config.alarms",
     "han.api.config.permit",
     "han.api.config.auth", "han.api.config.definitions", "han.core.strictjson", "han.core.zonefile",
     "han.core.zonedata", "han.apply", "han.meter.lists.profiles", "han.alarms.rules"),
    # 1900: the first messages of a stream, and requests that clients make once or now and then.
    ("han.api.http.listen", "han.api.messages.state", "han.api.messages.configuration", "han.api.messages.ota",
     "han.api.messages.compact", "han.api.routes.health", "han.api.routes.identity", "han.api.routes.prices",
     "han.api.messages.meter_events",
     "han.tariff.fees", "han.tariff.windows",
     "han.meter.line.told", "han.meter.identity", "han.api.messages.alarms", "han.api.routes.alarms"),
    # 1800: alarms. Their task keeps what it needs while any is set.
    ("han.watching", "han.forecast", "han.alarms.watch", "han.alarms.alarm", "han.alarms.values", "han.alarms.hours"),
    # 640: the search for the settings of the meter's line.
    ("han.meter.line.trial", "han.meter.line.speeds"),
    # 1500: sub-meters when what they tell changes, events of the meter when there are new ones.
    ("han.api.messages.sub", "han.meter.submeters.sub", "han.meter.besides.events", "han.meter.besides.times"),
    # 3200: rows of the ledger, each hour where there is something for it.
    ("han.closing", "han.store.ledger.close", "han.meter.submeters.now"),
    # 500: the page.
    ("han.api.page", "han.api.page.coding", "han.api.page.pagedata", "han.api.http.chunks"),
    # 1400: checks of the network, each minute; NTP, each six hours.
    ("han.net.online", "han.net.check", "han.net.sntp", "han.net.names.lookup"),
    # 1200: who asks for the reader's name in .local, and a new name there.
    ("han.net.names.responder", "han.net.names.records"),
    # 6700: a network that comes or goes, setup mode.
    ("han.net.policy", "han.net.attempts", "han.net.reason", "han.net.join.setup", "han.net.join.dns",
     "han.net.join.scan", "han.api.routes.scan", "han.api.routes.portal"),
    # 6500: prices, once a day.
    ("han.price.fetch", "han.price.scan", "han.price.rates", "han.price.day", "han.price.keep",
     "han.price.areas", "han.price.providers.answer", "han.price.providers.dayfile",
     "han.price.providers.awattar", "han.price.providers.elering", "han.price.providers.elprisetjustnu",
     "han.price.providers.energidataservice", "han.price.providers.energycharts",
     "han.price.providers.energyzero", "han.price.providers.hvakosterstrommen", "han.price.providers.nordpool",
     "han.net.http"),
    # 6500: an update, once a month.
    ("han.api.routes.update", "han.ota.proof", "han.ota.client", "han.ota.install", "han.ota.slot.writer",
     "han.ota.slot.image", "han.ota.slot.signature", "han.ota.keys", "han.ota.form", "han.ota.rules",
     "han.ota.state"),
)  # fmt: skip


class Idle:
    """Forgets the rows of the table that are not in use."""

    def __init__(self):
        self._before = [0] * len(FORGOTTEN)  # number of modules of each row that were imported at the last look

    def look(self):
        """Forget each row of which no further module was imported since the last look. Call it now and then."""
        for at, row in enumerate(FORGOTTEN):
            there = [name for name in row if name in sys.modules]
            if there and len(there) == self._before[at]:
                for name in there:
                    forget(name)
                there = ()
            self._before[at] = len(there)


def forget_package(begin):
    """Forget a package or module, and all below it."""
    # The package comes before what is below it, and keeps that: its code may still run.
    for name in sorted(sys.modules):
        if name == begin or name.startswith(begin + "."):
            forget(name)


def forget(name):
    """Forget a module if it is there, so that the next import makes it again; and its package with its last module."""
    if not sys.modules.pop(name, None):
        return
    package, _, last = name.rpartition(".")
    if hasattr(sys.modules.get(package), last):
        delattr(sys.modules[package], last)
    if package and not any([other.startswith(package + ".") for other in sys.modules]):
        forget(package)
