"""The peaks that the reader has found itself, from the meter's counters. Imported when they are asked for."""
from ..store.series.samples import QUARTERS
from .interval import Interval
from .peaks import Month


class Own:
    """The month that runs at t (s since 2020) by a rule, and the interval that runs. load() reads what is in flash,
    and has to be called again when a quarter of an hour has ended.

    begin, end   of the interval, s since 2020
    month        a Month with the peaks of the intervals before
    interval     the Interval, None before load()
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
        self.interval = None

    async def load(self, kept):
        """Read the month's days from a Kept, and the quarters of the running interval. Returns self."""
        zone = self._history.clock.zone
        peaks, quarters, _ = await kept.gathered(zone.month_start(self.begin), self.begin)
        self.month = Month(self._rule, zone, peaks)
        self.interval = Interval(self._history, self.begin, self.end, quarters)
        return self
