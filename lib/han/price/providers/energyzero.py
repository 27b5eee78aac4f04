"""EnergyZero: EUR per kWh by the hour for the Netherlands.

API v1, as others read it in 2026-07. It gives prices with or without VAT, as `inclBtw` says; those with VAT are rounded
to cents, those without are not. `interval=4` is hours, `usageType=1` is electricity. The newer API with quarters gives
four lists of two days at once, which is more than the reader takes.
{"Prices": [{"price": 0.140855, "readingDate": "2025-10-25T22:00:00Z"}, …], "intervalType": 4, "average": …,
  "fromDate": …, "tillDate": …}
"""
from ...core.zone import date
from ..day import unix
from ..scan import scaled
from .answer import Rows

_PATH = "/v1/energyprices?fromDate=%s000Z&tillDate=%s999Z&interval=4&usageType=1&inclBtw=false"


class Provider(Rows):
    """EnergyZero; see answer.py for the interface."""

    name = "energyzero"
    site = "https://api.energyzero.nl"
    rows = ["Prices", ""]

    def __init__(self, area, currency, day):
        super().__init__(area, currency, day)
        self.path = _PATH % (_iso(day.start), _iso(day.end - 1))

    def take(self, name, text):
        if name == "readingDate":
            self.start = unix(text)
        elif name == "price":
            self.price = scaled(text, 8)


def _iso(utc):
    time = utc // 3600 % 24, utc // 60 % 60, utc % 60
    return "%d-%02d-%02dT%02d:%02d:%02d." % (date(utc // 86400) + time)
