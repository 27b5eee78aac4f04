"""Times of fees and of peaks in the configuration: from a request to what is kept, and back. Imported when needed.

A client sends "hours": [first, end], "days": [1 … 7] and "months": [1 … 12], each where it limits the time.
tariff/windows.py says how they are kept.
"""
from ...tariff.windows import ALL_DAYS, ALL_MONTHS


def kept(name, given):
    """[first hour, end, weekdays, months] of a request's object; ValueError names what is wrong, as name.hours."""
    hours = given.get("hours", [0, 24])
    good = isinstance(hours, list) and len(hours) == 2
    for hour in hours if good else ():
        good = good and type(hour) is int and 0 <= hour <= 24
    if not good or hours[0] == 24 or hours[0] == hours[1]:
        raise ValueError(name + ".hours must be two hours from 0 to 24, the first and the end, such as [7,22]")
    return hours + [_mask(name, given, "days", 7), _mask(name, given, "months", 12)]


def _mask(name, given, key, most):
    """A bit for each number of a list; all of them where there is no list."""
    if key not in given:
        return (1 << most) - 1
    numbers = given[key]
    mask = 0
    for number in numbers if isinstance(numbers, list) else ():
        if type(number) is not int or not 1 <= number <= most or mask >> number - 1 & 1:
            mask = 0
            break
        mask |= 1 << number - 1
    if not mask:
        raise ValueError("%s.%s must be a list of numbers from 1 to %d, each once" % (name, key, most))
    return mask


def told(first, end, days, months):
    """A kept window as JSON fields, each with a comma in front; "" where it is always."""
    found = ""
    if (first, end) != (0, 24):
        found += ',"hours":[%d,%d]' % (first, end)
    for key, mask, every in (("days", days, ALL_DAYS), ("months", months, ALL_MONTHS)):
        if mask != every:
            numbers = [str(bit + 1) for bit in range(12) if mask >> bit & 1]
            found += ',"%s":[%s]' % (key, ",".join(numbers))
    return found
