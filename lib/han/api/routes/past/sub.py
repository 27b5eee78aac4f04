"""GET /history/sub: the counter of a sub-meter at the end of each hour, day or month. Imported for a request.

What was used is the difference to the counter before. Where the sub-meter has been replaced there is none. What
another one has counted that was of another kind, or had another unit, is not in the answer.
"""
from asyncio import sleep

from microdot import Response

from ....core.clock import EPOCH
from ....meter.submeters.now import subs
from ....meter.submeters.sub import kind_name
from ....store.ledger.records import CHANNELS, DAYS, HOURS, Ledger
from ....store.series.samples import AHEAD, CHANGED, FLAGS, LIVE, PARTIAL
from ...http.connection import refusal
from ....core.encode import decimal, text
from .history import CHUNK, HEAD, parse, sent, wanted

_SERIES = "hour", "day", "month"
# A default answer has the samples that began less than this before the newest, s: 7 days, 31 days, 13 months.
_SPANS = 7 * 86400, 30 * 86400 + 43200, 380 * 86400
_MOST = 1 << 40
# Rows read before other tasks have a turn.
_TURN = 32
_PLACES = 3


def asked(query):
    """(channel, number of the series) of a query string. ValueError says what is wrong."""
    channel, series = None, "hour"
    for pair in (query or "").split("&"):
        name, _, value = pair.partition("=")
        if name == "ch":
            if channel or value not in ("1", "2", "3", "4"):
                raise ValueError("ch must be given once, as 1 to %d" % CHANNELS)
            channel = int(value)
        elif name == "series":
            series = value
    if not channel:
        raise ValueError("ch must be given, as 1 to %d" % CHANNELS)
    if series not in _SERIES:
        raise ValueError("series must be hour, day or month")
    return channel, _SERIES.index(series)


async def serve(app, request):
    """Answer a request: 400 for a wrong query, 404 without such a sub-meter, 503 when the reader does not keep it."""
    history = app.history
    if history is None:
        return refusal(503, "this reader keeps no history", {"Retry-After": "60"})
    try:
        channel, kind = asked(request.query_string)
        query = parse(request.query_string)
        form, comma = wanted(request.query_string)
    except ValueError as error:
        return refusal(400, str(error))
    try:
        ledger = Ledger(history)
    except ValueError as error:  # its partition is too small
        return refusal(503, str(error), {"Retry-After": "60"})
    now = None if history.t is None or history.guessed else subs(app.link.live, history.t).get(channel)
    known = app.config.get("sub").get(str(channel))
    if not (now or known):
        return refusal(404, "channel %d has no sub-meter" % channel)
    if request.method == "HEAD":
        return Response(b"", 200, {"Content-Type": "application/json"})
    return await sent(Answer(history, ledger, kind, channel, query, now, known, form, comma), request)


class Answer:
    """The samples of a sub-meter that a query chooses.

    now    the Sub of now, None where there is none
    known  [kind, id, unit] of the newest row, None where there is none
    """

    def __init__(self, history, ledger, kind, channel, query, now, known, form, comma):
        self._ledger = ledger
        self._kind = kind
        self._channel = channel
        self._now = now
        self._known = known
        self._form = form
        self._comma = comma
        self._zone = history.clock.zone
        self._t = history.t
        self._start, self._end, self._limit = query
        self._first, self._last = 0, -1  # numbers of the oldest and newest row in the answer
        self._before = None  # the row before the first one that tells a counter of the same sub-meter
        self._left = []  # numbers between them that are not in the answer
        self._live = False

    async def _choose(self):
        """Choose the rows, from the newest one backwards."""
        default = self._start is self._end is self._limit is None
        start = 0 if self._start is None else self._start - EPOCH
        end = _MOST if self._end is None else self._end - EPOCH
        left = self._limit or _MOST
        newest = None
        before = _MOST
        if self._now and self._now.value is not None:
            newest = before = self._bucket(self._t)
            self._live = start <= before < end
            left -= self._live
        begin, number = self._ledger.span(self._kind)
        if begin:
            begin += 2 * AHEAD  # these may be erased before they are in all columns
        bit = 1 << self._channel - 1
        while number > begin:
            number -= 1
            if number % _TURN == 0:
                await sleep(0)
            row = self._ledger.read(self._kind, number)
            # Of rows with the same time, the newer one is right.
            inside = row and row.t < min(before, end)
            if row and row.t < before:
                before = row.t
                newest = row.t if newest is None else newest
                if default:
                    start = newest - _SPANS[self._kind] + 1
                value = row.values[self._channel - 1]
                if value is not None and (row.t < start or not left):
                    self._before = row
                    break
                if inside and value is not None:
                    left -= 1
                    self._first = number
                    self._last = max(number, self._last)
                if row.other & bit or row.replaced & bit and (row.t < start or not left):
                    break  # what is older is of another one
            if not inside and self._last >= 0:
                self._left.append(number)

    def _bucket(self, t):
        """The start of the hour, day or month that t is in."""
        if self._kind == HOURS:
            return self._zone.hour_start(t)
        return self._zone.day_start(t) if self._kind == DAYS else self._zone.month_start(t)

    def _next(self, t):
        """The start of the hour, day or month after one that begins at t."""
        if self._kind == HOURS:
            return t + 3600
        return self._zone.next_day(t) if self._kind == DAYS else self._zone.next_month(t + 15 * 86400)

    def _samples(self):
        """Yield (t, flags, counter, used) of each sample, the oldest first; None each for what is not known."""
        before = self._before
        end, counter = (None, None) if not before else (self._next(before.t), before.values[self._channel - 1])
        bit = 1 << self._channel - 1
        for number in range(self._first, self._last + 1):
            row = None if number in self._left else self._ledger.read(self._kind, number)
            if not row:
                continue
            if row.replaced & bit:
                counter = None
            value = row.values[self._channel - 1]
            if value is not None:
                f = row.f & FLAGS | (CHANGED if row.replaced & bit else 0)
                yield self._sample(row.t, f, value, end, counter)
                end, counter = self._next(row.t), value
        if self._live:
            now = self._now
            changed = self._known and any([
                None not in pair and pair[0] != pair[1] for pair in zip(self._known, (now.kind, now.id, now.unit))
            ])  # fmt: skip
            f = LIVE | (CHANGED if changed else 0)
            yield self._sample(self._bucket(self._t), f, now.value, end, None if changed else counter)

    def _sample(self, t, f, value, end, before):
        """A sample. end: end of the sample before, or None; before: the counter then, None where of another one."""
        if before is not None and value < before:
            f |= CHANGED  # the counter has started again
            before = None
        if before is None or t != end:
            f |= PARTIAL
        return t, f, value, None if before is None else value - before

    async def send(self, connection, patience):
        """Write the whole answer, each part within `patience` ms. OSError when the client is gone."""
        await self._choose()
        await (self._columns if self._form == "json" else self._lines)(connection, patience)

    async def _columns(self, connection, patience):
        now = self._now
        kind, number, unit = (now.kind, now.id, now.unit) if now else self._known
        newest = None
        for sample in self._samples():
            newest = sample[0] + EPOCH
        out = bytearray(HEAD)
        out += (
            '{"type":"HAN_SUB_HISTORY_MESSAGE","x":%s,"ch":%d,"series":"%s","kind":%s,"id":%s,"unit":%s' % (
                text(newest), self._channel, _SERIES[self._kind], text(kind_name(kind)), text(number), text(unit),
            )
        ).encode()  # fmt: skip
        for at, name in enumerate(("t", "f", "v", "used")):
            comma = ',"%s":[' % name
            for sample in self._samples():
                out += comma.encode()
                out += self._told(sample)[at].encode()
                comma = ","
                if len(out) >= CHUNK:
                    await connection.send(bytes(out), patience)
                    out = bytearray()
            out += b"]" if comma == "," else comma.encode() + b"]"
        out += b"}"
        await connection.send(bytes(out), patience)

    async def _lines(self, connection, patience):
        from .lines import head, iso, line, row

        now = self._now
        unit = now.unit if now else self._known[2]
        names = "t", "time", "f", "counter", "used"
        out = bytearray(head(self._form, "%s-%d" % (_SERIES[self._kind], self._channel)))
        if self._form == "csv":
            out += row(names + ("unit",), self._comma)
        for sample in self._samples():
            t, f, v, used = self._told(sample)
            told = t, '"%s"' % iso(self._zone, sample[0]), f, v, used
            out += line(list(zip(names, told)) + [("unit", text(unit))], self._form, self._comma)
            if len(out) >= CHUNK:
                await connection.send(bytes(out), patience)
                out = bytearray()
        await connection.send(bytes(out), patience)

    def _told(self, sample):
        t, f, value, used = sample
        return str(t + EPOCH), str(f), decimal(value, _PLACES), decimal(used, _PLACES)
