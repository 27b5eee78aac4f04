"""GET /metrics for Prometheus: text format 0.0.4, or OpenMetrics 1.0 where it is preferred. Imported for a request.

Names have units: watts, watthours_total. What is not known is left out, and so is all that the meter has said once
readings have been missing for three of its periods and ten seconds. The answer is made and sent in pieces.
"""
from microdot import Response

from ..core.encode import decimal
from ..store.config import priced
from ..meter.line.told import STAGES
from ..meter.submeters.sub import kind_name
from .table import quantities, read, subs

# The older format and OpenMetrics: media type and version.
_FORMS = ("text/plain", "0.0.4"), ("application/openmetrics-text", "1.0.0")
_UNITS = {
    "W": "watts", "var": "vars", "VA": "voltamperes", "V": "volts", "A": "amperes", "Hz": "hertz",
    "kWh": "watthours", "kvarh": "varhours",
}  # fmt: skip
# Of sub-meters: (name, unit, power of ten from the sub-meter's unit).
_VOLUMES = {
    "m3": ("submeter_volume", "cubic_meters", 0), "GJ": ("submeter_energy_joules", "joules", 9),
    "kWh": ("submeter_energy_watthours", "watthours", 3),
}  # fmt: skip
# Bytes of a piece, about.
_PIECE = 700


async def serve(app, request):
    """Answer with all metrics in the format that the client prefers."""
    form = int(open_metrics(request.headers.get("accept", "")))
    status = app.outs.status("metrics")
    if status:
        status.sent += 1
    return Response(_pieces(app, form), 200, {"Content-Type": "%s; version=%s; charset=utf-8" % _FORMS[form]})


def open_metrics(accept):
    """True where an Accept field prefers OpenMetrics to the older format (RFC 9110, 12.5.1)."""
    found = [(0, 0), (0, 0)]  # of both formats: how exactly a range names it, and its weight in thousandths
    for part in accept.split(","):
        name, *more = [word.strip() for word in part.lower().split(";")]
        weight, version = 1000, ""
        for word in more:
            if word[:2] == "q=":
                digits = (word[2:].replace(".", "") + "000")[:4]
                weight = int(digits) if digits.isdigit() else 0
            elif word[:8] == "version=":
                version = word[8:].strip('"')
        for form in (0, 1):
            own, made = _FORMS[form]
            if name == own and version in ("", made):  # other versions are not made here
                exact = 4 if version else 3
            else:
                exact = (own[: own.find("/")] + "/*" == name) * 2 or name == "*/*"
            if exact:  # the range that names it most exactly counts
                found[form] = max(found[form], (exact, weight))
    (_, old), (exact, new) = found
    return new > old or exact > 2 and new == old > 0


def _pieces(app, form):
    """Yield the answer in pieces, bytes."""
    piece = ""
    for name, kind, unit, about, samples in _families(app):
        samples = [(labels, number) for labels, number in samples if number is not None]
        if not samples:
            continue
        family = "han_" + name
        total = "_total" if kind == "counter" else ""
        shown = "gauge" if kind == "info" and not form else kind
        info = "_info" if kind == "info" else ""
        head = family if form else family + total + info
        piece += "# HELP %s %s\n# TYPE %s %s\n" % (head, about, head, shown)
        if form and unit:
            piece += "# UNIT %s %s\n" % (head, unit)
        for labels, number in samples:
            piece += "%s%s%s%s %s\n" % (family, total, info, labels, number)
            if len(piece) > _PIECE:
                yield piece.encode()
                piece = ""
    if form:
        piece += "# EOF\n"
    yield piece.encode()


def _families(app):
    """Yield (name, type, unit or "", help, [(labels, number as text or None)]) of each metric."""
    who = app.identity
    yield ("reader", "info", "", "This reader.", [(
        _labels(version=app.updates.running, serial=who.serial, name=who.name), "1"
    )])  # fmt: skip
    yield "uptime_seconds", "gauge", "seconds", "Time since the start.", [("", decimal(app.clock.uptime_ms(), 3))]
    live = app.messages.reading()
    if live:
        age = decimal(app.silence.age(), 3)
        yield "reading_age_seconds", "gauge", "seconds", "Age of the latest reading.", [("", age)]
        yield "readings", "counter", "", "Readings since the start.", [("", str(live.seq))]
    if not app.silence.stale():
        yield from _quantities(app, live)
        yield from _submeters(live)
    yield from _prices(app)
    yield from _reader(app)


def _quantities(app, live):
    """The families of the table of quantities, but for prices."""
    rows = [row for row in quantities("key", "name", "unit", "state", "places", "source") if row[5] != "p"]
    numbers = [read(app, live, row[5]) for row in rows]  # at once, as another telegram may come in between
    at = 0
    while at < len(rows):
        key, about, unit, state, places, _ = rows[at]
        kind = "counter" if state == "total_increasing" else "gauge"
        places = int(places) - (3 if kind == "counter" else 0)
        name, label = _split(key)
        samples = []
        while at < len(rows) and _split(rows[at][0])[0] == name:
            number = numbers[at]
            labels = {label: rows[at][0][-2:].upper()} if label else {}
            samples.append((_labels(**labels), None if number is None else decimal(number, max(0, places))))
            at += 1
        unit = _UNITS.get(unit, "ratio" if places > 0 else "")
        yield name + ("_" + unit if unit else ""), kind, unit, _about(about, label), samples


def _split(key):
    """(name of the metric, name of its label or None) of a quantity; of phases and tariffs they have another name."""
    if key[-3:-1] == "_l":
        return "phase_" + key[:-3], "phase"
    if key[-3:-1] == "_t":
        return "tariff_" + key[:-3], "tariff"
    return key, None


def _about(name, label):
    return "%s of each %s." % (name[:-3], label) if label else name + "."


def _submeters(live):
    """Counters of gas, water, heat and others."""
    found = {}
    for one in subs(live):
        if one.unit in _VOLUMES and one.value is not None:
            name, unit, power = _VOLUMES[one.unit]
            value, places = one.value, one.places - power
            if places < 0:
                value, places = value * 10**-places, 0
            labels = _labels(channel=str(one.channel), kind=kind_name(one.kind) or "", id=one.id or "")
            if name == "submeter_volume":
                name += "_" + unit
            found.setdefault((name, unit), []).append((labels, decimal(value, places)))
    for name, unit in sorted(found):
        yield name, "counter", unit, "Counter of a sub-meter.", found[name, unit]


def _prices(app):
    if not priced(app.config.values):
        return
    book = app.book
    now = app.clock.utc()
    price = book.price(now)
    tariff = book.tariff(app.clock.zone)
    labels = _labels(currency=book.currency)
    for name, about, number in (
        ("price", "Price of energy now.", price),
        ("total_price", "Price of energy now, with VAT and fees.", tariff.total(now, price) if tariff else None),
    ):
        told = None if number is None else decimal(number, 8)
        yield name + "_per_kilowatthour", "gauge", "", about, [(labels, told)]


def _reader(app):
    """The reader's own state."""
    counters = app.link.counters
    yield "meter_received_bytes", "counter", "bytes", "Bytes from the meter.", [("", str(counters.bytes))]
    yield ("meter_telegrams", "counter", "", "Telegrams, by what has become of them.", [
        (_labels(stage=stage), str(getattr(counters, stage, 0))) for stage in STAGES.split()[1:-1]
    ])  # fmt: skip
    changes = str(getattr(counters, "line_changes", 0))
    yield "meter_line_changes", "counter", "", "Settings of the meter's line that were tried.", [("", changes)]
    services = list(app.supervisor.rows())
    yield ("service_healthy", "gauge", "", "1: the service is ok.", [
        (_labels(service=row.name), "1" if row.health == "ok" else "0") for row in services if row.health != "disabled"
    ])  # fmt: skip
    yield ("service_restarts", "counter", "", "Crashes of the service since the start.", [
        (_labels(service=row.name), str(row.restarts)) for row in services if row.health != "disabled"
    ])  # fmt: skip
    size, free, least = app.board.heap()
    system = app.board.system_heap() or (None,) * 4
    heaps = _labels(heap="python"), _labels(heap="system")
    for name, about, numbers in (
        ("size", "All of the heap.", (size, system[0])), ("free", "Free of the heap.", (free, system[1])),
        ("least_free", "Least that was free.", (least, system[2])),
        ("largest_free", "Largest free block.", (None, system[3])),
    ):  # fmt: skip
        told = [None if number is None else str(number) for number in numbers]
        yield "heap_" + name + "_bytes", "gauge", "bytes", about, list(zip(heaps, told))
    streams = app.streams
    yield ("streams", "gauge", "", "Streams now.", [
        (_labels(kind=kind), str(streams.count(kind))) for kind in ("ws", "sse")
    ])  # fmt: skip
    rssi = app.links.network()[2]
    yield "wifi_signal_dbm", "gauge", "dbm", "Signal of the WiFi.", [("", None if rssi is None else str(rssi))]


def _labels(**pairs):
    """Labels as they stand behind a name; "" for none."""
    told = []
    for name in sorted(pairs):
        value = pairs[name].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        told.append('%s="%s"' % (name, value))
    return "{%s}" % ",".join(told) if told else ""
