"""The pure parts: numbers and texts as JSON, request heads, hosts and origins, WebSocket frames."""

import asyncio
import json

from han.net import websocket
from han.api.http.access import host_allowed
from han.core.encode import decimal, flag, text
from han.api.http.request import Head, unquote
from han.net.websocket import upgrade
from han.net.origin import same_origin
from tests.support import Random

# --- JSON


def test_decimals_are_exact_beyond_what_floats_hold():
    for number, places, written in (
        (2392, 1, "239.2"),
        (2300, 1, "230"),
        (0, 3, "0"),
        (5, 3, "0.005"),
        (50, 3, "0.05"),
        (-5812, 3, "-5.812"),
        (-5, 3, "-0.005"),
        (-500, 3, "-0.5"),
        (1000, 3, "1"),
        (123456789, 3, "123456.789"),
        (2**31, 3, "2147483.648"),
        (2**31 + 1, 3, "2147483.649"),
        (999999999999999999, 3, "999999999999999.999"),
        (8123456, 6, "8.123456"),
    ):
        assert decimal(number, places) == written
    assert decimal(None, 3) == "null"


def test_texts_are_escaped():
    for words in ('"', "\\", "\n\t\x01\x7f", "Ähtäri 網", "</script>", "", "a" * 300):
        assert json.loads(text(words)) == words
    assert (text(None), text(-(2**40)), flag(True), flag("")) == ("null", "-1099511627776", "true", "false")


# --- the head of a request

GOOD = (
    b"GET /meter?x=%C3%A9 HTTP/1.1\r\nHost: reader.local\r\n"
    b"User-Agent: \xff\xfe odd\r\nAccept:  a \r\naccept: b\r\n\r\n"
)


def test_a_good_head():
    head = Head()
    assert head.parse(GOOD) is None
    assert (head.method, head.path, head.query, head.version) == ("GET", "/meter", "x=%C3%A9", "1.1")
    assert head.headers["host"] == "reader.local"
    assert head.headers["accept"] == "a, b" and head.length == 0


def test_paths_and_queries():
    for target, path, query in (
        ("/", "/", None), ("/?", "/", ""), ("/a?b?c", "/a", "b?c"), ("/%61%2f?%62", "/a/", "%62"),
        ("/a%3Fb?c", "/a?b", "c"), ("/%C3%A9", "/é", None), ("/" + "%41" * 600, "/" + "A" * 600, None),
        ("/a?" + "b=1&" * 15 + "c", "/a", "b=1&" * 15 + "c"),
    ):  # fmt: skip
        head = Head()
        assert head.parse(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % target.encode()) is None, target
        assert (head.path, head.query) == (path, query), target
    # Each name in a query costs an object when it is searched: two kilobytes of names would take 40 of memory.
    for target in ("/a?" + "b&" * 16, "/a?" + "&" * 1000, "/a" + "&" * 16):
        assert "too long" in parse("GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % target)
    assert "request line must be" in parse("GET" + " " * 1000 + "/ HTTP/1.1\r\n\r\n")


def test_targets_in_absolute_form():
    for target, host, path, query in (
        ("http://reader.local/meter", "reader.local", "/meter", None),
        ("HTTP://Reader:8080/meter?a=b", "Reader:8080", "/meter", "a=b"),
        ("https://192.168.1.5", "192.168.1.5", "/", None),
        ("http://[::1]:80?a", "[::1]:80", "/", "a"),
        ("http://x/http://y/%C3%A9?/?", "x", "/http://y/é", "/?"),
    ):
        for version in (b"1.1", b"1.0"):
            head = Head()
            assert head.parse(b"GET %s HTTP/%s\r\nHost: other\r\n\r\n" % (target.encode(), version)) is None, target
            # The host in the target outranks the field Host.
            assert (head.headers["host"], head.path, head.query) == (host, path, query), target
    head = Head()
    assert head.parse(b"OPTIONS http://reader.local HTTP/1.1\r\nHost: x\r\n\r\n") is None and head.path == "*"
    head = Head()
    assert head.parse(b"GET http://reader.local/ HTTP/1.0\r\n\r\n") is None and head.headers["host"] == "reader.local"
    assert parse("GET http://reader.local/ HTTP/1.1\r\n\r\n") == "host missing"


def test_bodies_are_announced_in_one_way():
    for fields, length, expects in (
        ("", 0, False), ("Content-Length: 5\r\n", 5, False), ("Transfer-Encoding: chunked\r\n", None, False),
        ("transfer-encoding: CHUNKED\r\nExpect: 100-Continue\r\n", None, True),
        ("Expect: 100-continue\r\nContent-Length: 5\r\n", 5, True), ("Expect: something\r\n", 0, False),
    ):  # fmt: skip
        head = Head()
        assert head.parse(("POST / HTTP/1.1\r\nHost: x\r\n%s\r\n" % fields).encode()) is None
        assert (head.length, head.expects) == (length, expects), fields
    head = Head()
    assert head.parse(b"POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n") is None and not head.expects
    assert "version of HTTP" in parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")


def parse(head):
    return Head().parse(head.encode() if isinstance(head, str) else head)


def test_a_length_beyond_what_a_chip_can_count_to():
    for length, counted in ((8192, 8192), (1 << 30, (1 << 30) - 1), (999999999999, (1 << 30) - 1)):
        head = Head()
        assert head.parse(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length) is None
        assert head.length == counted


def test_heads_that_are_refused():
    host = "Host: x\r\n"
    for line in (
        "GET /meter",
        "GET  /meter HTTP/1.1",
        "GET  HTTP/1.1",
        "  ",
        "GET /meter HTTP/1.1 ",
        " GET /meter HTTP/1.1",
        "GET /meter HTTP/2.0",
        "GET /meter HTTP/0.9",
        "GET /meter HTTP/1.10",
        "GET /meter http/1.1",
        "get /meter HTTP/1.1",
        "G=T /meter HTTP/1.1",
        "GETGETGETGETGETGET /meter HTTP/1.1",
        "GET meter HTTP/1.1",
        "GET x/meter HTTP/1.1",
        "GET x:80 HTTP/1.1",
        "GET http:/x/meter HTTP/1.1",
        "GET http:///meter HTTP/1.1",
        "GET http:// HTTP/1.1",
        "GET ftp://x/meter HTTP/1.1",
        "GET ://x/meter HTTP/1.1",
        "GET http://user@x/meter HTTP/1.1",
        "GET http://user:word@x/meter HTTP/1.1",
        "GET http://x/%ff HTTP/1.1",
        "GET * HTTP/1.1",
        "GET /m\x01 HTTP/1.1",
        "GET /\x7f HTTP/1.1",
        "GET /é HTTP/1.1",
        "GET /% HTTP/1.1",
        "GET /%4 HTTP/1.1",
        "GET /%zz HTTP/1.1",
        "GET /%+1 HTTP/1.1",
        "GET /%ff HTTP/1.1",
        "GET /%C0%AF HTTP/1.1",
        "GET /%ED%A0%80 HTTP/1.1",
        "GET /%F4%90%80%80 HTTP/1.1",
        "GET /%C3 HTTP/1.1",
        "GET /?a=%C3&b=%A9 HTTP/1.1",
        "GET /%00 HTTP/1.1",
        "GET /meter%0a HTTP/1.1",
        "PRI * HTTP/2.0",
        "",
        "GET /" + "a" * 2100 + " HTTP/1.1",
    ):
        assert parse(line + "\r\n" + host + "\r\n"), line
    for fields in (
        "",
        "Host: x\r\nHost: x\r\n",
        "Host x\r\n",
        ": x\r\nHost: x\r\n",
        "Host : x\r\n",
        " Host: x\r\n",
        "Host: x\r\n folded: y\r\n",
        "Host: x\r\n\tfolded\r\n",
        "Host: \xe9\r\n",
        "Host: x\r\nContent-Length: -1\r\n",
        "Host: x\r\nContent-Length: +1\r\n",
        "Host: x\r\nContent-Length: 1 0\r\n",
        "Host: x\r\nContent-Length: 0x10\r\n",
        "Host: x\r\nContent-Length: 1e3\r\n",
        "Host: x\r\nContent-Length: \u0661\r\n",
        "Host: x\r\nContent-Length:\r\n",
        "Host: x\r\nContent-Length: 3, 3\r\n",
        "Host: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n",
        "Host: x\r\nContent-Length: " + "9" * 40 + "\r\n",
        "Host: x\r\nTransfer-Encoding: identity\r\n",
        "Host: x\r\nTransfer-Encoding: gzip, chunked\r\n",
        "Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Host: x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Host: x\r\nX: " + "a" * 2100 + "\r\n",
        "Host: x\r\n" + "A: b\r\n" * 60,
        "Host: x\r\nX: \0\r\n",
        "Host: x\r\nX: a\rb\r\n",
        "Host: x\nX: a\r\n",
    ):
        assert parse("GET /meter HTTP/1.1\r\n" + fields + "\r\n"), fields
    assert parse("GET /meter HTTP/1.1\nHost: x\n\n")
    # HTTP/1.0 has no Host.
    assert parse("GET /meter HTTP/1.0\r\n\r\n") is None
    assert parse("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n") is None


def test_a_hopeless_head_is_known_before_it_ends():
    for data in (b"\x16\x03\x01\x02", b"\0", b"get", b"GARBAGE\r\n", b"GET / HTTP/1.1\nHost: x\n", b"A" * 2500):
        assert Head().hopeless(data), data
    for data in (b"G", b"GET /", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX"):
        assert not Head().hopeless(data), data
    assert Head().hopeless(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 800)


def test_no_bytes_make_the_head_parser_raise():
    random = Random(7)
    for _ in range(3000):
        data = bytearray(GOOD)
        for _ in range(random.between(1, 6)):
            at = random.below(len(data))
            kind = random.below(4)
            if kind == 0:
                data[at] = random.below(256)
            elif kind == 1:
                data = data[:at] + data[at + random.below(8) :]
            elif kind == 2:
                data = data[:at] + random.bytes(random.below(6)) + data[at:]
            else:
                data = data[:at] + data[: random.below(len(data))]
            if not data:
                data = bytearray(b"G")
        data = bytes(data)
        head = Head()
        wrong = head.hopeless(data)
        assert wrong is None or isinstance(wrong, str)
        head = Head()
        wrong = head.parse(data)
        if wrong is None:
            assert head.method and head.path[0] == "/" and head.length >= 0
        else:
            assert isinstance(wrong, str)


def test_unquote():
    assert unquote(b"/a%20b%2Fc") == "/a b/c"
    assert unquote(b"/%C3%A9") == "/é"
    for bad in (b"%", b"%f", b"%fg", b"%80", b"%00", b"\x80", b"%C3%28", b"%ED"):
        assert unquote(bad) is None, bad


# --- hosts and origins


def test_hosts_that_may_be_asked_for():
    for host in (
        "192.168.1.50",
        "192.168.1.50:8080",
        "[fe80::1]",
        "[::1]:8080",
        "reader",
        "han-reader:80",
        "localhost",
        "HAN-Reader.LOCAL",
        "reader.local.",
        "a.b.lan",
        "x.home",
        "x.home.arpa",
        "x.internal",
        "x.localdomain",
        "x.tailnet-name.ts.net",
        "x.fritz.box:80",
        "reader.example.com",
    ):
        assert host_allowed(host, ["reader.example.com"]), host


def test_hosts_that_may_not():
    for host in (
        "",
        ":80",
        ".",
        "evil.com",
        "evil.com:80",
        "192.168.1.50.evil.com",
        "192.168.1.256",
        "192.168.1",
        "1.2.3.4.5",
        "reader.local.evil.com",
        ".local",
        ".lan",
        "xlocal.com",
        ".ts.net",
        "evilts.net",
        "x.ts.net.evil.com",
        "x.localdomain.com",
        "evil.com#.local",
        "evil.com/.local",
        "user@reader.local",
        "reader.local:80:80",
        "reader.local:x",
        "reader.local:123456",
        "[evil.com]",
        "[::1",
        "[::1]x",
        "[]",
        "a b",
        "reader.example.com",
        "évil",
        "sub.reader.example.org",
    ):
        assert not host_allowed(host, ["example.org"]), host


def test_origins():
    host = {"host": "192.168.1.50:8080"}
    assert same_origin(host)
    assert same_origin(dict(host, origin="http://192.168.1.50:8080"))
    assert same_origin({"host": "Reader.local", "origin": "http://reader.LOCAL"})
    for site in ("none", "same-origin"):
        assert same_origin(dict(host, **{"sec-fetch-site": site}))
    for origin in ("http://evil.com", "null", "", "http://", "http://192.168.1.50", "http://192.168.1.50:80801"):
        assert not same_origin(dict(host, origin=origin)), origin
    for site in ("cross-site", "same-site", "x"):
        assert not same_origin(dict(host, **{"sec-fetch-site": site}))


# --- WebSocket frames


class Bytes:
    """A stream reader over complete bytes."""

    def __init__(self, data):
        self._data = data

    async def readexactly(self, count):
        if len(self._data) < count:
            raise EOFError
        data, self._data = self._data[:count], self._data[count:]
        return data


def masked(first, payload, length=None, mask=b"\x01\x80\xff\x55"):
    """A client's frame; `first` is FIN, RSV and opcode."""
    length = len(payload) if length is None else length
    if length < 126:
        head = bytes((first, 0x80 | length))
    elif length < 65536:
        head = bytes((first, 0xFE)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, 0xFF)) + length.to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


async def received(data):
    """The messages in these bytes, then how the connection ended."""
    receiver = websocket.Receiver(Bytes(data))
    got = []
    try:
        while True:
            got.append(await receiver.receive())
            if got[-1][0] in (websocket.CLOSE, websocket.FAILED):
                return got
    except EOFError:
        return got


async def test_messages_whole_and_in_parts_with_control_frames_between():
    data = masked(0x81, b"hi") + masked(0x01, b"ab") + masked(0x89, b"!") + masked(0x00, b"cd") + masked(0x80, b"")
    assert await received(data) == [(1, b"hi"), (9, b"!"), (1, b"abcd")]
    assert await received(masked(0x81, b"x" * 200) + masked(0x82, b"\xff")) == [(1, b"x" * 200), (2, b"\xff")]
    assert await received(masked(0x81, b"")) == [(1, b"")]
    # A character may be in two frames.
    assert await received(masked(0x01, b"\xc3") + masked(0x80, b"\xa9")) == [(1, b"\xc3\xa9")]


async def test_frames_against_the_rules_are_answered_with_their_code():
    for data, code in (
        (b"\x81\x02hi", 1002),  # not masked
        (masked(0xC1, b"x"), 1002),  # an extension's bit
        (masked(0x83, b"x"), 1002),  # an opcode of the future
        (masked(0x8B, b"x"), 1002),
        (masked(0x80, b"x"), 1002),  # goes on with nothing
        (masked(0x01, b"a") + masked(0x81, b"b"), 1002),  # a new one inside another
        (masked(0x09, b"x"), 1002),  # half a ping
        (masked(0x89, b"x" * 126), 1002),
        (masked(0x81, b"", 1025), 1009),
        (masked(0x81, b"", 2**40), 1009),
        (masked(0x81, b"", 2**64 - 1), 1009),
        (masked(0x01, b"x" * 1000) + masked(0x80, b"x" * 25), 1009),
        (masked(0x81, b"\xff"), 1007),
        (masked(0x81, b"\xc0\x80"), 1007),
        (masked(0x81, b"\xed\xa0\x80"), 1007),
        (masked(0x81, b"\xf4\x90\x80\x80"), 1007),
        (masked(0x01, b"\xc3") + masked(0x80, b"\xc3"), 1007),
        (masked(0x88, b"\x03\xe8\xff"), 1007),
        (masked(0x88, b""), 1000),
        (masked(0x88, b"\x03\xe8bye"), 1000),
        (masked(0x88, b"\x03"), 1002),
        (masked(0x88, b"\x03\xed"), 1002),  # 1005 must not be sent
        (masked(0x88, b"\x00\x00"), 1002),
        (masked(0x88, b"\x0f\xa0"), 4000),
    ):
        kind = websocket.CLOSE if data[0] == 0x88 else websocket.FAILED
        assert await received(data) == [(kind, code)], (data, code)


async def test_no_bytes_make_the_receiver_raise_anything_but_the_end():
    random = Random(3)
    for _ in range(2000):
        data = random.bytes(random.between(1, 40))
        for opcode, payload in await received(data):
            assert opcode in (1, 2, 8, 9, 10, websocket.FAILED)
            assert isinstance(payload, int if opcode in (8, websocket.FAILED) else bytes)
        await asyncio.sleep(0)


def test_frames_to_the_client():
    assert websocket.frame(1, b"hi") == b"\x81\x02hi"
    assert websocket.frame(1, b"x" * 125)[:2] == b"\x81\x7d"
    assert websocket.frame(1, b"x" * 126)[:4] == b"\x81\x7e\x00\x7e"
    assert websocket.frame(1, b"x" * 65535)[:4] == b"\x81\x7e\xff\xff"
    assert websocket.close(1001) == b"\x88\x02\x03\xe9"


def test_the_handshake_of_the_rfc():
    fields = {
        "upgrade": "WebSocket",
        "connection": "keep-alive, Upgrade",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
    }
    assert upgrade(fields) == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    for name in fields:
        assert upgrade({key: text for key, text in fields.items() if key != name}) is None
        assert upgrade(dict(fields, **{name: "x"})) is None
