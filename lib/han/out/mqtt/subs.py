"""The sub-meters as MQTT tells of them. Imported when what they say changes, and for Home Assistant's discovery."""
from ...core.encode import decimal
from ...meter.submeters.sub import kind_name, read

# Units as Home Assistant writes them; its class for each kind of sub-meter with a unit.
_UNITS = {"m3": "m³", "GJ": "GJ", "kWh": "kWh"}
_CLASSES = {"gas": "gas", "water": "water", "hot_water": "water"}


def values(live):
    """[(key, value as text)] of each sub-meter of a Live whose value and unit are known."""
    return [(key, decimal(one.value, one.places)) for key, _, one in _known(live)]


def rows(live, places):
    """Yield (key, name, unit, class, state class, places to show) of each; "-" for nothing."""
    for key, kind, one in _known(live):
        known_as = "energy" if one.unit in ("kWh", "GJ") else _CLASSES.get(kind, "-")
        name = (kind[0].upper() + kind[1:]).replace("_", " ")
        yield key, "%s %d" % (name, one.channel), _UNITS[one.unit], known_as, "total_increasing", places


def _known(live):
    for one in read(live.extra, live.clock):
        if one.value is not None and one.unit:
            kind = kind_name(one.kind) or "other"
            yield "%s_%d" % (kind, one.channel), kind, one
