"""GET /health, in pieces. It takes little memory, as clients ask for it when memory is short. Imported when needed."""
from microdot import Response

from ...meter.line.told import STAGES, checksum, diagnosis, line
from ...core.encode import decimal, flag, text

_HEALTH = (
    '{"type":"HAN_HEALTH_MESSAGE","ts":%s,"uuid":"%s","hostname":"%s","heap_size":%d,'
    '"free_heap_size":%d,"free_heap_percent":%s,"minimum_free_heap_size":%d,"system_heap":%s,"tlsReady":%s,'
    '"wifi_rssi":%s,"cpu_reset_reason":"%s","connections":{"ws":{"c":%d,"m":%d},'
    '"sse":{"c":%d,"m":%d},"dropped":%d},"uptime_ms":%d,"services":['
)
_SYSTEM = '{"size":%d,"free":%d,"minimum":%d,"largest":%d}'
_METER = '],"meter":{%s,"line":%s,"locked":%s,"checksum":%s,"diagnosis":%s}'
_SERVICE = '{"name":"%s","status":"%s","health":"%s","error":%s}'


async def serve(app, request):
    """Answer with the message."""
    return Response(_pieces(app), 200, {"Content-Type": "application/json"})


def _pieces(app):
    board, clock, link = app.board, app.clock, app.link
    total, free, least = board.heap()
    system = board.system_heap()
    reset = board.reset_reason
    values = (
        (
            text(clock.unix_ms()),
            app.identity.uuid,
            board.hostname,
            total,
            free,
            decimal((free * 2000 // total + 1) // 2, 1),
            least,
            _SYSTEM % system if system else "null",
            flag(app.messages.tls_ready),
            text(app.links.network()[2]),
            "RST_POWERON" if reset == "POWER_ON" else "RST_WDT" if reset == "WATCHDOG" else "RST_SW",
        )
        + _streams(app)
        + (clock.uptime_ms(),)
    )
    yield (_HEALTH % values).encode()
    lead = ""
    resting = app.speaks and app.config.get("out", "metrics", "on")
    for row in list(app.supervisor.rows()):
        yield (lead + _SERVICE % (row.name, row.status, row.health, text(row.error))).encode()
        lead = ","
        resting = resting and row.name != "metrics"
    if resting:  # it has no row of the supervisor's while nobody asks for it
        yield (lead + _SERVICE % ("metrics", "running", "ok", "null")).encode()
    stages = ",".join(['"%s":%d' % (name, getattr(link.counters, name, 0)) for name in STAGES.split()])
    found = text(line(link)), flag(link.search.locked), text(checksum(link)), text(diagnosis(link))
    yield (_METER % ((stages,) + found)).encode()
    if app.bus.latest.get("alarms"):
        from ..messages.alarms import those_on

        yield (',"alarms":' + those_on(app)).encode()
    yield b"}"


def _streams(app):
    """(WebSockets now, at most; event streams now, at most; messages that were dropped for slow clients)."""
    streams, limits = app.streams, app.board.stream_limits
    dropped = streams.dropped + sum([client.mailbox.dropped for client in streams.clients])
    return streams.count("ws"), limits[0], streams.count("sse"), limits[1], dropped
