"""What Grafana's own model of dashboards and alert rules does not know: a line for each.

python grafana.py DASHBOARD.json ALERTS.yaml.json, in the environment of requirements-fleet.txt. The alert rules come as
JSON. A member that the model does not have is lost when it is read and written again; enumerations and types of members
are compared with the model's annotations.
"""

import enum
import json
import sys
import typing

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.models import alerting, dashboard


def plain(value):
    """What a model has become, as JSON."""
    return json.loads(json.dumps(value, default=lambda one: one.to_json()))


def lost(given, kept, path):
    """Yield the paths of `given` that `kept` has not, or has with another value."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for key in given:
            if key in kept:
                yield from lost(given[key], kept[key], "%s.%s" % (path, key))
            elif given[key] not in ([], {}, None, False, ""):
                yield "%s.%s: not in the model" % (path, key)
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for number, pair in enumerate(zip(given, kept)):
            yield from lost(*pair, "%s[%d]" % (path, number))
    elif given != kept:
        yield "%s: %r becomes %r" % (path, given, kept)


def typed(model, path):
    """Yield the paths of a model whose values are not of the annotated kind: enumerations, literals and plain types."""
    hints = typing.get_type_hints(type(model), vars(sys.modules[type(model).__module__]))
    for name, hint in hints.items():
        value = getattr(model, name, None)
        if value is not None and not fits(value, hint):
            yield "%s.%s: %r is no %s" % (path, name, value, hint)
        for number, one in enumerate(value if isinstance(value, list) else [value]):
            if type(one).__module__.startswith("grafana_foundation_sdk.models") and not isinstance(one, enum.Enum):
                yield from typed(one, "%s.%s[%d]" % (path, name, number))


def fits(value, hint):
    """True unless a value contradicts an annotation that is understood here."""
    kind = typing.get_origin(hint)
    if kind is typing.Union:
        return any(fits(value, one) for one in typing.get_args(hint))
    if kind is typing.Literal:
        return value in typing.get_args(hint)
    if kind is list:
        return isinstance(value, list) and all(fits(one, typing.get_args(hint)[0]) for one in value)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return value in [one.value for one in hint]
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint in (str, int, bool, type(None)):
        return type(value) is hint
    return True


def main(board, alerts):
    plugins.register_default_plugins()
    with open(board) as file:
        given = json.load(file)
    model = dashboard.Dashboard.from_json(given)
    found = [*lost(given, plain(model), "dashboard"), *typed(model, "dashboard")]
    with open(alerts) as file:
        groups = json.load(file)["groups"]
    for rule in groups[0]["rules"]:
        # In a file of rules a group has the folder and the organisation.
        given = dict(rule, folderUID="fleet", orgID=1, ruleGroup=groups[0]["name"])
        model = alerting.Rule.from_json(given)
        found += [*lost(given, plain(model), rule["uid"]), *typed(model, rule["uid"])]
    print("\n".join(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
