"""What energy costs, and what is paid for it. Imported when costs are asked for, and when a day ends.

A quarter of an hour has a price of its own, which is kept with its energy. Fees and VAT are those of the configuration.
Money is added up in integers that nothing is rounded in. It is rounded once, when it is told.
"""
from ..store.config import priced
from ..store.series.samples import price
from .fees import Tariff
from .windows import rounded

#: Costs with VAT are added up in so many to 10^-6 minor units: a kWh is 1000 Wh.
EXACT = 1000 * Tariff.unit


class Costs:
    """The prices of quarters by the configuration's values, on the clock of a zone.

    buys, sells  True where it can be known what energy costs, and what is paid for it
    taxed        True where VAT or fees are set
    currency     of all that is told; what has a price in another one has none
    vat          10^-2 percent
    monthly      fixed fees of a month without VAT, 10^-6 minor units
    """

    def __init__(self, values, zone):
        self.currency = values["pc"]
        self.vat = values["vat"]
        self.monthly = values["monthly"]
        self.tariff = Tariff(values, zone)
        self._spot = values["s"]
        self._sell = values["sell"]
        self._since = values["since"]
        self.taxed = bool(values["vat"] or values["fees"])
        self.buys = priced(values)
        self.sells = self._spot or self._sell is not None

    def prices(self, t, sample):
        """(price with fees and without VAT, price of what is sold) of a sample that begins at t (s since 2020).

        Both are 10^-6 minor units per kWh, None where they are not known.
        """
        number, currency = price(sample)
        if currency != self.currency or number == 0 and t < self._since:
            number = None  # 0 was no price, as long as none was set
        sold = self._sell
        if sold is None and self._spot:
            sold = number
        return self.tariff.net(t, number) if self.buys else None, sold

    def total(self, t, sample):
        """What a kWh costs in the quarter, with VAT and fees, 10^-6 minor units; None where it is not known."""
        net = self.prices(t, sample)[0]
        return None if net is None else rounded(net * self.tariff.factor, self.tariff.unit)

    def cost(self, t, sample):
        """What the quarter's import costs, 10^-6 minor units; None where it is not known."""
        net = self.prices(t, sample)[0]
        return None if net is None else rounded(sample[3] * net * self.tariff.factor, EXACT)

    def income(self, t, sample):
        """What is paid for the quarter's export, 10^-6 minor units; None where it is not known."""
        sold = self.prices(t, sample)[1]
        return None if sold is None else rounded(sample[4] * sold, 1000)


class Sum:
    """Adds up quarters.

    net, income   10^-9 minor units, net is without VAT; None where no quarter had a price
    imported, exported  Wh that they are of
    """

    def __init__(self, costs):
        self._costs = costs
        self.net = self.income = None
        self.imported = self.exported = 0

    def take(self, t, sample, imported, exported):
        """Add a quarter that begins at t, and its energies, Wh."""
        net, sold = self._costs.prices(t, sample)
        if net is not None:
            self.net = (self.net or 0) + imported * net
            self.imported += imported
        if sold is not None:
            self.income = (self.income or 0) + exported * sold
            self.exported += exported
