"""Look-alikes of the services for prices and exchange rates, on this computer, with faults on demand.

One server has all of them, each below its own path. A request for /faults/<service>/<fault> makes a service fail.
They answer for any date up to the last one that is published (tomorrow in the afternoon, else today). A price depends
on area and time only.
"""

import asyncio

from host_sim.localtime import civil_from_days, days_from_civil, is_summer

NAMES = ("elprisetjustnu", "energycharts", "elering", "ecb")
#: Values of `faults[name]`: ways in which a service can fail. The first five are no faults but other valid forms.
FAULTS = (
    "chunked", "close", "redirect", "hourly", "turned",
    "500", "429", "404", "silent", "reset", "truncated", "cut", "drip", "huge", "endless", "head", "gzip",
    "html", "empty", "format", "unit", "units", "date", "shifted", "hole", "null", "twice", "zeros", "mad",
    "elsewhere", "loop", "other",
)  # fmt: skip
AREAS = ("SE1", "SE2", "SE3", "SE4", "FI", "EE")
RATES = (("USD", "1.1618"), ("SEK", "10.9370"), ("DKK", "7.4689"), ("NOK", "11.6355"), ("HUF", "389.68"),
         ("PLN", "4.2368"), ("CZK", "24.318"), ("GBP", "0.87280"), ("RON", "5.0834"), ("CHF", "0.9250"),
         ("ISK", "142.60"))  # fmt: skip
SEK = 109370  # the rate above, 10^-4
_HUGE = 300000


def offset(unix):
    """Seconds by which the exchange's local time is ahead of UTC."""
    return 7200 if is_summer(unix) else 3600


def day_bounds(days):
    """[start, end] in Unix seconds of the exchange's day that is `days` after 1970-01-01."""
    bounds = []
    for midnight in (days * 86400, days * 86400 + 86400):
        bounds.append(midnight - offset(midnight - 3600))  # summer time never begins or ends at midnight
    return bounds


def price(area, unix):
    """Price in 10^-2 EUR per MWh of the quarter of an hour that begins at `unix`; negative at some noons."""
    quarter = unix // 900
    hour = (unix + 3600) // 3600 % 24
    base = (2500, 1800, 1200, 900, 1100, 2600, 5200, 8900, 9800, 7600, 4300, 900,
            -350, -1275, 120, 1900, 4800, 9100, 12800, 11200, 7900, 5600, 4100, 3000)[hour]  # fmt: skip
    return base + (quarter * 37 + unix // 86400 * 53) % 211 + 17 * AREAS.index(area)


def decimal(number, places):
    """JSON text of number / 10**places, as these services write it."""
    digits = str(abs(number))
    digits = "0" * (places + 1 - len(digits)) + digits
    sign = "-" if number < 0 else ""
    return sign + digits[:-places] + "." + (digits[-places:].rstrip("0") or "0")


class Sites:
    """The server. clock: function that returns Unix seconds, to hide what is not published yet; None: hide nothing."""

    def __init__(self, host="127.0.0.1", port=0, clock=None):
        self.host = host
        self.port = port
        self.clock = clock
        #: {service: its fault}
        self.faults = {}
        #: Paths of all requests.
        self.requests = []
        self._server = None
        self._tasks = []

    @property
    def table(self):
        """{service: base address} for the board."""
        return {name: "http://%s:%d/%s" % (self.host, self.port, name) for name in NAMES}

    async def open(self):
        """Listen. OSError if the port is taken."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        if not self.port:  # CPython alone can tell which port it got
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self):
        """Stop listening, and end the open connections."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.sleep(0.01)

    # Lives as long as a connection.
    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.append(task)
        try:
            line = await reader.readline()
            while (await reader.readline()).strip():
                pass
            await self._answer(line.split()[1].decode(), writer)
        except (OSError, IndexError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.remove(task)
            writer.close()
            try:
                await writer.wait_closed()
            except (OSError, asyncio.CancelledError):
                pass

    async def _answer(self, path, writer):
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
        body = self._body(name, rest[6:] if fault == "redirect" else rest, fault)
        if body is None:
            return await _send(writer, 404, b"<html>not found</html>")
        if fault == "html":
            body = b"<!DOCTYPE html><html><body>43.21 EUR / MWh</body></html>"
        elif fault == "cut":
            body = body[: len(body) // 2]
        elif fault == "empty":
            body = b""
        elif fault == "huge":
            body = body[:-1] + b" " * _HUGE + body[-1:]
        await _send(writer, 200, body, "Content-Encoding: gzip\r\n" if fault == "gzip" else "", fault)

    def _body(self, name, path, fault):
        path, _, query = path.partition("?")
        query = dict([part.split("=", 1) for part in query.split("&") if "=" in part])
        if name == "ecb" and path == "stats/eurofxref/eurofxref-daily.xml":
            return self._rates(fault).encode()
        if name == "energycharts" and path == "price":
            area = query["bzn"]
            slots = self._slots(area, int(query["start"]), int(query["end"]), fault)
            return _energycharts(slots, fault)
        if name == "elering" and path == "api/nps/price":
            start, end = _parse(query["start"]), _parse(query["end"])
            return _elering([(area, self._slots(area, start, end, fault)) for area in ("EE", "FI")], fault)
        if name == "elprisetjustnu" and path.startswith("api/v1/prices/") and path.endswith(".json"):
            year, file = path[14:].split("/")
            date, area = file[:-5].split("_")
            start, end = day_bounds(days_from_civil(int(year), int(date[:2]), int(date[3:])))
            slots = self._slots(area, start, end - 1, fault)
            return _elprisetjustnu(slots, fault) if slots else None
        return None

    def _slots(self, area, start, end, fault):
        """[[Unix s, 10^-2 EUR per MWh]] of the published slots that begin from start to end."""
        if self.clock:
            now = self.clock()
            wall = now + offset(now)
            known = wall // 86400 + (2 if wall % 86400 >= 45900 else 1)
            end = min(end, day_bounds(known)[0] - 1)
        move = {"date": 86400 * 2, "shifted": 3600}.get(fault, 0)
        step = 3600 if fault == "hourly" else 900
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

    def _rates(self, fault):
        now = self.clock() if self.clock else 0
        # The rates of the day before, as before 16:00.
        days = now // 86400 - (30 if fault == "date" else 1)
        cubes = ["\t\t\t<Cube currency='%s' rate='%s'/>" % pair for pair in RATES]
        if fault == "format":
            cubes = [cube.replace("currency", "code") for cube in cubes]
        elif fault == "unit":
            cubes = [cube.replace(".", "") for cube in cubes]
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<gesmes:Envelope '
            'xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"'
            ' xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">\n'
            "\t<gesmes:subject>Reference rates</gesmes:subject>\n"
            "\t<Cube>\n\t\t<Cube time='%d-%02d-%02d'>\n%s\n\t\t</Cube>\n\t</Cube>\n"
            "</gesmes:Envelope>"
            % (civil_from_days(days) + ("\n".join(cubes),))
        )


def _number(cents, places):
    return "null" if cents is None else decimal(cents, places)


def _energycharts(slots, fault):
    times = ",".join([str(unix) for unix, _ in slots])
    prices = ",".join([_number(each, 2) for _, each in slots])
    names = ("unix_seconds", "price") if fault != "format" else ("time", "prices")
    lists = ['"%s":[%s]' % pair for pair in zip(names, (times, prices))]
    if fault == "turned":
        lists.reverse()
    unit = "EUR / kWh" if fault == "unit" else "EUR / MWh"
    return (
        '{"license_info":"For private and internal use \\"only\\"; \u00a9 exchange",%s,"unit":"%s","deprecated":false}'
        % (",".join(lists), unit)
    ).encode()


def _elering(lists, fault):
    areas = []
    for area, slots in lists:
        pairs = [('"timestamp":%d' % unix, '"price":' + _number(each, 2)) for unix, each in slots]
        if fault == "turned":
            pairs = [(pair[1], pair[0]) for pair in pairs]
        elif fault == "format":
            pairs = [('"start":' + pair[0][12:], pair[1]) for pair in pairs]
        elif fault == "unit":  # milliseconds
            pairs = [(pair[0] + "000", pair[1]) for pair in pairs]
        areas.append('"%s":[%s]' % (area.lower(), ",".join(["{%s,%s}" % pair for pair in pairs])))
    return ('{"success":true,"data":{%s,"lv":[],"lt":[]}}' % ",".join(areas)).encode()


def _elprisetjustnu(slots, fault):
    rows = []
    for unix, each in slots:
        sek = None if each is None else (2 * each * SEK + 10000) // 20000
        end = unix + (3600 if fault == "hourly" else 900)
        row = [
            '"SEK_per_kWh":' + _number(sek, 5),
            '"EUR_per_kWh":' + _number(each, 5),
            '"EXR":10.937',
            '"time_start":"%s"' % _iso(unix),
            '"time_end":"%s"' % _iso(end),
        ]
        if fault == "turned":
            row.reverse()
        elif fault == "format":
            row[0] = row[0].replace("SEK_per_kWh", "sek")
            row[1] = row[1].replace("EUR_per_kWh", "eur")
        elif fault == "unit":
            row[3] = row[3].replace("T", " ")
        rows.append("{%s}" % ",".join(row))
    return ("[%s]" % ",".join(rows)).encode()


def _iso(unix):
    ahead = offset(unix)
    wall = unix + ahead
    date = civil_from_days(wall // 86400)
    return "%d-%02d-%02dT%02d:%02d:%02d+%02d:00" % (
        date + (wall // 3600 % 24, wall // 60 % 60, wall % 60, ahead // 3600)
    )


def _parse(text):
    text = text.replace("%3A", ":")
    if text[-5:] != ".000Z":
        raise IndexError("not a time: " + text)
    days = days_from_civil(int(text[:4]), int(text[5:7]), int(text[8:10]))
    return days * 86400 + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])


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
