"""Elpriset just nu: SEK and EUR per kWh for the Swedish areas, a file for each day.

[{"SEK_per_kWh": 0.33664, "EUR_per_kWh": 0.03078, "EXR": 10.937, "time_start": "2025-10-26T00:00:00+02:00",
  "time_end": …}, …]
"""
from ..day import unix
from ..scan import Wrong, scaled


class Elprisetjustnu:
    """A provider of prices; see the package for the interface."""

    name = "elprisetjustnu"
    site = "https://www.elprisetjustnu.se"
    areas = ("SE1", "SE2", "SE3", "SE4")

    def __init__(self, area, currency, day):
        self.currency = "SEK" if currency == "SEK" else "EUR"
        self.path = "/api/v1/prices/%d/%02d-%02d_%s.json" % (day.date() + (area,))
        self._day = day
        self._time = self._price = None

    def found(self, keys, text, quoted):
        if text is None:
            if keys == [""]:
                if self._time is None:
                    raise Wrong("a price without a time")
                self._day.add(self._time, self._price)
                self._time = self._price = None
        elif len(keys) == 2:
            if keys[1] == "time_start":
                self._time = unix(text)
            elif keys[1] == self.currency + "_per_kWh":
                self._price = scaled(text, 8)

    def done(self):
        pass
