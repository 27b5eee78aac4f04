"""The API's messages: the only place that knows their field names and units.

Each is one template, filled in at once: a string in the code costs much less memory than its
names one by one, and no dict is built to be taken apart again.
"""
from ..core.clock import EPOCH
from ..core.modules import release
from .encode import decimal, flag, text
from .websocket import TEXT, frame

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Fields of a Reading. The phases follow each other, as do the four counters.
_IMPORT = const(0)  # W, then export; then var: import, export
_PHASES = const(4)  # the same four for three phases each
_VOLTAGE = const(16)  # 0.1 V
_CURRENT = const(19)  # mA
_ENERGY = const(22)  # Wh, Wh, varh, varh

#: A reading is stale after three missed periods, but never before this, ms.
STALE_MS = 10000

_METER = (
    '{"type":"HAN_METER_MESSAGE","ts":%s,"seq":%d,"mts":%s,"ic":%s,"ec":%s,"ric":%s,"rec":%s,'
    '"p":[%s],"pi":[%s],"pe":[%s],"r":[%s],"ri":[%s],"re":[%s],"u":[%s],"i":[%s]}'
)
_IDENTITY = (
    '{"type":"HAN_METER_IDENTITY_MESSAGE","manufacturerId":%s,"deviceType":%s,"meterId":%s,'
    '"meterName":%s}'
)
_STATE = (
    '{"type":"HAN_STATE_MESSAGE","ts":%s,"uuid":"%s","name":"%s","model":"%s","serial":"%s",'
    '"version":"%s","state":"%s","mac":"%s","ethIp":"%s","wifiIp":"%s","online":%s,'
    '"rebootPending":%s,"rebootReason":"%s","channel":"%s"}'
)
#: How the messages of the configuration begin, that of the streams and what GET answers.
_CONFIGURATION = b'{"type":"HAN_CONFIGURATION_MESSAGE"'
_ANSWERED = b'{"type":"HAN_CONFIGURATION"'


class Message:
    """One message for the streams, encoded once for all of them, each form when first wanted."""

    def __init__(self, kind, number, json, count):
        #: The JSON without the brace at its end, so that GET /meter can add to it without a copy.
        self.open = json[:-1]
        self.count = count  # of publications of its topic when it was made
        self._kind = kind
        self._number = number
        self._ws = self._sse = None

    @property
    def ws(self):
        """A whole WebSocket frame."""
        if self._ws is None:
            self._ws = frame(TEXT, self.open + b"}")
        return self._ws

    @property
    def sse(self):
        """A whole server-sent event."""
        if self._sse is None:
            self._sse = b"event: %s\nid: %d\ndata: %s}\n\n" % (self._kind, self._number, self.open)
        return self._sse


def problem(message):
    """The body of every error."""
    return ('{"success":false,"message":%s}' % text(message)).encode()


class Messages:
    """Makes messages, as bytes, from the state of the application at the moment they are asked for."""

    def __init__(
        self, board, identity, version, clock, bus, config, counters, supervisor, link, book, links, updates
    ):  # fmt: skip
        self._board = board
        self._updates = updates
        self._identity = identity
        self._version = version
        self._clock = clock
        self._bus = bus
        self._config = config
        self._counters = counters
        self._supervisor = supervisor
        self._link = link
        self._book = book
        self._links = links
        self._made = {}
        self.makers = {
            "meter": (b"HAN_METER_MESSAGE", self._meter),
            "state": (b"HAN_STATE_MESSAGE", self.state),
            "configuration": (b"HAN_CONFIGURATION_MESSAGE", self._changed),
            "ota": (b"HAN_OTA_MESSAGE", self.ota),
        }
        self.reboot_pending = False
        self.tls_ready = False

    def stream(self, topic):
        """The Message of a bus topic as it is now, the same one for everybody until the next change."""
        count = self._bus.count.get(topic, 0)
        made = self._made.get(topic)
        if made is None or made.count != count:
            kind, make = self.makers[topic]
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
        return live and self._aged(self.stream("meter").open, live)

    def meter_data(self):
        """GET /meter/data: the same with 0 for what is not known; None before the first."""
        live = self.reading()
        return live and self._aged(self._meter("0")[:-1], live)

    def _aged(self, opened, live):
        age = max(0, self._board.ticks_diff(self._board.ticks_ms(), live.received))
        stale = age > max(STALE_MS, 3 * live.period_ms)
        return b'%s,"age":%d,"stale":%s}' % (opened, age, b"true" if stale else b"false")

    def _meter(self, unknown="null"):
        live = self.reading()
        get = live.get
        # Import and export, then reactive import and export: the total and three phases each.
        powers = [[get(_IMPORT + k)] + [get(_PHASES + 3 * k + i) for i in range(3)] for k in range(4)]
        energies = self._energies(live)
        ts = self._clock.unix_ms(live.received)
        if ts is not None and self._config.get("m", "ts") == "s":
            ts //= 1000
        mts = self._clock.of_meter(live.clock, live.deviation, live.dst)
        if mts is not None:
            mts = (mts + EPOCH) * 1000
        return (
            _METER
            % (
                text(ts),
                live.seq,
                text(mts),
                decimal(energies[0], 3),
                decimal(energies[1], 3),
                decimal(energies[2], 3),
                decimal(energies[3], 3),
                _list(_net(powers[0], powers[1]), 0, unknown),
                _list(powers[0], 0, unknown),
                _list(powers[1], 0, unknown),
                _list(_net(powers[2], powers[3])),
                _list(powers[2]),
                _list(powers[3]),
                _list([get(_VOLTAGE + i) for i in range(3)], 1, unknown),
                _list([get(_CURRENT + i) for i in range(3)], 3, unknown),
            )
        ).encode()

    def _energies(self, live):
        energies = [live.get(_ENERGY + k) for k in range(4)]
        if self._counters.meters == live.meters:  # not those of the meter before
            for k, kept in enumerate(self._counters.values):
                if energies[k] is None:
                    energies[k] = kept
        return energies

    def compact(self, make):
        """GET /data, made by compact.compact; None before the first reading."""
        live = self.reading()
        if live is None:
            return None
        utc = self._clock.utc()
        price = self._book.price(utc)
        now = None if utc is None else utc + EPOCH
        return make(live, self._energies(live), self._config.get("m", "f"), price, self._book.currency, now)

    def meter_id(self):
        """GET /meter/id; None before the first reading."""
        live = self.reading()
        if live is None:
            return None
        who = live.identity()
        names = ("manufacturerId", "deviceType", "meterId", "meterName")
        return (_IDENTITY % tuple([text(who[name]) for name in names])).encode()

    def state(self):
        """GET /han."""
        _, wifi, ethernet, _ = self._links.network()
        connected = wifi != "0.0.0.0" or ethernet != "0.0.0.0"
        who = self._identity
        return (
            _STATE
            % (
                text(self._clock.unix_ms()),
                who.uuid,
                who.name,
                self._board.model,
                who.serial,
                self._version,
                "REGISTERED" if self._config.values.get("on")
                else "UNREGISTERED" if connected or self._links.is_set() else "SETUP",
                who.mac,
                ethernet,
                wifi,
                flag(self._links.online),
                flag(self.reboot_pending),
                self._board.reset_reason,
                self._board.channel,
            )
        ).encode()

    def configuration(self):
        """GET /configuration: everything but the secrets."""
        return _ANSWERED + self.stream("configuration").open[len(_CONFIGURATION) :] + b"}"

    def _changed(self):
        from .told import configuration

        release("han.api.told")
        return _CONFIGURATION + configuration(self._config.values, self._version)

    def prices(self):
        """GET /prices, in pieces: the price now, and the known slots from the start of today."""
        from .prices import prices

        release("han.api.prices")
        return prices(self._book, self._clock.utc())

    def ota(self):
        """GET /ota."""
        from .told import update

        release("han.api.told")
        return update(self._updates, self._clock.unix_ms(), self._identity.uuid)

    def update(self):
        """GET /update."""
        from .legacy import legacy

        release("han.api.legacy")
        return legacy(self._updates)

    def health(self, streams):
        """GET /health. streams: WebSockets, their limit, event streams, their limit, messages dropped."""
        from .health import health

        release("han.api.health")
        uuid = self._identity.uuid
        return health(self._board, self._clock, uuid, self._supervisor, self._link, self.tls_ready, streams)


def _list(numbers, places=0, unknown="null"):
    return ",".join([unknown if number is None else decimal(number, places) for number in numbers])


def _net(plus, minus):
    """Import less export; what a list without one of them lacks is none of it."""
    net = []
    for i in range(len(plus)):
        if plus[i] is None and minus[i] is None:
            net.append(None)
        else:
            net.append((plus[i] or 0) - (minus[i] or 0))
    return net
