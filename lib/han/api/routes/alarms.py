"""GET /alarms: the state of each alarm, and the hours in which each was on. Imported for a request."""
from microdot import Response

from ...alarms.hours import told
from ...core.clock import EPOCH
from ..http.connection import refusal
from ..messages.alarms import message, opened
from ...core.encode import text

# Characters of a piece of the message, about.
_PIECE = 450
# Rows of the ledger between two pieces, at most.
_TURN = 16


async def serve(app, request):
    """Answer with the states; with the hours, too, where the query names a time of them."""
    query = request.query_string
    if not query:
        return message(app)
    from .past.history import parse

    try:
        wanted = parse(query)
    except ValueError as error:
        return refusal(400, str(error))
    if wanted == (None, None, None):
        return message(app)
    try:
        from ...store.ledger.records import Ledger

        ledger = Ledger(app.history) if app.history else None
    except ValueError:
        ledger = None
    if not ledger:
        return refusal(503, "this reader keeps no hours of alarms: its history has no room", {"Retry-After": "60"})
    return Response(_pieces(app, ledger, *wanted), 200, {"Content-Type": "application/json"})


def _pieces(app, ledger, start, end, limit):
    """Yield the message in pieces, bytes: the states, then the hours, the newest first."""
    piece = opened(app) + ',"hours":['
    comma = ""
    turn = 0
    for t, bits in _hours(app, ledger):
        turn += 1
        if start is not None and t + EPOCH < start or limit == 0:
            break
        names = told(bits)
        if names and (end is None or t + EPOCH < end):
            piece += comma + '{"t":%d,"on":[%s]}' % (t + EPOCH, ",".join([text(name) for name in names]))
            comma = ","
            if limit:
                limit -= 1
        if len(piece) >= _PIECE or turn % _TURN == 0:
            yield (piece or " ").encode()  # other tasks have a turn while it is sent
            piece = ""
    yield (piece + "]}").encode()


def _hours(app, ledger):
    """Yield (start, bits of the alarms) of each hour, the newest first; s since 2020."""
    from ...store.ledger.records import HOURS

    unwritten = []  # the hour that runs, and the one before, as its row may wait for counters
    noted, utc = app.bus.latest.get("alarmhours"), app.clock.utc()
    if noted and utc is not None:
        hour = app.clock.zone.hour_start(utc)
        for t in hour, app.clock.zone.hour_start(hour - 1):
            unwritten.append((t, noted.bits(t)))
    for row in ledger.rows(HOURS):
        while unwritten and unwritten[0][0] >= row.t:
            t, bits = unwritten.pop(0)
            if t > row.t:
                yield t, bits
        yield row.t, row.alarms
    for t, bits in unwritten:
        yield t, bits
