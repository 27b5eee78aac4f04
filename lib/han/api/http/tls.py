"""HTTPS and WSS with the certificate that tools/provision has written to the flash. Loaded only if there is one."""
import asyncio
import select
import socket
import ssl
import struct

_LENGTH = "<H"

if hasattr(asyncio, "StreamReaderProtocol"):  # CPython

    async def wrapped(client, context, address):
        """(reader, writer) of a TLS connection's server side. OSError when the client has no TLS or memory is out."""
        client.setblocking(False)
        loop = asyncio.get_event_loop()
        reader = asyncio.StreamReader()  # type: ignore[call-arg]  # CPython's, as all of this branch
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=context)
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)  # type: ignore[call-arg]

else:

    async def wrapped(client, context, address):
        """(reader, writer) of a TLS connection's server side. The first read makes the handshake. OSError as above."""
        client = context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        client.setblocking(False)
        stream = asyncio.StreamReader(client, {"peername": address})
        return stream, stream


def packed(certificate, key):
    """The bytes that store.certificates.own() keeps, made of a certificate and its private key, both DER."""
    return struct.pack(_LENGTH, len(certificate)) + certificate + key


def context(data):
    """The TLS context for the bytes of packed(). ValueError or OSError when they are no certificate with its key."""
    length = 2 + struct.unpack_from(_LENGTH, data, 0)[0]
    certificate, key = bytes(data[2:length]), bytes(data[length:])
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        from tempfile import NamedTemporaryFile
    except ImportError:
        made.load_cert_chain(certificate, key)
        return made
    # CPython loads certificates and keys from files only, in PEM.
    from base64 import encodebytes

    with NamedTemporaryFile() as file:
        pem = b"-----BEGIN PRIVATE KEY-----\n" + encodebytes(key) + b"-----END PRIVATE KEY-----\n"
        file.write(ssl.DER_cert_to_PEM_cert(certificate).encode() + pem)
        file.flush()
        made.load_cert_chain(file.name)
    return made


class Secure:
    """Listens for HTTPS and hands its connections to the gate. Each takes 20 to 40 kB of the system's heap.

    most    most connections at a time, streams included; more wait
    room()  True while the system's heap has enough for a handshake: a connection is accepted only then

    asyncio's own accepting task is of no use here: it would wrap each connection at once, and would end when
    memory is out.
    """

    backlog = 2
    #: How often it looks whether a client waits, s.
    look_s = 0.1
    failed = 0  # handshakes that could not begin

    def __init__(self, context, port, most, room):
        self.port = port
        self.most = most
        self._context = context
        self._room = room
        self._count = 0
        self._task = self._socket = None

    async def open(self, serve, host):
        """Listen. serve(reader, writer, True) is a coroutine function for a connection. OSError: the port is taken."""
        info = socket.getaddrinfo(host, self.port, 0, socket.SOCK_STREAM)[0]
        listening = socket.socket(info[0])
        try:
            listening.setblocking(False)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(info[-1])
            listening.listen(self.backlog)
        except OSError:
            listening.close()
            raise
        self._socket = listening
        self._task = asyncio.create_task(self._accept(serve))

    # Lives until close().
    async def _accept(self, serve):
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        while True:
            await asyncio.sleep(self.look_s)
            if self._count >= self.most or not self._room():
                continue
            try:
                if poller.poll(0):
                    client, address = self._socket.accept()
                    self._count += 1
                    asyncio.create_task(self._serve(serve, client, address))
            except (OSError, MemoryError):
                self.failed += 1  # the client has gone already, or there is no memory for it

    # Lives as long as one connection.
    async def _serve(self, serve, client, address):
        try:
            reader, writer = await wrapped(client, self._context, address)
        except (OSError, MemoryError):
            self.failed += 1
            client.close()
        else:
            await serve(reader, writer, True)
        finally:
            self._count -= 1

    @property
    def listening(self):
        """True while it accepts connections, or would accept them with more memory."""
        return self._task is not None and not self._task.done()

    def close(self):
        """Stop listening."""
        if self._task:
            self._task.cancel()
            self._socket.close()
            self._task = self._socket = None
