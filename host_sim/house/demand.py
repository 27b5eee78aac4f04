"""The demand register of the meter: the mean import of each quarter of an hour, and the highest one of each month.

It counts in blocks that begin with the quarters of UTC, as meters in Belgium do (IEC 62056-6-2, class "demand
register"). The running value is the energy since the block began, divided by the whole length of the block.
"""

from host_sim.house.localtime import local

QUARTER = 900  # s
MONTHS = 13  # months that are kept


class Demand:
    """Mean powers from a counter of import, in Ws, which the owner tells at the end of each quarter.

    end     Unix s at which the running quarter ends
    peak    (end of the quarter in Unix s, W) of this month's highest quarter, None before the first one
    months  [(end of the month in Unix s, its peak or None)], the oldest first
    """

    def __init__(self, utc_s, count, zone_min, saved=None):
        self.zone_min = zone_min
        self.peak, self.months = None, []
        self.begin(utc_s, count)
        if saved:
            self.end, self._base, self.peak, self.months = saved

    def begin(self, utc_s, count):
        """Begin a quarter in the middle: what was before is not known."""
        self.end = utc_s // QUARTER * QUARTER + QUARTER
        self._base = count

    def save(self):
        """All of it in plain lists and integers, for `saved`."""
        return [self.end, self._base, self.peak, self.months]

    def close(self, count):
        """The quarter ends, with this counter."""
        mean = self.running(count)
        if mean and mean > (self.peak[1] if self.peak else 0):
            self.peak = self.end, mean
        here = local(self.end, self.zone_min)
        if here[2] == 1 and here[4] == here[5] == 0:
            self.months = self.months[1 - MONTHS :] + [(self.end, self.peak)]
            self.peak = None
        self.begin(self.end, count)

    def running(self, count):
        """W of the running quarter so far, if nothing more came until its end."""
        return (count - self._base) // QUARTER
