"""The streams, /ws and /sse: each change goes to all clients, and no client waits for another.

One client is in client.py.
"""
from .client import Client

from ...core.memory import STREAM

_TOPICS = ("state", "meter", "configuration", "ota", "alarms")  # in the order a new client gets them
_LATEST = ("meter", "alarms")  # of these, it gets only what has been published
_NEWS = ("meter_events",)  # of these, only what is published from then on


class Streams:
    """All clients of /ws and /sse."""

    #: How often a WebSocket gets a ping and an event stream gets a comment, ms.
    ping_ms = 15000
    #: Most pings without an answer; then the client is closed.
    max_missed = 2

    #: A client that does not take one message in this time is closed, ms.
    stall_ms = 30000
    #: A client that is told goodbye is closed after this time, ms.
    goodbye_ms = 1000

    def __init__(self, app):
        self.clients = []
        #: Connections that a language has made WebSockets of. They count, too; the language adds and removes them.
        self.guests = []
        self.app = app
        #: True while memory is short: no new streams.
        self.low = False
        #: Messages that were dropped because clients were too slow; only of clients that have left.
        self.dropped = 0

    def count(self, kind):
        """The number of streams of a kind, "ws" or "sse"."""
        return sum([client.kind == kind for client in self.clients])

    def own(self):
        """The number of sockets that are neither for streams nor for languages."""
        return self.app.board.own_sockets + bool(self.app.gate.secure)

    def most(self):
        """How many streams the sockets leave."""
        return max(0, self.app.board.sockets - self.own() - self.app.taken())

    def full(self, kind):
        """Why no more streams of a kind ("ws", "sse" or "guest") can be opened, as text; None when one can."""
        limits = self.app.board.stream_limits
        if self.low or not self.app.memory.room(STREAM):
            return "not enough memory right now"
        count = self.count(kind)
        there = len(self.clients) + len(self.guests)
        if kind != "guest" and count >= limits[kind == "sse"] or there >= min(limits[2], self.most()):
            return "too many streams"
        return None

    def open(self, kind, connection, hello):
        """Turn a connection into a stream, which its run() then serves. hello: the first bytes to send.

        MemoryError when there is no memory for it; the connection is then as before.
        """
        app = self.app
        mailbox = app.bus.subscribe(*_TOPICS + _NEWS)
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
            if topic not in _LATEST or app.bus.latest.get(topic):
                put(topic, None)

    def leave(self, client):
        """Forget a client that has gone."""
        client.mailbox.close()
        self.clients.remove(client)
        self.dropped += client.mailbox.dropped

    def tell(self, topic):
        """Send all clients the message of a topic that has changed without being published on the bus."""
        for client in self.clients:
            client.mailbox.put(topic, None)

    def shed(self):
        """End all streams. A client that comes again is refused while memory is short."""
        self.trim(0)

    def trim(self, most):
        """End the newest streams, so that `most` are left."""
        for connection in ([client.connection for client in self.clients] + self.guests)[most:]:
            connection.end()

    def tick(self, ms):
        """Note that so many ms have passed, for the pings."""
        for client in self.clients:
            client.tick(ms)
