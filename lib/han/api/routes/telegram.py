"""Waits for the next whole telegram, for requests that are answered from it. Imported for those.

The meter task leaves a copy of what the telegram says, and has nothing else to do with it.
"""
import asyncio

from ...meter.registers import Copy

# Waited are two of the meter's periods, or two of these while its period is not known; but never longer, ms.
_USUAL_MS = 10000
MOST_MS = 120000
#: Requests that wait at the same time.
MOST = 2
#: Time for an answer once the telegram is there, ms.
ANSWER_MS = 4000


def patience(link):
    """How long to wait, ms."""
    return min(MOST_MS, 2 * (link.live.period_ms or _USUAL_MS))


class Next:
    """Takes a copy of the next whole telegram of a link's decoder, for all that wait for it; see following()."""

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


def following(link):
    """The Next of a link; None where too many wait for it already."""
    tap = link.decoder.tap or Next(link)
    return tap if tap.waiting < MOST else None
