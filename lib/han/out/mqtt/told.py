"""The quantities that this meter tells, so that the whole table need not be read for each reading."""
from ...core.encode import decimal
from ...meter.submeters.sub import kind_name
from ..table import quantities, read, subs

#: What the status topic says while the connection lasts.
ONLINE = b"online"
#: Not of the meter: how well the reader receives its WiFi.
SIGNAL = "rssi"
# Units of sub-meters as Home Assistant writes them; its class for each kind of sub-meter with a unit.
_UNITS = {"m3": "m³", "GJ": "GJ", "kWh": "kWh"}
_CLASSES = {"gas": "gas", "water": "water", "hot_water": "water"}
#: Most places of a number that Home Assistant shows.
_SHOWN = 2


class Told:
    """The quantities that were known at some time since the connection began."""

    def __init__(self, app):
        self._app = app
        # A line for each: key, source and decimal places. As objects they would take five times the memory.
        self._lines = ""
        self._subs = []  # keys of sub-meters

    def look(self, live):
        """Look for quantities that were not known before. True where there is one."""
        before = len(self._lines), len(self._subs)
        known = self._keys()
        for source, places, key in quantities("source", "places", "key"):
            if key not in known and read(self._app, live, source) is not None:
                self._lines += "%s %s %s\n" % (key, source, places)
        for key, one in _subs(live):
            if key not in self._subs:
                self._subs.append(key)
        if SIGNAL not in known and self._signal() is not None:
            self._lines += SIGNAL + "  0\n"
        return (len(self._lines), len(self._subs)) != before

    def _keys(self):
        return [line.split(" ")[0] for line in self._lines.split("\n")]

    def others(self):
        """The keys that are in no table: of sub-meters, and the signal."""
        return self._subs + [SIGNAL]

    def _signal(self):
        return self._app.links.network()[2]

    def values(self, live):
        """Yield (key, value as text) of each that is known now."""
        for line in self._lines.split("\n")[:-1]:
            key, source, places = line.split(" ")
            number = read(self._app, live, source) if source else self._signal()
            if number is not None:
                yield key, decimal(number, int(places))
        for key, one in _subs(live):
            yield key, decimal(one.value, one.places)

    def rows(self):
        """Yield (key, name, unit, class, state class, places to show) of each; "-" for nothing."""
        known = self._keys()
        for name, unit, kind, state, places, key in quantities("name", "unit", "class", "state", "places", "key"):
            if key in known:
                yield key, name, unit.replace("CUR", self._app.book.currency), kind, state, min(int(places), _SHOWN)
        live = self._app.messages.reading()
        for key, one in _subs(live):
            kind = kind_name(one.kind) or "other"
            known_as = "energy" if one.unit in ("kWh", "GJ") else _CLASSES.get(kind, "-")
            name = (kind[0].upper() + kind[1:]).replace("_", " ")
            yield key, "%s %d" % (name, one.channel), _UNITS[one.unit], known_as, "total_increasing", _SHOWN
        if SIGNAL in known:
            yield SIGNAL, "Signal", "dBm", "signal_strength", "measurement", 0


def _subs(live):
    """Yield (key, Meter) of each sub-meter whose value and unit are known."""
    for one in subs(live):
        if one.value is not None and one.unit:
            yield "%s_%d" % (kind_name(one.kind) or "other", one.channel), one
