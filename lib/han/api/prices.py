"""GET /prices. Imported when needed."""
from microdot.microdot import Response

from ..core.clock import EPOCH
from .encode import decimal, text

_PRICES = '{"type":"HAN_PRICES_MESSAGE","price":%s,"currency":%s,"prices":['
# Characters of a message that is made in pieces, about.
_PIECE = 450


async def serve(app, request):
    """Answer with the prices that are known."""
    return Response(prices(app.book, app.clock.utc()), 200, {"Content-Type": "application/json"})


def prices(book, utc):
    """The message in pieces, bytes: the price now, and the known slots from the start of today."""
    piece = _PRICES % (decimal(book.price(utc), 6), text(book.currency))
    comma = ""
    for start, price in book.slots():
        piece += "%s[%d000,%s]" % (comma, start + EPOCH, decimal(price, 6))
        comma = ","
        if len(piece) > _PIECE:
            yield piece.encode()
            piece = ""
    yield (piece + "]}").encode()
