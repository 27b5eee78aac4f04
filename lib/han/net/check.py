"""Checks whether the gateway and the internet answer. Imported when needed; nothing here blocks."""
import asyncio

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Time for an answer, s. Port of name servers: most gateways are name servers.
_SECONDS = const(3)
_NAMES = const(53)
# Errors that show that something is there, as it refused: ECONNREFUSED and ECONNRESET, of Linux and lwIP, of macOS.
_ANSWERS = (111, 104, 61, 54)


async def check(link):
    """Note in the link whether its gateway answers.

    If the gateway has not answered since the link came up, its silence says nothing about the link and is not noted.
    """
    address = link.network.ifconfig()[2]
    if address == "0.0.0.0":
        return
    if await accept(address):
        link.proven = True
        link.missed = 0
    elif link.proven and link.up:
        link.missed += 1


async def accept(address, port=_NAMES):
    """True when something at an address opens a TCP connection or refuses it; False after _SECONDS."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), _SECONDS)
    except asyncio.TimeoutError:  # before OSError: on CPython it is an OSError
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
    """None when a time server answers, else why it does not, as text.

    servers: [(host, port)], of which one is asked at random; None for the public ones. links: Links.all.
    """
    from . import sntp

    servers = servers or sntp.SERVERS
    one = servers[board.random(1)[0] % len(servers)]
    start, _, problem = await sntp.Servers(board, clock, links, 1000 * _SECONDS).ask([one])
    return None if start is not None else problem
