"""The API's messages: the only place that knows their field names and units.

Each is one template, filled in at once: a string in the code costs much less memory than its
names one by one, and no dict is built to be taken apart again. Those that seldom change are made
by a module of their own (state.py, configuration.py, ota.py), and kept encoded for some seconds.
"""
from ...core.clock import EPOCH
from .encode import decimal, text

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


class Message:
    """One message for the streams, encoded once for all of them, each form when first wanted."""

    def __init__(self, number, json, count):
        #: The JSON without the brace at its end, so that a GET can add to it without a copy.
        self.open = json[:-1]
        self.number = number  # of the reading it is, or follows
        self.count = count  # of publications of its topic when it was made
        #: As a WebSocket frame, as a server-sent event: see client.encoded.
        self.ws = self.sse = None


class Messages:
    """Makes messages, as bytes, from the state of the application at the moment they are asked for."""

    def __init__(self, app):
        self._app = app
        self._made = {}
        self._where = None  # the addresses that the state was made with, and the number of the configuration
        self.reboot_pending = False
        self.tls_ready = False

    def stream(self, topic):
        """The Message of a bus topic as it is now, the same one for everybody until the next change."""
        app = self._app
        count = app.bus.count.get(topic, 0)
        made = self._made.get(topic)
        if made is None or made.count != count:
            live = self.reading()
            if topic != "meter":
                json = __import__("han.api.messages." + topic, None, None, ("message",)).message(app)
            elif app.silence.old():
                json = self.make()[:-1] + b',"stale":true}'
            else:
                json = self.make()
            made = self._made[topic] = Message(live.seq if live else 0, json, count)
        return made

    def forget(self):
        """Give back the memory of what has been asked for or told: the next time may be far."""
        self._made = {}

    def refresh(self):
        """Make the messages that tell the time anew when next wanted: for a client that arrives."""
        for topic in ("state", "ota"):
            self.drop(topic)

    def drop(self, topic):
        """Make the message of a topic anew when next wanted."""
        self._made.pop(topic, None)

    def reading(self):
        """The latest reading, however old; None before the first."""
        return self._app.bus.latest.get("meter")

    def fresh(self):
        """The latest reading, None before the first and where the meter has fallen silent."""
        return None if self._app.silence.old() else self.reading()

    def meter(self):
        """GET /meter: the latest reading with its age; None where there is none to serve."""
        live = self.fresh()
        return live and self._aged(self.stream("meter").open, live)

    def meter_data(self):
        """GET /meter/data: the same with 0 for what is not known; None where there is none to serve."""
        live = self.fresh()
        return live and self._aged(self.make("0")[:-1], live)

    def _aged(self, opened, live):
        age = self._app.silence.age()
        stale = age > max(STALE_MS, 3 * live.period_ms)
        return b'%s,"age":%d,"stale":%s}' % (opened, age, b"true" if stale else b"false")

    def make(self, unknown="null"):
        """HAN_METER_MESSAGE of the latest reading, without its age."""
        app = self._app
        live = self.reading()
        get = live.get
        # Import and export, then reactive import and export: the total and three phases each.
        powers = [[get(_IMPORT + k)] + [get(_PHASES + 3 * k + i) for i in range(3)] for k in range(4)]
        energies = self.energies(live)
        ts = app.clock.unix_ms(live.received)
        if ts is not None and app.config.get("m", "ts") == "s":
            ts //= 1000
        mts = app.clock.of_meter(live.clock, live.deviation, live.dst)
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

    def energies(self, live):
        """The four counters of a reading, or the last ones there were: Wh and varh, None where not known."""
        counters = self._app.counters
        energies = [live.get(_ENERGY + k) for k in range(4)]
        if counters.meters == live.meters:  # not those of the meter before
            for k, kept in enumerate(counters.values):
                if energies[k] is None:
                    energies[k] = kept
        return energies

    def state(self):
        """GET /han: the message for the streams, with the time as it is now."""
        app = self._app
        where = app.links.network()[:2], app.bus.count.get("configuration")
        if where != self._where:
            self._where = where
            self.drop("state")
        made = self.stream("state").open
        return b'{"type":"HAN_STATE_MESSAGE","ts":%s%s}' % (
            text(app.clock.unix_ms()).encode(),
            made[made.find(b',"uuid') :],
        )

    def configuration(self):
        """GET /configuration: the message for the streams by its other name."""
        made = self.stream("configuration").open
        return b'{"type":"HAN_CONFIGURATION"%s}' % made[made.find(b",") :]


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
