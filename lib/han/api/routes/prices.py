"""GET /prices. Imported when needed."""
from microdot import Response

from ...core.clock import EPOCH
from ..messages.encode import decimal, text

_PRICES = '{"type":"HAN_PRICES_MESSAGE","price":%s,"currency":%s,"prices":['
# Characters of a message that is made in pieces, about.
_PIECE = 450


async def serve(app, request):
    """Answer with the prices that are known."""
    return Response(prices(app.book, app.clock), 200, {"Content-Type": "application/json"})


def slots(book, clock):
    """Iterate over (start, price) from the start of today (local) to the last known slot; see price/book.py."""
    days = book.valid()
    now = clock.utc()
    if days and now is not None and book.spot:
        today = clock.zone.day_start(now)
        for start, step, numbers in days:
            for k in range(len(numbers)):
                if start + k * step >= today:
                    yield start + k * step, numbers[k]


def prices(book, clock):
    """The message in pieces, bytes: the price now, and the known slots from the start of today."""
    piece = _PRICES % (decimal(book.price(clock.utc()), 6), text(book.currency))
    comma = ""
    for start, price in slots(book, clock):
        piece += "%s[%d000,%s]" % (comma, start + EPOCH, decimal(price, 6))
        comma = ","
        if len(piece) > _PIECE:
            yield piece.encode()
            piece = ""
    yield (piece + "]}").encode()
