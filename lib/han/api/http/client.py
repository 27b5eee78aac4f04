"""One client that listens at /ws or /sse."""
import asyncio
from json import loads

from . import websocket

_PONG = websocket.frame(websocket.TEXT, b'{"type":"PONG"}')
_PING = websocket.frame(websocket.PING, b"")


def encoded(message, topic, kind):
    """A Message of a topic as a whole WebSocket frame ("ws") or server-sent event ("sse").

    Made once for all that listen where each reading brings one; what seldom changes is not kept in three forms.
    """
    data = getattr(message, kind)
    if data is None:
        if kind == "ws":
            data = websocket.frame(websocket.TEXT, message.open + b"}")
        else:
            name = topic.upper().encode()
            data = b"event: HAN_%s_MESSAGE\nid: %d\ndata: %s}\n\n" % (name, message.number, message.open)
        if topic == "meter":
            setattr(message, kind, data)
    return data


class Client:
    """One stream. All that it is sent goes through its mailbox and its one writing task."""

    def __init__(self, kind, connection, mailbox, streams):
        self.kind = kind  # "ws" or "sse", also the form of a Message it takes
        self.connection = connection
        self.mailbox = mailbox
        self._quiet_ms = 0  # since the last ping
        self._missed = 0  # pings without a sign of life since
        self._parted = None  # an event: goodbye has been said
        self._streams = streams
        self._writer = asyncio.create_task(self._write())

    # Lives as long as the connection, in its task.
    async def run(self):
        """Listen to the client until the connection ends."""
        try:
            if self.kind == "ws":
                await self._listen()
            else:
                await self._wait()
        except (OSError, EOFError):
            pass  # the client is gone

    def close(self):
        """The connection ends, whether run() has begun or not."""
        self._writer.cancel()
        self._streams.leave(self)

    # Lives as long as run(), or until the client takes nothing more.
    async def _write(self):
        connection = self.connection
        try:
            while True:
                topic, data = await self.mailbox.get()
                if not isinstance(data, bytes):
                    data = encoded(self._streams.app.messages.stream(topic), topic, self.kind)
                if topic == "goodbye":
                    await connection.send(data, self._streams.goodbye_ms)
                    self._parted.set()
                    return  # what is left of that time is the reading task's
                await connection.send(data, self._streams.stall_ms)
                connection.left = None
        except (OSError, MemoryError):
            pass  # it is gone, or the reader has no room for it now: it may come again
        except Exception as error:
            self._streams.app.log.crash("stream", error)
        connection.end()

    def tick(self, ms):
        """Time has passed: ping, and give up on who has not answered."""
        streams = self._streams
        self._quiet_ms += ms
        if self._quiet_ms < streams.ping_ms:
            return
        self._quiet_ms = 0
        if self.kind == "sse":
            self.mailbox.put("ping", b":\n")  # an empty line would end an event, which there is none of
        elif self._missed >= streams.max_missed:
            self.connection.end()
        else:
            self._missed += 1
            self.mailbox.put("ping", _PING)

    async def _wait(self):
        while await self.connection.reader.read(256):
            pass  # an event stream has nothing to say; its end is what is waited for

    async def _listen(self):
        put = self.mailbox.put
        receiver = websocket.Receiver(self.connection.reader)
        while True:
            opcode, payload = await receiver.receive()
            self._missed = 0
            if opcode in (websocket.CLOSE, websocket.FAILED):
                # Not for the writing task itself: MicroPython would pass on to that one what it ends this one with.
                self._parted = asyncio.Event()
                put("goodbye", websocket.close(payload))
                await self._parted.wait()
                if opcode == websocket.FAILED:
                    # Closing with something unread would reset the connection, goodbye and all.
                    await self._wait()
                return
            if opcode == websocket.PING:
                put("pong", websocket.frame(websocket.PONG, payload))
            elif opcode == websocket.TEXT and _asks(payload):
                put("answer", _PONG)


def _asks(payload):
    """True for {"type": "PING"}; other messages are for nobody here."""
    if b"PING" not in payload:
        return False
    try:
        message = loads(payload.decode())
    except (ValueError, RuntimeError):  # not JSON, or nested too deeply for this interpreter
        return False
    return isinstance(message, dict) and message.get("type") == "PING"
