"""Time servers on 127.0.0.1 (SNTP, RFC 4330), with faults on demand.

Tests and the simulator ask no other time servers.
"""

import socket
import struct

_SECONDS = 2208988800  # from 1900 to 1970
#: Faults, in this order: an answer to another request; a time years ahead, long ago, an hour ahead; no answer; a server
#: without time (stratum 16, alarm); a refusal (kiss-o'-death DENY, RATE); half an answer; another mode; a forged answer
#: before the right one; a large root dispersion.
FAULTS = "originate future past hour silent stratum alarm deny rate short mode forged distance".split()


class TimeServer:
    """Answers on its UDP port whenever poll() is called. now_ms(): Unix ms; fault: one of FAULTS, or None."""

    def __init__(self, now_ms, port=0, fault=None):
        self.fault = fault
        self.asked = 0
        self._now_ms = now_ms
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        # MicroPython cannot tell which port it got.
        self.port = port or self._socket.getsockname()[1]

    def poll(self):
        """Answer all waiting requests; True if there was one."""
        asked = self.asked
        while True:
            try:
                request, address = self._socket.recvfrom(128)
            except OSError:
                return asked != self.asked
            self.asked += 1
            for answer in self.answers(request):
                self._socket.sendto(answer, address)

    def answers(self, request):
        """The datagrams (a list of bytes) to send back."""
        fault = self.fault
        if len(request) < 48 or request[0] & 7 != 3 or fault == "silent":
            return []
        head, stratum, code, originate = 0x24, 2, b"\x7f\0\0\1", request[40:48]
        now = self._now_ms() + {"future": 80 * 31557600000, "past": -20 * 31557600000, "hour": 3600000}.get(fault, 0)
        spread = 0x200
        if fault == "originate":
            originate = bytes(8)
        elif fault == "stratum":
            stratum = 16
        elif fault == "alarm":
            head |= 0xC0
        elif fault in ("deny", "rate"):
            stratum, code = 0, fault.upper().encode()
        elif fault == "mode":
            head = 0x25
        elif fault == "distance":
            spread = 9 << 16
        seconds = (now // 1000 + _SECONDS) & 0xFFFFFFFF
        stamp = struct.pack(">II", seconds, (now % 1000 << 32) // 1000)
        answer = struct.pack(">BBbbII4s", head, stratum, 6, -20, 0x100, spread, code)
        answer += stamp + originate + stamp + stamp
        if fault == "short":
            return [answer[:40]]
        if fault == "forged":
            return [answer[:24] + bytes(8) + answer[32:40] + b"\xff" * 8, answer]
        return [answer]

    def close(self):
        self._socket.close()


def in_background(now_ms, faults=()):
    """Run three servers in a thread of this process (CPython only), the first ones with these faults.

    Returns [[host, port]].
    """
    import select
    import threading

    faults = list(faults)[:3]
    servers = [TimeServer(now_ms, 0, fault) for fault in faults + [None] * (3 - len(faults))]

    def serve():
        while True:
            select.select([server._socket for server in servers], [], [])
            for server in servers:
                server.poll()

    threading.Thread(target=serve, daemon=True).start()
    return [["127.0.0.1", server.port] for server in servers]
