"""HAN_METER_EVENTS_MESSAGE: the meter's log of power failures, and its messages. Imported when there are any."""
from ...meter.besides.events import CODE, LOG, known
from ..http.connection import unread
from ...core.encode import text
from .metertime import stamps


async def serve(app, request):
    """GET /meter/events: all that are known, the newest first, bytes; 503 before the first reading."""
    live = app.messages.reading()
    if live is None:
        return unread(app)
    extra = live.extra
    return _message(app, known(extra) if extra else ())


def message(app):
    """What has come with the last telegram, for the streams, bytes."""
    return _message(app, app.bus.latest.get("meter_events") or ())


def _message(app, events):
    live = app.messages.reading()
    stamp = stamps(app.clock, live) if live else None
    told = ",".join([_event(one, stamp) for one in events])
    return ('{"type":"HAN_METER_EVENTS_MESSAGE","events":[%s]}' % told).encode()


def _event(one, stamp):
    ts = stamp(one.clock, one.dst) if stamp else "null"
    if one.kind == LOG:
        return '{"kind":"failure","ts":%s,"s":%d}' % (ts, one.seconds)
    return '{"kind":"%s","ts":%s,"text":%s}' % ("code" if one.kind == CODE else "message", ts, text(one.text()))
