"""The server of the look-alikes for prices and exchange rates, on this computer, with faults on demand.

One server has all of them, each below its own path. A request for /faults/<service>/<fault> makes a service fail.
They answer for any date up to the last one that is published (tomorrow in the afternoon, else today). A price depends
on area and time only.
"""

import asyncio

from host_sim.services.prices import awattar, dayfiles, ecb, elering, energidataservice, energycharts
from host_sim.services.prices import energyzero, nordpool
from host_sim.services.prices.market import day_bounds, offset, price
from host_sim.services.server import Server

_SERVICES = (dayfiles, energycharts, elering, energidataservice, awattar, energyzero, nordpool)
#: The names of all services; the last one has the exchange rates.
NAMES = tuple([name for service in _SERVICES for name in service.NAMES]) + ecb.NAMES
#: Values of `faults[name]`: ways in which a service can fail. The first five are no faults but other valid forms.
FAULTS = (
    "chunked", "close", "redirect", "hourly", "turned",
    "500", "429", "404", "silent", "reset", "truncated", "cut", "drip", "huge", "endless", "head", "gzip",
    "html", "empty", "format", "unit", "units", "date", "shifted", "hole", "null", "twice", "zeros", "mad",
    "elsewhere", "loop", "other",
)  # fmt: skip
_HUGE = 300000


class Sites(Server):
    """The server. clock: function that returns Unix seconds, to hide what is not published yet; None: hide nothing."""

    def __init__(self, host="127.0.0.1", port=0, clock=None):
        super().__init__(host, port)
        self.clock = clock
        #: {service: its fault}
        self.faults = {}
        #: Paths of all requests.
        self.requests = []

    @property
    def table(self):
        """{service: base address} for the board."""
        return {name: "http://%s:%d/%s" % (self.host, self.port, name) for name in NAMES}

    async def answer(self, path, fields, writer):
        """Answer a request for a service's document, or for a fault."""
        self.requests.append(path)
        name, _, rest = path[1:].partition("/")
        if name == "faults":  # /faults/elering/500 sets a fault, /faults/elering/ clears it
            name, _, fault = rest.partition("/")
            self.faults[name] = fault
            return await _send(writer, 200, b"")
        fault = self.faults.get(name)
        if fault == "silent":
            await asyncio.sleep(60)
        if fault == "reset":
            return
        if fault in ("500", "429", "404"):
            return await _send(writer, int(fault), b'{"error": 43.21}')
        if fault in ("redirect", "loop", "elsewhere") and not (fault == "redirect" and rest.startswith("moved/")):
            to = {"redirect": "/%s/moved/%s" % (name, rest), "loop": path, "elsewhere": "http://localhost:1/x"}[fault]
            return await _send(writer, 302, b"", "Location: %s\r\n" % to)
        body = self.body(name, rest[6:] if fault == "redirect" else rest, fault)
        if isinstance(body, int):
            return await _send(writer, body, b"" if body == 204 else b"<html>not found</html>")
        if fault == "html":
            body = b"<!DOCTYPE html><html><body>43.21 EUR / MWh</body></html>"
        elif fault == "cut":
            body = body[: len(body) // 2]
        elif fault == "empty":
            body = b""
        elif fault == "huge":
            body = body[:-1] + b" " * _HUGE + body[-1:]
        await _send(writer, 200, body, "Content-Encoding: gzip\r\n" if fault == "gzip" else "", fault)

    def body(self, name, path, fault):
        """The answer of a service to a path: bytes, or the status as int. ValueError, KeyError for a bad request."""
        path, _, query = path.partition("?")
        query = dict([part.split("=", 1) for part in query.split("&") if "=" in part])
        if name == "ecb":
            return ecb.rates(self.clock() if self.clock else 0, fault) if path == ecb.PATH else 404

        def slots(area, start, end, step):
            return self._slots(area, start, end, 3600 if fault == "hourly" else step, fault)

        for service in _SERVICES:
            if name in service.NAMES:
                return service.answer(name, path, query, slots, fault)
        return 404

    def _slots(self, area, start, end, step, fault):
        if self.clock:
            now = self.clock()
            wall = now + offset(now)
            known = wall // 86400 + (2 if wall % 86400 >= 45900 else 1)
            end = min(end, day_bounds(known)[0] - 1)
        move = {"date": 86400 * 2, "shifted": 3600}.get(fault, 0)
        slots = []
        first = -(-start // step) * step
        for k in range((end - first) // step + 1):  # not range(first, …): on 32 bits a range is wrong from 2**30 on
            unix = first + k * step
            each = price(area, unix)
            if step == 3600:
                each = sum([price(area, unix + k) for k in (0, 900, 1800, 2700)]) // 4
            if fault == "zeros":
                each = 0
            elif fault == "units":
                each = each * 1000
            elif fault == "other":
                each = each + 3000
            slots.append([unix + move, each])
        if slots and fault == "hole":
            del slots[len(slots) // 2]
        elif slots and fault == "null":
            slots[len(slots) // 2][1] = None
        elif slots and fault == "twice":
            slots.append([slots[0][0], slots[0][1] + 1])
        elif slots and fault == "mad":
            slots[len(slots) // 3][1] = 9000000
        return slots


async def _send(writer, status, body, fields="", fault=None):
    if fault == "head":
        fields += "X-Padding: " + "x" * 9000 + "\r\n"
    if fault in ("chunked", "endless"):
        fields += "Transfer-Encoding: chunked\r\n"
    elif fault != "close":
        fields += "Content-Length: %d\r\n" % (len(body) + (7 if fault == "truncated" else 0))
    writer.write(("HTTP/1.1 %d X\r\n%sConnection: close\r\n\r\n" % (status, fields)).encode())
    if fault == "endless":
        while True:
            writer.write(b"400\r\n" + b" " * 1024 + b"\r\n")
            await writer.drain()
    size = 1 if fault == "drip" else 700
    for at in range(0, len(body), size):
        part = body[at : at + size]
        writer.write(b"%x;a=b\r\n%s\r\n" % (len(part), part) if fault == "chunked" else part)
        await writer.drain()
        if fault == "drip":
            await asyncio.sleep(0.05)
    if fault == "chunked":
        writer.write(b"0\r\nX-Trailer: 1\r\n\r\n")
    await writer.drain()


def in_background(clock, faults):
    """Run the server in a thread of this process (CPython only); returns {service: base address} for the board.

    clock   function that returns Unix seconds
    faults  {service: fault}
    """
    import threading

    sites = Sites(clock=clock)
    sites.faults.update(faults)
    ready = threading.Event()

    async def serve():
        await sites.open()
        ready.set()
        while True:
            await asyncio.sleep(3600)

    threading.Thread(target=asyncio.run, args=(serve(),), daemon=True).start()
    if not ready.wait(10):
        raise OSError("no port for the price sites")
    return sites.table
