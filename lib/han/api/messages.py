"""The API's messages: the only place that knows their field names and units."""
from ..core.clock import EPOCH
from .encode import decimal, obj
from .websocket import TEXT, frame

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Fields of a Reading. The phases follow each other, as do the four counters.
_POWER = const(0)  # W: import, export, then var: import, export
_PHASES = const(4)  # the same four for three phases each
_VOLTAGE = const(16)  # 0.1 V
_CURRENT = const(19)  # mA
_ENERGY = const(22)  # Wh, Wh, varh, varh

# The chip's words for why it started, by the contract's.
_RESETS = {"POWER_ON": "RST_POWERON", "WATCHDOG": "RST_WDT", "CRASH": "RST_PANIC"}

# The meter task's counters, in the order of its stages.
_STAGES = (
    "bytes", "frames", "checksum_errors", "truncated", "overrun", "encrypted", "decrypt_failures",
    "decoded", "rejected", "line_changes",
)  # fmt: skip

#: A reading is stale after three missed periods, but never before this, ms.
STALE_MS = 10000


class Message:
    """One message for the streams, encoded once for all of them, each form when first wanted."""

    def __init__(self, kind, number, json, count):
        self.json = json
        self.count = count  # of publications of its topic when it was made
        self._kind = kind
        self._number = number
        self._ws = self._sse = None

    @property
    def ws(self):
        """A whole WebSocket frame."""
        if self._ws is None:
            self._ws = frame(TEXT, self.json)
        return self._ws

    @property
    def sse(self):
        """A whole server-sent event."""
        if self._sse is None:
            self._sse = b"event: %s\nid: %d\ndata: %s\n\n" % (self._kind, self._number, self.json)
        return self._sse


def problem(message):
    """The body of every error."""
    return obj("success", False, "message", message)


class Messages:
    """Makes messages from the state of the application at the moment they are asked for."""

    def __init__(self, board, identity, version, clock, bus, config, counters, supervisor, link):
        self._board = board
        self._identity = identity
        self._version = version
        self._clock = clock
        self._bus = bus
        self._config = config
        self._counters = counters
        self._supervisor = supervisor
        self._link = link
        self._made = {}
        self._makers = {
            "meter": (b"HAN_METER_MESSAGE", self._meter),
            "state": (b"HAN_STATE_MESSAGE", self.state),
            "configuration": (b"HAN_CONFIGURATION_MESSAGE", self._configuration_message),
            "ota": (b"HAN_OTA_MESSAGE", self.ota),
        }
        self.online = False
        self.reboot_pending = False

    def stream(self, topic):
        """The Message of a bus topic as it is now, the same one for everybody until the next change."""
        count = self._bus.count.get(topic, 0)
        made = self._made.get(topic)
        if made is None or made.count != count:
            kind, make = self._makers[topic]
            # Events of other kinds carry the number of the reading they followed.
            live = self.reading()
            made = self._made[topic] = Message(kind, live.seq if live else 0, make(), count)
        return made

    def refresh(self):
        """Make the messages that tell the time anew when next wanted: for a client that arrives."""
        for topic in ("state", "ota"):
            self._made.pop(topic, None)

    def reading(self):
        """The latest reading, None before the first."""
        return self._bus.latest.get("meter")

    def meter(self):
        """GET /meter: the latest reading with its age; None before the first."""
        live = self.reading()
        return live and self._aged(self.stream("meter").json, live)

    def meter_data(self):
        """GET /meter/data: the same with 0 for what is not known; None before the first."""
        live = self.reading()
        return live and self._aged(self._meter(b"0"), live)

    def _aged(self, json, live):
        age = max(0, self._board.ticks_diff(self._board.ticks_ms(), live.received))
        stale = b"true" if age > max(STALE_MS, 3 * live.period_ms) else b"false"
        return b'%s,"age":%d,"stale":%s}' % (json[:-1], age, stale)

    def _meter(self, unknown=None):
        live = self.reading()
        get = live.get
        import_ = [get(_POWER)] + [get(_PHASES + i) for i in range(3)]
        export = [get(_POWER + 1)] + [get(_PHASES + 3 + i) for i in range(3)]
        reactive_in = [get(_POWER + 2)] + [get(_PHASES + 6 + i) for i in range(3)]
        reactive_out = [get(_POWER + 3)] + [get(_PHASES + 9 + i) for i in range(3)]
        energies = [get(_ENERGY + i) for i in range(4)]
        for i, kept in enumerate(self._counters.values):
            if energies[i] is None:
                energies[i] = kept
        ts = self._clock.unix_ms(live.received)
        if ts is not None and self._config.get("m", "ts") == "s":
            ts //= 1000
        mts = None
        if live.clock is not None:
            mts = (live.clock + (live.deviation or 0) * 60 + EPOCH) * 1000

        def known(values):
            return [unknown if each is None else each for each in values]

        return obj(
            "type", "HAN_METER_MESSAGE",
            "ts", ts,
            "seq", live.seq,
            "mts", mts,
            "ic", decimal(energies[0], 3),
            "ec", decimal(energies[1], 3),
            "ric", decimal(energies[2], 3),
            "rec", decimal(energies[3], 3),
            "p", known(_net(import_, export)),
            "pi", known(import_),
            "pe", known(export),
            "r", _net(reactive_in, reactive_out),
            "ri", reactive_in,
            "re", reactive_out,
            "u", known([decimal(get(_VOLTAGE + i), 1) for i in range(3)]),
            "i", known([decimal(get(_CURRENT + i), 3) for i in range(3)]),
        )  # fmt: skip

    def meter_id(self):
        """GET /meter/id; None before the first reading."""
        live = self.reading()
        if live is None:
            return None
        who = live.identity()
        names = ("manufacturerId", "deviceType", "meterId", "meterName")
        pairs = ["type", "HAN_METER_IDENTITY_MESSAGE"]
        for name in names:
            pairs += (name, who[name])
        return obj(*pairs)

    def state(self):
        """GET /han."""
        _, wifi, ethernet, _ = self._board.network()
        connected = wifi != "0.0.0.0" or ethernet != "0.0.0.0"
        return obj(
            "type", "HAN_STATE_MESSAGE",
            "ts", self._clock.unix_ms(),
            "uuid", self._identity.uuid,
            "name", self._identity.name,
            "model", self._board.model,
            "serial", self._identity.serial,
            "version", self._version,
            "state", "REGISTERED" if self.online else "UNREGISTERED" if connected else "SETUP",
            "mac", self._identity.mac,
            "ethIp", ethernet,
            "wifiIp", wifi,
            "online", self.online,
            "rebootPending", self.reboot_pending,
            "rebootReason", self._board.reset_reason,
            "channel", "release",
        )  # fmt: skip

    def configuration(self, kind="HAN_CONFIGURATION"):
        """GET /configuration: everything but the secrets."""
        c = self._config.values
        m, e, w = c["m"], c["e"], c["w"]
        return obj(
            "type", kind,
            "v", self._version,
            "t", c["t"],
            "s", c["s"],
            "p", decimal(c["p"], 6),
            "pc", c["pc"],
            "pa", c["pa"],
            "np", c["np"],
            "up", c["up"],
            "bhf", c["bhf"],
            "hosts", c["hosts"],
            "m", obj("f", m["f"], "t", m["t"], "o", m["o"], "ts", m["ts"], "ks", bool(m["k"])),
            "e", obj("e", e["e"], "n", _network(e["n"])),
            "w", obj(
                "e", w["e"], "s", w["s"], "p", "", "w", w["w"], "z", w["z"], "b", w["b"],
                "n", _network(w["n"]),
            ),
        )  # fmt: skip

    def _configuration_message(self):
        return self.configuration("HAN_CONFIGURATION_MESSAGE")

    def ota(self):
        """The update's state: nothing staged, nothing on its way."""
        return obj(
            "type", "HAN_OTA_MESSAGE",
            "ts", self._clock.unix_ms(),
            "uuid", self._identity.uuid,
            "status", "IDLE",
            "version", None,
            "releaseNotes", None,
            "source", None,
            "critical", False,
            "forced", False,
            "allowDownload", False,
            "progress", 0,
            "activeSlot", "slot1",
            "stagedSlot", None,
            "stagedVersion", None,
            "error", None,
        )  # fmt: skip

    def health(self, ws, sse, dropped):
        """GET /health. ws, sse: (streams now, limit); dropped: messages that slow streams missed."""
        total, free, least, _ = self._board.heap()
        hostname, _, _, rssi = self._board.network()
        reset = self._board.reset_reason
        return obj(
            "type", "HAN_HEALTH_MESSAGE",
            "ts", self._clock.unix_ms(),
            "uuid", self._identity.uuid,
            "hostname", hostname,
            "heap_size", total,
            "free_heap_size", free,
            "free_heap_percent", decimal((free * 2000 // total + 1) // 2, 1),
            "minimum_free_heap_size", least,
            "tlsReady", False,
            "wifi_rssi", rssi,
            "cpu_reset_reason", _RESETS.get(reset, "RST_SW"),
            "connections", obj(
                "ws", obj("c", ws[0], "m", ws[1]), "sse", obj("c", sse[0], "m", sse[1]), "dropped", dropped,
            ),
            "uptime_ms", self._clock.uptime_ms(),
            "services", [
                obj("name", s.name, "status", s.status, "health", s.health, "error", s.error)
                for s in self._supervisor.rows()
            ],
            "meter", self._stages(),
        )  # fmt: skip

    def _stages(self):
        """What came of the bytes at each stage, and the line's settings."""
        link = self._link
        pairs = []
        for name in _STAGES:
            pairs += (name, getattr(link.counters, name, 0))
        return obj(*pairs, "line", link.line(), "locked", link.locked, "diagnosis", link.diagnosis())


def _net(plus, minus):
    """Import less export; what a list without one of them lacks is none of it."""
    net = []
    for i in range(len(plus)):
        if plus[i] is None and minus[i] is None:
            net.append(None)
        else:
            net.append((plus[i] or 0) - (minus[i] or 0))
    return net


def _network(n):
    return obj("m", n["m"], "i", n["i"], "s", n["s"], "g", n["g"], "d1", n["d1"])
