"""The peaks of the last days from the quarters of an hour in flash. Imported when peaks are asked for."""
from asyncio import sleep

from ..store.series.dated import Dated
from ..store.series.samples import QUARTERS
from .interval import BAD
from .peaks import Day

_QUARTER = 900


class Quarters:
    """Reads the quarters of a History from `start` on, s since 2020, a midnight; those from `running` on apart.

    days     {midnight: its peaks, see peaks.Day}
    lacking  midnights of days with an interval of which nothing is known
    ws       energy of the quarters from `running` on, Ws
    count    their number
    good     nothing speaks against them
    before   there is one just before `running`
    """

    def __init__(self, history, rule, start, running):
        self._history = history
        self._rule = rule
        self._start = start
        self._running = running
        self.days = {}
        self.lacking = []
        self.ws = self.count = 0
        self.good = True
        self.before = False

    async def read(self):
        """Read them all, a few at a time: a request does not hold up others."""
        series = Dated(self._history, QUARTERS)
        day = None
        for found in series.backwards():
            if found is None:
                await sleep(0)
                continue
            number, sample = found
            t = sample[0]
            if t < self._start and t < self._running - _QUARTER:
                break
            good = not sample[1] & BAD
            wh = series.energies(number, sample)[0]
            if t >= self._running:
                self.ws += 3600 * wh
                self.count += 1
                self.good = self.good and good
                continue
            self.before = self.before or t == self._running - _QUARTER
            if t < self._start:
                continue
            if day is None or t < day.start:
                self._end(day, series.zone)
                day = Day(self._rule, series.zone, series.zone.day_start(t))
            day.take(t, wh, good)
        self._end(day, series.zone)

    def _end(self, day, zone):
        if day:
            self.days[day.start] = day.peaks()
            if day.seen * self._rule.interval < zone.next_day(day.start) - day.start:
                self.lacking.append(day.start)
