"""The page over HTTP. What it does in a browser is in tests/page."""

from han.api.page import serve
from tests.api.fake import Running, raw

try:
    from tools import page
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
        assert int(fields["content-length"]) == len(body) <= 40000
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


async def test_only_who_refuses_gzip_gets_no_page():
    async with Running() as app:
        status, _, _ = await ask(app, headers="")
        assert status == 200
        status, fields, body = await ask(app, headers="Accept-Encoding: identity\r\n")
        assert status == 406 and fields["content-type"] == "application/json" and b"gzip" in body


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
    request = Request()
    await serve(None, request)
    assert max(request.sock.sizes) <= 1024 and sum(request.sock.sizes) > 20000


async def test_nobody_changes_the_page():
    async with Running() as app:
        status, _, _ = await ask(app, method="POST")
        assert status == 405
