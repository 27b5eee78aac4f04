"""What a P1 meter of HomeWizard tells of a reading, in the names of both versions of the API."""
from ...core.clock import EPOCH
from ...core.encode import decimal, text
from ...core.zone import date
from ...meter import obis
from ...meter.identity import of
from ..table import quantities, read, subs
from .device import wifi

#: Names of device types (EN 13757-7) that the API has.
_KINDS = {3: "gas_meter", 4: "heat_meter", 6: "warm_water_meter", 7: "water_meter", 12: "inlet_heat_meter"}
#: Names of version 2 where it is not the rule that makes them of those of version 1.
_NAMES = {"active_power_average_w": "average_power_15m_w", "montly_power_peak_w": "monthly_power_peak_w"}
#: Tariff 1 of the import and of the export.
_FIRST = obis.IMPORT_ENERGY_T1, obis.EXPORT_ENERGY_T1


def measurement(app, live, version):
    """The message of /api/v1/data (version 1) or /api/measurement (2), bytes. What is not known is left out."""
    maker, model, number = of(live)
    local = local_time(app, live)
    divided = _divided(app, live)
    said = []
    if version == 1:
        # The name is always there: clients know version 1 by it.
        ssid, rssi = wifi(app)
        said.append('"wifi_ssid":' + text(ssid))
        if rssi is not None:
            said.append('"wifi_strength":%d' % strength(rssi))
    elif local is not None:
        said.append('"timestamp":' + stamp(local, 2))
    if maker:
        said.append('"meter_model":' + text("%s %s" % (maker, model) if model else maker))
    if number:
        said.append('"unique_id":' + hexed(number))
    for places, source, name in quantities("places", "source", "homewizard"):
        value = read(app, live, source)
        kind, field = source[0], int(source[1:] or 0)
        if kind == "f" and obis.L1_CURRENT <= field < obis.L1_CURRENT + 3:
            value = _signed(app, live, value, field - obis.L1_CURRENT)
        elif kind == "f" and field in _FIRST and value is None:
            # Clients add the tariffs up, so the first one of a meter without any is the whole counter.
            way = _FIRST.index(field)
            if not divided >> way & 1:
                value = app.messages.energies(live)[way]
        if value is not None:
            said.append('"%s":%s' % (name if version == 1 else _second(name), decimal(value, int(places))))
            if name == "montly_power_peak_w":
                when = live.extra.peak_clock(live.clock)[0]
                if when is not None:
                    name = "montly_power_peak_timestamp" if version == 1 else "monthly_power_peak_timestamp"
                    said.append('"%s":%s' % (name, stamp(when, version)))
    currents = [live.get(obis.L1_CURRENT + i) for i in range(3)]
    known = [current for current in currents if current is not None]
    if known and len(known) in (1, 3):
        name = "active_current_a" if version == 1 else "current_a"
        said.append('"%s":%s' % (name, decimal(sum([abs(current) for current in known]), 3)))
    _external(said, live, local, version)
    return ("{%s}" % ",".join(said)).encode()


def local_time(app, live):
    """The local time of a reading, s since 2020-01-01; None where it is not known."""
    clock = app.clock
    ms = clock.unix_ms(live.received)
    utc = clock.of_meter(live.clock, live.deviation, live.dst) if ms is None else ms // 1000 - EPOCH
    return live.clock if utc is None else utc + clock.zone.offset(utc)


def stamp(local, version):
    """A local time as JSON: the number YYMMDDhhmmss, of version 2 an ISO 8601 text."""
    year, month, day = date(local // 86400)
    second = local % 86400
    parts = month, day, second // 3600, second // 60 % 60, second % 60
    if version == 1:
        return "%d%02d%02d%02d%02d%02d" % ((year % 100,) + parts)
    return '"%04d-%02d-%02dT%02d:%02d:%02d"' % ((year,) + parts)


def strength(rssi):
    """The strength of a WiFi signal in percent, from dBm."""
    return max(0, min(100, 2 * (rssi + 100)))


def hexed(number):
    """A number as its meter's P1 port sends it: the hex digits of its characters, as JSON."""
    return '"%s"' % "".join(["%02X" % byte for byte in number.encode()])


def _second(name):
    """The name that a value of version 1 has in version 2."""
    if name[:7] == "active_":
        return _NAMES.get(name) or name[7:]
    return _NAMES.get(name) or name.replace("total_power_", "energy_")


def _signed(app, live, current, phase):
    """A phase's current, negative while that phase exports."""
    power = read(app, live, "n%d" % (1 + phase))
    return -current if current and current > 0 and power is not None and power < 0 else current


def _divided(app, live):
    """Which counters of the meter are divided into tariffs: 1 import, 2 export, 3 both.

    It is kept in flash with the number of the meter: after a restart tariffs may come an hour later than the rest.
    """
    divided = 0
    for i, field in enumerate(_FIRST):
        if live.present.find(b"\1", field, field + obis.TARIFFS) >= 0:
            divided |= 1 << i
    meter = app.counters.meter
    kept = app.config.get("tariffs")
    if kept[:1] == [meter]:
        divided |= kept[1]
    if divided and kept != [meter, divided]:
        try:
            app.config.note("tariffs", [meter, divided])
        except (OSError, ValueError):
            pass  # the flash refuses, or there is no room beside the settings
    return divided


def _external(said, live, local, version):
    """Add what sub-meters say. Clients fail on one without a number or a time, so it is left out."""
    rows = []
    gas = version != 1
    for one in subs(live):
        kind = _KINDS.get(one.kind)
        when = local if one.time is None else one.time
        if not kind or one.value is None:
            continue
        value = decimal(one.value, one.places)
        time = None if when is None else stamp(when, version)
        if kind == "gas_meter" and one.unit == "m3" and not gas:
            gas = True
            said.append('"total_gas_m3":' + value)
            if time:
                said.append('"gas_timestamp":' + time)
            if one.id:
                said.append('"gas_unique_id":' + hexed(one.id))
        if one.id and time and one.unit:
            parts = hexed(one.id), kind, time, value, one.unit
            rows.append('{"unique_id":%s,"type":"%s","timestamp":%s,"value":%s,"unit":"%s"}' % parts)
    if rows:
        said.append('"external":[%s]' % ",".join(rows))
