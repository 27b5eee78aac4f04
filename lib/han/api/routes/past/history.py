"""GET /history/…: the samples of a series, column by column from flash. Imported for a request.

All columns have the same samples (chosen.py), whatever is recorded meanwhile. A sector may be erased before its
samples have been written to all columns. In the columns that are left, they are then null and flagged as partial.
"""
from microdot import Response

from ....core.clock import EPOCH
from ....store.series.samples import FLAGS, PARTIAL, QUARTERS, TENS, price
from .chosen import NAMES, Chosen, currents
from ...http.chunks import Chunks
from ...http.connection import refusal
from ....core.encode import decimal, text

_TYPES = "HOURLY", "WEEKLY", "MONTHLY", "YEARLY"
#: Head of an answer in JSON.
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
)
#: Bytes sent at once.
CHUNK = 700
# Time for a client to take a part, ms.
_PATIENCE = 4000


def parse(query):
    """(from, to, limit) of a query string: integers, each None when not given. ValueError says what is wrong."""
    found = {"from": None, "to": None, "limit": None}
    for pair in (query or "").split("&"):
        name, _, value = pair.partition("=")
        if name in found:
            # A longer number is no time, and takes long to convert.
            if found[name] is not None or not value.isdigit() or len(value) > 12:
                raise ValueError(name + " must be given once, as a whole number")
            found[name] = int(value)
    if found["limit"] == 0:
        raise ValueError("limit must be at least 1")
    return found["from"], found["to"], found["limit"]


def wanted(query):
    """(form, comma) of a query string: "json", "csv" or "jsonl"; True for decimal commas. ValueError: what is wrong."""
    form, mark = "json", "point"
    for pair in (query or "").split("&"):
        name, _, value = pair.partition("=")
        if name == "format":
            form = value
        elif name == "decimal":
            mark = value
    if form not in ("json", "csv", "jsonl"):
        raise ValueError("format must be json, csv or jsonl")
    if mark not in ("point", "comma") or mark == "comma" and form != "csv":
        raise ValueError("decimal must be point, or comma with format=csv")
    return form, mark == "comma"


async def serve(app, request):
    """Answer a request for /history/…: 400 for a wrong query, 503 when the reader keeps no history."""
    history = app.history
    if history is None:
        return refusal(503, "this reader keeps no history", {"Retry-After": "60"})
    try:
        query = parse(request.query_string)
        form, comma = wanted(request.query_string)
    except ValueError as error:
        return refusal(400, str(error))
    if request.method == "HEAD":
        return Response(b"", 200, {"Content-Type": "application/json"})
    kind = NAMES.index(request.path[9:])
    costs = None if kind == TENS else app.book.costs(app.clock.zone)
    if form == "json":
        answer = History(history, kind, query, costs)
    else:
        from .export import Export

        answer = Export(history, kind, query, form, comma, costs)
    return await sent(answer, request)


async def sent(answer, request):
    """Send an answer, by its send(connection, patience), whose length is not known. OSError when the client is gone."""
    if request.http_version == "1.1":
        out = Chunks(request.sock)
        await answer.send(out, _PATIENCE)
        await out.end(_PATIENCE)
    else:
        await answer.send(request.sock, _PATIENCE)
    return Response.already_handled


class History(Chosen):
    """One JSON answer, column by column."""

    async def send(self, connection, patience):
        """Write the whole answer, each part within `patience` ms. OSError when the client is gone."""
        await self.choose()
        # One bytearray for all: a bytes object for each number would take ten times the memory.
        out = bytearray(HEAD)
        kind = self.kind
        out += b'{"type":"HAN_%s_HISTORY_MESSAGE","x":%s' % (_TYPES[kind].encode(), text(self.x).encode())
        columns = [
            ("t", lambda s: str(s[0] + EPOCH)),
            ("f", lambda s: str(s[1] & FLAGS)),
            ("i", lambda s: decimal(s[3], 3)),
            ("e", lambda s: decimal(s[4], 3)),
            ("c_min", lambda s: currents(s, 5)),
            ("c_avg", lambda s: currents(s, 8)),
            ("c_max", lambda s: currents(s, 11)),
        ]
        if kind == QUARTERS:
            columns.append(("p", self._price))
        if self.money:
            columns += self.money.columns
        for name, column in columns:
            out += b',"%s":[' % name.encode()
            out = await self._column(connection, patience, out, column, name)
            out += b"]"
        if kind == QUARTERS or self.money:
            out += b',"pc":' + text(self.currency).encode()
        out += b"}"
        await connection.send(bytes(out), patience)

    def _price(self, sample):
        number, currency = price(sample)
        return decimal(number if currency == self.currency else None, 6)

    async def _column(self, connection, patience, out, column, name):
        """Add a column to out, and send out whenever it is long enough. Returns what is not sent yet, a bytearray."""
        comma = b""
        for number in self.chosen():
            sample = self.series.read(number)
            if sample:
                piece = column(self.dated(number, sample)).encode()
            elif name == "t":
                self.drop(number)  # erased before the first column: it is left out of all
                continue
            else:
                piece = b"%d" % PARTIAL if name == "f" else b"[null,null,null]" if "c_" in name else b"null"
            out += comma
            out += piece
            comma = b","
            if len(out) >= CHUNK:
                await connection.send(bytes(out), patience)
                out = bytearray()
        if self.live:
            out += comma
            out += column(self.live).encode()
        return out
