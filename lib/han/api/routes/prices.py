"""GET /prices. Imported when needed."""
from microdot import Response

from ...core.clock import EPOCH
from ...core.encode import decimal, text

_PRICES = '{"type":"HAN_PRICES_MESSAGE","price":%s,"currency":%s,"prices":['
# Characters of a piece of the message, about.
_PIECE = 450


async def serve(app, request):
    """Answer with the known prices."""
    return Response(prices(app.book, app.clock), 200, {"Content-Type": "application/json"})


def prices(book, clock):
    """Yield the message in pieces, bytes: the price of now, and the known slots from the start of today on.

    Where VAT or fees are set, the price of now and each slot's have a total as well.
    """
    now = clock.utc()
    price = book.price(now)
    tariff = book.tariff(clock.zone)
    piece = _PRICES % (decimal(price, 6), text(book.currency))
    comma = ""
    for start, each in slots(book, clock):
        piece += "%s[%d000,%s]" % (comma, start + EPOCH, decimal(each, 6))
        comma = ","
        if len(piece) > _PIECE:
            yield piece.encode()
            piece = ""
    if tariff:
        piece += '],"total":%s,"totals":[' % decimal(tariff.total(now, price), 6)
        comma = ""
        for start, each in slots(book, clock):
            piece += comma + decimal(tariff.total(start, each), 6)
            comma = ","
            if len(piece) > _PIECE:
                yield piece.encode()
                piece = ""
    yield (piece + "]}").encode()


def slots(book, clock):
    """Yield (start, price) of each known slot from the start of today on; units as in price/book.py."""
    now = clock.utc()
    days = book.valid() if book.spot and now is not None else ()
    today = clock.zone.day_start(now) if days else 0
    for start, step, numbers in days:
        for k in range(len(numbers)):
            if start + k * step >= today:
                yield start + k * step, numbers[k]
