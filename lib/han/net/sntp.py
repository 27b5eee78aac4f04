"""Asks time servers (SNTP, RFC 4330) what time it is. Imported when needed and released after.

Looking a name up blocks the loop, as the port's getaddrinfo does; all the rest is bounded and
lets the others run. What a request carries where a time could be is random, so that an answer
proves that it was read.
"""
import asyncio
import socket
import struct

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


async def errand(board, clock, memory):
    """Ask and set the clock; (ms until to ask again, what went wrong or None). memory: a dictionary to keep."""
    servers = Servers(board, clock, memory.setdefault("shunned", []), memory.get("patience_ms", 2000))
    start, doubt, problem = await servers.ask(SERVERS if board.time_servers is None else board.time_servers)
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


class Servers:
    """Those that answer, of several; those that do not want us are not asked again."""

    #: How often an answer is looked for, ms.
    step_ms = 5
    #: Two servers agree within so many ms.
    agree_ms = 500

    def __init__(self, board, clock, shunned, patience_ms):
        self.alone = False  # only one has answered the last question
        self._board = board
        self._clock = clock
        self._shunned = shunned  # (host, port); ours to add to
        self._turns = patience_ms // self.step_ms

    async def ask(self, servers):
        """(unix ms at uptime 0, give or take ms, None), or (None, 0, what is wrong) by [(host, port)].

        Two that agree are believed, or the only one that answers.
        """
        found = []
        problems = []
        for server in servers:
            if server in self._shunned:
                problems.append(server[0] + ": does not want us")
                continue
            try:
                start, doubt = await self._one(server)
            except (OSError, ValueError) as error:
                problems.append("%s: %s" % (server[0], error))
                continue
            for other, _ in found:
                if abs(other - start) <= self.agree_ms + doubt:
                    return start, doubt, None
            found.append((start, doubt))
        self.alone = len(found) == 1
        if self.alone:
            return found[0] + (None,)
        # Where nobody is to be asked, nothing is wrong.
        return None, 0, "time servers disagree" if found else "; ".join(problems) or None

    # Lives for patience_ms at most.
    async def _one(self, server):
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
            for _ in range(self._turns):
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
                    if problem[-4:] in ("DENY", "RSTR"):
                        self._shunned.append(server)
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
