"""One client of /ws or /sse: its messages, its pings and its end."""
import asyncio
from json import loads

from ...net import websocket

_PONG = websocket.frame(websocket.TEXT, b'{"type":"PONG"}')
_PING = websocket.frame(websocket.PING, b"")


def encoded(message, topic, kind):
    """A Message of a topic: bytes of a whole WebSocket frame (kind "ws") or server-sent event ("sse").

    It is made for each client, and forgotten when it is sent: of the JSON of all of them, one copy stays.
    """
    if kind == "ws":
        return websocket.frame(websocket.TEXT, message.open, b"}")
    return b"event: HAN_%s_MESSAGE\nid: %d\ndata: %s}\n\n" % (topic.upper().encode(), message.number, message.open)


class Client:
    """One stream. Everything that is sent to it goes through its mailbox and its one writing task."""

    def __init__(self, kind, connection, mailbox, streams):
        self.kind = kind  # "ws" or "sse", also the form of a Message it takes
        self.connection = connection
        self.mailbox = mailbox
        self._quiet_ms = 0  # since the last ping
        self._missed = 0  # pings sent since the last sign of life
        self._parted = None  # an Event, set when the goodbye has been sent
        self._streams = streams
        self._writer = asyncio.create_task(self._write())

    def run(self):
        """A coroutine that listens to the client until the connection ends. OSError, EOFError: the client is gone."""
        return self._listen() if self.kind == "ws" else self._wait()

    def close(self):
        """Stop writing and leave the streams, as the connection ends. run() need not have begun."""
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
                    return  # the reading task has the rest of goodbye_ms
                await connection.send(data, self._streams.stall_ms)
                connection.left = data = None
        except (OSError, MemoryError):
            pass  # the client is gone, or there is no memory for it now: it may connect again
        except Exception as error:
            self._streams.app.log.crash("stream", error)
        connection.end()

    def tick(self, ms):
        """Note that so many ms have passed: send a ping when it is due, end a client that has not answered."""
        streams = self._streams
        self._quiet_ms += ms
        if self._quiet_ms < streams.ping_ms:
            return
        self._quiet_ms = 0
        if self.kind == "sse":
            self.mailbox.put("ping", b":\n")  # no empty line: it would end an event, and none has begun
        elif self._missed >= streams.max_missed:
            self.connection.end()
        else:
            self._missed += 1
            self.mailbox.put("ping", _PING)

    # These live as long as the connection, in its task.

    async def _wait(self):
        while await self.connection.reader.read(256):
            pass  # this client has nothing to say; wait for its end

    async def _listen(self):
        put = self.mailbox.put
        receiver = websocket.Receiver(self.connection.reader)
        while True:
            opcode, payload = await receiver.receive()
            self._missed = 0
            if opcode in (websocket.CLOSE, websocket.FAILED):
                # It waits for an Event, not for the writing task: MicroPython would cancel that task along with this.
                self._parted = asyncio.Event()
                put("goodbye", websocket.close(payload))
                await self._parted.wait()
                if opcode == websocket.FAILED:
                    # Closing with unread bytes would reset the connection, and the goodbye would be lost.
                    await self._wait()
                return
            if opcode == websocket.PING:
                put("pong", websocket.frame(websocket.PONG, payload))
            elif opcode == websocket.TEXT and _asks(payload):
                put("answer", _PONG)


def _asks(payload):
    """True for {"type": "PING"}; all other messages are ignored."""
    if b"PING" not in payload:
        return False
    try:
        message = loads(payload.decode())
    except (ValueError, RuntimeError):  # not JSON, or nested too deeply for this interpreter
        return False
    return isinstance(message, dict) and message.get("type") == "PING"
