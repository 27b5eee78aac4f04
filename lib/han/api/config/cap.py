"""The rule of peaks in the configuration, `cap`: from a request to what is kept, and back. Imported when needed.

A client sends null, the name of a preset, or an object. tariff/rules.py says how it is kept: with W for kW.
"""
from . import windows
from ...tariff.presets import names
from ...tariff.rules import Rule
from ...core.encode import decimal, flag, text
from .fields import choices
from .number import scaled

_STEPS = 20  # at most
_WINDOWS = 8
_MOST_KW = 10000
_MOST_WEIGHT = 1000
_HIGHEST = 100000000  # minor units a month
_MOST_PEAKS = 10
#: Peaks of one day that are kept in flash: no more than these can count where they need not be of different days.
_OF_ANY_DAY = 3
_YEAR = 12


def kept(value):
    """The dict to keep for a request's value; ValueError names what is wrong, such as cap.steps[2]."""
    if value is None:
        return {}
    if isinstance(value, str):
        value = {"preset": value}
    if not isinstance(value, dict):
        raise ValueError("cap must be null, the name of a preset of /definitions, or an object")
    found = {}
    if "preset" in value:
        if value["preset"] not in names():
            raise ValueError("cap must name a preset of /definitions: " + ", ".join(names()))
        found["preset"] = value["preset"]
    _one(found, value, "interval", (15, 60))
    _whole(found, value, "n", _MOST_PEAKS)
    _whole(found, value, "months", _YEAR)
    _flag(found, value, "days")
    _flag(found, value, "nth")
    _number(found, value, "min", 3, _MOST_KW)
    _number(found, value, "free", 3, _MOST_KW)
    _number(found, value, "price", 6, _HIGHEST)
    _one(found, value, "pc", choices("pc"))
    if "when" in value:
        found["when"] = _list("when", value["when"], _WINDOWS, _window)
    if "steps" in value:
        found["steps"] = _list("steps", value["steps"], _STEPS, _step)
        _rising(found["steps"])
    if not found:
        raise ValueError("cap must have a field, such as interval, or be null")
    made = Rule(found).values
    if made["n"] > _OF_ANY_DAY and not made["days"]:
        raise ValueError("cap.n must be at most %d where cap.days is not true" % _OF_ANY_DAY)
    if found.get("price") is not None and found.get("steps"):
        raise ValueError("cap must have either price or steps")
    return found


def _one(found, value, key, choices):
    if key in value:
        if value[key] not in choices or value[key] is True:
            raise ValueError("cap.%s must be one of %s" % (key, ", ".join([str(choice) for choice in choices])))
        found[key] = value[key]


def _whole(found, value, key, most):
    if key in value:
        if type(value[key]) is not int or not 1 <= value[key] <= most:
            raise ValueError("cap.%s must be an integer from 1 to %d" % (key, most))
        found[key] = value[key]


def _flag(found, value, key):
    if key in value:
        if value[key] is not True and value[key] is not False:
            raise ValueError("cap.%s must be true or false" % key)
        found[key] = value[key]


def _number(found, value, key, places, most):
    if key in value:
        found[key] = _between("cap." + key, value[key], places, most)


def _between(name, value, places, most):
    number = scaled(value, places)
    if type(number) is not int or not 0 <= number <= most * 10**places:
        raise ValueError("%s must be a number from 0 to %d" % (name, most))
    return number


def _list(key, value, most, make):
    if not isinstance(value, list) or len(value) > most:
        raise ValueError("cap.%s must be a list of %d at most" % (key, most))
    return [make("cap.%s[%d]" % (key, at), one) for at, one in enumerate(value)]


def _window(name, value):
    weight = value.get("w") if isinstance(value, dict) else None
    if type(weight) is not int or not 0 <= weight <= _MOST_WEIGHT:
        raise ValueError('%s must be an object with w, a weight from 0 to %d, such as {"w":50,"hours":[22,6]}' % (
            name, _MOST_WEIGHT,
        ))  # fmt: skip
    return [weight] + windows.kept(name, value)


def _step(name, value):
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(name + " must be two numbers: the kW that it ends below or null, and its price a month")
    limit = None if value[0] is None else _between(name + "[0]", value[0], 3, _MOST_KW)
    return [limit, _between(name + "[1]", value[1], 6, _HIGHEST)]


def _rising(steps):
    before = 0
    for at, step in enumerate(steps):
        last = at == len(steps) - 1
        if step[0] is None and not last or step[0] is not None and step[0] <= before:
            raise ValueError("cap.steps[%d][0] must be more than that of the step before, or null in the last one" % at)
        before = step[0]


def told(values):
    """Kept values as JSON text, as a request may send them."""
    if not values:
        return "null"
    if list(values) == ["preset"]:
        return text(values["preset"])
    return "{%s}" % ",".join(fields(values))


def fields(values):
    """The fields of kept values as JSON, a list of texts."""
    found = []
    for key in ("preset", "pc"):
        if values.get(key) is not None:
            found.append('"%s":%s' % (key, text(values[key])))
    for key in ("interval", "n", "months"):
        if key in values:
            found.append('"%s":%d' % (key, values[key]))
    for key in ("days", "nth"):
        if key in values:
            found.append('"%s":%s' % (key, flag(values[key])))
    for key, places in (("min", 3), ("free", 3), ("price", 6)):
        if values.get(key) is not None:
            found.append('"%s":%s' % (key, decimal(values[key], places)))
    if "when" in values:
        parts = ['{"w":%d%s}' % (one[0], windows.told(*one[1:])) for one in values["when"]]
        found.append('"when":[%s]' % ",".join(parts))
    if "steps" in values:
        parts = ["[%s,%s]" % (decimal(one[0], 3), decimal(one[1], 6)) for one in values["steps"]]
        found.append('"steps":[%s]' % ",".join(parts))
    return found
