"""Elering, the Estonian system operator: EUR/MWh for Estonia, Finland, Latvia and Lithuania.

The API of dashboard.elering.ee (assets/api-doc.html), /api/nps/price, 2025-10:
{"success": true, "data": {"fi": [{"timestamp": unix seconds, "price": 43.21}, …], "ee": …, "lv": …, "lt": …}}
"""
from ...core.zone import date
from ..scan import Wrong, scaled
from .answer import Rows


class Provider(Rows):
    """Elering; see answer.py for the interface."""

    name = "elering"
    site = "https://dashboard.elering.ee"

    def __init__(self, area, currency, day):
        super().__init__(area, currency, day)
        self.path = "/api/nps/price?start=%s&end=%s" % (_iso(day.start), _iso(day.end - 900))
        self.rows = ["data", area.lower(), ""]

    def take(self, name, text):
        if name == "timestamp":
            self.start = scaled(text, 0)
        elif name == "price":
            self.price = scaled(text, 5)

    def beside(self, keys, text):
        if keys == ["success"] and text != b"true":
            raise Wrong("no success")


def _iso(utc):
    return "%d-%02d-%02dT%02d%%3A%02d%%3A00.000Z" % (date(utc // 86400) + (utc // 3600 % 24, utc // 60 % 60))
