"""The head of an HTTP request (RFC 9112), parsed strictly: what is ambiguous is refused."""
from binascii import unhexlify

from ...core import utf8

# Header fields that the reader uses. The others are checked for their form, then forgotten to save memory.
_WANTED = (
    b" accept accept-encoding authorization connection content-length content-type expect host if-none-match origin"
    b" sec-fetch-site sec-websocket-key sec-websocket-version transfer-encoding upgrade x-api-version"
    b" x-scan-start "
)
# Fields that may come once only. With two of them, two programs that read the request could disagree about it.
_ONCE = ("host", "content-length", "origin", "authorization")
# A longer content-length is taken for this one. Nobody takes a body that long, and a larger number is no index: on
# the chip it is an error from 2**31 on.
_MOST = 0x3FFFFFFF

# What can be wrong. The words are few, as each costs memory on the chip.
_TOO_LONG = "request line or header too long"
_LINE_ENDS = "lines must end with CRLF"
_REQUEST_LINE = "request line must be: GET /path HTTP/1.1"
_TARGET = "path must be percent-encoded UTF-8"
_FIELD = "malformed header field"


def unquote(raw):
    """The text of percent-encoded bytes; None unless it is UTF-8 without control characters."""
    found = bytearray(raw)
    at = size = 0
    try:
        while at < len(raw):
            byte = raw[at]
            at += 1
            if byte == 37:
                byte = unhexlify(raw[at : at + 2])[0]
                at += 2
            if byte < 32 or byte == 127:
                return None
            found[size] = byte
            size += 1
        return utf8.text(found[:size])
    except (ValueError, IndexError):
        return None


class Head:
    """Method, target, version and header fields of one request."""

    #: Most bytes of the whole head.
    max_bytes = 4096
    #: Most bytes of one line: of the request line, or of one field.
    max_line = 2048
    #: Most header fields.
    max_fields = 48
    #: Most parameters of a query. Each of them becomes an object.
    max_pairs = 16

    def __init__(self):
        self.method = self.version = ""
        self.path = ""  # decoded
        self.query = None  # what is behind the "?", not decoded; None without a "?"
        self.headers = {}  # names in lower case
        self._authority = None  # host and port of an absolute-form target
        self.length = 0  # bytes of the body; None when it comes in chunks
        self.expects = False  # the client waits for a 100 before it sends the body

    def parse(self, data):
        """Parse the head's bytes, up to and including the empty line. None, or what is wrong with them as text."""
        lines = data.count(b"\n")
        if data.count(b"\r\n") != lines or data.count(b"\r") != lines or data[-4:] != b"\r\n\r\n":
            return _LINE_ENDS
        if b"\0" in data:
            return _FIELD
        if lines - 2 > self.max_fields:
            return _TOO_LONG
        end = data.find(b"\r")
        wrong = self._request_line(data[:end])
        while not wrong:
            start = end + 2
            end = data.find(b"\r", start)
            if end == start:
                return self._consistent()
            if end - start > self.max_line:
                return _TOO_LONG
            colon = data.find(b":", start, end)
            if colon <= start:
                return _FIELD
            name = data[start:colon].lower()
            if b" " in name or b"\t" in name:
                return _FIELD
            if b" %s " % name in _WANTED:
                wrong = self._field(name.decode(), data[colon + 1 : end].strip())
        return wrong

    def hopeless(self, data):
        """What is wrong with the first bytes of a head, as text; None while they may still become a good head."""
        if len(data) > self.max_bytes:
            return _TOO_LONG
        if not 65 <= data[0] <= 90:
            return _REQUEST_LINE
        end = data.find(b"\n")
        if end < 0:
            return _TOO_LONG if len(data) > self.max_line else None
        if data[end - 1] != 13 or b"\n\n" in data:
            return _LINE_ENDS
        # The request line is parsed only once, as the rest may come a byte at a time.
        return None if self.method else self._request_line(data[: end - 1])

    def _request_line(self, line):
        if len(line) > self.max_line or line.count(b"&") >= self.max_pairs:
            return _TOO_LONG
        parts = line.split(b" ", 3)
        if len(parts) != 3:
            return _REQUEST_LINE
        method, target, version = parts
        if version not in (b"HTTP/1.1", b"HTTP/1.0"):
            return _REQUEST_LINE
        if not (method.isalpha() and method.isupper()) or len(method) > 16:
            return _REQUEST_LINE
        for byte in target:
            if not 32 < byte < 127:
                return _TARGET
        if b"%" in target and unquote(target) is None:
            return _TARGET
        if target[:1] != b"/" and not (target == b"*" and method == b"OPTIONS"):
            target = self._absolute(target, method)
            if not target:
                return _TARGET
        self.method = method.decode()
        path, mark, query = target.decode().partition("?")
        self.path = (unquote(path.encode()) or "") if "%" in path else path
        self.query = query if mark else None
        self.version = "1.1" if version[-1] == 49 else "1.0"
        return None

    def _absolute(self, target, method):
        """The path and query of an absolute-form target (RFC 9112, 3.2.2), bytes; None when it is not of that form."""
        scheme, mark, rest = target.partition(b"://")
        if not mark or scheme.lower() not in (b"http", b"https"):
            return None
        end = len(rest)
        for mark in b"/?":
            at = rest.find(bytes((mark,)))
            if 0 <= at < end:
                end = at
        if not end or b"@" in rest[:end]:
            return None
        self._authority = rest[:end].decode()
        rest = rest[end:]
        if not rest and method == b"OPTIONS":
            return b"*"
        return rest if rest[:1] == b"/" else b"/" + rest

    def _field(self, name, value):
        for byte in value:
            if not 32 <= byte <= 126:
                return _FIELD + ": " + name
        value = value.decode()
        if name in self.headers:
            if name in _ONCE:
                return _FIELD + ": " + name
            value = self.headers[name] + ", " + value
        self.headers[name] = value
        return None

    def _consistent(self):
        headers = self.headers
        old = self.version == "1.0"
        if "host" not in headers and not old:
            return "host missing"
        if self._authority:  # it outranks the Host field (RFC 9112, 3.2.2)
            headers["host"] = self._authority
        self.expects = not old and headers.get("expect", "").lower() == "100-continue"
        coding = headers.get("transfer-encoding")
        if coding is not None:
            if coding.lower() != "chunked":
                return "transfer-encoding must be chunked"
            if old:
                return "transfer-encoding is unknown to this version of HTTP"
            if "content-length" in headers:
                return "content-length and transfer-encoding exclude each other"
            self.length = None
            return None
        length = headers.get("content-length", "0")
        if not length.isdigit() or len(length) > 12:
            return "content-length must be a number of bytes"
        self.length = min(int(length), _MOST)
        return None
