"""GET /history/…?format=csv or jsonl: a line for each sample, for spreadsheets and databases. Imported for a request.

`from=0` exports everything that is kept. `decimal=comma` is for spreadsheets of countries with decimal commas:
semicolons then separate the cells. Only one sample at a time is in memory. A line has all that the other form has,
and the meter's counters at the end of the sample's bucket.
"""
from ...core.clock import EPOCH
from ...core.zone import date
from ...store.series.samples import FLAGS, QUARTERS, TENS, counter, price
from .chosen import NAMES, Chosen, currents
from ..messages.encode import decimal, text

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Disposition: attachment; filename=\"han-%s.%s\"\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\n\r\n"
)
_TYPES = {"csv": b"text/csv; charset=utf-8", "jsonl": b"application/x-ndjson"}
# Bytes sent at once.
_CHUNK = 700
_CURRENTS = "c_min", "c_avg", "c_max"


class Export(Chosen):
    """One answer, line by line. form: "csv" or "jsonl"; comma: the numbers of a CSV have decimal commas."""

    def __init__(self, history, kind, query, form, comma=False, costs=None):
        super().__init__(history, kind, query, costs)
        self._form = form
        self._comma = comma

    async def send(self, connection, patience):
        """Write the whole answer, each part within `patience` ms. OSError when the client is gone."""
        await self.choose()
        csv = self._form == "csv"
        out = bytearray(_HEAD % (_TYPES[self._form], NAMES[self.kind].encode(), self._form.encode()))
        if csv:
            out += self._row([name for name, _ in self._fields(None)])
        for number in self.chosen():
            sample = self.series.read(number)
            if sample:  # None: its sector has been erased meanwhile
                out += self._line(self.dated(number, sample), csv)
            if len(out) >= _CHUNK:
                await connection.send(bytes(out), patience)
                out = bytearray()
        if self.live:
            out += self._line(self.live, csv)
        await connection.send(bytes(out), patience)

    def _line(self, sample, csv):
        fields = self._fields(sample)
        if csv:
            return self._row([value.strip('"') if value != "null" else "" for _, value in fields])
        return ("{" + ",".join(['"%s":%s' % field for field in fields]) + "}\n").encode()

    def _row(self, cells):
        if self._comma:
            return (";".join(cells).replace(".", ",") + "\r\n").encode()  # only numbers have points
        return (",".join(cells) + "\r\n").encode()

    def _fields(self, sample):
        """Yield (name, value as JSON) of each column. Without a sample, only the names are of use."""
        kind = self.kind
        s = sample or (0,) * 22
        unit = "kw" if kind == TENS else "kwh"
        yield "t", str(s[0] + EPOCH)
        yield "time", '"%s"' % self._time(s[0])
        yield "f", str(s[1] & FLAGS)
        yield "import_" + unit, decimal(s[3], 3)
        yield "export_" + unit, decimal(s[4], 3)
        for name, at in zip(_CURRENTS, (5, 8, 11)):
            for phase, value in enumerate(currents(s, at)[1:-1].split(",")):
                yield "%s_%d" % (name, phase + 1), value
        ended = sample is not self.live and len(s) > 17
        yield "ic", decimal(counter(s[14], s[16]) if ended else None, 3)
        yield "ec", decimal(counter(s[15], s[17]) if ended else None, 3)
        if kind == QUARTERS:
            number, currency = price(s)
            yield "p", decimal(number, 6)
            yield "pc", text(currency)
        if self.money:
            for name, column in self.money.columns:
                yield name, column(sample) if sample else ""
            if kind != QUARTERS:
                yield "pc", text(self.currency)

    def _time(self, t):
        """A time, s since 2020 UTC, as ISO 8601 on the local clock."""
        local = self.zone.local(t)
        minutes = (local - t) // 60
        year, month, day = date(local // 86400)
        sign = "-" if minutes < 0 else "+"
        minutes = abs(minutes)
        second = local % 86400
        return "%04d-%02d-%02dT%02d:%02d:%02d%s%02d:%02d" % (
            year, month, day, second // 3600, second // 60 % 60, second % 60, sign, minutes // 60, minutes % 60,
        )  # fmt: skip
