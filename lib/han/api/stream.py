"""/ws and /sse: every change to everybody who listens, nobody waiting for anybody."""
import asyncio
from json import loads

from . import websocket

_TOPICS = ("state", "meter", "configuration", "ota")  # in the order a new client gets them
_PONG = websocket.frame(websocket.TEXT, b'{"type":"PONG"}')
_PING = websocket.frame(websocket.PING, b"")
_SSE_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    b"Connection: close\r\n\r\nretry: 3000\n\n"
)
_WS_HEAD = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: %s\r\n\r\n"
)


class Client:
    """One stream. All that it is sent goes through its mailbox and its one writing task."""

    #: A client that does not take one message in this time is closed, ms.
    stall_ms = 30000
    #: One that is told goodbye is closed after this time, ms.
    goodbye_ms = 1000

    def __init__(self, kind, connection, mailbox, streams):
        self.kind = kind  # "ws" or "sse", also the form of a Message it takes
        self.connection = connection
        self.mailbox = mailbox
        self.quiet_ms = 0  # since the last ping
        self.missed = 0  # pings without a sign of life since
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
        finally:
            self._writer.cancel()
            self._streams.leave(self)

    # Lives as long as run(), or until the client takes nothing more.
    async def _write(self):
        connection = self.connection
        try:
            while True:
                topic, data = await self.mailbox.get()
                if not isinstance(data, bytes):
                    message = self._streams.messages.stream(topic)
                    data = message.ws if self.kind == "ws" else message.sse
                if topic == "goodbye":
                    await connection.send(data, self.goodbye_ms)
                    return  # what is left of that time is the reading task's
                await connection.send(data, self.stall_ms)
                connection.left = None
        except OSError:
            pass
        except Exception as error:
            self._streams.log.crash("stream", error)
        connection.end()

    async def _wait(self):
        while await self.connection.reader.read(256):
            pass  # an event stream has nothing to say; its end is what is waited for

    async def _listen(self):
        put = self.mailbox.put
        receiver = websocket.Receiver(self.connection.reader)
        while True:
            opcode, payload = await receiver.receive()
            self.missed = 0
            if opcode in (websocket.CLOSE, websocket.FAILED):
                put("goodbye", websocket.close(payload))
                await self._writer
                if opcode == websocket.FAILED:
                    # Closing with something unread would reset the connection, goodbye and all.
                    await self._wait()
                return
            if opcode == websocket.PING:
                put("pong", websocket.frame(websocket.PONG, payload))
            elif opcode == websocket.TEXT and _asks(payload):
                put("answer", _PONG)


class Streams:
    """All clients that listen."""

    #: Ping of a WebSocket and comment of an event stream, ms.
    ping_ms = 15000
    #: Pings that may go without an answer.
    max_missed = 2

    def __init__(self, messages, bus, log, limits):
        self.clients = []
        self.messages = messages
        self.log = log
        #: No more of them, as there is no memory.
        self.low = False
        self._bus = bus
        self._limit = {"ws": limits[0], "sse": limits[1]}
        self._together = limits[2]
        self._dropped = 0  # by clients that are gone

    def _count(self, kind):
        return sum([client.kind == kind for client in self.clients])

    def figures(self):
        """(WebSockets now, limit, event streams now, limit, messages that slow clients have not got)."""
        dropped = self._dropped + sum([client.mailbox.dropped for client in self.clients])
        return self._count("ws"), self._limit["ws"], self._count("sse"), self._limit["sse"], dropped

    def full(self, kind):
        """True where one more of a kind, "ws" or "sse", would be too many."""
        return self.low or self._count(kind) >= self._limit[kind] or len(self.clients) >= self._together

    def open(self, kind, connection, accept=None):
        """Make a connection a stream, which its run() then serves. accept: the key of a "ws" handshake."""
        client = Client(kind, connection, self._bus.subscribe(*_TOPICS), self)
        self.clients.append(client)
        connection.stream = client
        connection.left = None
        put = client.mailbox.put
        put("hello", _WS_HEAD % accept if accept else _SSE_HEAD)
        self.messages.refresh()
        for topic in _TOPICS:
            if topic != "meter" or self.messages.reading():
                put(topic, None)

    def leave(self, client):
        """A client has gone."""
        client.mailbox.close()
        self.clients.remove(client)
        self._dropped += client.mailbox.dropped

    def shed(self):
        """End them all: whoever comes again waits for better times."""
        for client in self.clients:
            client.connection.end()

    def tick(self, ms):
        """Time has passed: ping, and give up on who has not answered."""
        for client in self.clients:
            client.quiet_ms += ms
            if client.quiet_ms < self.ping_ms:
                continue
            client.quiet_ms = 0
            if client.kind == "sse":
                client.mailbox.put("ping", b":\n\n")
            elif client.missed >= self.max_missed:
                client.connection.end()
            else:
                client.missed += 1
                client.mailbox.put("ping", _PING)


def _asks(payload):
    """True for {"type": "PING"}; other messages are for nobody here."""
    if b"PING" not in payload:
        return False
    try:
        message = loads(payload.decode())
    except (ValueError, RuntimeError):  # not JSON, or nested too deeply for this interpreter
        return False
    return isinstance(message, dict) and message.get("type") == "PING"
