"""HTTPS and WSS with the certificate that tools/provision has put in the flash. Loaded only where there is one."""
import asyncio
import ssl
import struct

from ..store.copies import Copies
from ..store.flash import CERTIFICATE, Region

_LENGTH = "<H"


def copies(state):
    """Where the certificate and its key lie in the `state` partition."""
    return Copies(Region(state, *CERTIFICATE), b"HANS")


def packed(certificate, key):
    """What copies() keeps of a certificate and its private key, both DER."""
    return struct.pack(_LENGTH, len(certificate)) + certificate + key


def context(data):
    """The TLS context for what packed() made. ValueError or OSError: it is no certificate with its key."""
    length = 2 + struct.unpack_from(_LENGTH, data, 0)[0]
    certificate, key = bytes(data[2:length]), bytes(data[length:])
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        from tempfile import NamedTemporaryFile
    except ImportError:
        made.load_cert_chain(certificate, key)
        return made
    # CPython takes files only, and PEM.
    from base64 import encodebytes

    with NamedTemporaryFile() as file:
        pem = b"-----BEGIN PRIVATE KEY-----\n" + encodebytes(key) + b"-----END PRIVATE KEY-----\n"
        file.write(ssl.DER_cert_to_PEM_cert(certificate).encode() + pem)
        file.flush()
        made.load_cert_chain(file.name)
    return made


class Secure:
    """Listens beside the gate and hands it connections, few at a time: each takes 20 to 40 kB of the system's heap."""

    #: Connections, streams included; one more is closed.
    most = 3
    backlog = 2

    def __init__(self, context, port):
        self.server = None  # while it listens
        self.port = port
        self._context = context
        self._count = 0

    async def open(self, serve, host):
        """Listen; serve(reader, writer) is a coroutine function. OSError when the port is taken."""

        async def bounded(reader, writer):
            if self._count >= self.most:
                try:
                    writer.transport.abort()
                except AttributeError:
                    await writer.wait_closed()  # MicroPython's way to close at once
                return
            self._count += 1
            try:
                await serve(reader, writer)
            finally:
                self._count -= 1

        self.server = await asyncio.start_server(bounded, host, self.port, backlog=self.backlog, ssl=self._context)

    def close(self):
        """Stop listening."""
        server, self.server = self.server, None
        if server:
            server.close()
