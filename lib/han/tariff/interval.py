"""The interval that is running, as the peaks of a month are made of. It needs little memory, so that who looks at it
with each reading can keep it.
"""
from ..store.series.samples import CHANGED, GUESSED, PARTIAL, QUARTERS, TENS, UNSET
from .windows import rounded

#: What speaks against a sample.
BAD = PARTIAL | UNSET | CHANGED | GUESSED
_QUARTER = 900


class Interval:
    """An interval from start to end, s since 2020. quarters: a Quarters that has read those of its start from flash."""

    def __init__(self, history, start, end, quarters):
        self._history = history
        self.start = start
        self.end = end
        self._ws, self._count = quarters.ws, quarters.count
        self._good, self._before = quarters.good, quarters.before

    def running(self, power):
        """(Running, whole) with what has been recorded until now; power: present power, W.

        None where the last reading is not of this interval. whole: False where it will not count for what it lacks.
        Its energy is known only if there were readings in the quarter before it, and in each of its own.
        """
        history = self._history
        bucket = history.buckets[QUARTERS]
        t = history.t
        if t is None or history.guessed or not self.start <= bucket.t < self.end:
            return None
        flags = bucket.f | history.buckets[TENS].f
        ws = None
        if self._before and self._count == (bucket.t - self.start) // _QUARTER and not flags & CHANGED:
            ws = self._ws + 3600 * bucket.a
        good = ws is not None and not flags & BAD and self._good
        return Running(self.start, self.end, min(t, bucket.end), ws, power), good


class Running:
    """The interval that is running.

    start, end   s since 2020
    t            the time up to which its energy is known
    ws           that energy, Ws, or None where it is not known
    power        present power, W, or None
    """

    def __init__(self, start, end, t, ws, power):
        self.start, self.end = start, end
        self.t = t
        self._ws = ws
        self._power = power

    def mean(self):
        """The mean power so far, W, the present power at the very start; None where it is not known."""
        span = self.t - self.start
        if self._ws is None or span <= 0:
            return None if span > 0 else self._power
        return rounded(self._ws, span)

    def forecast(self):
        """The mean power of the whole interval, W, if the present power goes on; None where that is not known."""
        if self._power is None or self._ws is None:
            return None
        return rounded(self._ws + self._power * max(0, self.end - self.t), self.end - self.start)

    def left(self, limit):
        """W that may be drawn until the end so that the mean is `limit` W at most; 0: it is more. None: not known."""
        if limit is None or self._ws is None or self.t >= self.end:
            return None
        return max(0, limit * (self.end - self.start) - self._ws) // (self.end - self.t)
