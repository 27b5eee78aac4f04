"""Energy-Charts of Fraunhofer ISE: EUR/MWh, without VAT, for every bidding zone.

The API of api.energy-charts.info, /price, 2025-10:
{"license_info": …, "unix_seconds": […], "price": [43.21, …], "unit": "EUR / MWh", "deprecated": false}
"""
from array import array

from ...core.clock import EPOCH
from ..scan import Wrong, scaled
from .answer import Answer

_NONE = -(2**62)


class Provider(Answer):
    """Energy-Charts; see answer.py for the interface."""

    name = "energycharts"
    site = "https://api.energy-charts.info"
    #: Highest number of slots that are taken: two days and a little.
    most = 200

    def __init__(self, area, currency, day):
        super().__init__(area, currency, day)
        # The server includes both ends. Slots outside of the day are ignored.
        self.path = "/price?bzn=%s&start=%d&end=%d" % (area, day.start + EPOCH, day.end + EPOCH - 900)
        self._times = array("q")
        self._prices = array("q")
        self._unit = None

    def found(self, keys, text, quoted):
        if text is None:
            if keys:
                raise Wrong("an object among the prices")
        elif keys == ["unit"]:
            self._unit = text.replace(b" ", b"")
        elif len(keys) == 2 and keys[0] in ("unix_seconds", "price"):
            times = keys[0] != "price"
            number = scaled(text, 0 if times else 5)
            numbers = self._times if times else self._prices
            if len(numbers) >= self.most or (times and number is None):
                raise Wrong("not the prices of a day")
            numbers.append(_NONE if number is None else number)

    def done(self):
        if len(self._times) != len(self._prices):
            raise Wrong("%d times, %d prices" % (len(self._times), len(self._prices)))
        if self._unit != b"EUR/MWh":
            raise Wrong("prices in another unit")
        for time, price in zip(self._times, self._prices):
            self.day.add(time, None if price == _NONE else price)
