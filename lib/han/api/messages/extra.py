"""The parts of HAN_METER_MESSAGE that only some meters have. Imported with the first telegram that has any."""
from ...meter import obis
from ...core.encode import decimal, text

# Tables of literals, as those are in flash; with names of obis.py in them they would be made on the heap.
# Counters of tariffs, by their fields from obis.IMPORT_ENERGY_T1 on: name, number of fields.
_TARIFFS = ("ict", 8), ("ect", 8), ("rict", 2), ("rect", 2)
# Numbers, by their codes from obis.MORE to obis.PEAK: name (None: it is told in another way), number of codes, decimal
# places, whether it is multiplied by the transformers' ratio.
_NUMBERS = (
    ("tariff", 1, 0, False), ("f", 1, 3, False), ("pf", 4, 3, False), ("s", 4, 0, True), ("se", 4, 0, True),
    (None, 7, 0, False), ("limit_w", 1, 0, True), ("fuse", 3, 3, True), ("fails", 1, 0, False),
    ("long_fails", 1, 0, False), ("sags", 3, 0, False), ("swells", 3, 0, False), ("demand", 1, 0, True),
    ("peak", 1, 0, True),
)  # fmt: skip
_SWITCH = "off", "on", "ready"
_RELAYS = 6


def more(live, stamp):
    """The JSON of what a Live has besides the fields of all meters, with a comma in front; "" where that is nothing.

    stamp(local, dst): the JSON of a local time
    """
    extra = live.extra
    if extra and extra.told is None:
        from .sub import told  # sub-meters change every five minutes, or every hour

        extra.told = told(extra, live.clock)
    found = [json + stamp(time, dst) + "}" for json, time, dst in extra.told] if extra else ()
    said = ',"sub":[%s]' % ",".join(found) if found else ""
    parts = _counters(live)
    if extra:
        parts += _numbers(extra, live.ratio, extra.peak_clock(live.clock), stamp)
    return said + ',"x":{%s}' % ",".join(parts) if parts else said


def _counters(live):
    parts = []
    field = obis.IMPORT_ENERGY_T1
    for name, most in _TARIFFS:
        count = most
        while count and not live.present[field + count - 1]:
            count -= 1
        if count:
            parts.append('"%s":[%s]' % (name, ",".join([decimal(live.get(field + i), 3) for i in range(count)])))
        field += most
    return parts


def _numbers(extra, ratio, when, stamp):
    parts = []
    peak = extra.number(obis.PEAK)
    if not peak and when[0] is None:
        peak = None  # nothing has been measured in this month
    code = obis.MORE
    for name, count, places, multiplied in _NUMBERS:
        numbers = [peak if code == obis.PEAK else extra.number(code + i) for i in range(count)]
        code += count
        if name and any([number is not None for number in numbers]):
            if multiplied and ratio != 1:
                numbers = [None if number is None else number * ratio for number in numbers]
            told = ",".join([decimal(number, places) for number in numbers])
            parts.append(('"%s":%s' if count == 1 else '"%s":[%s]') % (name, told))
    limit = extra.limit()
    if limit is not None:
        parts.append('"limit_a":' + decimal(limit * ratio, 3))
    if peak is not None and extra.peak_time:
        parts.append('"peak_ts":' + stamp(*when))
    switches = [_switch(extra.number(obis.BREAKER + i)) for i in range(1 + _RELAYS)]
    if switches[0] != "null":
        parts.append('"breaker":' + switches[0])
    while switches[-1] == "null" and len(switches) > 1:
        switches.pop()
    if len(switches) > 1:
        parts.append('"relays":[%s]' % ",".join(switches[1:]))
    return parts


def _switch(state):
    return text(_SWITCH[state] if state is not None and state < len(_SWITCH) else None)
