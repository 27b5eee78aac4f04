"""The way to a broker: its name, a TCP connection, TLS. Imported for that."""
import asyncio
import errno
import select
import socket

from .client import Trouble

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# How often a socket is asked whether it is connected, s.
_LOOK = 0.05
_FAILED = select.POLLERR | select.POLLHUP


async def connect(app, settings):
    """(reader, writer) of a connection to the broker of the settings. Trouble says why there is none.

    It waits for the network for as long as the caller lets it. A handshake holds the loop for a second on the chip.
    """
    host, port = settings["host"], settings["port"]
    if not host:
        raise Trouble("no host is set")
    context = _context(app) if settings["tls"] else None
    from ...net.names.lookup import address

    found = await address(host, app.links.all, app.board.random)
    if not found:
        raise Trouble(("no such name: " if found is None else "no name server answers for ") + host)
    try:
        place = socket.getaddrinfo(found, port, 0, socket.SOCK_STREAM)[0]
    except OSError:
        raise Trouble("no such name: " + host)
    # asyncio's open_connection() would leave the socket open when it is cancelled on MicroPython.
    line = socket.socket(*place[:3])
    try:
        line.setblocking(False)
        try:
            line.connect(place[-1])
        except OSError as error:
            if error.args[0] != errno.EINPROGRESS:
                raise
        await _opened(line)
        streams = await _streams(line, context, host)
        line = None
        return streams
    except ValueError as error:  # before OSError, which it is, too, on CPython
        raise Trouble("not trusted: %s" % error)
    except OSError as error:
        raise Trouble(_reason(error, host, port, context))
    finally:
        if line:
            line.close()


async def _opened(line):
    """Wait until a socket is connected; OSError when it cannot be."""
    poller = select.poll()
    poller.register(line, select.POLLOUT)
    while True:
        events = poller.poll(0)
        if events:
            if events[0][1] & _FAILED:
                line.recv(1)  # raises what was wrong
                raise OSError(errno.ECONNRESET)
            return
        await asyncio.sleep(_LOOK)


if hasattr(asyncio, "StreamReaderProtocol"):  # CPython

    async def _streams(line, context, host):
        return await asyncio.open_connection(sock=line, ssl=context, server_hostname=host if context else None)

else:

    async def _streams(line, context, host):
        if context:
            line = context.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
            line.setblocking(False)
        stream = asyncio.StreamReader(line)
        return stream, stream


def _reason(error, host, port, secure):
    number = error.args[0] if error.args else 0
    if number == errno.ECONNREFUSED or number == errno.ECONNRESET and not secure:
        return "nobody listens on port %d of %s" % (port, host)
    if number in (errno.EHOSTUNREACH, 101, 118):  # 101, 118: ENETUNREACH of Linux and of the chip
        return "no route to " + host
    if number == errno.ETIMEDOUT:
        return "%s does not answer" % host
    return "no connection to %s: %s" % (host, error)


def _context(app):
    """The TLS context; Trouble where TLS is not possible here."""
    from ...core.memory import HANDSHAKE
    from ...store import certificates
    from ...net.http import context

    if not app.board.secure_port:
        raise Trouble("this image leaves too little memory for TLS")
    if not app.memory.room(HANDSHAKE):
        raise Trouble("too little memory for TLS at the moment")
    # Without an authority any server would be believed, and get the password.
    authority = certificates.authority(app.board.partition("state")).load()
    if authority is None:
        raise Trouble("TLS needs the certificate of the broker's authority, see tools.provision --authority")
    return context(bytes(authority))
