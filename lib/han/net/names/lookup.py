"""Looks a name up (RFC 1035; in .local RFC 6762, 5.1) without blocking the loop, as the port's getaddrinfo would."""
import asyncio
import socket

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Time for an answer, s; how often the socket is checked for it, ms.
_SECONDS = const(3)
_STEP_MS = const(20)
#: The port of name servers.
PORT = 53
_NOWHERE = "0.0.0.0"
# Multicast address and port: all hosts of the network are asked for a name in .local.
_ALL = "224.0.0.251", 5353


async def address(name, links, random):
    """The IPv4 address of a name, or of an address; None: there is no such name. False: nobody answers.

    links: Links.all. If none of them has a name server, it returns the name itself: the system may know it, as
    a desktop does. random(n) gives n bytes.
    """
    if is_address(name):
        return name
    if name.endswith(".local"):
        return await search(name, _ALL, random(2)) or None  # only the owner would answer
    answer = None
    asked = False
    for link in links:
        server = link.network.ifconfig()[3] if link.up else _NOWHERE
        if server != _NOWHERE:
            asked = True
            answer = await search(name, (server, PORT), random(2))
            if answer:
                return answer
    return answer if asked else name


def is_address(name):
    """True for text of digits and points: it is an address, as it can be no name."""
    return name.replace(".", "").isdigit()


def request(name, number):
    """The datagram that asks for the IPv4 address of a name (RFC 1035, 4.1). number: its id, two bytes."""
    labels = b"".join([bytes((len(label),)) + label for label in name.encode().split(b".")])
    return number + b"\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"


def found(reply, asked):
    """The first IPv4 address in a reply; None when it has none. False when it does not answer the datagram `asked`."""
    if reply[:2] != asked[:2] or len(reply) < len(asked) or not reply[2] & 0x80:
        return False
    if reply[12 : len(asked)].lower() != asked[12:].lower():
        return False
    if reply[3] & 15:
        return None
    at = len(asked)
    for _ in range(reply[6] << 8 | reply[7]):
        # Skip the name of the record: labels, ended by an empty one or by a pointer.
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
    """The IPv4 address of a name, from a name server (host, port). number: as in request().

    None: the server knows no address of that name. False: it does not answer.
    """
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        line.setblocking(False)
        place = socket.getaddrinfo(server[0], server[1], 0, socket.SOCK_DGRAM)[0][-1]
        asked = request(name, number)
        if server is _ALL:
            line.sendto(asked, place)
        else:
            line.connect(place)  # datagrams from others are ignored
            line.send(asked)
        for _ in range(_SECONDS * 1000 // _STEP_MS):
            await asyncio.sleep(_STEP_MS / 1000)
            try:
                reply = line.recv(512)
            except OSError as error:
                if error.args[0] in (11, 35):  # EAGAIN: of Linux and lwIP, of macOS
                    continue
                return False
            answer = found(reply, asked)
            if answer is not False:
                return answer
        return False
    except OSError:
        return False
    finally:
        line.close()
