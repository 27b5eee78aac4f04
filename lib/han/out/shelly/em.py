"""The measurements of a Shelly Pro 3EM: EM and EMData. All their numbers are made from integers.

What the meter does not say is null in EM, and absent from EMData, as Home Assistant cannot read a counter that is null.
"""
from ...meter.obis import L1_CURRENT, L1_VOLTAGE
from ..table import quantities, read
from .frames import SILENT, called

#: A parameter that no client can send, see status().
SUMMED = 0


def _plan():
    """(template of EM.GetStatus, what stands in it, the counters of EMData.GetStatus).

    The last two are texts, as they are to take little memory: words with the decimal places and the source of a value;
    words with the field and the source of a counter in Wh, in turn.
    """
    fields, counters = [], []
    for unit, places, source, field in quantities("unit", "places", "source", "shelly"):
        if unit == "kWh":
            counters += [field, source]
        elif field == "freq":
            fields += [(phase + "_freq", places + source) for phase in "abc"]
        else:
            fields.append((field, places + source))
    fields.sort()
    names = ",".join(['"%s":%%s' % field for field, _ in fields])
    template = '{"id":0,%s,"n_current":null,"total_current":%%s,"user_calibrated_phase":[]}' % names
    return template, " ".join([what for _, what in fields]), " ".join(counters)


_TEMPLATE, _VALUES, _COUNTERS = _plan()
# The sources of the powers.
_TOTAL = "n0"
_PHASES = "n1", "n2", "n3"


def point(number, places):
    """number / 10**places as JSON, always with a decimal point: some batteries want one. null for None."""
    if number is None:
        return "null"
    if not places:
        return "%d.0" % number
    unit = 10**places
    size = abs(number)
    return ("-%d.%0*d" if number < 0 else "%d.%0*d") % (size // unit, places, size % unit)


def reading(app):
    """The Live that may be told; an error where there is none, it is stale, or the meter tells no power."""
    live = app.messages.reading()
    if live is None:
        return SILENT, "there is no reading yet"
    if app.silence.stale():
        return SILENT, "the last reading is %d s old" % (app.silence.age() // 1000)
    if read(app, live, _TOTAL) is None:
        return SILENT, "the meter tells no power"
    return live


def status(app, params):
    """EM.GetStatus. With SUMMED in params, it is for clients that add up the phases.

    Where the meter tells no phase's power, these get the whole power as that of the first phase.
    """
    live = reading(app)
    if isinstance(live, tuple):
        return live
    summed = SUMMED in params and [read(app, live, source) for source in _PHASES] == [None] * 3
    told = []
    for what in _VALUES.split(" "):
        source = what[1:]
        value = read(app, live, source)
        if summed and source in _PHASES:
            value = read(app, live, _TOTAL) if source == _PHASES[0] else 0
        elif what[:2] == "3f" and value is not None:
            value = abs(value)  # a current: the direction is told by the power alone
        told.append(point(value, int(what[0])))
    told.append(point(_current(live), 3))
    return (_TEMPLATE % tuple(told)).encode()


def _current(live):
    """The sum of the phases' currents, mA; None where that of a phase with a voltage is not known."""
    total = None
    for phase in range(3):
        current = live.get(L1_CURRENT + phase)
        if current is not None:
            total = abs(current) + (total or 0)
        elif live.get(L1_VOLTAGE + phase):
            return None
    return total


def one(app, params):
    """EM1.GetStatus: the whole house as one channel."""
    live = reading(app)
    if isinstance(live, tuple):
        return live
    return ('{"id":0,"act_power":%s}' % point(read(app, live, _TOTAL), 0)).encode()


def data(app, params):
    """EMData.GetStatus: counters in Wh."""
    live = reading(app)
    return live if isinstance(live, tuple) else _counters(app, live)


def _counters(app, live):
    told = ""
    words = _COUNTERS.split(" ")
    for i in range(0, len(words), 2):
        count = read(app, live, words[i + 1])
        if count is not None:
            told += ',"%s":%s' % (words[i], point(count, 0))
    return ('{"id":0%s}' % told).encode()


def notification(app, source):
    """The frame of NotifyStatus about the latest reading, bytes, for the client that calls itself `source`, as JSON.

    None where there is nothing to tell.
    """
    live = reading(app)
    if isinstance(live, tuple):
        return None
    now = app.clock.unix_ms(live.received)
    told = b""
    if live.counted == live.seq:
        told = b',"emdata:0":' + _counters(app, live)
    return b'{"src":"%s","dst":%s,"method":"NotifyStatus","params":{"ts":%s,"em:0":%s%s}}' % (
        called(app).encode(), source.encode(), point(now and now // 10, 2).encode(), status(app, {}), told,
    )  # fmt: skip
