"""Nord Pool's data portal: EUR/MWh of its day-ahead auction, without VAT, for Belgium and Poland.

/api/DayAheadPrices of dataportal-api.nordpoolgroup.com, as others read it in 2026-08. The date is that of the
exchange's day. A day that is not published yet is 204, without a body.
{"deliveryDateCET": "2025-10-26", "version": 2, "deliveryAreas": ["BE"], "market": "DayAhead", "multiAreaEntries":
  [{"deliveryStart": "2025-10-25T22:00:00Z", "deliveryEnd": …, "entryPerArea": {"BE": 91.81}}, …],
  "blockPriceAggregates": […], "currency": "EUR", …}
"""
from ..day import unix
from ..scan import Wrong, scaled
from .answer import Rows


class Provider(Rows):
    """Nord Pool; see answer.py for the interface."""

    name = "nordpool"
    site = "https://dataportal-api.nordpoolgroup.com"
    rows = ["multiAreaEntries", ""]

    def __init__(self, area, currency, day):
        super().__init__(area, currency, day)
        self.path = "/api/DayAheadPrices?date=%d-%02d-%02d&market=DayAhead&deliveryArea=%s&currency=EUR" % (
            day.date() + (area,)
        )
        self._euros = False

    def take(self, name, text):
        if name == "deliveryStart":
            self.start = unix(text)
        elif name == "entryPerArea." + self.area:
            self.price = scaled(text, 5)

    def beside(self, keys, text):
        if keys == ["currency"]:
            self._euros = text == b"EUR"

    def done(self):
        if not self._euros:
            raise Wrong("prices in another currency")
