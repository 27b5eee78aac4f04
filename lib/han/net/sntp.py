"""Asks time servers (SNTP, RFC 4330) what time it is. Imported when needed.

Whom: those of the configuration (`ts`), if there are any; else each link's gateway, then the public ones. So a
network without internet has the time of its router, and one with internet outvotes a router that is wrong.

All of it is bounded and lets the others run. What a request carries where a time could be is
random, so that an answer proves that it was read.
"""
import asyncio
import socket
import struct

from . import lookup

_SECONDS = 2208988800  # from 1900 to 1970
_FIRST = 1704067200000  # 2024, unix ms
_LAST = 4102444800000  # 2100
_FAR = 3 << 16  # s of 16.16 bits: distance of a server from the truth


#: Asked where the board names no others (`time_servers`).
SERVERS = tuple(("%d.pool.ntp.org" % number, 123) for number in range(4))

#: Between two questions that were answered, ms.
_PERIOD = 6 * 3600000
#: Before the first retry, ms, doubled for each further one up to _LONGEST; all varied by an eighth.
_RETRY = 15000
_LONGEST = 3600000
#: One server alone is not believed at once that the time is so far off, ms, unless it says so twice.
_STRANGE = 1000000
_TWICE = 5000
#: An outvoted server this far off is not believed alone any more, ms.
_GROSS = 30000
_NOWHERE = "0.0.0.0"


async def errand(board, clock, links, keeper):
    """Ask and set the clock; (ms until to ask again, what went wrong or None). keeper: of timekeeper.py."""
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
    """[(host, port)] of the gateways of the links (of Links.all) that are up."""
    found = []
    for link in links:
        address = link.network.ifconfig()[2] if link.up else _NOWHERE
        if address != _NOWHERE and (address, port) not in found:
            found.append((address, port))
    return found


def _place(name, port):
    """(host, port) of a name or address with or without a port."""
    host, _, own = name.partition(":")
    return host, int(own) if own else port


class Servers:
    """Those that answer, of several; those that do not want us are not asked again. links: of Links.all."""

    #: How often an answer is looked for, ms.
    step_ms = 5
    #: Two servers agree within so many ms.
    agree_ms = 500
    #: For an answer of one of `near`, ms: most gateways have no time, and nobody is to wait for that.
    near_ms = 1000

    def __init__(self, board, clock, links, patience_ms):
        self.alone = False  # only one has answered the last question
        # (host, port) of those that are close by; that do not want us; that others have outvoted and that were far
        # off, which are not believed alone before they have agreed with another.
        self.near = []
        self.shunned = []
        self.doubted = []
        self._board = board
        self._clock = clock
        self._links = links
        self._patience = patience_ms

    async def ask(self, servers):
        """(unix ms at uptime 0, give or take ms, None), or (None, 0, what is wrong) by [(host, port)].

        Two that agree are believed, or the only one that answers.
        """
        found = []  # [(unix ms at uptime 0, doubt, server)]
        problems = []
        deaf = False  # no name server answers: the others of a list are not looked up in vain, each for seconds
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
        # Where nobody is to be asked, nothing is wrong.
        return None, 0, "time servers disagree" if len(found) > 1 else "; ".join(problems) or None

    def _judge(self, found, start):
        for other, _, server in found:
            if server in self.doubted:
                self.doubted.remove(server)
            if abs(other - start) > _GROSS:
                self.doubted.append(server)

    # Lives for `patience` ms at most.
    async def _one(self, server, patience):
        """(unix ms at uptime 0, doubt) by one server. OSError, ValueError: what is wrong."""
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
                    if error.args[0] not in (11, 35):  # EAGAIN, on macOS
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
                # Anybody can send something: the answer may yet come.
            raise ValueError(problem)
        finally:
            line.close()


def ms(answer, at):
    """Unix ms of the timestamp at answer[at]; 32 bits of seconds come round in 2036."""
    seconds, fraction = struct.unpack_from(">II", answer, at)
    if seconds < 1 << 31:
        seconds += 1 << 32
    return (seconds - _SECONDS) * 1000 + (fraction * 1000 >> 32)


def wrong(answer, nonce):
    """What is wrong with a server's answer to a request with this nonce; None: nothing."""
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
