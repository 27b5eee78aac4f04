"""The measurements of a Shelly Pro 3EM: EM and EMData. All their numbers are made from integers.

What the meter does not say is null in EM, and absent from EMData, as Home Assistant cannot read a counter that is null.
"""
from ...meter.obis import L1_CURRENT, L1_VOLTAGE
from ..table import quantities, read
from .frames import SILENT

#: A parameter that no client can send, see status().
SUMMED = 0
# The measurements of a phase, as the real one orders them: some client may go by that.
_ORDER = "_current _voltage _act_power _aprt_power _pf _freq"


def _plan():
    """(measurements of a phase, measurements of the whole, counters): texts, as they are to take little memory.

    Each has words, in turn: a field; its decimal places, 1 where each phase has a source of its own, and the source of
    the value, of the first phase.
    """
    phase, whole, counters = {}, [], []
    for unit, places, source, field in quantities("unit", "places", "source", "shelly"):
        if unit == "kWh":
            counters += [field, places + "0" + source]
        elif field[:6] == "total_":
            whole += [field, places + "0" + source]
        elif field[:2] == "a_":
            phase[field[1:]] = places + "1" + source
        elif field[:2] not in ("b_", "c_"):
            phase["_" + field] = places + "0" + source
    phase = [field + " " + phase[field] for field in sorted(phase, key=_ORDER.find)]
    return " ".join(phase), " ".join(whole), " ".join(counters)


_PHASE, _WHOLE, _COUNTERS = _plan()
# The sources of the powers: of the total, and of the phases.
_TOTAL = "n0"
_POWERS = "n1", "n2", "n3"


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
    """EM.GetStatus. With SUMMED in params, it is for clients that add up the phases, see _powers()."""
    live = reading(app)
    if isinstance(live, tuple):
        return live
    powers = _powers(app, live, SUMMED in params)
    phases = [], [], []
    for field, what in _pairs(_PHASE):
        places, step, first = int(what[0]), int(what[1]), int(what[3:])
        for phase in range(3):
            if field == "_act_power":
                value = powers[phase]
            else:
                value = read(app, live, what[2] + str(first + phase * step))
            if field == "_current" and value is not None:
                value = abs(value)  # the direction is told by the power alone
            phases[phase].append('"%s%s":%s' % ("abc"[phase], field, point(value, places)))
    told = ['{"id":0'] + phases[0] + phases[1] + phases[2]
    told.append('"n_current":null,"total_current":' + point(_current(live), 3))
    for field, what in _pairs(_WHOLE):
        told.append('"%s":%s' % (field, point(read(app, live, what[2:]), int(what[0]))))
    told.append('"user_calibrated_phase":[]}')
    return ",".join(told).encode()


def _powers(app, live, summed):
    """The powers of the phases, W. If summed, they add up to the total: what none tells is the first unknown one's."""
    powers = [read(app, live, source) for source in _POWERS]
    if summed:
        rest = read(app, live, _TOTAL) - sum([power for power in powers if power is not None])
        for phase in range(3):
            if powers[phase] is None:
                powers[phase], rest = rest, 0
    return powers


def _pairs(text):
    """Yield the words of a text, two at a time."""
    words = text.split(" ")
    for i in range(0, len(words), 2):
        yield words[i], words[i + 1]


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
    """EMData.GetStatus."""
    live = reading(app)
    return live if isinstance(live, tuple) else counters(app, live)


def counters(app, live):
    """The counters of a Live, in Wh, as JSON in bytes."""
    told = '{"id":0'
    for field, what in _pairs(_COUNTERS):
        count = read(app, live, what[2:])
        if count is not None:
            told += ',"%s":%s' % (field, point(count, 0))
    return (told + "}").encode()
