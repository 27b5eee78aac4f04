"""GET /meter/registers: every register of the next whole telegram. Imported for a request.

The registers are made here, from a copy of the telegram, a few at a time, while they are sent.
"""
from microdot import Response

from ...core.clock import EPOCH
from ...core.zone import UTC
from ..http.connection import refusal, unread
from ..messages.registers import pieces
from .telegram import ANSWER_MS, MOST_MS, following, patience


async def serve(app, request):
    """Answer with the registers; 503 where no telegram comes within two periods, with the reason as of /meter."""
    if request.method == "HEAD":
        return Response(b"", 200, {"Content-Type": "application/json"})
    link = app.link
    if link.reason:
        return unread(app)  # the line is left alone: no telegram will come
    wait = patience(link)
    if wait == MOST_MS:
        due = link.live.period_ms - app.silence.age()
        if due > wait:
            return refusal(
                503, "the next telegram is due in %d s" % (due // 1000), {"Retry-After": str((due - wait // 2) // 1000)}
            )
    tap = following(link)
    if not tap:
        return refusal(503, "too many connections", {"Retry-After": "5"})
    request.sock.left = wait + ANSWER_MS
    if not await tap.wait(wait):
        return unread(app)
    if not tap.copy:
        return refusal(503, "not enough memory right now", {"Retry-After": "10"})
    body = _encoded(pieces(tap.copy, app.clock.unix_ms(tap.came), _placed(app.clock.zone)))
    return Response(body, 200, {"Content-Type": "application/json"})


def _encoded(parts):
    for part in parts:
        yield part.encode()


def _placed(zone):
    """A function from a register to its time stamp, ms since 1970; None where that cannot be told."""

    def place(register):
        utc = register.utc
        if utc is None and register.local:
            local, deviation, summer = register.local
            # As of /meter, the zone outranks the meter's own deviation: some send 0 with local time.
            if zone.name != UTC:
                utc = zone.utc(local, summer)
            elif deviation is not None:
                utc = local + 60 * deviation
        return None if utc is None else (utc + EPOCH) * 1000

    return place
