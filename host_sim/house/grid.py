"""What happens in the grid before the house: power failures, sags and swells, and what the grid company announces.

All of it follows from the time alone. A long failure takes one phase away, so that the meter goes on counting. It
comes every fifty days, at night. The short ones last less than a second, and no telegram shows them.
"""

from host_sim.house.localtime import days_from_civil

_DAY = 86400
_FIRST = days_from_civil(2023, 12, 26) * _DAY  # nothing had happened before
_EVERY = 50 * _DAY
#: The phase (0 to 2) that fails.
PHASE = 1


def _failure(number):
    """(begin, end) in Unix s of a long failure; they are numbered from 0."""
    begin = _FIRST + number * _EVERY + 7800 + number * 37 % 11 * 600
    return begin, begin + 400 + number * 97 % 1500


def failing(utc_s):
    """True while PHASE has no power."""
    if utc_s < _FIRST or (utc_s - _FIRST) % _EVERY >= _DAY:
        return False
    begin, end = _failure((utc_s - _FIRST) // _EVERY)
    return begin <= utc_s < end


def failures(utc_s):
    """[(begin, end)] in Unix s of the long failures that are over, the oldest first."""
    count = max(0, (utc_s - _FIRST) // _EVERY + 1)
    over = [_failure(number) for number in range(count)]
    return [each for each in over if each[1] <= utc_s]


def short(utc_s):
    """How many short failures there have been."""
    return max(0, utc_s - _FIRST) // (31 * _DAY + 12345)


def sags(utc_s):
    """How often the voltage of each phase was too low."""
    return [max(0, utc_s - _FIRST) // ((19 + 4 * phase) * _DAY + 5000) for phase in range(3)]


def swells(utc_s):
    """How often the voltage of each phase was too high."""
    return [max(0, utc_s - _FIRST) // ((61 + 9 * phase) * _DAY + 7000) for phase in range(3)]


def message(clock):
    """The text that the meter shows at a State.clock, in Dutch; "" on most days."""
    if 10 <= clock[2] < 15:
        return "Onderhoud aan het net op 15-%02d-%d tussen 9 en 12 uur." % (clock[1], clock[0])
    return ""
