"""Counters that come rarely, and after the edge they are of. Imported once an hour for meters that send them so.

Lists that come once an hour tell the counters of the full hour, seconds after it: the quarter, day
and month that ended then are written when the list has come, so that they end with its counters.
"""
from ...meter.obis import IMPORT_ENERGY
from .bucket import RARE, WAIT, shares
from .samples import DAYS, MONTHS, QUARTERS, TENS


def begun(history, t, up, fresh):
    """What waits for the counter of a quarter that has ended; None where none comes soon, or with this reading."""
    end = history.buckets[QUARTERS].end
    if t > end + WAIT:
        return None
    if history.said is not None and not fresh and up - history.said <= max(RARE, history.every - 2 * WAIT):
        return None
    return Edge(history, end)


class Edge:
    """The quarter that has ended at t, and day and month with it: they wait for the counter of then."""

    def __init__(self, history, t):
        self.t = t
        self.after = None  # number of the first 10 s after it
        self.folds = []  # samples of 10 s since then
        self._history = history
        self._since = [0, 0]  # Wh since then

    def wait(self, before, span, energy):
        """Energy that flowed since `before`: to the edge into the buckets, the rest is put by."""
        history = self._history
        if history.edge is None:
            history.edge = self
            self.after = history.series[TENS].next
            share = shares(energy, self.t - before, span)
            for bucket in history.buckets[QUARTERS:]:
                bucket.a += share[0]
                bucket.b += share[1]
            energy = energy[0] - share[0], energy[1] - share[1]
        self._since[0] += energy[0]
        self._since[1] += energy[1]

    def settle(self, live, after):
        """The counters at the edge have come: buckets get what power said too little; what of it is late."""
        history = self._history
        late = [0, 0]
        for way in range(2):
            number = live.get(IMPORT_ENERGY + way)
            if number is None or after[way] is None:
                continue
            wh = number + self._since[way] - after[way]
            after[way] += wh
            history.added[way] = history.ahead[way] = 0
            if history.hole and wh > 0:
                late[way] = wh
            for bucket in history.buckets[DAYS if late[way] else QUARTERS :]:
                if way:
                    bucket.b = max(0, bucket.b + wh)
                else:
                    bucket.a = max(0, bucket.a + wh)
        return late

    def release(self):
        """Write what waited, go on with what flowed since."""
        history = self._history
        now = history.counters
        history.counters = [None if number is None else number - self._since[way] for way, number in enumerate(now)]
        for kind in (QUARTERS, DAYS, MONTHS):
            history.advance(kind, self.t, history.t, self._since)
        history.counters = now
        history.edge = None
        for sample in self.folds:
            history.buckets[QUARTERS].fold(sample)
