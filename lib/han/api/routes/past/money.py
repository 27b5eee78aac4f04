"""The costs in an answer to GET /history/…, of quarters of an hour, days or months. Imported where a price is set."""
from ....store.ledger.records import ledger_of
from ....store.series.samples import QUARTERS
from ....core.encode import decimal


class Money:
    """The costs of the samples that a Chosen has.

    columns   [(name, function: a sample -> its value as JSON)]
    currency  of all of them
    """

    def __init__(self, chosen, history, costs):
        self.currency = costs.currency
        self._past = None
        if chosen.kind == QUARTERS:
            self.columns = [
                ("cost", lambda s: decimal(costs.cost(s[0], s), 6)),
                ("income", lambda s: decimal(costs.income(s[0], s), 6)),
            ]
            if costs.taxed:
                self.columns.insert(0, ("total", lambda s: decimal(costs.total(s[0], s), 6)))
        else:
            from ....tariff.past import Past

            self._past = Past(history, costs, chosen.kind, ledger_of(history))
            self.columns = [
                ("cost", lambda s: self._told(s, 0, 6)),
                ("income", lambda s: self._told(s, 1, 6)),
                ("part", lambda s: self._told(s, 2, 0)),
            ]

    async def load(self, oldest):
        """Find the costs of days or months from `oldest` on, s since 2020 or None for none."""
        if self._past and oldest is not None:
            await self._past.load(oldest)

    def _told(self, sample, which, places):
        money = self._past.find(sample[0])
        return decimal(None if money is None else money.told()[which], places)
