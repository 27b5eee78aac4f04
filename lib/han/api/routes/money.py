"""The costs in an answer to GET /history/…, of quarters of an hour, days or months. Imported where a price is set."""
from array import array

from ...store.series.samples import QUARTERS
from ..messages.encode import decimal

_UNKNOWN = -(1 << 63)


class Money:
    """The costs of the samples that a Chosen has.

    columns   [(name, function: a sample -> its value as JSON)]
    currency  of all of them
    """

    def __init__(self, chosen, history, costs):
        self.currency = costs.currency
        self._past = None
        # Four numbers of each day or month, the newest first: start, cost, income, 1 where they are of a part only.
        self._table = array("q")
        self._at = 0
        if chosen.kind == QUARTERS:
            self.columns = [
                ("cost", lambda s: decimal(costs.cost(s[0], s), 6)),
                ("income", lambda s: decimal(costs.income(s[0], s), 6)),
            ]
            if costs.taxed:
                self.columns.insert(0, ("total", lambda s: decimal(costs.total(s[0], s), 6)))
        else:
            from ...tariff.past import Past

            self._past = Past(history, costs, chosen.kind)
            self.columns = [
                ("cost", lambda s: self._told(s[0], 1, 6)),
                ("income", lambda s: self._told(s[0], 2, 6)),
                ("part", lambda s: self._told(s[0], 3, 0)),
            ]

    async def load(self, oldest):
        """Find the costs of days or months from `oldest` on, s since 2020 or None for none."""
        if self._past and oldest is not None:
            await self._past.load(oldest, self._put)

    def _put(self, t, cost, income, part):
        self._table.extend(array("q", [t, _known(cost), _known(income), part]))

    def _told(self, t, which, places):
        """One of the numbers of a day or month as JSON. They are asked for in the order of time, column by column."""
        table, at = self._table, self._at
        if at >= len(table) or table[at] > t:
            at = max(0, len(table) - 4)
        while at and table[at] < t:
            at -= 4
        self._at = at
        if not table or table[at] != t or table[at + which] == _UNKNOWN:
            return "null"
        return decimal(table[at + which], places)


def _known(number):
    return _UNKNOWN if number is None else number
