"""The HTTP client against servers that answer in every way."""

import asyncio
import os
import sys
from binascii import unhexlify

from han.net.http import Client, HttpError, Status, parse
from tests.support import raises, skip

# A certificate of `localhost` by itself with its key, which is nobody's, and another such certificate. DER.
CERTIFICATE = unhexlify(
    "308201413081e8a003020102020101300a06082a8648ce3d04030230143112301006035504030c096c6f63616c686f73743020170d3230303130"
    "313030303030305a180f32303939303130313030303030305a30143112301006035504030c096c6f63616c686f73743059301306072a8648ce3d"
    "020106082a8648ce3d03010703420004f1dfc271cb1a4189717179951cd833ceb4c1e6af943c1a88d27c9c7f6b1f2c06ede2affec2530dbc1c14"
    "4a7d083272b09ab6eebec3ce34339cd572863122ebdfa329302730140603551d11040d300b82096c6f63616c686f7374300f0603551d130101ff"
    "040530030101ff300a06082a8648ce3d0403020348003045022023b37803c9348a721b53b4ef26532dfaebb7aeb0119e2c87c89af2573f62e4ab"
    "022100d09a7d61bb4d182e79f9ccfb373f0138678ec83100e9277993987fd7c5232737"
)
_KEY = unhexlify(
    "30770201010420fabf837938e9fe4cf00bb7f0e3e330374c58d87781abe31bbd97d010388c8e04a00a06082a8648ce3d030107a14403420004f1"
    "dfc271cb1a4189717179951cd833ceb4c1e6af943c1a88d27c9c7f6b1f2c06ede2affec2530dbc1c144a7d083272b09ab6eebec3ce34339cd572"
    "863122ebdf"
)
ANOTHER = unhexlify(
    "308201413081e8a003020102020101300a06082a8648ce3d04030230143112301006035504030c096c6f63616c686f73743020170d3230303130"
    "313030303030305a180f32303939303130313030303030305a30143112301006035504030c096c6f63616c686f73743059301306072a8648ce3d"
    "020106082a8648ce3d0301070342000496a99172a6fa4ecda67cc6f596da7d85b399f04491638a07fad8a34e330009e58522ddf35f95ad969461"
    "544b0d496d98a576b1eafa173dbc920ec61f5e7d2420a329302730140603551d11040d300b82096c6f63616c686f7374300f0603551d130101ff"
    "040530030101ff300a06082a8648ce3d0403020348003045022100f8efa37cd724d28cc34c153deeafb7d8353ead9a08848ec8fb9f5d5e3b1ab7"
    "3a0220641987c8501677a023347fc1b98bd59a9f53e85db7d61ca78d0b532008ae0cc6"
)


class Server:
    """`async with Server(*answers) as server:` gives each connection the next answer; None: silence."""

    def __init__(self, *answers, tls=None):
        self._answers = list(answers)
        self._tls = tls
        self.requests = []

    async def __aenter__(self):
        for attempt in range(50):
            self.port = 20000 + (int.from_bytes(os.urandom(2), "big") + attempt * 997) % 12000
            try:
                if self._tls:
                    self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
                else:
                    self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
                break
            except OSError:
                pass
        return self

    async def __aexit__(self, *exception):
        self._server.close()
        await asyncio.sleep(0.01)

    async def _serve(self, reader, writer):
        try:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                data = await reader.read(100)
                if not data:
                    return
                request += data
            self.requests.append(request)
            answer = self._answers.pop(0)
            if answer is None:
                await asyncio.sleep(3)
            elif isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                for piece in answer:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.002)
        except OSError:
            pass
        finally:
            writer.close()
            try:
                await writer.wait_closed()
            except OSError:
                pass

    async def get(self, path="/x", scheme="http", host="127.0.0.1", roots=None, **limits):
        """The body for a path."""
        client = Client(roots)
        for name, value in limits.items():
            setattr(client, name, value)
        body = []
        await asyncio.wait_for(client.get("%s://%s:%d%s" % (scheme, host, self.port, path), body.append), 10)
        return b"".join(body)


async def answer(data, **limits):
    async with Server(data) as server:
        return await server.get(**limits)


async def refused(data, why, **limits):
    with raises(HttpError) as caught:
        await answer(data, **limits)
    assert why in str(caught.value), (data, str(caught.value))


def pieces(data):
    return [data[at : at + 1] for at in range(len(data))]


async def test_bodies_of_every_kind():
    body = b"0123456789" * 300
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + body
    assert await answer(plain) == body
    assert await answer(plain + b"more") == body
    assert await answer(b"HTTP/1.0 200 OK\r\n\r\n" + body) == body
    assert await answer(b"HTTP/1.1 200\r\nX: \xff\xfe\r\nCONTENT-LENGTH : 0\r\n\r\n") == b""
    assert await answer(b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + plain) == body
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n"
    assert await answer(head + b"5\r\n01234\r\n0a;x=y\r\n0123456789\r\n0\r\n\r\n") == b"012340123456789"
    chunked = b"".join([b"%X\r\n%s\r\n" % (n, body[:n]) for n in (1, 15, 16, 255, 1000)]) + b"0\r\nA: b\r\n\r\n"
    assert await answer(head + chunked) == b"".join([body[:n] for n in (1, 15, 16, 255, 1000)])
    short = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert await answer(pieces(short)) == b"abcde"
    assert await answer(pieces(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde")) == b"abcde"


async def test_the_request():
    async with Server(b"HTTP/1.1 200 OK\r\n\r\n") as server:
        await server.get("/a?b=c")
        lines = server.requests[0].split(b"\r\n")
        assert lines[0] == b"GET /a?b=c HTTP/1.1" and b"Host: 127.0.0.1:%d" % server.port in lines
        assert b"Connection: close" in lines and b"Accept-Encoding: identity" in lines


async def test_what_is_cut_short_is_an_error_at_every_place():
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    for data in (plain, chunked):
        for cut in range(len(data)):
            if data is chunked and cut >= len(data) - 2:
                continue  # the last chunk has been seen whole but for its end of line
            with raises(HttpError):
                await answer(data[:cut])


async def test_what_is_not_http_or_too_much_is_refused():
    await refused(b"\r\n\r\n", "not HTTP")
    await refused(b"ICY 200 OK\r\n\r\n", "not HTTP")
    await refused(b"HTTP/1.1 2000 OK\r\n\r\n", "not HTTP")
    await refused(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 9000 + b"\r\n\r\n", "head too long")
    await refused(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "content-length")
    await refused(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "content-length")
    await refused(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "two of")
    await refused(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", "gzip")
    await refused(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "gzip")
    await refused(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", "too long", body=99)
    await refused(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3000, "too long", body=2999)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    await refused(head + b"8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n", "too long", body=15)
    for chunk in (b"x\r\n", b"\r\n", b"-1\r\n", b"+1\r\n", b"0x1\r\na\r\n", b"1000000\r\n", b"1" + b";" * 200):
        with raises(HttpError):
            await answer(head + chunk + b"\r\n0\r\n\r\n")
    await refused(head + b"2\r\nabc\r\n0\r\n\r\n", "longer")
    for status in (204, 304, 400, 404, 429, 500, 503):
        with raises(Status) as caught:
            await answer(b"HTTP/1.1 %d X\r\nContent-Length: 3\r\n\r\nabc" % status)
        assert caught.value.code == status
    assert parse(b"HTTP/1.1 200 OK") == (200, {})


async def test_waits_have_an_end():
    await refused(None, "too slow", patience=0.2)
    await refused(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "cut short", patience=0.2)
    await refused([b"HTTP/1.1 200 OK\r\n\r\n"] + [b"x"] * 1000, "too slow", seconds=0.3)
    with raises(HttpError):
        async with Server() as server:
            pass
        await server.get()  # nobody listens there any more


async def test_redirects_stay_within_the_service_and_end():
    def to(where):
        return b"HTTP/1.1 302 Found\r\nLocation: %s\r\n\r\n" % where

    good = b"HTTP/1.1 200 OK\r\n\r\nbody"
    async with Server(to(b"/y"), to(b"/z?1"), good) as server:
        assert await server.get() == b"body"
        assert [each.split()[1] for each in server.requests] == [b"/x", b"/y", b"/z?1"]
    async with Server(to(b"/y"), to(b"/y"), to(b"/y"), good) as server:
        with raises(HttpError):
            await server.get()
        assert len(server.requests) == 3
    async with Server(good) as server:
        here = b"http://127.0.0.1:%d" % server.port
        server._answers.insert(0, to(here + b"/y"))
        assert await server.get() == b"body"
        for elsewhere in (b"http://localhost:1/", b"//localhost/", here + b"1/", here[:-1] + b"/", b"y", b"", here,
                          here.replace(b"http:", b"https:") + b"/", b"file:///x", here + b"@localhost/"):  # fmt: skip
            server._answers = [to(elsewhere), good]
            with raises(HttpError):
                await server.get()


async def test_only_urls_are_urls():
    for url in ("", "x", "ftp://a/b", "http://", "http:///x", "http://a:b/c", "http://me@a/b", "https//a/"):
        with raises(HttpError):
            await Client().get(url, None)


def server_context():
    """Of a server on localhost whose certificate is CERTIFICATE, signed by itself."""
    try:
        import ssl

        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    except (ImportError, AttributeError):
        skip("no TLS server here")
    if sys.implementation.name == "micropython":
        made.load_cert_chain(CERTIFICATE, _KEY)
        return made
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        from cryptography.hazmat.primitives import serialization

        key = serialization.load_der_private_key(_KEY, None)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = folder + "/pem"
        with open(path, "wb") as file:
            file.write(ssl.DER_cert_to_PEM_cert(CERTIFICATE).encode() + pem)
        made.load_cert_chain(path)
    return made


async def test_https_believes_who_proves_its_name():
    body = b"0123456789" * 500
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + body
    tls = server_context()
    async with Server(*[data] * 9, tls=tls) as server:
        assert await server.get(scheme="https", host="localhost", roots=CERTIFICATE) == body
        with raises(HttpError):
            await server.get(scheme="https", host="localhost", roots=ANOTHER)
        with raises(HttpError):  # the name is another
            await server.get(scheme="https", host="127.0.0.1", roots=CERTIFICATE)
        if sys.implementation.name == "micropython":
            assert await server.get(scheme="https", host="localhost") == body
        else:
            with raises(HttpError):
                await server.get(scheme="https", host="localhost")
