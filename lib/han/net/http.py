"""GET over http or https for the reader's own errands: one at a time, bounded in everything, never a whole
body in memory.

https: with `roots` (certificates of authorities, DER) the server must prove its name, on both
interpreters. Without, CPython asks the system's store; MicroPython has none, so there the
connection is encrypted but whoever answers is believed, and what comes is to be checked by
whoever asked. Looking a name up blocks the loop (as the port's getaddrinfo does), a TLS
handshake holds it for 1 to 3 s on the chip.
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
    """No answer, or not the answer that was hoped for; says why."""


class Status(HttpError):
    """Another status than 200: `code`."""

    def __init__(self, code):
        super().__init__("HTTP %d" % code)
        self.code = code


class Client:
    """`await Client().get(url, feed)`; feed gets the body's bytes piece by piece.

    What feed returns is awaited, unless it is None: so the server is as slow as who takes the bytes.
    """

    #: From the first packet to the last, with redirects, s.
    seconds = 30
    #: Without a byte, s.
    patience = 10
    #: Of an answer's head, bytes.
    head = 6144
    #: Of the body, bytes.
    body = 100000
    #: Followed, and only within a service.
    redirects = 2
    #: Where in the body to begin (RFC 9110, 14.2). 0 again once the server sends all of it instead.
    start = 0

    def __init__(self, roots=None):
        self._roots = roots
        self._reader = None
        self._data = b""  # received, not yet used
        self._over = False  # all of its seconds are used up

    async def get(self, url, feed):
        """Fetch a URL. HttpError (Status where the server refuses), or what feed raises."""
        end = asyncio.create_task(self._end(asyncio.current_task()))
        try:
            await self._follow(url, feed)
        except asyncio.CancelledError:
            if self._over:
                raise HttpError("too slow")
            raise
        finally:
            end.cancel()

    # Lives as long as a get() at most. One wait_for() within another would swallow the end now and then:
    # where bytes come at the same moment.
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
        """None when the body has been fed, or where the answer points to."""
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
            except ValueError as error:  # MicroPython's, for a certificate that proves nothing
                raise HttpError("not trusted: %s" % error)
            return await self._answer(feed)
        except asyncio.TimeoutError:  # before OSError, which it is one of on CPython
            raise HttpError("too slow")
        except (OSError, EOFError) as error:
            raise HttpError("no connection: %s" % error)
        finally:
            self._reader = None
            self._data = b""
            if writer:
                await _close(writer)

    async def _more(self):
        """Receive some bytes more; False at the end."""
        if self._over:
            raise HttpError("too slow")
        data = await asyncio.wait_for(self._reader.read(_CHUNK), self.patience)
        if data:
            self._data += data
        return bool(data)

    async def _until(self, mark, most):
        """The bytes before a mark, which is taken as well."""
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
        """Feed so many bytes (None: to the end of the connection) while there is room; the room left."""
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
            # A letter or sign that int() would let pass must not.
            if not 0 < len(size) <= 6 or size.lower().strip(b"0123456789abcdef"):
                raise HttpError("chunk without a size")
            size = int(size.decode(), 16)
            if not size:
                break
            room = await self._pass(feed, size, room)
            if await self._until(b"\r\n", 2):
                raise HttpError("chunk longer than its size")


def parse(head):
    """(status, {name in lower case: value}) of an answer's head without its empty line; HttpError."""
    lines = head.split(b"\r\n")
    first = lines[0].split(b" ", 2)
    if len(first) < 2 or first[0][:7] != b"HTTP/1." or len(first[1]) != 3 or not first[1].isdigit():
        raise HttpError("not HTTP")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        # The others are of no interest and need not be text.
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
    """A TLS context for clients; see the module."""
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
    # A client that says good-bye to a server that has gone learns nothing from it.
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 1)
    except (OSError, asyncio.TimeoutError):
        pass


def _split(url):
    """(secure, host, port, path) of a URL."""
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
