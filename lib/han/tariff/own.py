"""The peaks that the reader has found itself, from the meter's counters. Imported when they are asked for."""
from ..store.series.samples import CHANGED, QUARTERS, TENS
from .peaks import Month, Running
from .quarters import BAD

_QUARTER = 900


class Own:
    """The month that runs at t (s since 2020) by a rule, and the interval that runs. load() reads what is in flash,
    and has to be called again when a quarter of an hour has ended.

    begin, end   of the interval, s since 2020
    month        a Month with the peaks of the intervals before
    """

    def __init__(self, history, rule, t):
        self._history = history
        self._rule = rule
        zone = history.clock.zone
        if history.edge:
            # The quarter that has ended waits for its counters: until they have come, its interval is the running one.
            t = min(t, history.buckets[QUARTERS].t)
        day = zone.day_start(t)
        self.begin = t - (t - day) % rule.interval
        self.end = self.begin + rule.interval
        self.month = Month(rule, zone, ())
        self._quarters = None

    async def load(self, kept):
        """Read the month's days from a Kept, and the quarters of the running interval. Returns self."""
        zone = self._history.clock.zone
        peaks, self._quarters, _ = await kept.gathered(zone.month_start(self.begin), self.begin)
        self.month = Month(self._rule, zone, peaks)
        return self

    def running(self, power):
        """(Running, whole) with what has been recorded until now; power: present power, W.

        None where the last reading is not of this interval. whole: False where it will not count for what it lacks.
        Its energy is known only if there were readings in the quarter before it, and in each of its own.
        """
        history = self._history
        bucket = history.buckets[QUARTERS]
        t = history.t
        if t is None or history.guessed or not self.begin <= bucket.t < self.end:
            return None
        quarters = self._quarters
        flags = bucket.f | history.buckets[TENS].f
        ws = None
        if quarters.before and quarters.count == (bucket.t - self.begin) // _QUARTER and not flags & CHANGED:
            ws = quarters.ws + 3600 * bucket.a
        good = ws is not None and not flags & BAD and quarters.good
        return Running(self.begin, self.end, min(t, bucket.end), ws, power), good
