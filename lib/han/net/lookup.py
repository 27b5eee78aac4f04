"""Looks a name up (RFC 1035; in .local RFC 6762, 5.1) without holding up anything, as the port's getaddrinfo does."""
import asyncio
import socket

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# For an answer, s; how often it is looked for, ms.
_SECONDS = const(3)
_STEP_MS = const(20)
#: Where name servers listen.
PORT = 53
_NOWHERE = "0.0.0.0"
# All are asked for names in .local.
_ALL = "224.0.0.251", 5353


async def address(name, links, random):
    """The IPv4 address of a name or an address; None: there is no such name, False: nobody answers.

    The name itself where no link (of Links.all) has a name server: the system may know it, as a desktop's
    does. random(n) gives n bytes.
    """
    if is_address(name):
        return name
    if name.endswith(".local"):
        return await search(name, _ALL, random(2)) or None  # who has that name is who would answer
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
    """True for what can be no name."""
    return name.replace(".", "").isdigit()


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
    """The IPv4 address of a name by a name server (host, port); None: it knows no such, False: it does not answer."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        line.setblocking(False)
        place = socket.getaddrinfo(server[0], server[1], 0, socket.SOCK_DGRAM)[0][-1]
        asked = request(name, number)
        if server is _ALL:
            line.sendto(asked, place)
        else:
            line.connect(place)  # others have nothing to say
            line.send(asked)
        for _ in range(_SECONDS * 1000 // _STEP_MS):
            await asyncio.sleep(_STEP_MS / 1000)
            try:
                reply = line.recv(512)
            except OSError as error:
                if error.args[0] in (11, 35):  # EAGAIN, on macOS
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
