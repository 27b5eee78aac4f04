"""GET /out: the languages of other systems, with their state; POST /out/test. Imported for a request."""
from ...core.encode import flag, text
from ..config.permit import given
from ..http.connection import refusal

_HEAD = (
    '{"type":"HAN_OUT_MESSAGE","sockets":{"have":%d,"own":%d,"used":%d,"streams":%d,"few":[%s]},'
    '"memory":{"free_kb":%d}'
)
_ROW = (
    '"%s":{"on":%s,"state":%s,"health":%s,"error":%s,"since_s":%s,"clients":%d,"sent":%d,"dropped":%d,'
    '"kb":%d,"sockets":%d,"most_clients":%d}'
)
# Fewer streams than these are too few: the page needs one, another client one more.
_FEW = 2
# Time for a test, ms.
_TEST_MS = 12000


async def serve(app, request):
    """The message, bytes."""
    board, outs, streams = app.board, app.outs, app.streams
    board_free = max(0, board.heap()[1] - board.memory_limits[1])
    spare = board.sockets - streams.own()
    few = ",".join(["[%s]" % ",".join([text(name) for name in names]) for names in crowds(outs, spare)])
    head = _HEAD % (
        board.sockets, streams.own(), outs.used(), min(streams.most(), board.stream_limits[2]), few, board_free // 1024,
    )  # fmt: skip
    services = {service.name: service for service in app.supervisor.rows()}
    told = []
    for name, needed, sockets, most, status in outs.rows():
        state = error = since = health = None
        clients = sent = dropped = 0
        if status and not status.over:
            service = services.get(name)
            state, clients, sent, dropped = status.state, status.clients, status.sent, status.dropped
            if name != "metrics":  # nobody has noted since when it is only a path
                since = (app.clock.uptime_ms() - status.since) // 1000
            if service:
                health, error = service.health, service.error
                if service.status == "restarting":
                    state = "restarting"
        told.append(_ROW % (
            name, flag(outs.on(name)), text(state), text(health), text(error), text(since),
            clients, sent, dropped, needed, sockets, most,
        ))  # fmt: skip
    return (",".join([head] + told) + "}").encode()


def crowds(outs, spare):
    """Yield the smallest sets of languages, lists of names, that leave too few streams once all clients are there.

    spare: sockets for both
    """
    rows = [(name, sockets + most) for name, _, sockets, most, _ in outs.rows() if sockets]
    spare -= _FEW
    found = []
    sizes = range(len(rows))
    for mask in sorted(range(1, 1 << len(rows)), key=lambda mask: (sum([mask >> i & 1 for i in sizes]), mask)):
        if any([mask & other == other for other in found]):
            continue
        chosen = [row for i, row in enumerate(rows) if mask >> i & 1]
        if sum([count for _, count in chosen]) > spare:
            found.append(mask)
            yield [name for name, _ in chosen]


async def test(app, request):
    """POST /out/test {"name": language}: try a language's connection, and say what is wrong."""
    wanted, refused = await given(app, request)
    if refused:
        return refused
    name = str(wanted.get("name")) if isinstance(wanted, dict) else ""
    names = [row[0] for row in app.outs.rows()]
    if name not in names:
        return refusal(400, "name must be one of " + ", ".join(names))
    request.sock.left = _TEST_MS
    try:
        wrong = await app.outs.test(name)
    except OSError as error:
        wrong = str(error)
    return ('{"success":%s,"message":%s}' % (flag(not wrong), text(wrong or name + ":ok"))).encode()
