"""The meters of gas and water of the house, which its electricity meter reads over M-Bus.

Their counters follow from the time. More gas is burnt in winter, and both are used in the morning and the evening.
"""

from host_sim.house.localtime import days_from_civil

_DAY = 86400
_JULY = days_from_civil(2020, 7, 1)
_BEFORE = 1234567, 87234  # litres of gas and water on that day
# Share of the day's use in each hour of UTC, per mille.
_GAS = 10, 10, 10, 15, 50, 90, 95, 60, 35, 25, 25, 25, 25, 25, 30, 45, 80, 95, 90, 70, 45, 25, 10, 10
_WATER = 5, 0, 0, 0, 20, 130, 150, 70, 30, 20, 30, 40, 30, 20, 20, 35, 60, 90, 80, 60, 55, 35, 15, 5
_WATER_A_DAY = 340  # litres


def gas(utc_s):
    """(Unix s at which the gas meter was read last, its litres then). It is read every five minutes."""
    read = utc_s - utc_s % 300
    days = read // _DAY - _JULY
    year, day = days // 365, days % 365
    litres = _BEFORE[0] + year * _burnt(365) + _burnt(day)
    return read, litres + _part(_burnt(day + 1) - _burnt(day), _GAS, read % _DAY)


def water(utc_s):
    """(Unix s at which the water meter was read last, its litres then). It is read every hour."""
    read = utc_s - utc_s % 3600
    days = read // _DAY - _JULY
    return read, _BEFORE[1] + _WATER_A_DAY * days + _part(_WATER_A_DAY, _WATER, read % _DAY)


def _burnt(days):
    """Litres of gas in the first days of a year that begins in July; each day 26 more than the day before until it
    is winter, then 26 less."""
    if days <= 183:
        growth = days * (days - 1) // 2
    else:
        growth = 33306 - (365 - days) * (366 - days) // 2
    return 400 * days + 26 * growth


def _part(litres, hours, second):
    """The part of a day's litres that is used before a second of it."""
    share = sum(hours[: second // 3600]) * 3600 + hours[second // 3600] * (second % 3600)
    return litres * share // 3600000
