"""/ws and /sse: every change to everybody who listens, nobody waiting for anybody. One of them: see client.py."""
from .client import Client

from ...core.memory import STREAM

_TOPICS = ("state", "meter", "configuration", "ota")  # in the order a new client gets them


class Streams:
    """All clients that listen."""

    #: Ping of a WebSocket and comment of an event stream, ms.
    ping_ms = 15000
    #: Pings that may go without an answer.
    max_missed = 2

    #: A client that does not take one message in this time is closed, ms.
    stall_ms = 30000
    #: One that is told goodbye is closed after this time, ms.
    goodbye_ms = 1000

    def __init__(self, app):
        self.clients = []
        self.app = app
        #: No more of them, as there is no memory.
        self.low = False
        #: Messages that clients who are gone were too slow for.
        self.dropped = 0

    def count(self, kind):
        """How many there are of a kind, "ws" or "sse"."""
        return sum([client.kind == kind for client in self.clients])

    def full(self, kind):
        """Why there cannot be one more of a kind, "ws" or "sse"; None where there can."""
        limits = self.app.board.stream_limits
        if self.low or not self.app.memory.room(STREAM):
            return "not enough memory right now"
        if self.count(kind) >= limits[kind == "sse"] or len(self.clients) >= limits[2]:
            return "too many streams"
        return None

    def open(self, kind, connection, hello):
        """Make a connection a stream, which its run() then serves. hello: the bytes it begins with."""
        app = self.app
        mailbox = app.bus.subscribe(*_TOPICS)
        try:
            client = Client(kind, connection, mailbox, self)
        except MemoryError:
            mailbox.close()
            raise
        self.clients.append(client)
        connection.stream = client
        connection.left = None
        put = client.mailbox.put
        put("hello", hello)
        app.messages.refresh()
        for topic in _TOPICS:
            if topic != "meter" or app.messages.reading():
                put(topic, None)

    def leave(self, client):
        """A client has gone."""
        client.mailbox.close()
        self.clients.remove(client)
        self.dropped += client.mailbox.dropped

    def tell(self, topic):
        """Give everybody the message of a topic that has changed without being published."""
        for client in self.clients:
            client.mailbox.put(topic, None)

    def shed(self):
        """End them all: whoever comes again waits for better times."""
        for client in self.clients:
            client.connection.end()

    def tick(self, ms):
        """Time has passed."""
        for client in self.clients:
            client.tick(ms)
