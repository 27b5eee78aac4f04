"""GET over http or https for the reader's own errands.

A client makes one request at a time. Everything has a bound, and a body is never whole in memory.

https with `roots` (certificates of authorities, DER): the server must prove its name, on both interpreters.
https without roots: CPython uses the system's store. MicroPython has no store, so there the connection is
encrypted but any server is believed. The caller then has to check what comes.

Looking a name up blocks the loop, as the port's getaddrinfo does. A TLS handshake holds the loop for
1 to 3 s on the chip.
"""
import asyncio

from ..core import utf8

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_CHUNK = const(512)
_REQUEST = (
    "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: han-reader\r\nAccept: */*\r\n"
    "Accept-Encoding: identity\r\n%sConnection: close\r\n\r\n"
)


class HttpError(Exception):
    """There is no answer, or no good one. The text says why."""


class Status(HttpError):
    """The server answered with a status that is no success; `code` is the status."""

    def __init__(self, code):
        super().__init__("HTTP %d" % code)
        self.code = code


class Client:
    """`await Client().get(url, feed)` fetches a URL. feed(data) gets the body's bytes piece by piece.

    feed may return an awaitable. It is awaited before more bytes are read, so the server waits for the taker.
    """

    #: Most time of a get(), from the first packet to the last, with redirects, s.
    seconds = 30
    #: Most time without a byte, s.
    patience = 10
    #: Most bytes of an answer's head.
    head = 6144
    #: Most bytes of the body.
    body = 100000
    #: Most redirects that are followed. They must stay within the service: same scheme, host and port.
    redirects = 2
    #: First byte of the body to ask for (RFC 9110, 14.2). It becomes 0 when the server sends the whole body instead.
    start = 0

    def __init__(self, roots=None):
        self._roots = roots
        self._reader = None
        self._data = b""  # received, not yet used
        self._over = False  # all of its seconds are used up

    async def get(self, url, feed):
        """Fetch a URL. HttpError when that fails (Status when the server refuses); also what feed raises."""
        end = asyncio.create_task(self._end(asyncio.current_task()))
        try:
            await self._follow(url, feed)
        except asyncio.CancelledError:
            if self._over:
                raise HttpError("too slow")
            raise
        finally:
            end.cancel()

    # Lives as long as a get() at most. A wait_for() around the others would not do: now and then the inner one swallows
    # the end, when bytes come at the same moment.
    async def _end(self, task):
        self._over = False
        await asyncio.sleep(self.seconds)
        self._over = True
        task.cancel()

    async def _follow(self, url, feed):
        service = url[: len(url) - len(_split(url)[3])]
        for _ in range(self.redirects + 1):
            to = await self._once(url, feed)
            if to is None:
                return
            if to[:1] == "/" and to[:2] != "//":
                to = service + to
            if not to.startswith(service + "/"):
                raise HttpError("redirected to another service")
            url = to
        raise HttpError("redirected too often")

    # Lives as long as one request; ended by the answer's end, by an error or by get()'s time-out.
    async def _once(self, url, feed):
        """Make one request. None when the body has been fed, else the URL that the answer redirects to."""
        secure, host, port, path = _split(url)
        writer = None
        try:
            try:
                if secure:
                    opening = asyncio.open_connection(host, port, ssl=context(self._roots), server_hostname=host)
                else:
                    opening = asyncio.open_connection(host, port)
                self._reader, writer = await asyncio.wait_for(opening, self.patience)
                shown = host if port == (443 if secure else 80) else "%s:%d" % (host, port)
                span = "Range: bytes=%d-\r\n" % self.start if self.start else ""
                writer.write((_REQUEST % (path, shown, span)).encode())
                await asyncio.wait_for(writer.drain(), self.patience)
            except ValueError as error:  # MicroPython's, for a certificate that is not trusted
                raise HttpError("not trusted: %s" % error)
            return await self._answer(feed)
        except asyncio.TimeoutError:  # before OSError: on CPython it is an OSError
            raise HttpError("too slow")
        except (OSError, EOFError) as error:
            raise HttpError("no connection: %s" % error)
        finally:
            self._reader = None
            self._data = b""
            if writer:
                await _close(writer)

    async def _more(self):
        """Receive some more bytes; False at the end."""
        if self._over:
            raise HttpError("too slow")
        data = await asyncio.wait_for(self._reader.read(_CHUNK), self.patience)
        if data:
            self._data += data
        return bool(data)

    async def _until(self, mark, most):
        """The bytes before a mark, `most` at most. The mark is taken as well. HttpError when it does not come."""
        while True:
            at = self._data.find(mark)
            if 0 <= at <= most:
                found = self._data[:at]
                self._data = self._data[at + len(mark) :]
                return found
            if at >= 0 or len(self._data) > most + len(mark):
                raise HttpError("head too long")
            if not await self._more():
                raise HttpError("cut short")

    async def _answer(self, feed):
        while True:
            head = await self._until(b"\r\n\r\n", self.head)
            status, fields = parse(head)
            if not 100 <= status < 200:
                break
        if status in (301, 302, 303, 307, 308) and "location" in fields:
            return fields["location"]
        if status == 206 and self.start:
            if not fields.get("content-range", "").startswith("bytes %d-" % self.start):
                raise HttpError("another part than was asked for")
        elif status == 200:
            self.start = 0
        else:
            raise Status(status)
        if fields.get("content-encoding", "identity") != "identity":
            raise HttpError("encoded " + fields["content-encoding"])
        coding = fields.get("transfer-encoding")
        if coding:
            if coding != "chunked":
                raise HttpError("encoded " + coding)
            await self._chunks(feed)
        else:
            length = fields.get("content-length")
            if length is not None and (not length.isdigit() or len(length) > 9):
                raise HttpError("content-length " + length)
            await self._pass(feed, None if length is None else int(length), self.body)
        return None

    async def _pass(self, feed, length, room):
        """Feed `length` bytes; None: up to the end of the connection. Returns what is left of `room`, bytes.

        HttpError when the bytes are more than `room`, or the connection ends before.
        """
        if length is not None and length > room:
            raise HttpError("body too long")
        left = length
        while left is None or left:
            if not self._data and not await self._more():
                if left is None:
                    break
                raise HttpError("cut short")
            data = self._data
            if left is not None:
                data = data[:left]
                left -= len(data)
            room -= len(data)
            if room < 0:
                raise HttpError("body too long")
            self._data = self._data[len(data) :]
            taken = feed(data)
            if taken is not None:
                await taken
        return room

    async def _chunks(self, feed):
        room = self.body
        while True:
            size = (await self._until(b"\r\n", 128)).split(b";")[0].strip()
            # Only hex digits are let through. int() would also take a sign, for one.
            if not 0 < len(size) <= 6 or size.lower().strip(b"0123456789abcdef"):
                raise HttpError("chunk without a size")
            size = int(size.decode(), 16)
            if not size:
                break
            room = await self._pass(feed, size, room)
            if await self._until(b"\r\n", 2):
                raise HttpError("chunk longer than its size")


def parse(head):
    """(status, {name in lower case: value}) of an answer's head without its empty line. HttpError when malformed."""
    lines = head.split(b"\r\n")
    first = lines[0].split(b" ", 2)
    if len(first) < 2 or first[0][:7] != b"HTTP/1." or len(first[1]) != 3 or not first[1].isdigit():
        raise HttpError("not HTTP")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        # The other fields are not used, so they need not be text.
        if name in (
            b"location", b"content-length", b"content-range", b"content-encoding", b"transfer-encoding",
        ):  # fmt: skip
            name = name.decode()
            value = utf8.text(value.strip())
            if value is None:
                raise HttpError("not text: " + name)
            if name != "location":
                value = value.lower()
            if fields.get(name, value) != value:
                raise HttpError("two of " + name)
            fields[name] = value
    return int(first[1]), fields


def context(roots):
    """The TLS context for a client. roots: see the head of this module."""
    import ssl

    if hasattr(ssl, "create_default_context"):
        return ssl.create_default_context(cadata=roots)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if roots:
        made.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]  # not in the stubs
        made.load_verify_locations(cadata=roots)
    else:
        made.verify_mode = ssl.CERT_NONE  # type: ignore[attr-defined]
    return made


async def _close(writer):
    # An error here only means that the server has gone already.
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 1)
    except (OSError, asyncio.TimeoutError):
        pass


def _split(url):
    """(secure, host, port, path) of a URL. HttpError when it is malformed."""
    scheme, _, rest = url.partition("://")
    secure = scheme == "https"
    if not rest or not (secure or scheme == "http"):
        raise HttpError("not a URL: " + url)
    at = rest.find("/")
    place, path = (rest, "") if at < 0 else (rest[:at], rest[at:])
    host, _, port = place.partition(":")
    if not host or "@" in host or (port and not port.isdigit()):
        raise HttpError("not a URL: " + url)
    return secure, host, int(port) if port else 443 if secure else 80, path
