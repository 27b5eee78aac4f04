"""GET /diagnostics: all that helps to find out why a reader does not read. Loaded when asked for.

It has no keys, no passwords and not the meter's number, as people paste it where others can read it.
"""
import asyncio
import json

from microdot import Response

from ...core.clock import EPOCH
from ...meter import identity
from ...meter.line import told
from ...meter.obis import IMPORT_POWER, L1_CURRENT, L1_IMPORT_POWER, L1_VOLTAGE
from ...store.crashlog import CrashLog
from ..config.permit import trusted
from ..http.connection import refusal

#: Longest wait for telegrams, and time between two looks, ms.
_MOST_MS = 30000
_STEP_MS = 50
_COUNTERS = (
    "bytes frames checksum_errors truncated overrun parity encrypted decrypt_failures replayed"
    " decoded rejected implausible line_changes"
)


async def serve(app, request):
    """GET /diagnostics: the report; 401 without a good token."""
    return trusted(app, request) or Response(report(app), 200, {"Content-Type": "application/json"})


async def capture(app, request):
    """GET /diagnostics/capture: the last bytes of the line, anonymised; 401 without a good token.

    Where the meter is read without a fault, no bytes are kept: it waits for some, for two of the meter's periods at
    most. Bytes are kept from then on until twenty readings have come.
    """
    refused = trusted(app, request)
    if refused:
        return refused
    fields = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": 'attachment; filename="capture.bin"',
    }
    try:
        await _kept(app, request.sock)
        data = told.anonymised(app.link.capture)
    except MemoryError:
        return refusal(503, "not enough memory right now", {"Retry-After": "10"})
    pieces = (bytes(data[at : at + 512]) for at in range(0, len(data), 512))
    return Response(pieces, 200, fields)  # type: ignore[arg-type]  # microdot takes any iterable


async def _kept(app, sock):
    """Have a Capture with a whole telegram in it: where nothing was kept, wait for two, as one may be half over."""
    link = app.link
    kept = link.capture.there() is not None
    link.capture.keep()
    if kept:
        return
    wait = min(_MOST_MS, 2 * link.live.period_ms)
    sock.left = wait + app.gate.answer_ms
    frames = link.counters.frames
    while wait > 0 and link.counters.frames - frames < 2:
        wait -= _STEP_MS
        await asyncio.sleep(_STEP_MS / 1000)


def report(app):
    """Yield the JSON of everything that is known, in pieces, bytes."""
    yield b'{"type": "HAN_DIAGNOSTICS_MESSAGE"'
    for name, value in _parts(app):
        yield (', "%s": %s' % (name, json.dumps(value))).encode()
    yield b', "log": ['
    lead = ""
    for when, level, text in app.log.entries():
        yield (lead + json.dumps({"uptime_ms": when, "level": level, "text": text})).encode()
        lead = ", "
    yield b'], "crashes": ['
    lead = ""
    try:
        for utc, uptime, text in CrashLog(app.board.partition("state")).entries():
            when = None if utc is None else (utc + EPOCH) * 1000
            yield (lead + json.dumps({"ts": when, "uptime_s": uptime, "text": text})).encode()
            lead = ", "
    except OSError as error:
        yield (lead + json.dumps({"ts": None, "uptime_s": None, "text": "cannot be read: %s" % error})).encode()
    yield b"]}"


def _parts(app):
    board, clock, link, gate = app.board, app.clock, app.link, app.gate
    settings = app.config.get("m")
    total, free, least = board.heap()
    yield "ts", clock.unix_ms()
    yield "version", app.updates.running
    yield "board", board.name
    yield "chip", board.chip
    yield "uptime_ms", clock.uptime_ms()
    yield "clock", clock.source
    yield "rebootReason", board.reset_reason
    yield "heap", {"size": total, "free": free, "minimum": least}
    system = board.system_heap()
    if system:  # a desktop's would say nothing
        yield "systemHeap", dict(zip(("size", "free", "minimum", "largest"), system))
    yield "poll", {"faults": app.faults.count, "dead": app.faults.dead}
    yield "diagnosis", told.diagnosis(link)
    yield (
        "line",
        {
            "found": told.line(link),
            "trying": told.trying(link),
            "tried": told.tried(link),
            "option": settings["o"],
            "checksum": told.checksum(link),
        },
    )
    yield "scales", told.scales(link)
    yield "counters", {name: getattr(link.counters, name) for name in _COUNTERS.split()}
    yield "implausible", {"counts": link.plausible.counts, "last": link.plausible.detail}
    limits = link.plausible.limits
    yield (
        "limits",
        {
            "W": limits[IMPORT_POWER],
            "phase_W": limits[L1_IMPORT_POWER],
            "V": limits[L1_VOLTAGE] // 10,
            "A": limits[L1_CURRENT] // 1000,
        },
    )
    live = link.live
    maker, model, _ = identity.of(live)
    yield (
        "meter",
        {
            "manufacturerId": maker,
            "meterName": model,
            "type": settings["t"],
            "readings": live.seq,
            "period_ms": live.period_ms,
            "changes": link.plausible.meters,
        },
    )
    yield "network", _network(live)
    yield "keys", {"encryption": bool(settings["k"]), "authentication": bool(settings["a"])}
    yield (
        "services",
        [
            {"name": row.name, "status": row.status, "health": row.health, "error": row.error, "restarts": row.restarts}
            for row in app.supervisor.rows()
        ],
    )
    yield "api", {"served": gate.served, "refused": gate.refused, "expired": gate.expired}


def _network(live):
    network = live.network
    unknown = ["u%d" % (k + 1) for k in range(3) if live.get(L1_VOLTAGE + k) is None]
    unknown += ["i%d" % (k + 1) for k in range(3) if live.get(L1_CURRENT + k) is None]
    return {
        "setting": network.setting,
        "found": network.found,
        "computed": ["i2"] if network.computed and "i2" not in unknown else [],
        "unknown": unknown,
        "signs": "meter" if network.signs else "power" if network.signed else "none",
    }
