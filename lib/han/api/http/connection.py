"""One client's connection: the body of its request, the answer, and the end of both.

Waits have no timers of their own: a connection has a number of milliseconds left, which the gate
(server.py) counts down, and ends its task when they are used up. Then also the socket is closed by
the only task that ever waited for it.
"""
import asyncio

from microdot import Response

from ..messages.encode import text

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Each is a line, as all of them in one text take the least memory.
_REASONS = """
200 OK
204 No Content
302 Found
400 Bad Request
401 Unauthorized
403 Forbidden
404 Not Found
405 Method Not Allowed
406 Not Acceptable
409 Conflict
413 Content Too Large
500 Internal Server Error
503 Service Unavailable
"""
#: Bytes read at a time: the head of most requests.
CHUNK = const(512)
# A connection serves one request: of the chip's ten sockets none is kept for a client's convenience.
_TAIL = b"Cache-Control: no-store\r\nConnection: close\r\n\r\n"

# What a handler answers with the bytes of a message: by far the most, so made without a dict.
_JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" + _TAIL

#: What there is no memory to make an answer for, so it is one already.
NO_MEMORY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 28\r\n"
    b"Retry-After: 5\r\n" + _TAIL + b"out of memory for the moment"
)

#: A connection waits for its turn, has not sent its request, is being answered, has its answer.
QUEUED = const(0)
SILENT = const(1)
ASKED = const(2)
ANSWERED = const(3)


def refusal(status, message, headers=None):
    """The response for a request that cannot be served.

    Home Assistant ignores the status and takes any JSON object from /meter for a reading of
    zeros, which it books. So what may hit a request that is right goes out as plain text.
    """
    fields = {"Content-Type": "text/plain; charset=utf-8" if status >= 500 else "application/json"}
    if headers:
        fields.update(headers)
    return Response('{"success":false,"message":%s}' % text(message), status, fields)


def unread(app):
    """The answer where a reading is needed, and there is none yet or only an old one.

    503 with the reason and the age of the last reading, as plain text: clients take any JSON for a reading.
    """
    from ...meter.line.told import diagnosis

    reason = diagnosis(app.link)
    if app.messages.reading():
        reason = "%s; the last reading is %d s old" % (
            reason or "the meter has fallen silent",
            app.silence.age() // 1000,
        )
    fields = {"Content-Type": "text/plain; charset=utf-8", "Retry-After": "5"}
    return Response(reason or "no reading yet", 503, fields)


async def hang_up(writer):
    """Close a client's socket; what is unsent is lost."""
    try:
        # CPython's close() would keep the socket until the peer has taken all.
        writer.transport.abort()
    except AttributeError:
        await writer.wait_closed()


class Connection:
    """One client's socket."""

    #: For the next bytes of an upload, ms.
    idle_ms = 15000

    def __init__(self, reader, writer, left):
        #: ms until the connection is ended; None: no limit. Set anew for each thing it waits for.
        self.left = left
        #: How far it has come, see QUEUED and the following.
        self.stage = QUEUED
        #: What a handler has made of it instead of answering: its run() takes over, limits are its own.
        self.stream = None
        self.reader = reader
        #: The body of its request, see incoming.py.
        self.incoming = None
        #: Whether the client takes what is sent; None: nothing has been.
        self.sent = None
        #: For how long it has been waiting for its client to send a body or take an answer, ms; None: it is not.
        self.waits = None
        self._writer = writer
        self._task = asyncio.current_task()
        try:
            # Let drain() mean on CPython what it means on MicroPython: the socket has taken it all.
            writer.transport.set_write_buffer_limits(0)
        except AttributeError:
            pass

    async def send(self, data, patience):
        """Write bytes within so many ms. One task at a time. OSError when the client is gone."""
        self.left = patience
        self.waits = 0
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            self.sent = False
            raise
        self.sent = True
        self.waits = None

    async def go_on(self):
        """Tell the client to send the body that it has announced (RFC 9110, 10.1.1)."""
        try:
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await self._writer.drain()
        except OSError:
            pass  # it is gone, as reading from it tells

    async def body(self):
        """The request's body; None where `incoming.wrong` says what is wrong with it."""
        incoming = self.incoming
        data = b""
        view = memoryview(bytearray(min(CHUNK, incoming.length or CHUNK)))
        self.waits = 0
        while True:
            n = await incoming.readinto(view)
            if not n:
                self.waits = None
                return None if incoming.wrong else data
            data += view[:n]

    async def answer(self, response, patience, pieces=0):
        """Send a response within `patience` ms, one whose body is made in pieces within `pieces`."""
        status = response.status_code
        if status == 200 and not response.headers:
            data = _JSON % len(response.body)
        else:
            response.complete()
            at = _REASONS.find("\n%d " % status) + 1
            lines = ["HTTP/1.1 %s\r\n" % (_REASONS[at : _REASONS.find("\n", at)] if at else "%d " % status)]
            lines += ["%s: %s\r\n" % item for item in response.headers.items()]
            data = "".join(lines).encode() + _TAIL
        if response.is_head:
            await self.send(data, patience)
        elif not isinstance(response.body, bytes):
            await self._pieces(data, response.body, response.headers.get("Transfer-Encoding"), pieces)
        else:
            try:
                data += response.body
            except MemoryError:  # there is no piece of memory that is large enough for both
                await self.send(data, patience)
                data = response.body
            await self.send(data, patience)

    async def _pieces(self, head, body, chunked, patience):
        """Send what a generator yields, never more than one piece of it in memory.

        The head goes with the first: who cannot be given even that is told so instead.
        """
        self.left = patience
        for piece in body:
            if not piece:
                continue  # as a chunk it would be the last
            if chunked:
                piece = b"%x\r\n%s\r\n" % (len(piece), piece)
            await self.send(head + piece, self.left)
            head = b""
        await self.send(head + (b"0\r\n\r\n" if chunked else b""), self.left)

    async def rest(self, patience, linger):
        """Take what of a request's body is to come and forget it, for `patience` ms at most.

        Where nobody can tell how much that is, take all until the client has gone, for `linger` ms at most.
        """
        incoming = self.incoming
        self.left = linger
        self.stage = ANSWERED
        if incoming and incoming.pass_over():
            self.left = patience
            view = memoryview(bytearray(CHUNK))
            while await incoming.readinto(view):
                pass
            if not incoming.wrong:
                return
            self.left = min(self.left, linger)
        while await self.reader.read(CHUNK):
            pass

    def end(self):
        """Stop the connection's task, wherever it waits; it then closes the socket."""
        self._task.cancel()

    async def close(self):
        """Close the socket. What is unsent is lost."""
        await hang_up(self._writer)
