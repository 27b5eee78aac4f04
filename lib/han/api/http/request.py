"""The head of an HTTP request (RFC 9112), taken apart strictly: what is not clear is refused."""
from binascii import unhexlify

from ...core import utf8

# Fields that somebody here reads. The others are checked for form and forgotten: memory.
_WANTED = (
    b" accept accept-encoding authorization connection content-length content-type expect host if-none-match origin"
    b" sec-fetch-site sec-websocket-key sec-websocket-version transfer-encoding upgrade x-scan-start "
)
# A second one of these would let two readers of one request disagree about it.
_ONCE = ("host", "content-length", "origin", "authorization")
# Bytes of a body, which nobody takes. A larger number could be no index: from 2**31 on that is an error on the chip.
_MOST = 0x3FFFFFFF

# What is wrong, in few words: each costs memory on the chip.
_TOO_LONG = "request line or header too long"
_LINE_ENDS = "lines must end with CRLF"
_REQUEST_LINE = "request line must be: GET /path HTTP/1.1"
_TARGET = "path must be percent-encoded UTF-8"
_FIELD = "malformed header field"


def unquote(raw):
    """Text of percent-encoded bytes; None where that is not UTF-8 without control characters."""
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

    #: Bytes of the whole head.
    max_bytes = 4096
    #: Bytes of one line: of the request line, or of one field.
    max_line = 2048
    #: Header fields.
    max_fields = 48
    #: Parameters of a query, each of which somebody makes an object of.
    max_pairs = 16

    def __init__(self):
        self.method = self.version = ""
        self.path = ""  # decoded
        self.query = None  # as it came, what is behind the "?"
        self.headers = {}  # names in lower case
        self._authority = None  # of an absolute-form target
        self.length = 0  # of the body, bytes; None where it comes in chunks
        self.expects = False  # to be told to send it

    def parse(self, data):
        """Take the bytes up to and including the empty line; None, or what is wrong with them."""
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
        """What is wrong with a head that has not come whole yet, None where it may still become one."""
        if len(data) > self.max_bytes:
            return _TOO_LONG
        if not 65 <= data[0] <= 90:
            return _REQUEST_LINE
        end = data.find(b"\n")
        if end < 0:
            return _TOO_LONG if len(data) > self.max_line else None
        if data[end - 1] != 13 or b"\n\n" in data:
            return _LINE_ENDS
        # Once: what follows may come a byte at a time.
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
        """What an absolute-form target (RFC 9112, 3.2.2) asks its host for; None: it is none."""
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
        if self._authority:  # which outranks it (RFC 9112, 3.2.2)
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
