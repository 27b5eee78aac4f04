"""Writes the rows of the ledger that are due: of the hour, the days and the months that have ended. Imported for that.

What is written is never computed from what is only in memory, but for the sub-meters' present counters. So a row that
a power cut prevents is written after the next start. What can be known only at the end of an hour is missing where
the reader was off then.
"""
from asyncio import sleep

from ..series.dated import Dated
from ..series.samples import QUARTERS
from .records import CHANNELS, DAYS, HOURS, MONTHS, SHORT, Row

_DAY = 86400
# A counter of the end of an hour is waited for so long, and one that is so much later still counts, s.
_WAIT = 900
# A counter that is older at the end of an hour is not known any more, s. Some meters of water tell theirs once a day.
_OLD = 90000
# Days that are made up for at most. Quarters of an hour reach back less far on most boards.
_BACK = 35
# Rows and samples that are read before other tasks have a turn.
_TURN = 32


def hour(ledger, zone, t, subs, known, alarms):
    """Write the row of the hour that ended before t, unless it is there or nothing is known of it.

    t       s since 2020, not before the last row of the clock that is right
    subs    {channel: Sub}, see meter/submeters/now.py
    known   {channel as a text: [kind, id, unit]} of the sub-meters of the rows before
    alarms  bits of the alarms that were on in this hour

    Returns two values: True if it is done, False if a counter of its end may still come; and `known` as it is after the
    row, None where it has not changed. The caller must keep that after the row: a power cut in between costs a
    difference, but makes none between two meters. OSError: the flash refuses.
    """
    end = zone.hour_start(t)
    row = Row(zone.hour_start(end - 1))
    for newest in ledger.rows(HOURS):
        if newest.t == row.t:
            return True, None
        break
    after = dict(known)
    for channel in range(1, CHANNELS + 1):
        sub = subs.get(channel)
        if not sub:
            continue
        taken = t if sub.taken is None else sub.taken
        if sub.value is not None and end - _OLD <= taken < end and t < end + _WAIT:
            return False, None
        if end - _OLD <= taken <= end + _WAIT:
            row.values[channel - 1] = sub.value
        name = str(channel)
        if name in known:
            after[name], replaced, other = _identity(known[name], sub)
        else:
            # Where rows have a counter of a sub-meter that nobody knows any more, this may be another one.
            after[name] = [sub.kind, sub.id, sub.unit]
            replaced = any([old.values[channel - 1] is not None for old in ledger.rows(HOURS)])
            other = 0
        row.replaced |= replaced << channel - 1
        row.other |= other << channel - 1
    if row.values == [None] * CHANNELS and not alarms:
        return True, None
    row.alarms = alarms
    ledger.append(HOURS, row)
    return True, after if after != known else None


def _identity(known, sub):
    """([kind, id, unit] after this row, 1 if another sub-meter than before, 1 if of another kind or unit, too).

    What a telegram does not tell is as before.
    """
    now = sub.kind, sub.id, sub.unit
    differ = [one is not None and other is not None and one != other for one, other in zip(known, now)]
    if any(differ):
        return list(now), 1, 1 if differ[0] or differ[2] else 0
    return [one if other is None else other for one, other in zip(known, now)], 0, 0


async def days(ledger, history, t, fills):
    """Write the rows of all local days that ended before t (s since 2020) and have none, the oldest first.

    Days that a step of the clock has moved since then are written again, as far as samples reach back.

    fills  coroutine functions that take DAYS or MONTHS, a Row, and its start and end (s since 2020). Each adds to the
           row what it knows, of costs or peaks

    Returns the start of the first day that was written, t where none was. OSError: the flash refuses.
    """
    zone = history.clock.zone
    today = zone.day_start(t)
    newest, last = _newest(ledger, DAYS, today)
    begin = today
    if last:
        # What a clock that was ahead has dated must not stay the newest: the last day is written once more.
        begin = _end(zone, last) if last is newest else last.t
    quarters = Dated(history, QUARTERS)
    first = ledger.moved(newest.steps) if newest else quarters.series.first
    if first is not None:
        begin = min(begin, await _day_of(quarters, max(first, quarters.series.first), today))
    begin = written = max(begin, zone.day_start(today - _BACK * _DAY))
    while begin < today:
        row = Row(begin)
        if zone.day_start(begin) != begin:
            row.f |= SHORT
        end = zone.next_day(begin)
        await _gather(ledger, HOURS, row, begin, end, 0)
        for fill in fills:
            await fill(DAYS, row, begin, end)
        ledger.append(DAYS, row)
        begin = end
    return written if written < today else t


def _newest(ledger, kind, now):
    """(the newest row, the newest of those that began before now); None each where there is none."""
    newest = None
    for row in ledger.rows(kind):
        newest = newest or row
        if row.t < now:
            return newest, row
    return newest, None


def _end(zone, row):
    """The end of the day of a row. Where the zone has changed, it is that of the zone before."""
    if zone.day_start(row.t) != row.t and not row.f & SHORT:
        return row.t + _DAY
    return zone.next_day(row.t)


async def _day_of(quarters, number, today):
    """The start of the day of a quarter of an hour, or of the first after it that is there; `today` without one."""
    while number < quarters.next:
        sample = quarters.series.read(number)
        if sample:
            return quarters.zone.day_start(quarters.dated(number, sample)[0])
        number += 1
        if number % _TURN == 0:
            await sleep(0)
    return today


async def months(ledger, zone, t, since, fills):
    """Write the rows of all local months that ended before t (s since 2020) and have none, or have changed.

    since  what days() has returned: the first day that was written
    fills, OSError  see days()
    """
    month = zone.month_start(t)
    newest, last = _newest(ledger, MONTHS, month)
    if last:
        begin = min(zone.next_month(last.t + 15 * _DAY) if last is newest else last.t, zone.month_start(since))
    else:
        begin = month
        for row in ledger.rows(DAYS):
            begin = min(begin, zone.month_start(row.t))
    begin = max(begin, zone.month_start(t - _BACK * _DAY))
    while begin < month:
        end = zone.next_month(begin)
        row = Row(begin)
        await _gather(ledger, DAYS, row, begin, end, _DAY // 2)
        for fill in fills:
            await fill(MONTHS, row, begin, end)
        ledger.append(MONTHS, row)
        begin = end


async def _gather(ledger, kind, row, begin, end, middle):
    """Take the sub-meters' counters from the finer rows that have their `middle` (s after their start) in a time."""
    turn = 0
    for finer in ledger.rows(kind):
        turn += 1
        if turn % _TURN == 0:
            await sleep(0)
        at = finer.t + middle
        if at < begin:
            break
        if at >= end:
            continue
        for i, value in enumerate(finer.values):
            # The newest of the same sub-meter: what is older is of the one before.
            if row.values[i] is None and not row.replaced >> i & 1:
                row.values[i] = value
        row.replaced |= finer.replaced
        row.other |= finer.other
