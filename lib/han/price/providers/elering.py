"""Elering, the Estonian system operator: EUR/MWh for Estonia and Finland.

{"success": true, "data": {"fi": [{"timestamp": unix seconds, "price": 43.21}, …], "ee": …}}
"""
from ...core.zone import date
from ..scan import Wrong, scaled


class Elering:
    """A provider of prices; see the package for the interface."""

    name = "elering"
    site = "https://dashboard.elering.ee"
    areas = ("FI", "EE")
    currency = "EUR"

    def __init__(self, area, currency, day):
        self.path = "/api/nps/price?start=%s&end=%s" % (_iso(day.start), _iso(day.end - 900))
        self._area = area.lower()
        self._day = day
        self._time = self._price = None

    def found(self, keys, text, quoted):
        if keys == ["success"] and text != b"true":
            raise Wrong("no success")
        if len(keys) < 3 or keys[1] != self._area or keys[0] != "data":
            return
        if text is None:
            if self._time is None:
                raise Wrong("a price without a time")
            self._day.add(self._time, self._price)
            self._time = self._price = None
        elif keys[3:] == ["timestamp"]:
            self._time = scaled(text, 0)
        elif keys[3:] == ["price"]:
            self._price = scaled(text, 5)

    def done(self):
        pass


def _iso(utc):
    return "%d-%02d-%02dT%02d%%3A%02d%%3A00.000Z" % (date(utc // 86400) + (utc // 3600 % 24, utc // 60 % 60))
