"""The gate: between the network and microdot, so that no client can make the reader wait or grow.

microdot takes a parsed request and makes a response; accepting, reading and refusing happen here,
writing and hanging up in connection.py. One task counts down the milliseconds that each connection
has left, and ends the task of one that has used them up.
"""
import asyncio

from microdot import Response

from .access import host_allowed, stranger
from .connection import ANSWERED, ASKED, CHUNK, NO_MEMORY, QUEUED, SILENT, Connection, hang_up, refusal
from .request import Head
from .incoming import Incoming

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Names and addresses that a reader is usually called by.
_KNOWN = const(4)
# How often one that waits for its turn looks for it, ms.
_STEP_MS = const(20)
_UPLOADS = ("/ota", "/update")


def _closed():
    """Setup mode, where nobody says that it is open."""


class Gate:
    """Accepts connections, lets those through to the routes that are requests, and bounds them all."""

    #: For the whole head of a request, from the connection on, ms.
    head_ms = 5000
    #: For the handler and for the client to take the answer, ms.
    answer_ms = 4000
    #: For all of an answer that is made in pieces, ms.
    pieces_ms = 20000
    #: For the rest of a request that has had its answer already, ms. Closing at once would
    #: reset the connection, and the client would not see the answer.
    rest_ms = 3000
    #: The same where it cannot be known whether there is a rest.
    linger_ms = 500
    #: Body of a request, bytes; more is 413. Those of _UPLOADS bound their own, which they never have in memory.
    max_body = 8192
    #: Connections that are not streams and have their turn, at the same time.
    max_requests = 6
    #: Connections that wait for their turn; one more is closed. After queue_ms without a turn: 503.
    max_queue = 6
    queue_ms = 500
    #: A connection without a request after this time makes room for the next one, ms; one whose client has not sent
    #: its body or taken its answer after the other.
    yield_ms = 200
    slow_ms = 2000
    #: How often time-outs are looked at, ms.
    tick_ms = 250
    #: Connections that the system keeps until they are accepted: the chip has fewer, a desktop gets bursts.
    backlog = 64
    served = refused = expired = 0
    #: Counts as long as run() runs.
    ticks = 0
    #: No bodies of requests, as there is no memory.
    low = False
    #: A tls.Secure, where there is a certificate.
    secure = None
    _server = None
    _names = None  # the list that _known were checked with

    def __init__(self, app, routes):
        self.connections = []
        self._host, self.port = app.board.listen
        self._routes = routes
        self._config = app.config
        self._streams = app.streams
        self._log = app.log
        self.portal = _closed  # gives the address that setup mode leads to, None while it is closed
        self._known = []  # hosts that were found to be allowed, the last first

    async def open(self):
        """Listen. OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, self._host, self.port, backlog=self.backlog)
        if self.secure:
            await self.secure.open(self._serve, self._host)

    # Lives until the supervisor cancels it.
    async def run(self):
        """Count down everybody's time. Listens first where open() was not called."""
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
                # MicroPython's accepting task ends when memory is short at the wrong moment.
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
    async def _serve(self, reader, writer):
        try:
            connection = Connection(reader, writer, self.head_ms)
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
            # Only now, when the request and all that was made of it are forgotten.
            if connection.stream:
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
        """Wait for a turn; False where there are too many connections, and this one has been told."""
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
        """Whether one more connection may have its turn; the least deserving makes room for it."""
        least = slow = None
        count = 0
        for connection in self.connections:
            if connection.stream or connection.stage == QUEUED or connection.left is None:
                continue
            count += 1
            if connection.stage == ANSWERED:
                least = connection
            elif connection.stage == SILENT and connection.left <= self.head_ms - self.yield_ms:
                # The list is in the order of arrival: the first one found is silent for longest.
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
                data = data[2:]  # an empty line before a request is to be ignored
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
            if response.status_code == 404 and self.portal():
                response = self._lead(head) or response
        if response is not Response.already_handled:
            response.is_head = head.method == "HEAD"
            # So that a client can tell the end of a long answer from an accident.
            if not isinstance(response.body, bytes) and head.version == "1.1":
                response.headers["Transfer-Encoding"] = "chunked"
            await connection.answer(response, self.answer_ms, self.pieces_ms)
        if not connection.stream:
            await connection.rest(self.rest_ms, self.linger_ms)

    def _forbidden(self, head):
        """The refusal of a request that its head alone rules out, else None."""
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
        """In setup mode, the way to the page for who looks for the internet; else None."""
        address = self.portal()
        if not address:
            return None
        if self.port != 80:
            address += ":%d" % self.port
        from ..routes.portal import redirect

        return redirect(head, address)
