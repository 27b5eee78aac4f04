"""GET /history/…?format=csv or jsonl: a line for each sample, for spreadsheets and databases. Imported for a request.

`from=0` exports everything that is kept. `decimal=comma` is for spreadsheets of countries with decimal commas:
semicolons then separate the cells. Only one sample at a time is in memory. A line has all that the other form has,
and the meter's counters at the end of the sample's bucket.
"""
from ....core.clock import EPOCH
from ....store.series.samples import FLAGS, QUARTERS, TENS, counter, price
from .chosen import NAMES, Chosen, currents
from ....core.encode import decimal, text
from .lines import head, iso, line, row

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
        form, comma = self._form, self._comma
        out = bytearray(head(form, NAMES[self.kind]))
        if form == "csv":
            out += row([name for name, _ in self._fields(None)], comma)
        for number in self.chosen():
            sample = self.series.read(number)
            if sample:  # None: its sector has been erased meanwhile
                out += line(self._fields(self.dated(number, sample)), form, comma)
            if len(out) >= _CHUNK:
                await connection.send(bytes(out), patience)
                out = bytearray()
        if self.live:
            out += line(self._fields(self.live), form, comma)
        await connection.send(bytes(out), patience)

    def _fields(self, sample):
        """Yield (name, value as JSON) of each column. Without a sample, only the names are of use."""
        kind = self.kind
        s = sample or (0,) * 22
        unit = "kw" if kind == TENS else "kwh"
        yield "t", str(s[0] + EPOCH)
        yield "time", '"%s"' % iso(self.zone, s[0])
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
