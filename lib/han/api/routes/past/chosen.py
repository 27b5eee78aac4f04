"""Chooses the samples of a series that are in an answer to GET /history/…. Imported for a request.

Both forms of the answer use it: columns (history.py) and lines (export.py). The choice is made once, at the start,
and kept as one bit for each sample. Whatever is recorded meanwhile does not change it. The newest sample is the
bucket that has not ended.
"""
from asyncio import sleep

from ....core.clock import EPOCH
from ....store.series.dated import Dated
from ....store.series.samples import NO_CURRENT, QUARTERS, price
from ....core.encode import decimal

#: The series' names, the finest first.
NAMES = "hourly", "weekly", "monthly", "yearly"
# A default answer has the samples that began less than this before the newest, s: 1 h, 7 days, 31 days, 13 months.
_SPANS = 3600, 7 * 86400, 30 * 86400 + 43200, 380 * 86400
_MOST = 1 << 40


class Chosen(Dated):
    """The samples of a History that a query chooses. query: (from, to, limit), each None when not given.

    costs     the tariff.costs.Costs of an answer that has costs, else None

    kind      number of the series, an index into NAMES
    live      the sample of the bucket that has not ended; None when it is not in the answer
    x         Unix time of the newest sample in the answer; None when there is none
    oldest    start of the oldest one, s since 2020; None when there is none
    currency  currency of the newest price in the answer, or of its costs; None when there is neither
    money     the money.Money of an answer that has costs, else None
    """

    def __init__(self, history, kind, query, costs=None):
        super().__init__(history, kind)
        self.money = None
        if costs:
            from .money import Money

            self.money = Money(self, history, costs)
        start, end, self._limit = query
        self._default = start is end is self._limit is None
        self._start = 0 if start is None else start - EPOCH
        self._end = _MOST if end is None else end - EPOCH
        self.live = self.newest(history)
        self.x = self.oldest = self.currency = None
        self._first = self._last = self.next
        self._bits = bytearray()  # one bit a sample, from _last backwards: 1 when it is in the answer

    async def choose(self):
        """Choose the samples of the answer. It goes backwards: of two with the same time, the newer one is right."""
        bits = self._bits
        left = self._limit or _MOST
        before = _MOST
        if self.live:
            before = self.live[0]
            if self._start <= before < self._end:
                self._took(self.live)
                left -= 1
            else:
                self.live = None
        for found in self.backwards(before):
            if not left:
                break
            if found is None:
                await sleep(0)
                continue
            number, sample = found
            t = sample[0]
            if t < self._start:
                break
            if t < self._end:
                self._took(sample)
                if not bits:
                    self._last = number
                at = self._last - number
                bits.extend(bytes(at // 8 + 1 - len(bits)))
                bits[at // 8] |= 1 << at % 8
                self._first = number
                left -= 1
        if self.money:
            self.currency = self.currency or self.money.currency
            await self.money.load(self.oldest)

    def _took(self, sample):
        self.oldest = sample[0]
        if self.x is None:
            self.x = sample[0] + EPOCH
            if self._default:
                self._start = sample[0] - _SPANS[self.kind] + 1
        if self.kind == QUARTERS and self.currency is None:
            self.currency = price(sample)[1]

    def chosen(self):
        """Yield the numbers of the samples that are in the answer, the oldest first."""
        for number in range(self._first, self._last + 1) if self._bits else ():
            at = self._last - number
            if self._bits[at // 8] >> at % 8 & 1:
                yield number

    def drop(self, number):
        """Take a sample out of the answer."""
        at = self._last - number
        self._bits[at // 8] &= ~(1 << at % 8)


def currents(sample, at):
    """The three currents of a sample from index `at` on, as a JSON list in A; null where not known."""
    numbers = [None if sample[at + i] == NO_CURRENT else sample[at + i] for i in range(3)]
    return "[%s]" % ",".join([decimal(number, 2) for number in numbers])
