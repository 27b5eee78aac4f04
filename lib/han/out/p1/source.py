"""The telegrams that P1's clients get: the meter's own where it speaks P1, else virtual ones."""
import asyncio

from ...core.bus import Mailbox

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_WAITING = const("listening")
_OWN = const("listening: the meter's telegrams")
_DECRYPTED = const("listening: the meter's telegrams, decrypted")
_VIRTUAL = const("listening: virtual telegrams")
_NONE = const("listening: the meter has no P1, and virtual telegrams are off")
_CHUNK = const(64)  # bytes: clients have nothing to say


class Source(Mailbox):
    """The newest telegram, for all that send it. Whoever is slow misses telegrams.

    It is a mailbox that is looked into while the meter's task delivers: that is when a telegram can be copied.
    """

    #: A client must take a telegram within this time, ms. Until then it misses the others. The reading is still fresh
    #: then.
    stall_ms = 30000

    def start(self, app, status, server):
        """Begin to take telegrams. server: the Server whose state is told."""
        self._app = app
        self._status = status
        self._server = server
        self._fault = None  # see lacks()
        self._encrypted = app.link.decoder.layers.encrypted
        self._state = _WAITING  # what the newest telegram is
        self._count = 0  # telegrams so far
        self._wanted = 0  # how many want them; nobody: nothing is copied
        self._left = 0  # how many of them have not taken the newest one yet
        self._data = None  # the newest telegram, until all have it: a copy, or once `_whole` all that is sent
        self._whole = False
        self._maker = None

    # In the meter's task, which must not wait or fail here.
    def put(self, topic, live):
        """A telegram has become a reading, and still is in the decoder's buffer."""
        try:
            self._take(self._app.link.decoder)
        except MemoryError:
            self._status.dropped += 1

    def _take(self, decoder):
        layers = decoder.layers
        self._data = None
        self._whole = False
        if decoder.reading.whole() > 0:
            state = _OWN if layers.encrypted == self._encrypted else _DECRYPTED
        else:
            state = _VIRTUAL if self._status.settings["virtual"] else _NONE
        self._encrypted = layers.encrypted
        if state != self._state:
            self._state = state
            self._tell()
        if not self._wanted or state == _NONE:
            return
        if state != _VIRTUAL:
            self._data = copied(layers)
        self._count += 1
        self._left = self._wanted
        self._event.set()
        self._event.clear()

    def _tell(self):
        state = self._state
        error = self._fault or (state[len(_WAITING) + 2 :] if state == _NONE else None)
        self._server.listening = state, "degraded" if error else "ok", error
        if self._status.state.startswith(_WAITING):
            self._status.tell(*self._server.listening)

    def lacks(self, reason):
        """Nothing goes out of a pin, for a reason in words."""
        self._fault = reason
        self._tell()

    # Lives as long as one client. What it says is ignored.
    async def talk(self, client):
        """Send each telegram to a Client."""
        client.left = None
        writer = asyncio.create_task(self._write(client))
        try:
            while await client.read(_CHUNK):
                await asyncio.sleep(0.1)  # who sends much is not read fast
        finally:
            writer.cancel()

    # Lives as long as its client's talk(), or until the client takes nothing more.
    async def _write(self, client):
        async def send(data):
            await client.send(data, self.stall_ms)
            self._status.sent += 1

        try:
            await self.follow(send)
        except (OSError, MemoryError):
            pass  # the client is gone, or there is no memory for it now: it may connect again
        except Exception as error:
            self._app.log.crash("p1", error)
        client.end()

    # Lives until it is cancelled, or send() raises.
    async def follow(self, send):
        """Await send(data) with each telegram from now on, bytes; while that takes long, others are missed."""
        status = self._status
        seen = self._count
        self._wanted += 1
        try:
            while True:
                while self._count == seen:
                    await self._event.wait()
                status.dropped += self._count - seen - 1
                seen = self._count
                try:
                    data = self._telegram()
                except MemoryError:
                    data = None
                self._left -= 1
                if self._left <= 0:
                    self._data = None
                if data:
                    await send(data)
                    data = None  # its memory is free until the next
                else:
                    status.dropped += 1
        finally:
            self._wanted -= 1

    def _telegram(self):
        """The newest telegram, bytes; None where it is too old, or there was no memory. It is made once for all."""
        app = self._app
        live = app.messages.fresh()
        if live is None:
            return None
        if self._whole:
            return self._data
        if self._state == _VIRTUAL:
            if not self._maker:
                from .telegram import Maker

                self._maker = Maker()
            self._data = self._maker.make(live, app.messages.energies(live), app.clock)
        else:
            self._data = self._data and complete(self._data, self._state == _DECRYPTED)
        self._whole = True
        return self._data


def copied(layers):
    """A copy of the P1 text in a Layers. Where only the lines were ciphered, their ident line is put in front."""
    view = memoryview(layers.buf)
    start, end, front = layers.place()
    text = bytes(view[start:end])
    if front == start:
        return text
    ident = bytes(view[front : layers.buf.find(b"\n", front)]).rstrip()
    return ident + b"\r\n\r\n" + text.rstrip(b"\r\n")


def complete(text, ciphered):
    """What was cut off a telegram: the end of its last line. A ciphered one without a checksum gets one."""
    if ciphered and b"!" not in text[:-1]:
        from .telegram import crc

        text = (text + b"\r\n!") if text[-1:] != b"!" else text
        text += b"%04X" % crc(text)
    return text + (b"\r\n" if b"\r\n" in text or b"\n" not in text else b"\n")
