"""GET /meter/registers: every register of the next whole telegram. Imported for a request.

The meter task leaves a copy of what the telegram says, and has nothing else to do with it. The registers are made here,
a few at a time, while they are sent.
"""
import asyncio

from microdot import Response

from ...core.clock import EPOCH
from ...core.zone import UTC
from ...meter.registers import Copy
from ..http.connection import refusal, unread
from ..messages.registers import pieces

# Waited are two of the meter's periods, or two of these while its period is not known; but never longer, ms.
_USUAL_MS = 10000
_MOST_MS = 120000
# Requests that wait at the same time.
_MOST = 2
# Time for the answer once the telegram is there, ms.
_ANSWER_MS = 4000


class Next:
    """Takes a copy of the next whole telegram of a link's decoder, for all that wait for it."""

    def __init__(self, link):
        self.copy = None
        self.came = 0  # the board's tick at its last byte
        self.waiting = 0
        self._link = link
        self._event = asyncio.Event()
        link.decoder.tap = self

    def take(self, inside, decoder):
        """The meter task: a telegram is here."""
        try:
            self.copy = Copy(inside, decoder)
        except MemoryError:
            pass
        self.came = self._link.last_byte
        decoder.tap = None
        self._event.set()

    async def wait(self, ms):
        """False where no telegram came in time."""
        self.waiting += 1
        try:
            await asyncio.wait_for(self._event.wait(), ms / 1000)
            return True
        except asyncio.TimeoutError:
            return False
        finally:
            self.waiting -= 1
            if not self.waiting and self._link.decoder.tap is self:
                self._link.decoder.tap = None


async def serve(app, request):
    """Answer with the registers; 503 where no telegram comes within two periods, with the reason as of /meter."""
    if request.method == "HEAD":
        return Response(b"", 200, {"Content-Type": "application/json"})
    link = app.link
    if link.reason:
        return unread(app)  # the line is left alone: no telegram will come
    wait = 2 * (link.live.period_ms or _USUAL_MS)
    if wait > _MOST_MS:
        wait = _MOST_MS
        due = link.live.period_ms - app.silence.age()
        if due > wait:
            return refusal(
                503, "the next telegram is due in %d s" % (due // 1000), {"Retry-After": str((due - wait // 2) // 1000)}
            )
    tap = link.decoder.tap or Next(link)
    if tap.waiting >= _MOST:
        return refusal(503, "too many connections", {"Retry-After": "5"})
    request.sock.left = wait + _ANSWER_MS
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
