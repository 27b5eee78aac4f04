"""GET /definitions: the values that the configuration's fields may have, for pages with forms. Imported when needed."""
from json import dumps

from microdot import Response

from ...core.zonefile import names
from ...meter.line.told import describe, selectable
from ...tariff.presets import PRESETS, preset
from .cap import fields
from .fields import FIELDS, choices

# Bytes of a piece of the time zones, about.
_PIECE = 400
# Names of lists, each followed by the path of the field that it is for.
_LISTS = (
    "currencies pc priceAreas pa networkPolicies np updatePolicies up addressModes e.n.m timestamps m.ts meters m.t"
    " networks m.n currentSigns m.is"
)


async def serve(app, request):
    """Answer with all definitions."""
    return Response(_definitions(), 200, {"Content-Type": "application/json"})


def _definitions():
    """Yield the JSON in pieces, bytes. Only one piece of the time zones' names is in memory."""
    piece = '{"type":"HAN_DEFINITIONS"'
    words = _LISTS.split(" ")
    for i in range(0, len(words), 2):
        piece += ',"%s":%s' % (words[i], dumps(choices(words[i + 1])))
    yield piece.encode()
    for name, country, currency, day, source, _ in PRESETS:
        rule = dict(preset(name))
        piece = ',' if name != PRESETS[0][0] else ',"caps":['
        piece += '{"name":"%s","country":"%s","date":"%s","source":"%s",%s}' % (
            name, country, day, source, ",".join(fields(rule)),
        )  # fmt: skip
        yield piece.encode()
    piece = '],"fuse":[%s],"wifiChannels":[%s]' % (",".join(choices("m.f")), ",".join(choices("w.z")))
    piece += ',"wifiSecurity":[{"w":0,"name":"open"}'
    for number, name in enumerate(("WPA", "WPA2", "WPA3")):
        piece += ',{"w":%d,"name":"%s"}' % (number + 1, name)
    yield (piece + "]").encode()
    piece = ',"lines":[{"o":0,"name":"auto"}'
    for index, line in enumerate(selectable()):
        piece += ',{"o":%d,"name":"%s"}' % (index + 1, describe(line))
    yield (piece + '],"alarms":' + _alarms() + ',"timezones":').encode()
    piece = "["
    for name in names():
        piece += '"%s",' % name
        if len(piece) > _PIECE:
            yield piece[:-1].encode()
            piece = ","
    yield (piece[:-1] + "]}").encode()


def _alarms():
    """The fields of each alarm with their bounds, as JSON."""
    bounds = {}
    for line in FIELDS.split("\n"):
        path, _, *limits = line.split(" ")
        if path[:7] == "alarms.":
            name, field = path[7:].split(".")
            bounds.setdefault(name, {})[field] = [int(number) for number in limits[-2:]]
    return dumps(bounds)
