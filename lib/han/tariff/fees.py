"""VAT and fees on top of the price of a kWh. Imported where one of them is set.

A fee is kept as a list of five integers: its price, 10^-6 minor units per kWh without VAT, and the window in which it
is paid, see windows.py. All fees that are paid at a time are added up.
"""
from .windows import holds, rounded


class Tariff:
    """The VAT and fees of the configuration's values, by the clock of a zone."""

    #: What exact() counts in: so many to 10^-6 minor units. The configuration has VAT in 10^-2 percent.
    unit = 10000

    def __init__(self, values, zone):
        self.factor = self.unit + values["vat"]
        self._fees = values["fees"]
        self._zone = zone

    def net(self, utc, price):
        """Price and fees, without VAT, at a time (s since 2020 or None); both 10^-6 minor units per kWh or None."""
        if price is None or not self._fees:
            return price
        if utc is None:
            return None
        local = self._zone.local(utc)
        for fee, first, end, days, months in self._fees:
            if holds(first, end, days, months, local):
                price += fee
        return price

    def exact(self, utc, price):
        """Price, fees and VAT, not rounded: `unit` times 10^-6 minor units per kWh; None where they are not known."""
        net = self.net(utc, price)
        return None if net is None else net * self.factor

    def total(self, utc, price):
        """Price, fees and VAT, rounded to 10^-6 minor units per kWh; None where they are not known."""
        exact = self.exact(utc, price)
        return None if exact is None else rounded(exact, self.unit)
