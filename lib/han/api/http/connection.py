"""One client's connection: the body of its request, the answer, and the end of both.

No wait has a timer of its own. Each connection has a number of milliseconds left. The gate (server.py)
counts them down, and cancels the connection's task when they are used up. So the socket is closed by
the only task that ever waited for it.
"""
import asyncio

from ...core.encode import text
from ...net.sockets import hang_up, unbuffered

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# One text with a line for each status: this takes the least memory.
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
#: Bytes read at a time: enough for the head of most requests.
CHUNK = const(512)
# A connection serves one request. Sockets are few, so none is kept open for a client's next request.
_TAIL = b"Cache-Control: no-store\r\nConnection: close\r\n\r\n"

# The head for a handler that returns the bytes of a message. Most answers are such: it is made without a dict.
_JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" + _TAIL

#: The whole answer when memory is out. It is ready, as there would be no memory to make it.
NO_MEMORY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 28\r\n"
    b"Retry-After: 5\r\n" + _TAIL + b"out of memory for the moment"
)

#: Stages of a connection: waits for its turn, has not sent its request, is being answered, has its answer.
QUEUED = const(0)
SILENT = const(1)
ASKED = const(2)
ANSWERED = const(3)


def refusal(status, message, headers=None):
    """The Response that refuses a request. message: text for people; headers: further fields, a dict.

    Home Assistant ignores the status. It takes any JSON object from /meter for a reading, and books
    zeros. So a refusal that can hit a correct request (500 and up) is labelled as plain text.
    """
    from microdot import Response

    fields = {"Content-Type": "text/plain; charset=utf-8" if status >= 500 else "application/json"}
    if headers:
        fields.update(headers)
    return Response('{"success":false,"message":%s}' % text(message), status, fields)


def unread(app):
    """The Response to a request that needs a reading, when there is none yet or only an old one.

    It is a 503 with the reason and the age of the last reading. It is plain text, as clients take any JSON
    for a reading.
    """
    from microdot import Response

    from ...meter.line.told import diagnosis

    reason = diagnosis(app.link)
    if app.messages.reading():
        reason = "%s; the last reading is %d s old" % (
            reason or "the meter has fallen silent",
            app.silence.age() // 1000,
        )
    fields = {"Content-Type": "text/plain; charset=utf-8", "Retry-After": "5"}
    return Response(reason or "no reading yet", 503, fields)


def handled():
    """The Response of a handler that has answered by itself, or has made a stream of the connection."""
    from microdot import Response

    return Response.already_handled


class Connection:
    """One client's socket."""

    #: Time for the next bytes of an upload to come, ms.
    idle_ms = 15000
    #: True over TLS.
    secure = False

    def __init__(self, reader, writer, left):
        #: Time until the gate ends the connection, ms; None: no limit. Each wait sets it anew.
        self.left = left
        #: Its stage: QUEUED, SILENT, ASKED or ANSWERED.
        self.stage = QUEUED
        #: The stream (client.py) that a handler has made of it instead of answering; its run() takes over, with
        #: limits of its own.
        self.stream = None
        self.reader = reader
        #: The body of its request, see incoming.py.
        self.incoming = None
        #: True: the client takes what is sent. False: it has gone. None: nothing has been sent yet.
        self.sent = None
        #: How long it has waited for its client to send a body or take an answer, ms; None: it does not.
        self.waits = None
        self._writer = writer
        self._task = asyncio.current_task()
        unbuffered(writer)

    async def send(self, data, patience):
        """Write bytes within `patience` ms. Only one task at a time may call it. OSError when the client is gone."""
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
            pass  # the client is gone: reading from it will tell

    async def body(self):
        """The request's body, bytes; None when something is wrong with it: see `incoming.wrong`."""
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

    async def message(self, data, patience, bare):
        """Answer with the bytes of a message, or with its head alone where `bare`. OSError when the client is gone."""
        head = _JSON % len(data)
        await (self.send(head, patience) if bare else self._whole(head, data, patience))

    async def answer(self, response, patience, pieces=0):
        """Send a Response within `patience` ms; one whose body is made in pieces, within `pieces` ms.

        OSError when the client is gone.
        """
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
            await self._whole(data, response.body, patience)

    async def _whole(self, head, body, patience):
        try:
            data = head + body
        except MemoryError:  # no block of memory is large enough for both
            await self.send(head, patience)
            data = body
        await self.send(data, patience)

    async def _pieces(self, head, body, chunked, patience):
        """Send the pieces that a generator yields. Only one piece at a time is in memory.

        The head is sent with the first piece. So if there is no memory for that piece, a refusal can still be sent.
        """
        self.left = patience
        for piece in body:
            if not piece:
                continue  # an empty chunk would end the answer
            if chunked:
                piece = b"%x\r\n%s\r\n" % (len(piece), piece)
            await self.send(head + piece, self.left)
            head = b""
        await self.send(head + (b"0\r\n\r\n" if chunked else b""), self.left)

    async def rest(self, patience, linger):
        """Read the rest of the request's body and forget it, for `patience` ms at most.

        If nobody can tell how long the rest is, read until the client has gone, for `linger` ms at most.
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
        """Cancel the connection's task, wherever it waits. The task then closes the socket."""
        self._task.cancel()

    async def close(self):
        """Close the socket. Unsent bytes are lost."""
        await hang_up(self._writer)
