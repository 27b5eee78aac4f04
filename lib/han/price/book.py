"""What electricity costs: the slots of the days around now, or the fixed price.

Prices are integers, 10^-6 minor units (cents, öre) per kWh: single floats have too few digits.
A day is one of the exchange, midnight to midnight in Berlin, of 92, 96 or 100 quarter-hours, or
of 23, 24 or 25 hours where it is published so.
"""

#: Where the exchange's days begin and end.
MARKET = "Europe/Berlin"


class Book:
    """Prices by time for the area and currency of the configuration. region: where flash keeps the last."""

    def __init__(self, region, config):
        self.region = region
        #: (start, seconds a slot, array of prices) of each day, oldest first; replaced, never changed.
        self.days = ()
        #: (area, currency) that the days are for.
        self.of = None
        #: (currency, 10^-6 of its units for a euro, day since 2020 it is of, day it was asked for), or None.
        self.rate = None
        self._config = config

    @property
    def spot(self):
        """True where prices are those of the exchange."""
        return self._config.get("s")

    @property
    def wanted(self):
        """(area, currency) of the configuration."""
        return self._config.get("pa"), self.currency

    @property
    def currency(self):
        """ISO 4217 code of all prices."""
        return self._config.get("pc")

    def price(self, utc):
        """10^-6 minor units per kWh at seconds since 2020 UTC; None when not known (utc may be, too)."""
        if not self.spot:
            return self._config.get("p")
        if utc is not None:
            for start, step, prices in self.valid():
                if 0 <= utc - start < step * len(prices):
                    return prices[(utc - start) // step]
        return None

    def valid(self):
        """The days, where they are what the configuration asks for."""
        return self.days if self.of == self.wanted else ()
