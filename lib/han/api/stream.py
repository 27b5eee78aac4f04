"""/ws and /sse: every change to everybody who listens, nobody waiting for anybody. One of them: see client.py."""

_TOPICS = ("state", "meter", "configuration", "ota")  # in the order a new client gets them
_CLIENT = "han.api.client"


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
        self._dropped = 0  # by clients that are gone

    def _count(self, kind):
        return sum([client.kind == kind for client in self.clients])

    def figures(self):
        """(WebSockets now, limit, event streams now, limit, messages that slow clients have not got)."""
        limits = self.app.board.stream_limits
        dropped = self._dropped + sum([client.mailbox.dropped for client in self.clients])
        return self._count("ws"), limits[0], self._count("sse"), limits[1], dropped

    def full(self, kind):
        """True where one more of a kind, "ws" or "sse", would be too many."""
        limits = self.app.board.stream_limits
        return self.low or self._count(kind) >= limits[kind == "sse"] or len(self.clients) >= limits[2]

    def open(self, kind, connection, hello):
        """Make a connection a stream, which its run() then serves. hello: the bytes it begins with."""
        app = self.app
        client = app.modules.take(_CLIENT).Client(kind, connection, app.bus.subscribe(*_TOPICS), self)
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
        self._dropped += client.mailbox.dropped
        self.app.modules.give(_CLIENT)
        if not self.clients:
            self.app.messages.forget()

    def shed(self):
        """End them all: whoever comes again waits for better times."""
        for client in self.clients:
            client.connection.end()

    def tick(self, ms):
        """Time has passed."""
        for client in self.clients:
            client.tick(ms)
