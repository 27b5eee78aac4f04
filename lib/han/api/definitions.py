"""GET /definitions: what the configuration's fields may be, for pages that offer it. Imported when needed."""
from json import dumps

from ..core.zonefile import names
from ..meter.profiles import MAKERS
from ..meter.search import LINES, describe
from . import choices

_PIECE = 400


def definitions():
    """The JSON in pieces; no more of the zones' names than a piece in memory."""
    yield (
        '{"type":"HAN_DEFINITIONS","currencies":%s,"priceAreas":%s'
        % (dumps(choices.CURRENCIES), dumps(choices.AREAS))
    ).encode()
    yield (
        ',"networkPolicies":%s,"updatePolicies":%s,"addressModes":%s,"timestamps":%s,"meters":%s'
        % tuple(
            dumps(names)
            for names in (
                choices.NETWORK,
                choices.UPDATES,
                choices.ADDRESSES,
                choices.STAMPS,
                ("auto",) + tuple(name for name, _ in MAKERS),
            )
        )
    ).encode()
    yield (
        ',"fuse":%s,"wifiChannels":%s,"wifiSecurity":%s'
        % (
            dumps(choices.FUSE),
            dumps(choices.CHANNELS),
            dumps([{"w": number, "name": name} for number, name in enumerate(choices.SECURITY)]),
        )
    ).encode()
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
