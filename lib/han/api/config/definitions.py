"""GET /definitions: what the configuration's fields may be, for pages that offer it. Imported when needed."""
from json import dumps

from microdot import Response

from ...core.zonefile import names
from ...meter.line.told import LINES, describe
from .fields import choices

_PIECE = 400
_LISTS = (
    "currencies pc priceAreas pa networkPolicies np updatePolicies up addressModes e.n.m timestamps m.ts meters m.t"
    " networks m.n currentSigns m.is"
)


async def serve(app, request):
    """Answer with all of them."""
    return Response(_definitions(), 200, {"Content-Type": "application/json"})


def _definitions():
    """The JSON in pieces; no more of the zones' names than a piece in memory."""
    piece = '{"type":"HAN_DEFINITIONS"'
    words = _LISTS.split(" ")
    for i in range(0, len(words), 2):
        piece += ',"%s":%s' % (words[i], dumps(choices(words[i + 1])))
    yield piece.encode()
    piece = ',"fuse":[%s],"wifiChannels":[%s]' % (",".join(choices("m.f")), ",".join(choices("w.z")))
    piece += ',"wifiSecurity":[{"w":0,"name":"open"}'
    for number, name in enumerate(("WPA", "WPA2", "WPA3")):
        piece += ',{"w":%d,"name":"%s"}' % (number + 1, name)
    yield (piece + "]").encode()
    piece = ',"lines":[{"o":0,"name":"auto"}'
    for index, line in enumerate(LINES):
        piece += ',{"o":%d,"name":"%s"}' % (index + 1, describe(line))
    yield (piece + '],"timezones":').encode()
    piece = "["
    for name in names():
        piece += '"%s",' % name
        if len(piece) > _PIECE:
            yield piece[:-1].encode()
            piece = ","
    yield (piece[:-1] + "]}").encode()
