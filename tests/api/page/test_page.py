"""The page over HTTP. What it does in a browser is in tests/page."""

from han.api.page import serve, unpacked
from han.api.page.coding import wanted
from tests.api.fake import Running, raw

try:
    from staging import page
except ImportError:  # on MicroPython it is staged with the modules
    pass
else:
    page.build()

GET = "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n"
PACKED = "Accept-Encoding: gzip, deflate\r\n"


async def ask(app, path="/", headers=PACKED, method="GET"):
    data = await raw(app, (GET % (path, headers)).replace("GET", method, 1).encode())
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(": ")
        assert name.lower() not in fields
        fields[name.lower()] = value
    return int(lines[0].split(" ")[1]), fields, body


async def test_the_page_is_sent_compressed_with_a_policy_that_allows_nothing_but_itself():
    async with Running() as app:
        status, fields, body = await ask(app)
        assert status == 200
        assert fields["content-type"] == "text/html; charset=utf-8"
        assert fields["content-encoding"] == "gzip"
        assert int(fields["content-length"]) == len(body) <= 48000
        assert body[:2] == b"\x1f\x8b" and body[4:8] == bytes(4), "not gzip, or with a time in it"
        policy = fields["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'sha256-"), policy
        assert "unsafe" not in policy and "connect-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert fields["x-frame-options"] == "DENY" and fields["x-content-type-options"] == "nosniff"
        for path in ("/ui", "/events", "/?from=phone"):
            assert await ask(app, path) == (status, fields, body)


async def test_a_browser_that_has_it_is_told_so():
    async with Running() as app:
        _, fields, _ = await ask(app)
        status, again, body = await ask(app, headers=PACKED + "If-None-Match: %s\r\n" % fields["etag"])
        assert (status, body, again["etag"]) == (304, b"", fields["etag"])
        status, _, body = await ask(app, headers=PACKED + 'If-None-Match: "older"\r\n')
        assert status == 200 and len(body) == int(fields["content-length"])


async def test_head_is_the_head_alone():
    async with Running() as app:
        status, fields, _ = await ask(app)
        assert await ask(app, method="HEAD") == (status, fields, b"")


async def test_who_does_not_take_it_compressed_gets_it_as_it_is():
    async with Running() as app:
        _, packed, compressed = await ask(app)
        for field in ("", "Accept-Encoding: identity\r\n", "Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding:\r\n"):
            status, fields, body = await ask(app, headers=field)
            assert status == 200 and "content-encoding" not in fields
            assert int(fields["content-length"]) == len(body) > 2 * len(compressed)
            assert body.startswith(b"<!doctype html>") and body.rstrip().endswith(b"</html>"), body[:40]
            assert await ask(app, headers=field, method="HEAD") == (200, fields, b"")
            assert fields["etag"] != packed["etag"] and fields["vary"] == packed["vary"] == "Accept, Accept-Encoding"
            for name in ("content-security-policy", "content-type", "cache-control", "x-frame-options"):
                assert fields[name] == packed[name]
            own = fields["etag"]
            for tag, status in ((own, 304), ('W/"a", ' + own, 304), ("*", 304), (packed["etag"], 200)):
                found, again, _ = await ask(app, headers=field + "If-None-Match: %s\r\n" % tag)
                assert found == status and again["etag"] == fields["etag"], tag
        from io import BytesIO

        assert unpacked(BytesIO(compressed)).read() == body
        status, fields, body = await ask(app, headers="Accept-Encoding: br, *;q=0\r\n")
        assert status == 406 and fields["content-type"] == "application/json" and b"gzip or identity" in body


def test_the_form_that_is_wanted():
    for field, form in (
        (None, "identity"), ("", "identity"), (" ", "identity"), ("gzip", "gzip"), ("GZIP", "gzip"), ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "gzip"), ("deflate,GZip;q=1.0", "gzip"), ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"),
        ("gzip;q=0", "identity"), ("gzip; q=0.000", "identity"), ("gzip;q=0.001", "gzip"), ("gzip ; Q=0", "identity"),
        ("identity", "identity"), ("br", "identity"), ("*", "gzip"), ("*;q=0.5", "gzip"), ("*;q=0", None),
        ("gzip;q=0, *", "identity"), ("identity;q=0", None), ("identity;q=0, gzip", "gzip"), ("identity;q=0,*", "gzip"),
        ("gzip;q=0.5, identity", "identity"), ("gzip;q=0.5, identity;q=0.4", "gzip"), ("gzip;q=0.5, *;q=0", "gzip"),
        ("gzip;q=0, identity;q=0", None), ("gzip;q=0, *;q=0", None), ("gzip;q=0, identity, *;q=0", "identity"),
        ("gzip;q=2", "identity"), ("gzip;q=x", "identity"), ("gzip;q=", "identity"), ("gzip;q=0.1234", "identity"),
        ("gzip;q=-1", "identity"), ("gzip;level=5", "gzip"), ("notgzip", "identity"), ("gzip2", "identity"),
        (",,gzip,,", "gzip"), (",", "identity"), (";q=1", "identity"),
    ):  # fmt: skip
        assert wanted(field) == form, field


async def test_an_event_stream_is_one_where_it_is_asked_for():
    async with Running() as app:
        status, fields, _ = await ask(app, "/events", "Accept: text/event-stream\r\n", "HEAD")
        assert status == 200 and fields["content-type"] == "text/event-stream"


class Socket:
    def __init__(self):
        self.sizes = []

    async def send(self, data, patience):
        self.sizes.append(len(data))


class Request:
    method = "GET"
    headers = {}

    def __init__(self):
        self.sock = Socket()


async def test_it_never_is_in_memory_as_a_whole():
    for headers, least in (({"accept-encoding": "gzip"}, 20000), ({}, 80000)):
        request = Request()
        request.headers = headers
        await serve(None, request)
        assert max(request.sock.sizes) <= 1024 and sum(request.sock.sizes) > least


async def test_nobody_changes_the_page():
    async with Running() as app:
        status, _, _ = await ask(app, method="POST")
        assert status == 405
