"""Times at which a fee or a weight holds, by hours, weekdays and months. Imported where one is asked for.

A window is four integers: the first hour of the local day and the hour at which it ends, which is smaller where
midnight lies between; the weekdays, bit 0 is Monday; the months, bit 0 is January. Holidays are ordinary days.
"""
from ..core.zone import date

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


#: The weekdays and months of a window that is open on all of them.
ALL_DAYS, ALL_MONTHS = const(0x7F), const(0xFFF)


def holds(first, end, days, months, local):
    """True where a local time, s since 2020, is in the window."""
    hour = local % 86400 // 3600
    day = local // 86400
    inside = first <= hour < end if first < end else hour >= first or hour < end
    # 2020-01-01 was a Wednesday.
    return bool(inside and days >> (day + 2) % 7 & 1 and months >> date(day)[1] - 1 & 1)


def rounded(number, unit):
    """number / unit as the nearest integer, half away from zero."""
    whole = (2 * abs(number) + unit) // (2 * unit)
    return -whole if number < 0 else whole
