"""Asks the gateway whether it is there, and the internet. Imported when needed; nothing here blocks."""
import asyncio

from . import sntp

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# For an answer, s. The port of name servers, which most gateways are.
_SECONDS = const(3)
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
    servers = servers or sntp.SERVERS
    one = servers[board.random(1)[0] % len(servers)]
    start, _, problem = await sntp.Servers(board, clock, links, 1000 * _SECONDS).ask([one])
    return None if start is not None else problem
