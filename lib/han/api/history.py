"""GET /history/…: samples, column by column from flash. Imported for a request.

Which samples are in the answer is settled once, at the start, in a bit for each. All columns go by
that, whatever is recorded meanwhile; a sample whose sector is erased before its turn has come is null
and flagged as partial in the columns that are left. The newest sample is the bucket that has not ended.
"""
from asyncio import sleep

from microdot import Response

from ..core.clock import EPOCH
from ..store.bucket import Bucket
from ..store.clocksteps import moves, shifted, start_near
from ..store.samples import CHANGED, LIVE, NO_CURRENT, PARTIAL, QUARTERS, TENS, UNSET, Series, price
from .chunks import Chunks
from .encode import decimal, text
from .connection import refusal

_NAMES = "hourly", "weekly", "monthly", "yearly"
_TYPES = "HOURLY", "WEEKLY", "MONTHLY", "YEARLY"
# What is returned by default is younger than this, s, than the newest: 1 h, 7 days, 31 days, 13 months.
_SPANS = 3600, 7 * 86400, 30 * 86400 + 43200, 380 * 86400
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
)
# Bytes sent at once; samples looked at before others have a turn.
_CHUNK = 700
_TURN = 32
_MOST = 1 << 40
# For a client to take a part, ms.
_PATIENCE = 4000
_FLAGS = LIVE | PARTIAL | UNSET | CHANGED


def parse(query):
    """(from, to, limit) of a query string, None each where not given. ValueError says what is wrong."""
    found = {"from": None, "to": None, "limit": None}
    for pair in (query or "").split("&"):
        name, _, value = pair.partition("=")
        if name in found:
            # Longer numbers are no times, and cost time to read.
            if found[name] is not None or not value.isdigit() or len(value) > 12:
                raise ValueError(name + " must be given once, as a whole number")
            found[name] = int(value)
    if found["limit"] == 0:
        raise ValueError("limit must be at least 1")
    return found["from"], found["to"], found["limit"]


def wanted(query):
    """(the form that a query string asks for, whether its decimals have commas). ValueError says what is wrong."""
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
    """Answer a request for /history/…"""
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
    kind = _NAMES.index(request.path[9:])
    if form == "json":
        answer = History(history, kind, query)
    else:
        from .export import Export

        answer = Export(history, kind, query, form, comma)
    if request.http_version == "1.1":
        out = Chunks(request.sock)
        await answer.send(out, _PATIENCE)
        await out.end(_PATIENCE)
    else:
        await answer.send(request.sock, _PATIENCE)
    return Response.already_handled


class History:
    """One answer about a series of a store.history.History."""

    def __init__(self, history, kind, query):
        self._kind = kind
        self._series = Series(history.series[kind])
        self._zone = history.clock.zone
        self._moves = moves(history.region, kind)
        start, end, self._limit = query
        self._default = start is end is self._limit is None
        self._start = 0 if start is None else start - EPOCH
        self._end = _MOST if end is None else end - EPOCH
        self._live = self._newest(history)
        self._next = self._first = self._last = self._series.next
        self._bits = bytearray()  # of the samples from _last back: a one is in the answer

    def _newest(self, history):
        """The sample of the bucket that has not ended, None where it has no reading."""
        if history.t is None:
            return None
        bucket = history.buckets[self._kind]
        if self._kind == TENS:
            sample = bucket.sample(TENS)
        else:
            # With what has not been folded into it yet.
            whole = Bucket()
            whole.open(bucket.t, bucket.end)
            whole.a, whole.b = bucket.a, bucket.b
            for kind in range(self._kind + 1):
                whole.fold(history.buckets[kind].sample(kind))
            sample = whole.sample(self._kind)
        if not sample[2]:
            return None
        sample[1] = sample[1] & _FLAGS | LIVE
        if self._kind == QUARTERS:
            sample[14:] = [0] * 5 + list(history.quote())
        return sample

    async def send(self, connection, patience):
        """Write the whole answer; every part within `patience` ms. OSError when the client is gone."""
        await self._choose()
        # One piece of memory: a bytes object for each number would take ten times the room.
        out = bytearray(_HEAD)
        kind = self._kind
        out += b'{"type":"HAN_%s_HISTORY_MESSAGE","x":%s' % (_TYPES[kind].encode(), text(self._x).encode())
        for name, column in (
            ("t", lambda s: str(s[0] + EPOCH)),
            ("f", lambda s: str(s[1] & _FLAGS)),
            ("i", lambda s: decimal(s[3], 3)),
            ("e", lambda s: decimal(s[4], 3)),
            ("c_min", lambda s: _currents(s, 5)),
            ("c_avg", lambda s: _currents(s, 8)),
            ("c_max", lambda s: _currents(s, 11)),
            ("p", self._cost),
        ):
            if name != "p" or kind == QUARTERS:
                out += b',"%s":[' % name.encode()
                out = await self._column(connection, patience, out, column, name)
                out += b"]"
        if kind == QUARTERS:
            out += b',"pc":' + text(self._currency).encode()
        out += b"}"
        await connection.send(bytes(out), patience)

    async def _choose(self):
        """Settle which samples are in it: backwards, as of two that claim one time the newer is right."""
        series = self._series
        bits = self._bits
        left = self._limit or _MOST
        before = _MOST
        self._x = self._currency = None
        if self._live:
            before = self._live[0]
            if self._start <= before < self._end:
                self._took(self._live)
                left -= 1
            else:
                self._live = None
        number = self._next
        while number > series.first and left:
            number -= 1
            if number % _TURN == 0:
                await sleep(0)
            sample = series.read(number)
            if not sample:
                continue
            t = self._dated(number, sample)[0]
            if t < before:
                if t < self._start:
                    break
                before = t
                if t < self._end:
                    self._took((t,) + sample[1:])
                    if not bits:
                        self._last = number
                    at = self._last - number
                    bits.extend(bytes(at // 8 + 1 - len(bits)))
                    bits[at // 8] |= 1 << at % 8
                    self._first = number
                    left -= 1

    def _took(self, sample):
        if self._x is None:
            self._x = sample[0] + EPOCH
            if self._default:
                self._start = sample[0] - _SPANS[self._kind] + 1
        if self._kind == QUARTERS and self._currency is None:
            self._currency = price(sample)[1]

    def _cost(self, sample):
        number, currency = price(sample)
        return decimal(number if currency == self._currency else None, 6)

    def _dated(self, number, sample):
        by = shifted(number, self._moves) if self._moves else 0
        if not by:
            return sample
        return (start_near(self._kind, sample[0] + by, self._zone), sample[1] | UNSET) + sample[2:]

    def _chosen(self):
        """Numbers of the samples that are in the answer, the oldest first."""
        for number in range(self._first, self._last + 1) if self._bits else ():
            at = self._last - number
            if self._bits[at // 8] >> at % 8 & 1:
                yield number

    async def _column(self, connection, patience, out, column, name):
        """Add a column to out, sending what is there whenever it is enough; what is left of it."""
        comma = b""
        for number in self._chosen():
            at = self._last - number
            sample = self._series.read(number)
            if sample:
                piece = column(self._dated(number, sample)).encode()
            elif name == "t":
                self._bits[at // 8] &= ~(1 << at % 8)  # gone before the first column, so from all
                continue
            else:
                piece = b"%d" % PARTIAL if name == "f" else b"[null,null,null]" if "c_" in name else b"null"
            out += comma
            out += piece
            comma = b","
            if len(out) >= _CHUNK:
                await connection.send(bytes(out), patience)
                out = bytearray()
        if self._live:
            out += comma
            out += column(self._live).encode()
        return out


def _currents(sample, at):
    numbers = [None if sample[at + i] == NO_CURRENT else sample[at + i] for i in range(3)]
    return "[%s]" % ",".join([decimal(number, 2) for number in numbers])
