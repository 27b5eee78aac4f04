"""The alarms that there are, and what the owner sets of each: its rule."""

#: A line for each alarm: its name, then the fields of its rule. Each field is followed by its first value, or by -
#: where the owner must give one. The order of the lines numbers the alarms in flash, so new ones come last.
RULES = """current percent - s 60
power w - s 60
selling w 100 s 60
silent s 300
price below -
peak w 0 s 60"""


def names():
    """The names of all alarms, in the order of their numbers."""
    return [line.split(" ")[0] for line in RULES.split("\n")]


def fresh(name):
    """A new rule: {field: its first value, None where the owner must give one}. KeyError for an unknown name."""
    for line in RULES.split("\n"):
        words = line.split(" ")
        if words[0] == name:
            return {words[i]: None if words[i + 1] == "-" else int(words[i + 1]) for i in range(1, len(words), 2)}
    raise KeyError(name)


def sound(alarms):
    """[(name, rule)] of the configuration's alarms, in the order of their numbers.

    Another version may have stored something else under a name. That is left out.
    """
    found = []
    for name in names():
        kept = alarms.get(name)
        if isinstance(kept, dict):
            rule = {field: kept.get(field) for field in fresh(name)}
            if all([type(number) is int for number in rule.values()]):
                found.append((name, rule))
    return found
