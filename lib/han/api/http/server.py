"""The gate between the network and microdot. It keeps clients from making the reader wait or use more memory.

routes/table.py makes an answer to a parsed request, mostly through microdot. This module accepts, reads and refuses;
connection.py writes and hangs up. One task counts down the milliseconds that each connection has
left, and ends the task of a connection that has used them up.
"""
import asyncio

from ...net.sockets import hang_up
from .access import host_allowed, stranger
from .connection import ANSWERED, ASKED, CHUNK, NO_MEMORY, QUEUED, SILENT, Connection, refusal
from .request import Head
from .incoming import Incoming

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# How many allowed Host fields are remembered: a reader is usually called by few names and addresses.
_KNOWN = const(4)
# How often a waiting connection looks whether it has its turn, ms.
_STEP_MS = const(20)
_UPLOADS = ("/ota", "/update")


def _closed():
    """The `portal` of a gate that has no setup mode: it gives no address, as if setup mode were closed."""


class Gate:
    """Accepts connections, hands their requests to the routes, and limits all of them."""

    #: Time for the whole head of a request, ms. It begins when the connection has its turn.
    head_ms = 5000
    #: Time for the handler to answer, and then for the client to take the answer, ms each.
    answer_ms = 4000
    #: Time for a whole answer that is made in pieces, ms.
    pieces_ms = 20000
    #: Time to read the rest of a request that has been answered already, ms. Closing at once would
    #: reset the connection, and the client would not see the answer.
    rest_ms = 3000
    #: The same when nobody can tell whether there is a rest, ms.
    linger_ms = 500
    #: Most bytes of a request's body, more is a 413. The handlers of _UPLOADS have limits of their own, as they never
    #: have a whole body in memory.
    max_body = 8192
    #: Most connections that have their turn at the same time. Streams do not count.
    max_requests = 6
    #: Most connections that wait for their turn; one more is closed. After queue_ms without a turn, the answer is 503.
    max_queue = 6
    queue_ms = 500
    #: When there is no room for the next connection, one without a request for yield_ms is ended, or else one whose
    #: client has not sent its body or taken its answer for slow_ms.
    yield_ms = 200
    slow_ms = 2000
    #: How often the time of the connections is counted down, ms.
    tick_ms = 250
    #: Connections that the system keeps until they are accepted. The chip has fewer; a desktop gets bursts.
    backlog = 64
    #: Requests that were understood; connections turned away; connections ended for others or when their time was up.
    served = refused = expired = 0
    #: Goes up while run() runs, modulo 1000.
    ticks = 0
    #: True while memory is short: requests with a body are refused.
    low = False
    #: The tls.Secure for HTTPS; None without a certificate.
    secure = None
    _server = None
    _names = None  # the allowed names that the hosts in _known were checked with

    def __init__(self, app, routes):
        self.connections = []
        self._host, self.port = app.board.listen
        self._routes = routes
        self._config = app.config
        self._streams = app.streams
        self._log = app.log
        self.portal = _closed  # function: the address that setup mode leads to, None while it is closed
        self._known = []  # Host fields that were found to be allowed, the newest first

    async def open(self):
        """Listen. OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, self._host, self.port, backlog=self.backlog)
        if self.secure:
            await self.secure.open(self._serve, self._host)

    # Lives until the supervisor cancels it.
    async def run(self):
        """Count down the time of all connections. It listens first if open() was not called.

        OSError when the gate does not listen any more.
        """
        if self._server is None:
            await self.open()
        try:
            while True:
                await asyncio.sleep(self.tick_ms / 1000)
                self.ticks = (self.ticks + 1) % 1000
                for connection in self.connections:
                    if connection.waits is not None:
                        connection.waits += self.tick_ms
                    if connection.left is not None:
                        connection.left -= self.tick_ms
                        if connection.left <= 0:
                            self.expired += 1
                            connection.left = None
                            connection.end()
                self._streams.tick(self.tick_ms)
                # MicroPython's accepting task ends if there is no memory when it needs some.
                task = getattr(self._server, "task", None)
                if task and task.done() or self.secure and not self.secure.listening:
                    raise OSError("stopped listening")
        finally:
            await self.close()

    async def close(self):
        """Stop listening and end all connections."""
        server, self._server = self._server, None
        if server:
            server.close()
        if self.secure:
            self.secure.close()
        for connection in self.connections:
            connection.end()
        while self.connections:
            await asyncio.sleep(0.01)

    # Lives as long as one connection. Ended by the client, by its answer, or by run().
    async def _serve(self, reader, writer, secure=False):
        try:
            connection = Connection(reader, writer, self.head_ms)
            connection.secure = secure
            self.connections.append(connection)
        except MemoryError:
            self.refused += 1
            await hang_up(writer)
            return
        try:
            if not self._room() and not await self._turn(connection):
                return
            connection.stage = SILENT
            connection.left = self.head_ms
            await self._request(connection)
            # The stream runs only now: the request and everything made for it have been forgotten.
            if connection.stream:
                connection.incoming = None
                await connection.stream.run()
        except asyncio.CancelledError:
            pass  # its time is up, or the gate closes
        except (OSError, EOFError):
            pass  # the client is gone
        except MemoryError:
            self.refused += 1
            if connection.sent is None:
                try:
                    await connection.send(NO_MEMORY, self.linger_ms)
                except (OSError, MemoryError):
                    pass
        except Exception as error:
            self._log.crash("connection", error)
        finally:
            if connection.stream:
                connection.stream.close()
            self.connections.remove(connection)
            await connection.close()

    async def _turn(self, connection):
        """Wait for a turn. False when there are too many connections: this one is done, with a 503 or without."""
        for _ in range(self.queue_ms // _STEP_MS):
            if self._count(QUEUED) > self.max_queue:
                self.refused += 1
                return False
            await asyncio.sleep(_STEP_MS / 1000)
            if self._room():
                return True
        self.refused += 1
        connection.left = self.linger_ms
        await connection.reader.read(CHUNK)
        await connection.answer(refusal(503, "too many connections", {"Retry-After": "1"}), self.answer_ms)
        return False

    def _count(self, stage):
        return sum([c.stage == stage for c in self.connections])

    def _room(self):
        """True when one more connection may have its turn. If none is free, the least deserving one is ended for it."""
        least = slow = None
        count = 0
        for connection in self.connections:
            if connection.stream or connection.stage == QUEUED or connection.left is None:
                continue
            count += 1
            if connection.stage == ANSWERED:
                least = connection
            elif connection.stage == SILENT and connection.left <= self.head_ms - self.yield_ms:
                # The list is in the order of arrival, so the first one found has been silent for longest.
                least = least or connection
            elif connection.waits is not None and connection.waits >= self.slow_ms:
                slow = slow or connection
        if count < self.max_requests:
            return True
        least = least or slow
        if least:
            least.left = None
            least.end()
            self.expired += 1
        return least is not None

    async def _request(self, connection):
        head = Head()
        data = b""
        end = 0
        wrong = None
        while not end and not wrong:
            more = await connection.reader.read(CHUNK)
            if not more:
                if not data:
                    return
                wrong = "request not complete"
            data = data + more if data else more
            if data[:2] == b"\r\n":
                data = data[2:]  # an empty line before a request is ignored (RFC 9112, 2.2)
            at = data.find(b"\r\n\r\n")
            if at >= 0:
                end = at + 4
            elif data and not wrong:
                wrong = head.hopeless(data)
        connection.stage = ASKED
        if not wrong:
            wrong = head.parse(data[:end]) if end <= head.max_bytes else "head too long"
        if wrong:
            await connection.answer(refusal(400, wrong), self.answer_ms)
            await connection.rest(self.rest_ms, self.linger_ms)
            return
        self.served += 1
        connection.left = self.answer_ms
        go_on = connection.go_on if head.expects else None
        connection.incoming = incoming = Incoming(connection.reader, data[end:], head.length, go_on)
        incoming.most = self.max_body
        response = self._forbidden(head)
        if response is None:
            response = await self._routes.response(head, connection)
            if isinstance(response, bytes):
                await connection.message(response, self.answer_ms, head.method == "HEAD")
            elif response.status_code == 404 and self.portal():
                response = self._lead(head) or response
        if connection.sent is None and not connection.stream:  # nothing has answered it yet
            response.is_head = head.method == "HEAD"
            # Chunks let a client tell the end of a long answer from a connection that was cut.
            if not isinstance(response.body, bytes) and head.version == "1.1":
                response.headers["Transfer-Encoding"] = "chunked"
            await connection.answer(response, self.answer_ms, self.pieces_ms)
        if not connection.stream:
            await connection.rest(self.rest_ms, self.linger_ms)

    def _forbidden(self, head):
        """The refusal of a request whose head alone rules it out; None for all others."""
        host = head.headers.get("host")
        if host is not None:
            names = self._config.get("hosts")
            if names is not self._names:
                self._known, self._names = [], names
            if host not in self._known:
                if not host_allowed(host, names):
                    return self._lead(head) or refusal(403, stranger(host))
                self._known = [host] + self._known[: _KNOWN - 1]
        if head.length != 0 and self.low:
            return refusal(503, "not enough memory right now", {"Retry-After": "30"})
        if head.length and head.length > self.max_body and not (head.path in _UPLOADS and head.method == "POST"):
            return refusal(413, "body longer than %d bytes" % self.max_body)
        return None

    def _lead(self, head):
        """In setup mode, the redirect to the reader's page for a device that looks for the internet; else None."""
        address = self.portal()
        if not address:
            return None
        if self.port != 80:
            address += ":%d" % self.port
        from ..routes.portal import redirect

        return redirect(head, address)
