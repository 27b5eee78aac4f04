"""Chooses the samples of a series that are in an answer to GET /history/…. Imported for a request.

Both forms of the answer use it: columns (history.py) and lines (export.py). The choice is made once, at the start,
and kept as one bit for each sample. Whatever is recorded meanwhile does not change it. The newest sample is the
bucket that has not ended.
"""
from asyncio import sleep

from ...core.clock import EPOCH
from ...store.series.bucket import Bucket
from ...store.series.clocksteps import moves, shifted, start_near
from ...store.series.samples import CHANGED, LIVE, NO_CURRENT, PARTIAL, QUARTERS, TENS, UNSET, Series, price
from ..messages.encode import decimal

#: The series' names, the finest first.
NAMES = "hourly", "weekly", "monthly", "yearly"
#: Flags of a sample that clients get.
FLAGS = LIVE | PARTIAL | UNSET | CHANGED
# A default answer has the samples that began less than this before the newest, s: 1 h, 7 days, 31 days, 13 months.
_SPANS = 3600, 7 * 86400, 30 * 86400 + 43200, 380 * 86400
_MOST = 1 << 40
# Samples read before other tasks have a turn.
_TURN = 32


class Chosen:
    """The samples of a History that a query chooses. query: (from, to, limit), each None when not given.

    kind      number of the series, an index into NAMES
    series    the Series that samples are read from
    zone      the clock's zone
    live      the sample of the bucket that has not ended; None when it is not in the answer
    x         Unix time of the newest sample in the answer; None when there is none
    currency  currency of the newest price in the answer; None when there is none
    """

    def __init__(self, history, kind, query):
        self.kind = kind
        self.series = Series(history.series[kind])
        self.zone = history.clock.zone
        self._moves = moves(history.region, kind)
        start, end, self._limit = query
        self._default = start is end is self._limit is None
        self._start = 0 if start is None else start - EPOCH
        self._end = _MOST if end is None else end - EPOCH
        self.live = self._newest(history)
        self.x = self.currency = None
        self._next = self._first = self._last = self.series.next
        self._bits = bytearray()  # one bit a sample, from _last backwards: 1 when it is in the answer

    def _newest(self, history):
        """The sample of the bucket that has not ended; None when it has no reading."""
        if history.t is None:
            return None
        bucket = history.buckets[self.kind]
        if self.kind == TENS:
            sample = bucket.sample(TENS)
        else:
            # The finer buckets that have not been folded into it yet are added.
            whole = Bucket()
            whole.open(bucket.t, bucket.end)
            whole.a, whole.b = bucket.a, bucket.b
            for kind in range(self.kind + 1):
                whole.fold(history.buckets[kind].sample(kind))
            sample = whole.sample(self.kind)
        if not sample[2]:
            return None
        sample[1] = sample[1] & FLAGS | LIVE
        if self.kind == QUARTERS:
            sample[14:] = [0] * 5 + list(history.quote())
        return sample

    async def choose(self):
        """Choose the samples of the answer. It goes backwards: of two with the same time, the newer one is right."""
        series = self.series
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
        number = self._next
        while number > series.first and left:
            number -= 1
            if number % _TURN == 0:
                await sleep(0)
            sample = series.read(number)
            if not sample:
                continue
            t = self.dated(number, sample)[0]
            if t < before:
                if t < self._start:
                    break
                before = t
                if t < self._end:
                    self._took((t,) + sample[1:])
                    if not bits:
                        self._last = number
                    at = self._last - number
                    bits.extend(bytes(at // 8 + 1 - len(bits)))
                    bits[at // 8] |= 1 << at % 8
                    self._first = number
                    left -= 1

    def _took(self, sample):
        if self.x is None:
            self.x = sample[0] + EPOCH
            if self._default:
                self._start = sample[0] - _SPANS[self.kind] + 1
        if self.kind == QUARTERS and self.currency is None:
            self.currency = price(sample)[1]

    def dated(self, number, sample):
        """The sample with this number, its time corrected by later steps of the clock (clocksteps.py)."""
        by = shifted(number, self._moves) if self._moves else 0
        if not by:
            return sample
        return (start_near(self.kind, sample[0] + by, self.zone), sample[1] | UNSET) + sample[2:]

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
