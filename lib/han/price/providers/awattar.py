"""aWATTar: EUR/MWh by the hour, without VAT, for Germany with Luxembourg and for Austria, a server for each.

API v1, www.awattar.de/services/api and www.awattar.at/services/api, as others read it in 2026-09; 100 requests a day.
/v1/marketdata?start=<unix ms>&end=<unix ms>:
{"object": "list", "data": [{"start_timestamp": 1428591600000, "end_timestamp": 1428595200000, "marketprice": 42.09,
  "unit": "Eur/MWh"}, …]}
"""
from ...core.clock import EPOCH
from ..scan import Wrong, scaled
from .answer import Rows


class Provider(Rows):
    """aWATTar; see answer.py for the interface."""

    rows = ["data", ""]

    def __init__(self, area, currency, day):
        super().__init__(area, currency, day)
        self.name = "awattar.at" if area == "AT" else "awattar.de"
        self.site = "https://api." + self.name
        self.path = "/v1/marketdata?start=%d000&end=%d000" % (day.start + EPOCH, day.end + EPOCH)

    def take(self, name, text):
        if name == "start_timestamp":
            self.start = scaled(text, -3)
        elif name == "marketprice":
            self.price = scaled(text, 5)
        elif name == "unit" and text.lower() != b"eur/mwh":
            raise Wrong("prices in another unit")
