"""Local time of a meter in Europe, computed from UTC without the host's time zones.

The meter's zone is not that of the computer that simulates it, and MicroPython has no zones. So this module has the
summer time rule of the European Union.
"""

_DAYS_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def days_from_civil(year, month, day):
    """Days from 1970-01-01 to a date of the Gregorian calendar (1970 to 2399)."""
    leaps = (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    leap_day = month > 2 and (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    return (year - 1970) * 365 + leaps + _DAYS_BEFORE[month - 1] + (1 if leap_day else 0) + day - 1


def civil_from_days(days):
    """(year, month, day) of the day that is `days` after 1970-01-01."""
    year = 1970 + days // 366
    while days >= days_from_civil(year + 1, 1, 1):
        year += 1
    month = 12
    while days < days_from_civil(year, month, 1):
        month -= 1
    return year, month, days - days_from_civil(year, month, 1) + 1


def weekday(days):
    """1 = Monday ... 7 = Sunday, as COSEM counts (IEC 62056-6-2, date)."""
    return (days + 3) % 7 + 1


def _last_sunday_0100(year, month):
    last = days_from_civil(year, month, 31)  # March and October both have 31 days
    return (last - weekday(last) % 7) * 86400 + 3600


def is_summer(utc_s):
    """True between the last Sundays of March and October, 01:00 UTC (directive 2000/84/EC)."""
    year = civil_from_days(utc_s // 86400)[0]
    return _last_sunday_0100(year, 3) <= utc_s < _last_sunday_0100(year, 10)


def local(utc_s, zone_min):
    """Local time (year, month, day, weekday, hour, minute, second, summer); zone_min: offset in winter, minutes."""
    return _civil(utc_s + zone_min * 60, is_summer(utc_s))


def standard(utc_s, zone_min):
    """local() of a clock that nobody sets to summer time."""
    return _civil(utc_s + zone_min * 60, False)


def _civil(wall, summer):
    wall += 3600 if summer else 0
    days, second = wall // 86400, wall % 86400
    year, month, day = civil_from_days(days)
    return (year, month, day, weekday(days), second // 3600, second // 60 % 60, second % 60, summer)
