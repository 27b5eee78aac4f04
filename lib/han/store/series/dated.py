"""Reads the samples of a series backwards, with the times that they really have. Imported when needed."""
from .bucket import Bucket
from .clocksteps import moves, shifted, start_near
from .samples import CHANGED, FLAGS, LENGTHS, LIVE, QUARTERS, TENS, UNSET, Series, counter

_MOST = 1 << 40
# The energies of a larger quarter of an hour are kept in kWh.
_MOST_WH = 0xFFFF
# Samples read before other tasks have a turn.
_TURN = 32


class Dated:
    """A series of a History.

    kind    its number
    series  the Series that samples are read from
    zone    the clock's zone
    next    number that the next sample had when this was made
    """

    def __init__(self, history, kind):
        self.kind = kind
        self.series = Series(history.series[kind])
        self.zone = history.clock.zone
        self.next = self.series.next
        self._moves = moves(history.region, kind)

    def newest(self, history):
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

    def dated(self, number, sample):
        """The sample with this number, its time corrected by later steps of the clock (clocksteps.py)."""
        by = shifted(self.series.number(number), self._moves) if self._moves else 0
        if not by:
            return sample
        return (start_near(self.kind, sample[0] + by, self.zone), sample[1] | UNSET) + sample[2:]

    def energies(self, number, sample):
        """(import, export) of a sample of 15 minutes, Wh. Large ones are kept in kWh: they are told by the counters.

        number: None for the sample of the bucket that has not ended
        """
        imported, exported = sample[3], sample[4]
        if max(imported, exported) > _MOST_WH and number is not None and not sample[1] & CHANGED:
            before = self.series.read(number - 1)
            if before and self.dated(number - 1, before)[0] == sample[0] - LENGTHS[QUARTERS]:
                now = counter(sample[14], sample[16]), counter(sample[15], sample[17])
                then = counter(before[14], before[16]), counter(before[15], before[17])
                if None not in now and None not in then:
                    return max(0, now[0] - then[0]), max(0, now[1] - then[1])
        return imported, exported

    def backwards(self, before=_MOST):
        """Yield (number, sample) of the samples in flash that began before a time, the newest first.

        Of two with the same time, the newer one is right. Where it yields None, other tasks should have a turn.
        """
        series = self.series
        number = self.next
        while number > series.first:
            number -= 1
            if number % _TURN == 0:
                yield None
            sample = series.read(number)
            if sample:
                sample = self.dated(number, sample)
                if sample[0] < before:
                    before = sample[0]
                    yield number, sample
