"""Energi Data Service of Energinet, the Danish system operator: EUR and DKK per MWh, without VAT, for DK1 and DK2.

The data set DayAheadPrices (quarters, from 2025-10-01 on; before that it was Elspotprices), API of
www.energidataservice.dk/guides/api-guides, as others read it in 2026-07. `start` and `end` are Danish wall time, the
end is not included; without `limit=0` there are 100 rows at most.
{"total": 96, "limit": 0, "dataset": "DayAheadPrices", "records": [{"TimeUTC": "2025-10-25T22:00:00",
  "PriceArea": "DK1", "DayAheadPriceEUR": 94.010002, "DayAheadPriceDKK": 702.67776}, …]}
"""
from ...core.zone import date
from ..day import unix
from ..scan import Wrong, scaled
from .answer import Rows

_PATH = (
    "/dataset/DayAheadPrices?start=%d-%02d-%02dT00:00&end=%d-%02d-%02dT00:00"
    "&columns=TimeUTC,PriceArea,DayAheadPriceEUR,DayAheadPriceDKK&filter=%%7B%%22PriceArea%%22:%%5B%%22%s%%22%%5D%%7D"
    "&sort=TimeUTC&limit=0"
)


class Provider(Rows):
    """Energi Data Service; see answer.py for the interface."""

    name = "energidataservice"
    site = "https://api.energidataservice.dk"
    local = "DKK"
    rows = ["records", ""]

    def __init__(self, area, currency, day):
        super().__init__(area, currency, day)
        # Noon after the end has the date of the end.
        self.path = _PATH % (day.date() + date((day.end + 43200) // 86400) + (area,))

    def take(self, name, text):
        if name == "TimeUTC":
            self.start = unix(text + b"Z")
        elif name == "PriceArea":
            if text != self.area.encode():
                raise Wrong("prices of another area")
        elif name == "DayAheadPriceEUR":
            self.price = scaled(text, 5)
        elif self.wanted and name == "DayAheadPriceDKK":
            self.other = scaled(text, 5)
