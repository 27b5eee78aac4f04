"""The newest telegram as text: a meter that speaks P1 is waited for, for all others it is made of the reading."""
import asyncio

from ...core.bus import Mailbox
from ...meter.reading import P1_IDENT
from ..p1.source import complete, copied
from .device import plain

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Two of the meter's periods are waited, or two of these while its period is not known; never longer than the last, ms.
_USUAL = const(10000)
_MOST = const(120000)
_ANSWER = const(4000)


class _Next(Mailbox):
    """Copies the next telegram while the meter's task delivers its reading: then it still is in the decoder."""

    text = None
    ciphered = False

    def watch(self, decoder):
        self._decoder = decoder
        self._encrypted = decoder.layers.encrypted

    # In the meter's task, which must not wait or fail here.
    def put(self, topic, live):
        layers = self._decoder.layers
        if self.text is None and self._decoder.reading.whole() > 0:
            self.ciphered = layers.encrypted != self._encrypted
            try:
                self.text = copied(layers)
            except MemoryError:
                pass
        self._encrypted = layers.encrypted
        Mailbox.put(self, topic, live)


async def response(app, connection):
    """The Response with the newest telegram; a 503 where the meter is silent."""
    live = app.messages.fresh()
    text = None
    if live:
        text = await _following(app, live, connection) if live.text(P1_IDENT) else _made(app, live)
    if not text:
        return plain(b"telegram:no-telegram-received", 503)
    return plain(text, 200)


def _made(app, live):
    from ..p1.telegram import Maker

    return Maker().make(live, app.messages.energies(live), app.clock)


async def _following(app, live, connection):
    patience = min(_MOST, 2 * (live.period_ms or _USUAL))
    connection.left = patience + _ANSWER
    box = app.bus.subscribe("meter", kind=_Next)
    try:
        box.watch(app.link.decoder)
        await asyncio.wait_for(box.get(), patience / 1000)
    except asyncio.TimeoutError:
        return None
    finally:
        box.close()
    return box.text and complete(box.text, box.ciphered)
