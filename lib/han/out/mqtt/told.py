"""The quantities that this meter tells, so that the whole table need not be read for each reading."""
from ...core.encode import decimal
from ..table import quantities, read

#: What the status topic says while the connection lasts.
ONLINE = b"online"
#: Not of the meter: how well the reader receives its WiFi.
SIGNAL = "rssi"


class Told:
    """The quantities that were known at some time since the connection began."""

    def __init__(self, app):
        self._app = app
        # A line for each: key, source and decimal places. As objects they would take five times the memory.
        self._lines = ""
        self._subs = []  # keys of sub-meters
        self._extra = None  # the Extra of sub-meters, its changes, and what was made of it then
        self._changes = 0
        self._said = ()

    def look(self, live):
        """Look for quantities that were not known before. True where there is one."""
        before = len(self._lines), len(self._subs)
        known = self.keys()
        for source, places, key in quantities("source", "places", "key"):
            if key not in known and read(self._app, live, source) is not None:
                self._lines += "%s %s %s\n" % (key, source, places)
        for key, _ in self._others(live):
            if key not in self._subs:
                self._subs.append(key)
        if SIGNAL not in known and self._signal() is not None:
            self._lines += SIGNAL + "  0\n"
        return (len(self._lines), len(self._subs)) != before

    def keys(self):
        """The keys of the table and of the signal that were known; a last one is empty."""
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
        for key, text in self._others(live):
            yield key, text

    # The same of sub-meters, whose values change every five minutes, or every hour.
    def _others(self, live):
        extra = live.extra
        if not extra or not extra.length:
            return ()
        if extra is not self._extra or extra.changes != self._changes:
            from .subs import values

            self._extra, self._changes = extra, extra.changes
            self._said = values(live)
        return self._said
