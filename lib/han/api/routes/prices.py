"""GET /prices. Imported when needed."""
from microdot import Response

from ...core.clock import EPOCH
from ..messages.encode import decimal, text

_PRICES = '{"type":"HAN_PRICES_MESSAGE","price":%s,"currency":%s,"prices":['
# Characters of a piece of the message, about.
_PIECE = 450


async def serve(app, request):
    """Answer with the known prices."""
    return Response(prices(app.book, app.clock), 200, {"Content-Type": "application/json"})


def slots(book, clock):
    """Yield (start, price) of each known slot from the start of the local day on; units as in price/book.py."""
    days = book.valid()
    now = clock.utc()
    if days and now is not None and book.spot:
        today = clock.zone.day_start(now)
        for start, step, numbers in days:
            for k in range(len(numbers)):
                if start + k * step >= today:
                    yield start + k * step, numbers[k]


def prices(book, clock):
    """Yield the message in pieces, bytes: the price of now, and the known slots from the start of today on."""
    piece = _PRICES % (decimal(book.price(clock.utc()), 6), text(book.currency))
    comma = ""
    for start, price in slots(book, clock):
        piece += "%s[%d000,%s]" % (comma, start + EPOCH, decimal(price, 6))
        comma = ","
        if len(piece) > _PIECE:
            yield piece.encode()
            piece = ""
    yield (piece + "]}").encode()
