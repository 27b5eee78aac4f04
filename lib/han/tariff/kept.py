"""The peaks of days and months that are over: from the ledger, and into it. Imported when peaks are asked for, and when
a day ends.

A day's row has the peaks of the rule of that day. What the ledger's peaks were found by is noted beside the settings:
[mark of the rule, start of the first day whose row is by it]. A day before that, or without a row, is computed from
its quarters of an hour, as far as these reach.
"""
from asyncio import sleep

from ..store.ledger.records import DAYS, MONTHS
from ..store.series.samples import PARTIAL
from .peaks import KEPT, Month
from .quarters import Quarters


# Rows after which other tasks have a turn.
_TURN = 8


class Kept:
    """The peaks in a Ledger (None: there is none) that are by a rule. noted: see above, [] for none."""

    def __init__(self, history, ledger, rule, noted):
        self._history = history
        self._ledger = ledger
        self._rule = rule
        self._since = noted[1] if len(noted) == 2 and noted[0] == rule.mark() else None

    async def gathered(self, start, running):
        """Gather what is known from `start`, a midnight, until `running`, s since 2020.

        Returns three values: the peaks of the days; the Quarters with those from `running` on; and False where nothing
        is known of an interval of a day that is over.
        """
        zone = self._history.clock.zone
        rows, whole = await self._days(start, running)
        today = first = zone.day_start(running)
        found = []
        day = zone.day_start(today - 1)
        while start <= day < today:
            if day in rows:
                found += rows[day]
            else:
                first = day
            day = zone.day_start(day - 1)
            await sleep(0)
        quarters = Quarters(self._history, self._rule, max(first, start), running)
        await quarters.read()
        for day, peaks in quarters.days.items():
            if day not in rows:
                found += peaks
        day = zone.day_start(today - 1)
        while whole and start <= day < today:
            whole = day in rows or day in quarters.days and day not in quarters.lacking
            day = zone.day_start(day - 1)
            await sleep(0)
        return found, quarters, whole

    async def _days(self, start, end):
        """({start of the day: its peaks} of the rows from start to end, False where one of them lacks an interval)."""
        found = {}
        whole = True
        turn = 0
        if self._since is not None and self._ledger:
            for row in self._ledger.rows(DAYS):
                turn += 1
                if turn % _TURN == 0:
                    await sleep(0)
                if row.t < start or row.t < self._since:
                    break
                if row.t < end:
                    interval = self._rule.interval
                    found[row.t] = [(w, row.t + at * interval, not part) for w, at, part in row.peaks]
                    whole = whole and not row.f & PARTIAL
        return found, whole

    async def months(self, count):
        """[(start, start of its highest peak or None, W that it counts, whole)] of the last months, oldest first."""
        found = []
        if self._since is not None and self._ledger:
            zone = self._history.clock.zone
            for row in self._ledger.rows(MONTHS):
                await sleep(0)
                if len(found) == count or zone.next_month(row.t) <= self._since:
                    break
                if row.billed is not None:
                    counting = [peak[1] for peak in row.peaks if not peak[2]]
                    whole = len(counting) == len(row.peaks) and not row.f & PARTIAL
                    found.append((row.t, counting[0] if counting else None, row.billed, whole))
        found.reverse()
        return found


class Keeper:
    """Fills the rows of a Ledger for days and months that have ended.

    note  function that keeps what is noted, see above
    """

    def __init__(self, history, ledger, rule, noted, note):
        self._history = history
        self._ledger = ledger
        self._rule = rule
        self._noted = noted
        self._note = note
        self._quarters = None

    async def fill(self, kind, row, begin, end):
        """Fill a row of the day or month from begin to end. They come the oldest first, the days first."""
        if kind == DAYS:
            if not self._quarters:
                # What is written now goes as far as today.
                self._now_by(begin)
                self._quarters = Quarters(self._history, self._rule, begin, self._history.t)
                await self._quarters.read()
            peaks = self._quarters.days.get(begin)
            if peaks is None or begin in self._quarters.lacking:
                row.f |= PARTIAL
            if peaks:
                row.peaks = [(w, (t - begin) // self._rule.interval, not whole) for w, t, whole in peaks]
            return
        kept = Kept(self._history, self._ledger, self._rule, self._noted)
        peaks, _, whole = await kept.gathered(begin, end)
        if not whole:
            row.f |= PARTIAL
        month = Month(self._rule, self._history.clock.zone, peaks)
        row.billed = month.value()
        row.peaks = [(w, t, not whole) for _, (w, t, whole) in (month.counting + month.others)[:KEPT]]

    def _now_by(self, begin):
        """Rows from `begin` on are by the rule of now."""
        noted, mark = self._noted, self._rule.mark()
        if len(noted) == 2 and noted[0] == mark:
            begin = min(begin, noted[1])
        if [mark, begin] != noted:
            self._note([mark, begin])
            self._noted = [mark, begin]
