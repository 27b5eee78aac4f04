"""The peaks of a day and of a month, from energies of quarters of an hour. Pure functions.

An interval belongs to the local day in which it begins, and is counted from midnight on. So a day has 92, 96 or 100
quarters of an hour, and 23, 24 or 25 hours. One that is not whole never counts: of which a quarter is missing, or has
a gap, a clock that was not set, or another meter.

A peak is a tuple (W, start in s since 2020, whole).
"""
from .rules import WHOLE

_QUARTER = 900
#: Peaks of a day that are kept.
KEPT = 3


class Day:
    """Finds the peaks of a local day that begins at `start` (s since 2020).

    seen  number of intervals of which something is known
    """

    def __init__(self, rule, zone, start):
        self.start = start
        self.seen = 0
        self._rule = rule
        self._zone = zone
        self._at = None  # start of the interval that is being added up
        self._wh = self._count = 0
        self._good = True
        self._best = []  # whole ones, [worth, W, start], the best first
        self._part = None  # the best of the others

    def take(self, t, wh, good):
        """Add the quarter of an hour that begins at t. Its energy is Wh; good: nothing speaks against it.

        They come in the order of their times, forwards or backwards.
        """
        begin = t - (t - self.start) % self._rule.interval
        if begin != self._at:
            self._end()
            self._at = begin
        self._wh += wh
        self._count += 1
        self._good = self._good and good

    def _end(self):
        at, rule = self._at, self._rule
        if at is not None:
            self.seen += 1
            weight = rule.weight(self._zone.local(at))
            w = self._wh * 3600 // rule.interval
            found = [w * weight, w, at]
            if not weight:
                pass
            elif self._good and self._count * _QUARTER == rule.interval:
                best = self._best
                place = len(best)
                while place and _better(found, best[place - 1]):
                    place -= 1
                best.insert(place, found)
                del best[1 if rule.days else min(rule.n, KEPT) :]
            elif self._part is None or found[0] > self._part[0]:
                self._part = found
        self._at = None
        self._wh = self._count = 0
        self._good = True

    def peaks(self):
        """The peaks that may count, the best first, then the best that is not whole if it is better; at most KEPT."""
        self._end()
        best, part = self._best, self._part
        found = [(w, t, True) for _, w, t in best]
        if part and len(found) < KEPT and (not best or part[0] > best[-1][0]):
            found.append((part[1], part[2], False))
        return found


def _better(one, other):
    """True where a [worth, W, start] is more than another; of two that are equal, the earlier one is."""
    return one[0] > other[0] or one[0] == other[0] and one[2] < other[2]


class Month:
    """The peaks of a month.

    counting   [(worth, peak)] of those that count, the best first: at most the rule's n
    others     the same of those that would, if they were whole
    """

    def __init__(self, rule, zone, peaks):
        """peaks: all that may count, in any order, each once."""
        self._rule = rule
        self._zone = zone
        self.counting = []
        self.others = []
        days = []
        ranked = []
        for peak in peaks:
            weight = rule.weight(zone.local(peak[1]))
            if weight:
                ranked.append((-peak[0] * weight, peak[1], peak))
        ranked.sort()
        for worth, t, peak in ranked:
            if len(self.counting) == rule.n:
                break
            if not peak[2]:
                if len(self.others) < rule.n:
                    self.others.append((-worth, peak))
                continue
            day = zone.day_start(t)
            if not (rule.days and day in days):
                days.append(day)
                self.counting.append((-worth, peak))

    def value(self):
        """W that the month counts so far, None where nothing does; see Rule.month()."""
        return self._rule.month([worth for worth, _ in self.counting])

    def limit(self, t):
        """The mean power, W, up to which an interval at t changes nothing; None where it does not count at all."""
        rule, zone = self._rule, self._zone
        weight = rule.weight(zone.local(t))
        if not weight:
            return None
        worth = self.counting[-1][0] if len(self.counting) == rule.n else 0
        if rule.days:
            day = zone.day_start(t)
            for own, peak in self.counting:
                if zone.day_start(peak[1]) == day:
                    worth = own
        if rule.n == 1:
            worth = max(worth, WHOLE * max(rule.least, rule.free))
        return worth // weight
