"""Puts costs into the rows of the ledger for days and months that have ended. Imported for that."""
from ..store.ledger import records
from ..store.series.samples import DAYS, MONTHS
from .past import Past


class Close:
    """Fills the rows of a Ledger with what has been paid, by the Costs of now."""

    def __init__(self, history, ledger, costs):
        self._history = history
        self._ledger = ledger
        self._costs = costs
        self._days = None

    async def fill(self, kind, row, begin, _):
        """Fill the row of a day or month that begins at `begin`, s since 2020. They come oldest first, days first."""
        if kind == records.DAYS:
            if not self._days:
                self._days = await Past(self._history, self._costs, DAYS, self._ledger, True).load(begin)
            money = self._days.find(begin)
        else:
            past = await Past(self._history, self._costs, MONTHS, self._ledger, True).load(begin)
            money = past.find(begin)
        if money:
            row.net, row.vat, row.income, row.part = money.net, money.vat, money.income, money.part
            row.currency = self._costs.currency
