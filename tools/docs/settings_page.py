"""Makes docs/settings.md from the reader's own tables.

The settings and their order are those of `han.api.config.fields`. The allowed values are from the error message of
`PUT /configuration` for a wrong value. The first value is from the answer of a new reader to `GET /configuration`.
Meaning and unit are from docs/openapi.yaml.
"""

import json
import sys
import types

from staging import stage
from tools.docs import openapi

# First on the path, because amshan, a decoder that tests compare with, also has a package called `han`.
sys.path[:0] = [str(stage.ROOT / "lib")]

from han.api.config import settings  # noqa: E402  needs the path above
from han.api.config.fields import FIELDS  # noqa: E402
from han.api.messages import configuration  # noqa: E402
from han.alarms import rules as alarms  # noqa: E402
from han.store.config import defaults  # noqa: E402

_CHAPTERS = (
    ("", "The reader", "Time, prices, updates, and who may change what."),
    ("m.", "The meter", "Its port, its keys, and what its numbers mean."),
    ("e.", "The cable", "For boards with Ethernet."),
    ("w.", "WiFi", ""),
    ("alarms.", "Alarms", """No alarm is set at first. One that is set begins with the values of the last column.
`{"alarms":{"power":null}}` switches one off. [alarms.md](alarms.md) says when each goes on and off."""),
    ("out.", "Connections", """Other systems read the meter in languages that they know.
[integrations](integrations/index.md) says which client needs what."""),
)
_SECRETS = ("key", "password", "passphrase", "secret")
_HEAD = """# All settings

The reader's page sets all of these (*Settings*). Programs read them from `/configuration` and change them there, any
part at a time:

    curl http://127.0.0.1:8080/configuration
    curl -X PUT http://127.0.0.1:8080/configuration -d '{"m":{"f":35},"t":"Europe/Helsinki"}'

A dot in a name stands for an object inside an object: `m.f` is `{"m":{"f":…}}`. One wrong value refuses the whole
request, which then changes nothing, and the answer names it. Names that the reader does not know are ignored.

**All settings are applied at once; none needs a restart.** A *secret* is never told: `""` keeps the one that is
stored, `null` deletes it. Where an access password (`pw`) is set, changes need a token.

This page is made by `make reference` from the firmware's own table.

"""


def rules():
    """[(path, kind)] of all settings, in the firmware's order."""
    return [tuple(line.split(" ")[:2]) for line in FIELDS.split("\n")]


def text():
    """The page as Markdown text."""
    fresh = defaults()
    begun = {name: alarms.fresh(name) for name in alarms.names()}
    fresh["alarms"] = {name: dict.fromkeys(rule, 0) for name, rule in begun.items()}
    reader = types.SimpleNamespace(
        config=types.SimpleNamespace(values=fresh), updates=types.SimpleNamespace(running="1.0.0.0"))
    told = json.loads(configuration.message(reader))
    told["alarms"] = begun
    described = openapi.document()["components"]["schemas"]["Settings"]
    names = tuple(chapter[0] for chapter in _CHAPTERS if chapter[0])
    lines = [_HEAD]
    for prefix, title, words in _CHAPTERS:
        lines.append("## %s\n\n" % title + (words + "\n\n" if words else ""))
        lines.append("| setting | meaning | may be | unit | at first |\n|---|---|---|---|---|\n")
        for path, kind in rules():
            if path.startswith(prefix) if prefix else not path.startswith(names):
                field = _found(described, path)
                may_be = _wanted(path, fresh)
                first = "none, secret" if kind in _SECRETS else _shown(_value(told, path))
                cells = "`%s`" % path, field["description"], may_be, field.get("x-unit", ""), first
                lines.append("| %s |\n" % " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells))
        lines.append("\n")
    return "".join(lines).rstrip("\n") + "\n"


def _found(described, path):
    """The description of a setting in docs/openapi.yaml."""
    for name in path.split("."):
        described = described["properties"][name]
    return described


def _value(values, path):
    for name in path.split("."):
        values = values[name]
    return values


def _wanted(path, values):
    """The allowed values of a setting, in the words of the reader's refusal."""
    given = object()
    for name in reversed(path.split(".")):
        given = {name: given}
    try:
        settings.changed(given, values)
    except ValueError as error:
        said, _, words = str(error).partition(" must be ")
        assert said == path, said
        return words.partition(";")[0]
    raise AssertionError(path + " may be anything")


def _shown(value):
    return "to be given" if value is None else "none" if value in ("", []) else "`%s`" % json.dumps(value).strip('"')
