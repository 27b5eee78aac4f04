"""HTTPS and WSS with a provisioned certificate, and clear answers if they are not available."""

import asyncio
import ssl

from han.api.http import tls
from han.store import certificates
from tests.api.fake import Answer, Board, Running, _seed, get
from tests.support import skip

# Certificate of han-test.local, EC P-256, made by tools/provision.
CERTIFICATE = bytes.fromhex(
    "308201743082011ba003020102021423dd830c77cc46543c99b9878fec5652d6237226300a06082a8648ce3d040302301931"
    "17301506035504030c0e68616e2d746573742e6c6f63616c301e170d3236313132323032343331385a170d33363131323030"
    "32343331385a30193117301506035504030c0e68616e2d746573742e6c6f63616c3059301306072a8648ce3d020106082a86"
    "48ce3d030107034200048064fc638a4819e4073721f9d09fe24c1f6e69e7b1e1f86cc92c7ec7760221064b0808a53d5fbad9"
    "760b781f29a720385193741d9aab570c407a343e3672d166a341303f30290603551d1104223020820e68616e2d746573742e"
    "6c6f63616c820868616e2d746573748704c0a8040130120603551d130101ff040830060101ff020100300a06082a8648ce3d"
    "04030203470030440220411787f30eba53b50cc1f607862377507e54922711e532c86fff53b9a092247102203f6a47b9321b"
    "8f0cdedb1c4dd2287e135ef6ffaf48b78da0b5a309a6e1ea428d"
)
KEY = bytes.fromhex(
    "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420fab58bfbea8f5e95e274b7b78a13"
    "1a274fe7033238ca510018aba96ed70d93faa144034200048064fc638a4819e4073721f9d09fe24c1f6e69e7b1e1f86cc92c"
    "7ec7760221064b0808a53d5fbad9760b781f29a720385193741d9aab570c407a343e3672d166"
)


def provisioned(data=None):
    """A board with a certificate, and a free port for it."""
    board = Board()
    copies = certificates.own(board.partition("state"))
    copies.load()
    copies.save(data or tls.packed(CERTIFICATE, KEY))
    return board


class Secured(Running):
    def choose(self, attempt):
        super().choose(attempt)
        self.board.secure_port = 32100 + (_seed() + attempt * 97) % 660  # above 32768 connections have theirs


def client():
    """A TLS context that trusts the certificate, or any certificate if the interpreter cannot choose."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if hasattr(ssl, "DER_cert_to_PEM_cert"):
        made.load_verify_locations(cadata=CERTIFICATE)
        return made
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(cadata=CERTIFICATE)
    return made


async def opened(app):
    try:
        return await asyncio.open_connection(
            "127.0.0.1", app.gate.secure.port, ssl=client(), server_hostname="han-test.local"
        )
    except (ImportError, AttributeError, TypeError):
        skip("no TLS client here")


async def close(writer):
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 2)
    except (OSError, asyncio.TimeoutError):
        pass


async def secure_get(app, path, headers=""):
    reader, writer = await opened(app)
    writer.write(("GET %s HTTP/1.1\r\nHost: han-test.local\r\n%s\r\n" % (path, headers)).encode())
    await writer.drain()
    data = await asyncio.wait_for(reader.read(-1), 5)
    await close(writer)
    return Answer(data)


async def test_https_answers_as_http_does():
    async with Secured(provisioned()) as app:
        answer = await secure_get(app, "/han")
        assert answer.status == 200 and answer.json()["type"] == "HAN_STATE_MESSAGE"
        health = await get(app, "/health")
        assert health["tlsReady"] is True
        assert [row["health"] for row in health["services"] if row["name"] == "https"] == ["ok"]
        # A page served over https is of this origin.
        answer = await secure_get(app, "/auth/token", "Origin: https://han-test.local\r\n")
        assert answer.status == 200
        assert (await secure_get(app, "/auth/token", "Origin: https://evil.example\r\n")).status == 403


async def test_wss():
    async with Secured(provisioned()) as app:
        reader, writer = await opened(app)
        writer.write(
            b"GET /ws HTTP/1.1\r\nHost: han-test.local\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await writer.drain()
        data = b""
        while b"HAN_STATE_MESSAGE" not in data:
            more = await asyncio.wait_for(reader.read(256), 5)
            assert more, data
            data += more
        assert data.startswith(b"HTTP/1.1 101")
        await close(writer)


async def reached(app):
    """True if https answers within a moment."""
    try:
        return (await asyncio.wait_for(secure_get(app, "/han"), 1.5)).status == 200
    except (OSError, EOFError, ValueError, IndexError, asyncio.TimeoutError):
        return False


async def test_few_connections_at_a_time():
    async with Secured(provisioned(), head_ms=700) as app:
        app.gate.secure.most = 1
        reader, writer = await opened(app)
        writer.write(b"GET /sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await writer.drain()
        assert await asyncio.wait_for(reader.read(16), 5)
        assert not await reached(app)
        assert (await get(app, "/health"))["tlsReady"] is True
        await close(writer)
        while not await reached(app):  # connections that waited before it are served first
            pass


async def test_without_room_for_a_handshake_nobody_is_accepted_and_http_goes_on():
    async with Secured(provisioned(), head_ms=700) as app:
        board = app.board
        for system in ((250000, 69000, 69000, 20000), (250000, 68000, 60000, 40000)):
            board.system = system
            assert not await reached(app)
            assert (await get(app, "/han"))["type"] == "HAN_STATE_MESSAGE"
        board.system = 250000, 80000, 60000, 24000
        assert await reached(app)


async def test_a_handshake_that_finds_no_memory_is_one_client_less(wrap=tls.wrapped):
    async with Secured(provisioned(), head_ms=700) as app:

        async def fails(client, context, address):
            raise OSError(12)  # ENOMEM, as mbedTLS says it

        tls.wrapped = fails
        try:
            assert not await reached(app)
        finally:
            tls.wrapped = wrap
        assert app.gate.secure.failed and app.gate.secure.listening
        assert await reached(app)


async def test_a_handshake_that_is_none_harms_nobody():
    async with Secured(provisioned()) as app:
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" + bytes(300), b""):
            reader, writer = await asyncio.open_connection("127.0.0.1", app.gate.secure.port)
            writer.write(data)
            await writer.drain()
            await close(writer)
        assert (await secure_get(app, "/han")).status == 200


async def test_an_image_without_memory_for_it_says_so():
    async with Running(provisioned()) as app:
        assert app.gate.secure is None
        health = await get(app, "/health")
        assert health["tlsReady"] is False
        rows = [row for row in health["services"] if row["name"] == "https"]
        assert [(row["status"], row["health"]) for row in rows] == [("stopped", "disabled")]


async def test_a_certificate_that_is_none_leaves_http():
    async with Secured(provisioned(b"\x05\0hellothis is no key")) as app:
        assert app.gate.secure is None
        health = await get(app, "/health")
        assert health["tlsReady"] is False
        assert [row["health"] for row in health["services"] if row["name"] == "https"] == ["failed"]


async def test_without_a_certificate_there_is_nothing():
    async with Secured() as app:
        health = await get(app, "/health")
        assert health["tlsReady"] is False and not [row for row in health["services"] if row["name"] == "https"]


async def test_listening_that_has_ended_begins_again():
    async with Secured(provisioned(), head_ms=700, tick_ms=20) as app:
        app.gate.secure._task.cancel()
        while not await reached(app):
            await asyncio.sleep(0.05)


async def test_a_body_in_pieces():
    async with Secured(provisioned()) as app:
        for value, fields, pieces in (
            (31, "Content-Length: 14\r\n", (b'{"m":', b'{"f":31', b"}}")),
            (32, "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n",
             (b"5\r\n", b'{"m":\r\n9\r\n{"f":3', b"2}}\r\n0\r\n\r\n")),
        ):  # fmt: skip
            reader, writer = await opened(app)
            writer.write(("PUT /configuration HTTP/1.1\r\nHost: han-test.local\r\n%s\r\n" % fields).encode())
            for piece in pieces:
                await writer.drain()
                await asyncio.sleep(0.05)
                writer.write(piece)
            await writer.drain()
            data = await asyncio.wait_for(reader.read(-1), 5)
            await close(writer)
            if "Expect" in fields:
                assert data.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), data
            assert data.endswith(b'"configuration:ok","rebootRequired":false}'), data
            assert app.config.get("m", "f") == value
