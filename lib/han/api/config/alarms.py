"""Alarms in PUT /configuration. Imported when one is in it."""
from ...alarms.rules import fresh, names


def begun(given, values):
    """Begin the alarms of a request in the values, and delete those that are null. Returns those that are left.

    settings.py then takes their fields. ValueError for a name that is no alarm: its owner would wait for it in vain.
    """
    left = {}
    for name, rule in given.items():
        if name not in names():
            raise ValueError("alarms.%s must be one of %s" % (name[:16], ", ".join(names())))
        if rule is None:
            values.pop(name, None)
            continue
        kept = values.get(name)
        values[name] = fresh(name)
        if isinstance(kept, dict):
            values[name].update(kept)
        left[name] = rule
        if isinstance(rule, dict):
            # What the owner must give is refused as null while it has neither come before nor comes now.
            left[name] = {field: None for field, value in values[name].items() if value is None}
            left[name].update(rule)
    return left
