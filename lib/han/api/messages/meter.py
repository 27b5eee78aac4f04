"""The API's messages: the only place that knows their field names and units.

Each message is one template that is filled in at once. A string in the code costs much less memory than
its names one by one, and no dict has to be built. Messages that seldom change have modules of their own
(state.py, configuration.py, ota.py) and are kept, encoded, for some seconds.
"""
from ...core.clock import EPOCH
from ...core.encode import decimal, text

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Numbers of a Reading's fields. The three phases of a field follow each other, and so do the four counters.
_IMPORT = const(0)  # import W, export W, import var, export var
_PHASES = const(4)  # the same four, each for three phases
_VOLTAGE = const(16)  # 0.1 V
_CURRENT = const(19)  # mA
_ENERGY = const(22)  # Wh, Wh, varh, varh
_TARIFFS = const(26)  # counters of tariffs, the last of the fields
_FIELDS = const(46)

_METER = (
    '{"type":"HAN_METER_MESSAGE","ts":%s,"seq":%d,"mts":%s,"ic":%s,"ec":%s,"ric":%s,"rec":%s,'
    '"p":[%s],"pi":[%s],"pe":[%s],"r":[%s],"ri":[%s],"re":[%s],"u":[%s],"i":[%s]%s}'
)


class Message:
    """One message, the same for all streams."""

    def __init__(self, number, json, count):
        #: The JSON without its last brace: a GET adds fields, a stream what is around it, each without a further copy.
        self.open = json[:-1]
        self.number = number  # `seq` of the reading that it is, or that came before it
        self.count = count  # how often its topic had been published when it was made


class Messages:
    """Makes the API's messages, bytes, from the state that the application has at that moment."""

    def __init__(self, app):
        self._app = app
        self._made = {}
        self._where = None  # what the state message was made with: the addresses, the count of configurations
        self.reboot_pending = False
        self.tls_ready = False

    def stream(self, topic):
        """The Message of a bus topic as it is now. All get the same one until the topic changes."""
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
        """Drop all messages that are kept, to free their memory or because the settings have changed."""
        self._made = {}

    def refresh(self):
        """Drop the messages that have the time in them, so that a new client gets them with the time of now."""
        for topic in ("state", "ota", "alarms"):
            self.drop(topic)

    def drop(self, topic):
        """Drop the message of a topic. It is made anew when it is needed next."""
        self._made.pop(topic, None)

    def reading(self):
        """The latest reading, however old; None before the first."""
        return self._app.bus.latest.get("meter")

    def fresh(self):
        """The latest reading; None before the first, and while the meter is silent."""
        return None if self._app.silence.old() else self.reading()

    def meter(self):
        """GET /meter: the latest reading with its age, bytes; None when there is no fresh one."""
        live = self.fresh()
        return live and self._aged(self.stream("meter").open)

    def meter_data(self):
        """GET /meter/data: the same with 0 for what is not known, bytes; None when there is no fresh reading."""
        live = self.fresh()
        return live and self._aged(self.make("0")[:-1])

    def _aged(self, opened):
        silence = self._app.silence
        return b'%s,"age":%d,"stale":%s}' % (opened, silence.age(), b"true" if silence.stale() else b"false")

    def make(self, unknown="null"):
        """HAN_METER_MESSAGE of the latest reading, bytes, without its age.

        unknown: the JSON for an active power, a voltage or a current that is not known. With a number, the message has
        no extensions that only some meters have.
        """
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
        extra = ""
        if unknown == "null" and (live.extra or live.present.find(b"\1", _TARIFFS, _FIELDS) >= 0):
            from .extra import more
            from .metertime import stamps

            extra = more(live, stamps(app.clock, live))
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
                extra,
            )
        ).encode()

    def energies(self, live):
        """The four counters of a reading: Wh, Wh, varh, varh.

        A counter that the reading does not have is the last one that came; None when there has been none.
        """
        counters = self._app.counters
        energies = [live.get(_ENERGY + k) for k in range(4)]
        if counters.meters == live.meters:  # the kept ones are of this meter
            for k, kept in enumerate(counters.values):
                if energies[k] is None:
                    energies[k] = kept
        return energies

    def state(self):
        """GET /han: the state message of the streams, bytes, with the time of now."""
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
        """GET /configuration: the configuration message of the streams, bytes, with another type name."""
        made = self.stream("configuration").open
        return b'{"type":"HAN_CONFIGURATION"%s}' % made[made.find(b",") :]


def _list(numbers, places=0, unknown="null"):
    return ",".join([unknown if number is None else decimal(number, places) for number in numbers])


def _net(plus, minus):
    """Import less export. If a push list has only one of the two, the other one is 0; None if it has neither."""
    net = []
    for i in range(len(plus)):
        if plus[i] is None and minus[i] is None:
            net.append(None)
        else:
            net.append((plus[i] or 0) - (minus[i] or 0))
    return net
