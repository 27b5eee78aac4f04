"""The book of prices: the spot prices of the days around now, or the fixed price.

Prices are integers, 10^-6 minor units (cents, öre) per kWh: a single-precision float has too few digits.
A day is a day of the exchange, from midnight to midnight in Berlin. It has 92, 96 or 100 slots of a quarter
of an hour, or 23, 24 or 25 slots of an hour where prices are published by the hour.
"""
from ..store.config import reckoned

#: Where the exchange's days begin and end.
MARKET = "Europe/Berlin"


class Book:
    """Prices by time for the area and currency of the configuration. region: the flash.Region that keeps them."""

    def __init__(self, region, config):
        self.region = region
        #: (start, seconds of a slot, array of prices) of each day, the oldest first. Replaced, never changed in place.
        self.days = ()
        #: The (area, currency) of `days`.
        self.of = None
        #: (currency, 10^-6 units per euro, day of the rate, day on which it was fetched) or None; days since 2020.
        self.rate = None
        self._config = config

    @property
    def spot(self):
        """True where the configuration wants spot prices, False for the fixed price."""
        return self._config.get("s")

    @property
    def wanted(self):
        """(area, currency) that the configuration wants."""
        return self._config.get("pa"), self.currency

    @property
    def currency(self):
        """ISO 4217 code of the configuration's currency."""
        return self._config.get("pc")

    def price(self, utc):
        """The price at `utc` (seconds since 2020 or None), 10^-6 minor units per kWh; None where it is not known."""
        if not self.spot:
            return self._config.get("p")
        if utc is not None:
            for start, step, prices in self.valid():
                if 0 <= utc - start < step * len(prices):
                    return prices[(utc - start) // step]
        return None

    def tariff(self, zone):
        """The tariff.fees.Tariff of the configuration's VAT and fees in a zone; None where there are neither."""
        if not self._config.get("vat") and not self._config.get("fees"):
            return None
        from ..tariff.fees import Tariff

        return Tariff(self._config.values, zone)

    def costs(self, zone):
        """The tariff.costs.Costs of the configuration in a zone; None where it has no price at all."""
        values = self._config.values
        if not reckoned(values):
            return None
        from ..tariff.costs import Costs

        return Costs(values, zone)

    def valid(self):
        """The days if they are for the configuration's area and currency, else ()."""
        return self.days if self.of == self.wanted else ()
