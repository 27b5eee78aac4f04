"""The form of elprisetjustnu.se and hvakosterstrommen.no: a file for each area and day of the exchange.

[{"SEK_per_kWh": 0.33664, "EUR_per_kWh": 0.03078, "EXR": 10.937, "time_start": "2025-10-26T00:00:00+02:00",
  "time_end": …}, …]; EXR is the rate of the day.
"""
from ..day import unix
from ..scan import scaled
from .answer import Rows


class DayFile(Rows):
    """Takes such a file."""

    rows = [""]

    def __init__(self, area, currency, day):
        super().__init__(area, currency, day)
        self.path = "/api/v1/prices/%d/%02d-%02d_%s.json" % (day.date() + (area,))

    def take(self, name, text):
        if name == "time_start":
            self.start = unix(text)
        elif name == "EUR_per_kWh":
            self.price = scaled(text, 8)
        elif self.wanted and name == "%s_per_kWh" % self.local:
            self.other = scaled(text, 8)
