"""Asks time servers (SNTP, RFC 4330) what time it is. Imported when needed.

It asks the servers of the configuration (`ts`), if there are any. Else it asks each link's gateway, then the public
servers. So a network without internet has the time of its router. With internet, the public servers outvote a router
that is wrong.

Every wait is bounded, and lets other tasks run. In place of its transmit timestamp, a request carries random
bytes, so that an answer proves that the server has read the request.
"""
import asyncio
import socket
import struct

from .names import lookup

_SECONDS = 2208988800  # from 1900 to 1970
_FIRST = 1704067200000  # 2024, unix ms
_LAST = 4102444800000  # 2100
_FAR = 3 << 16  # s of 16.16 bits: a server's largest distance from the true time


#: The public servers, which are asked if the board names no others (`time_servers`).
SERVERS = tuple(("%d.pool.ntp.org" % number, 123) for number in range(4))

#: Pause after an answer, ms.
_PERIOD = 6 * 3600000
#: Pause before the first retry, ms. It doubles for each further one, up to _LONGEST. Every pause varies by an eighth.
_RETRY = 15000
_LONGEST = 3600000
#: If one server alone says that the clock is off by more than _STRANGE, it has to say so twice, within _TWICE; both ms.
_STRANGE = 1000000
_TWICE = 5000
#: An outvoted server that was off by more than this is not believed alone any more, ms.
_GROSS = 30000
_NOWHERE = "0.0.0.0"


async def errand(board, clock, links, keeper):
    """Ask the servers and set the clock. keeper: the Timekeeper.

    Returns (ms until it should ask again, what went wrong as text or None).
    """
    memory = keeper.memory
    servers = Servers(board, clock, links.all, keeper.patience_ms)
    servers.shunned = memory.setdefault("shunned", [])
    servers.doubted = memory.setdefault("doubted", [])
    asked = [_place(name, keeper.port) for name in links.config.get("ts")]
    if not asked:
        servers.near = gateways(links.all, keeper.port)
        asked = servers.near + list(SERVERS if board.time_servers is None else board.time_servers)
    start, doubt, problem = await servers.ask(asked)
    if start is not None and servers.alone and clock.source in ("ntp", "meter"):
        if abs(start - clock.start()) > _STRANGE:
            before, memory["lone"] = memory.get("lone"), start
            if before is None or abs(before - start) > _TWICE:
                start, problem = None, "one time server alone says otherwise"
    if start is None:
        pause = memory.get("pause", _RETRY)
        memory["pause"] = min(2 * pause, _LONGEST)
    else:
        memory.pop("lone", None)
        memory.pop("pause", None)
        clock.take(start, "ntp", doubt)
        pause = _PERIOD
    vary = int.from_bytes(board.random(1), "big") - 128
    return pause + pause // 1024 * vary, problem


def gateways(links, port):
    """[(host, port)] of the gateways of the links that are up. links: Links.all."""
    found = []
    for link in links:
        address = link.network.ifconfig()[2] if link.up else _NOWHERE
        if address != _NOWHERE and (address, port) not in found:
            found.append((address, port))
    return found


def _place(name, port):
    """(host, port) of a name or address; `port` is for one without a port of its own."""
    host, _, own = name.partition(":")
    return host, int(own) if own else port


class Servers:
    """Asks several time servers. Servers that do not want us are not asked again. links: Links.all."""

    #: How often the socket is checked for an answer, ms.
    step_ms = 5
    #: Two servers agree within so many ms.
    agree_ms = 500
    #: Time for the answer of a server in `near`, ms. It is short, as most gateways tell no time and nobody should wait.
    near_ms = 1000

    def __init__(self, board, clock, links, patience_ms):
        self.alone = False  # only one server has answered the last ask()
        # Lists of (host, port). near: servers close by. shunned: servers that do not want us. doubted: servers that
        # were far off and outvoted; they are not believed alone before they have agreed with another server.
        self.near = []
        self.shunned = []
        self.doubted = []
        self._board = board
        self._clock = clock
        self._links = links
        self._patience = patience_ms

    async def ask(self, servers):
        """Ask servers, [(host, port)]: (unix ms at uptime 0, its doubt in ms, None), or (None, 0, what is wrong).

        Two servers that agree are believed, or the only one that answers.
        """
        found = []  # [(unix ms at uptime 0, doubt, server)]
        problems = []
        deaf = False  # no name server answers: no more names are looked up, as each would take seconds
        for server in servers:
            if server in self.shunned:
                problems.append(server[0] + ": does not want us")
                continue
            try:
                address = False
                if not deaf or lookup.is_address(server[0]):
                    address = await lookup.address(server[0], self._links, self._board.random)
                if not address:
                    deaf = address is False
                    raise ValueError("no name server answers" if deaf else "no such name")
                patience = self._patience
                if server in self.near:
                    patience = min(patience, self.near_ms)
                start, doubt = await self._one((address, server[1]), patience)
            except (OSError, ValueError) as error:
                problems.append("%s: %s" % (server[0], error))
                if str(error)[-4:] in ("DENY", "RSTR"):
                    self.shunned.append(server)
                continue
            agreed = any([abs(other - start) <= self.agree_ms + doubt for other, _, _ in found])
            found.append((start, doubt, server))
            if agreed:
                self._judge(found, start)
                return start, doubt, None
        self.alone = len(found) == 1
        if self.alone and found[0][2] not in self.doubted:
            return found[0][0], found[0][1], None
        if self.alone:
            problems = ["%s alone answers, and has been wrong before" % found[0][2][0]]
        # If there are no servers to ask, nothing is wrong.
        return None, 0, "time servers disagree" if len(found) > 1 else "; ".join(problems) or None

    def _judge(self, found, start):
        for other, _, server in found:
            if server in self.doubted:
                self.doubted.remove(server)
            if abs(other - start) > _GROSS:
                self.doubted.append(server)

    # Lives for `patience` ms at most.
    async def _one(self, server, patience):
        """(unix ms at uptime 0, its doubt in ms) from one server. OSError or ValueError says what is wrong."""
        info = socket.getaddrinfo(server[0], server[1], 0, socket.SOCK_DGRAM)[0]
        nonce = self._board.random(8)
        line = socket.socket(info[0], socket.SOCK_DGRAM)
        try:
            line.setblocking(False)
            line.connect(info[-1])
            sent = self._clock.uptime_ms()
            line.send(b"\x23" + bytes(39) + nonce)
            problem = "no answer"
            for _ in range(patience // self.step_ms):
                await asyncio.sleep(self.step_ms / 1000)
                try:
                    answer = line.recv(128)
                except OSError as error:
                    if error.args[0] not in (11, 35):  # EAGAIN: of Linux and lwIP, of macOS
                        raise
                    continue
                back = self._clock.uptime_ms()
                problem = wrong(answer, nonce)
                if not problem:
                    here, there = ms(answer, 32), ms(answer, 40)
                    doubt = max(0, back - sent - (there - here)) // 2
                    return there + doubt - back, doubt + self.step_ms
                if problem[:4] == "kiss":
                    break
                # Anybody can send a datagram, so the true answer may still come.
            raise ValueError(problem)
        finally:
            line.close()


def ms(answer, at):
    """Unix ms of the 64-bit timestamp at answer[at]. Its 32 bits of seconds begin again at 0 in 2036."""
    seconds, fraction = struct.unpack_from(">II", answer, at)
    if seconds < 1 << 31:
        seconds += 1 << 32
    return (seconds - _SECONDS) * 1000 + (fraction * 1000 >> 32)


def wrong(answer, nonce):
    """What is wrong with a server's answer to the request with this nonce, as text; None when it is good."""
    if len(answer) < 48 or answer[0] & 7 != 4 or not 3 <= answer[0] >> 3 & 7 <= 4:
        return "not an answer of a time server"
    if answer[24:32] != nonce:
        return "answer to another question"
    if answer[1] == 0:
        return "kiss of death " + "".join([chr(byte) for byte in answer[12:16] if 32 < byte < 127])
    if answer[0] >> 6 == 3 or answer[1] > 15:
        return "server has no time itself"
    delay, spread = struct.unpack_from(">II", answer, 4)
    if delay // 2 + spread > _FAR:
        return "server is far from the truth"
    here, there = ms(answer, 32), ms(answer, 40)
    if not _FIRST <= here <= there < _LAST:
        return "no plausible time"
    return None
