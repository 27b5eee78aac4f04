"""Asks the gateway whether it is there, and the internet. Imported when needed; nothing here blocks."""
import asyncio
import socket

from ..core.modules import release

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# For an answer, s; how often it is looked for, ms. A name server, which most gateways are.
_SECONDS = const(3)
_STEP_MS = const(20)
_NAMES = const(53)
# A refusal is an answer: ECONNREFUSED and ECONNRESET, of Linux and lwIP, of macOS.
_ANSWERS = (111, 104, 61, 54)


async def check(link):
    """Note whether the link's gateway answers. One that never has says nothing about the link."""
    address = link.network.ifconfig()[2]
    if address == "0.0.0.0":
        return
    if await accept(address):
        link.proven = True
        link.missed = 0
    elif link.proven and link.up:
        link.missed += 1


async def accept(address, port=_NAMES):
    """True where something at an address opens a connection or refuses it."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), _SECONDS)
    except asyncio.TimeoutError:  # before OSError, which it is one of on CPython
        return False
    except OSError as error:
        return error.args[0] in _ANSWERS
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 1)
    except (OSError, asyncio.TimeoutError):
        pass
    return True


async def ask(board, clock, servers, links):
    """None where a time server answers, else why not. servers: [(host, port)], None for the public ones."""
    from . import sntp

    release("han.net.sntp")
    host, port = (servers or sntp.SERVERS)[board.random(1)[0] % len(servers or sntp.SERVERS)]
    if not host.replace(".", "").isdigit():
        address = None
        for link in links:
            # The port's own way to look a name up holds up everything.
            if link.up and address is None:
                address = await search(host, (link.network.ifconfig()[3], _NAMES), board.random(2))
        if address is None:
            return "the name %s is not found" % host
        host = address
    start, _, problem = await sntp.Servers(board, clock, [], 1000 * _SECONDS).ask([(host, port)])
    return None if start is not None else problem


def request(name, number):
    """The datagram that asks for the IPv4 address of a name (RFC 1035); number: two bytes."""
    labels = b"".join([bytes((len(label),)) + label for label in name.encode().split(b".")])
    return number + b"\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"


def found(reply, asked):
    """The first address in the answer to a question; None where there is none, False where it answers another."""
    if reply[:2] != asked[:2] or len(reply) < len(asked) or not reply[2] & 0x80:
        return False
    if reply[12 : len(asked)].lower() != asked[12:].lower():
        return False
    if reply[3] & 15:
        return None
    at = len(asked)
    for _ in range(reply[6] << 8 | reply[7]):
        # The owner's name: labels, or a pointer that ends it.
        while at < len(reply) and reply[at] and reply[at] < 0xC0:
            at += reply[at] + 1
        at += 1 if at < len(reply) and not reply[at] else 2
        if at + 10 > len(reply):
            return None
        size = reply[at + 8] << 8 | reply[at + 9]
        kind = reply[at : at + 4]
        at += 10 + size
        if kind == b"\0\1\0\1" and size == 4 and at <= len(reply):
            return "%d.%d.%d.%d" % tuple(reply[at - 4 : at])
    return None


async def search(name, server, number):
    """The IPv4 address of a name by a name server (host, port), None where it says nothing of use."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        line.setblocking(False)
        line.connect(socket.getaddrinfo(server[0], server[1], 0, socket.SOCK_DGRAM)[0][-1])
        asked = request(name, number)
        line.send(asked)
        for _ in range(_SECONDS * 1000 // _STEP_MS):
            await asyncio.sleep(_STEP_MS / 1000)
            try:
                reply = line.recv(512)
            except OSError as error:
                if error.args[0] in (11, 35):  # EAGAIN, on macOS
                    continue
                return None
            address = found(reply, asked)
            if address is not False:
                return address
        return None
    except OSError:
        return None
    finally:
        line.close()
