"""All requests that change the reader, against foreign pages, smuggled requests, bad tokens and excessive sizes.

The routes are from the table, so the tests cover a new route at once.
"""

from binascii import b2a_base64

from han.api.routes.table import TABLE
from tests.api.fake import Answer, Running, ask, get, raw

BODY = b'{"m":{"f":63},"hosts":["evil.example.com"]}'
#: Short waits, as the clients here take their answers at once.
QUICK = {"linger_ms": 20, "rest_ms": 20, "tick_ms": 10}
#: Header fields of a browser with a page that is not the reader's own.
FOREIGN = (
    "Origin: http://evil.example.com\r\n",
    "Origin: https://evil.example.com\r\nSec-Fetch-Site: cross-site\r\n",
    "Origin: null\r\n",
    "Origin: \r\n",
    "Origin: file://\r\n",
    "Origin: 127.0.0.1\r\n",
    "Origin: http://127.0.0.1.evil.example.com\r\n",
    "Origin: http://127.0.0.1@evil.example.com\r\n",
    "Origin: http://evil.example.com/127.0.0.1\r\n",
    "Origin: http://127.0.0.1:8081\r\n",  # another program on the same machine
    "Sec-Fetch-Site: cross-site\r\n",
    "Sec-Fetch-Site: same-site\r\n",
    "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n",
    "Origin: http://127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n",
)
#: Names that a page may have bound to the reader's address.
REBOUND = "evil.example.com", "127.0.0.1.nip.io", "han-reader.local.evil.example.com", "evil.example.com:80", "a.b"


def writes():
    """(path, method) of each route that may change something, or shows a secret."""
    found = []
    for row in TABLE.strip().split("\n"):
        path, _, *methods = row.split(" ")
        found += [(path, method) for method in methods if method != "GET"]
    assert len(found) >= 5
    return found + [("/auth/token", "GET")]


class Untouched:
    """Asserts that nothing of the reader changes within its `with`."""

    def __init__(self, app):
        self._app = app
        self.restarts = []
        app.board.reset = self.restarts.append

    def check(self, where):
        app = self._app
        assert app.config.get("m", "f") == 25 and app.config.get("hosts") == [], where
        assert not self.restarts and not app.messages.reboot_pending, where


async def test_pages_elsewhere_change_nothing():
    async with Running(**QUICK) as app:
        untouched = Untouched(app)
        for path, method in writes():
            for headers in FOREIGN:
                answer = await ask(app, path, method, headers, BODY if method != "GET" else b"")
                assert answer.status in (400, 403), (path, method, headers, answer.status)
                assert b"accessToken" not in answer.body
                untouched.check((path, method, headers))
            for host in REBOUND:
                # The page's own origin, as far as the browser can tell.
                headers = "Origin: http://%s\r\nSec-Fetch-Site: same-origin\r\n" % host
                answer = await ask(app, path, method, headers, BODY if method != "GET" else b"", host=host)
                assert answer.status == 403, (path, method, host)
                untouched.check((path, method, host))


async def test_a_request_that_two_readers_may_read_differently_is_none():
    async with Running(**QUICK) as app:
        untouched = Untouched(app)
        second = b"POST /reboot HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"
        for path, method in writes():
            head = "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n" % (method, path)
            for fields in (
                "Content-Length: 0\r\nContent-Length: %d\r\n" % len(BODY),
                "Content-Length: %d\r\nContent-Length: %d\r\n" % (len(BODY), len(BODY)),
                "Content-Length: 0, %d\r\n" % len(BODY),
                "Content-Length: +%d\r\n" % len(BODY),
                "Content-Length: 0x2b\r\n",
                "Content-Length: -1\r\n",
                "Content-Length : %d\r\n" % len(BODY),
                "Content-Length: %d\r\n Content-Length: 0\r\n" % len(BODY),
                "Content-Length:\r\n",
                "Transfer-Encoding: chunked, chunked\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Transfer-Encoding: \"chunked\"\r\n",
                "Transfer-Encoding:\r\n",
                "Transfer-Encoding: identity\r\nContent-Length: %d\r\n" % len(BODY),
                "Transfer-Encoding: chunked\r\nContent-Length: %d\r\n" % len(BODY),
                "transfer-encoding:\tchunked\r\nContent-Length: 0\r\n",
                "Host: evil.example.com\r\nContent-Length: %d\r\n" % len(BODY),
                "Content-Length: %d\nX: y\r\n" % len(BODY),
                "X: y\rContent-Length: %d\r\n" % len(BODY),
                "Content-Length: %d\r\nX\r\n" % len(BODY),
            ):
                chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
                data = (head + fields + "\r\n").encode() + (chunked if "chunked" in fields else BODY) + second
                found = await raw(app, data)
                assert Answer(found).status == 400, (path, method, fields, found)
                assert found.count(b"HTTP/1.1") == 1
                untouched.check((path, method, fields))


async def test_what_follows_a_request_is_not_another():
    async with Running(**QUICK) as app:
        untouched = Untouched(app)
        for first in (
            b"GET /han HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n",
            b"PUT /configuration HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}",
            b"GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\n12345",
        ):
            second = b"PUT /configuration HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
            found = await raw(app, first + second)
            assert found.count(b"HTTP/1.1") == 1 and b"connection: close" in found.lower(), found
            untouched.check(first)


async def test_paths_lead_nowhere_else():
    async with Running(**QUICK) as app:
        for path in (
            "/../state.bin", "/..", "/./meter", "//meter", "/meter/", "/meter/..", "/meter/../configuration", "/METER",
            "/ui/../han", "/%2e%2e/%2e%2e/etc/passwd", "/..%2fboot.py", "/%2e", "/ui/page.bin", "/page.bin", "/meter;x",
            "/lib/han/app.py", "/meter%00", "/meter%2f..%2fhan", "/history/", "/history/../han", "/history/hourly/..",
            "/auth/token/", "/diagnostics/../auth/token", "\\meter", "/..\\boot.py", "/config.json", "/flash/state",
        ):  # fmt: skip
            for method in "GET", "PUT", "POST", "DELETE":
                answer = await ask(app, path, method)
                assert answer.status in (400, 404), (path, method, answer.status)
                assert b"import" not in answer.body and b"root:" not in answer.body


async def test_too_much_of_anything_is_refused():
    async with Running(**QUICK) as app:
        untouched = Untouched(app)
        for path, method in writes():
            for data in (
                "%s %s?%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % (method, path, "a" * 2100),
                "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX: %s\r\n\r\n" % (method, path, "a" * 2100),
                "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n" % (method, path, "a" * 3000),
                "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % (method, path, "X: y\r\n" * 60),
                "%s %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (method, path, "a." * 900),
                "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %s\r\n\r\n" % (method, path, "9" * 40),
            ):
                answer = Answer(await raw(app, data.encode()))
                assert answer.status in (400, 403), (path, method, data[:80], answer.status)
                untouched.check((path, method, data[:80]))
        for size in 8193, 999999999999:
            data = "PUT /configuration HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % size
            assert Answer(await raw(app, data.encode() + b" " * 600)).status == 413
        for body in b"[" * 8000, b'{"a":' * 1600, b'{"hosts":["' + b"a" * 8000 + b'"]}', b'{"p":' + b"9" * 8000 + b"}":
            assert (await ask(app, "/configuration", "PUT", "", body)).status == 400
            untouched.check(body[:20])


async def test_with_a_password_only_a_good_token_writes():
    async with Running(**QUICK) as app:
        good = (await get(app, "/auth/token"))["accessToken"]
        assert (await ask(app, "/configuration", "PUT", "", b'{"pw":"correct horse"}')).status == 200
        untouched = Untouched(app)
        head, body, mark = good.split(".")
        none = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
        basic = b2a_base64(b"x:correct horse").decode().strip()
        for field in (
            "", "Bearer", "Bearer ", "Bearer .", "Bearer ..", "Bearer %s.%s." % (head, body),
            "Bearer %s.%s." % (none, body), "Bearer %s.%s.%s" % (none, body, mark), "Bearer %s.%s" % (head, body),
            "Bearer %s.%s.%s" % (head, body[:-1] + ("A" if body[-1] != "A" else "B"), mark),
            "Bearer %s.%s.%s" % (head, body, mark[:-2] + ("AA" if mark[-2:] != "AA" else "BB")),
            "Bearer %s.%s.%s.%s" % (head, body, mark, mark), "Basic " + good, "Basic " + basic, "Token " + good,
            "Bearer " + "a" * 1500, good,
        ):  # fmt: skip
            for path, method in writes():
                if path == "/auth/token":
                    continue
                header = "Authorization: %s\r\n" % field if field else ""
                answer = await ask(app, path, method, header, BODY)
                assert answer.status == 401, (path, method, field, answer.status)
                untouched.check((path, method, field))
        # Two of them are none.
        two = "Authorization: Bearer %s\r\nAuthorization: Bearer %s\r\n" % (good, good)
        assert (await ask(app, "/configuration", "PUT", two, BODY)).status == 400
        untouched.check(two)
        app.board.ticks += 301000
        answer = await ask(app, "/configuration", "PUT", "Authorization: Bearer %s\r\n" % good, BODY)
        assert answer.status == 401 and b"expired" in answer.body
        untouched.check("expired")
        # A new one wants the password.
        for field in "", "Basic " + b2a_base64(b"x:wrong").decode().strip(), "Bearer " + good:
            answer = await ask(app, "/auth/token", "GET", "Authorization: %s\r\n" % field if field else "")
            assert answer.status == 401 and b"accessToken" not in answer.body
        new = (await ask(app, "/auth/token", "GET", "Authorization: Basic %s\r\n" % basic)).json()["accessToken"]
        answer = await ask(app, "/configuration", "PUT", "Authorization: Bearer %s\r\n" % new, b'{"m":{"f":63}}')
        assert answer.status == 200 and app.config.get("m", "f") == 63
