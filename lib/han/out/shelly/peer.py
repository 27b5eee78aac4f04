"""A client with a WebSocket: its calls, and the notifications that it gets once it has said its name."""
import asyncio

from ...core.encode import text
from ...net import websocket
from . import em, frames, rpc

#: To a client whose numbers would be out of date: it should come again later (RFC 6455, 7.4.1, as registered).
_LATER = 1013


def notification(app, source):
    """The frame of NotifyStatus about the latest reading, bytes, for the client that calls itself `source`, as JSON.

    None where there is nothing to tell.
    """
    live = em.reading(app)
    if isinstance(live, tuple):
        return None
    now = app.clock.unix_ms(live.received)
    told = b""
    if live.counted == live.seq:
        told = b',"emdata:0":' + em.counters(app, live)
    return b'{"src":"%s","dst":%s,"method":"NotifyStatus","params":{"ts":%s,"em:0":%s%s}}' % (
        frames.called(app).encode(), source.encode(), em.point(now and now // 10, 2).encode(), em.status(app, {}),
        told,
    )  # fmt: skip


class Peer:
    """One WebSocket. Everything that is sent to it goes through its mailbox and its one writing task."""

    language = "shelly"
    #: A client that does not take one message in this time is closed, and one that has not said its name, ms.
    stall_ms = 30000
    #: A client that is told goodbye is closed after this time, ms.
    goodbye_ms = 1000

    def __init__(self, app, connection, hello, status):
        """Make a WebSocket of a connection. hello: the first bytes to send."""
        self.connection = connection
        self._app = app
        self._status = status
        self._source = None  # how the client calls itself, as JSON; None: it has not said so
        self._parted = asyncio.Event()  # set when the goodbye has been sent
        self._answered = asyncio.Event()  # set when an answer has been sent
        self._mailbox = app.bus.subscribe("meter")
        self._mailbox.put("hello", hello)
        app.streams.guests.append(connection)
        status.clients += 1
        self._writer = asyncio.create_task(self._write())
        connection.stream = self

    # Lives as long as the connection, in its task.
    async def run(self):
        """Answer the client's calls until the connection ends."""
        try:
            await self._listen()
        except (OSError, EOFError):
            pass  # the client is gone

    def close(self):
        """Stop writing and leave the streams, as the connection ends. run() need not have begun."""
        self._writer.cancel()
        self._mailbox.close()
        self._app.streams.guests.remove(self.connection)
        self._status.clients -= 1
        self._status.dropped += self._mailbox.dropped

    def later(self):
        """There are no numbers for now: end the connection of a client that gets some, so that it knows."""
        if self._source:
            self._source = None
            self._mailbox.put("goodbye", websocket.close(_LATER))

    # Lives as long as run(), or until the client takes nothing more.
    async def _write(self):
        connection = self.connection
        try:
            while True:
                topic, data = await self._mailbox.get()
                if topic == "meter":
                    data = self._source and notification(self._app, self._source)
                    if not data:
                        continue
                    data = websocket.frame(websocket.TEXT, data)
                    self._status.sent += 1
                await connection.send(data, self.goodbye_ms if topic == "goodbye" else self.stall_ms)
                if topic == "goodbye":
                    self._parted.set()
                    return  # the reading task has the rest of goodbye_ms
                if topic == "answer":
                    self._answered.set()
                connection.left = None if self._source else self.stall_ms
        except (OSError, MemoryError):
            pass  # the client is gone, or there is no memory for it now: it may connect again
        except Exception as error:
            self._app.log.crash("shelly", error)
        connection.end()

    async def _listen(self):
        put = self._mailbox.put
        receiver = websocket.Receiver(self.connection.reader)
        while True:
            opcode, payload = await receiver.receive()
            if opcode in (websocket.CLOSE, websocket.FAILED):
                put("goodbye", websocket.close(payload))
                await self._parted.wait()
                if opcode == websocket.FAILED:
                    # Closing with unread bytes would reset the connection, and the goodbye would be lost.
                    while await self.connection.reader.read(256):
                        pass
                return
            if opcode == websocket.PING:
                put("pong", websocket.frame(websocket.PONG, payload))
            elif opcode in (websocket.TEXT, websocket.BINARY):
                answer = self._answer(payload)
                if answer:
                    # One at a time: a client that asks faster than it listens has to wait.
                    self._answered.clear()
                    put("answer", websocket.frame(websocket.TEXT, answer))
                    await self._answered.wait()

    def _answer(self, payload):
        """The frame that answers a client's message, bytes; None for a message that asks nothing."""
        request = frames.parse(payload)
        if request is None or not frames.named(request):
            return None
        source = request.get("src")
        if isinstance(source, str):
            self._source = text(source)
        self._status.sent += 1
        found = rpc.call(self._app, request.get("method"), request.get("params"))
        return frames.framed(self._app, request, found)
