"""Counters that come rarely, and some seconds after the edge to which they belong. Imported for such meters only.

A push list that comes once an hour carries the counters of the full hour, but it arrives seconds
later. So the quarter, day and month that end at the full hour are written when the list has
come. Then they end with the list's counters.
"""
from ...meter.obis import IMPORT_ENERGY
from .bucket import RARE, WAIT, shares
from .samples import DAYS, MONTHS, QUARTERS, TENS


def begun(history, t, up, fresh):
    """An Edge that waits for the counters of the quarter that has just ended; None where waiting makes no sense.

    That is so when the quarter ended more than WAIT ago, and when no counters are due yet.

    t, up   time and uptime of this reading, s
    fresh   this reading has counters
    """
    end = history.buckets[QUARTERS].end
    if t > end + WAIT:
        return None
    if history.said is not None and not fresh and up - history.said <= max(RARE, history.every - 2 * WAIT):
        return None
    return Edge(history, end)


class Edge:
    """The quarter that ended at t, and the day and month that ended with it, while they wait for their counters."""

    def __init__(self, history, t):
        self.t = t
        self.after = None  # number of the first 10-second sample after t
        self.folds = []  # 10-second samples since t; the next quarter gets them
        self._history = history
        self._since = [0, 0]  # Wh since t

    def wait(self, before, span, energy):
        """Share out an energy ([Wh, Wh]) that flowed within `span` s from `before` on.

        What flowed before the edge goes into the waiting buckets; the rest is kept for release().
        """
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
        """The counters of the edge have come: correct the energy that was summed from power in the waiting buckets.

        after   [Wh, Wh] or None each: the estimated counters now; corrected in place

        Returns [Wh, Wh] of late energy: after a gap the correction goes to the day and the month, not to the quarter.
        """
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
        """Write the waiting buckets, and begin the next ones with the energy since the edge."""
        history = self._history
        now = history.counters
        history.counters = [None if number is None else number - self._since[way] for way, number in enumerate(now)]
        for kind in (QUARTERS, DAYS, MONTHS):
            history.advance(kind, self.t, history.t, self._since)
        history.counters = now
        history.edge = None
        for sample in self.folds:
            history.buckets[QUARTERS].fold(sample)
