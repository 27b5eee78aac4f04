"""GET /diagnostics: all that helps to find out why a reader does not read. Loaded when asked for.

Neither keys nor passwords nor the meter's number are in it: people paste it where others read it.
"""
import json

from ..core.clock import EPOCH
from ..store.crashlog import CrashLog

_COUNTERS = (
    "bytes frames checksum_errors truncated overrun parity encrypted decrypt_failures replayed"
    " decoded rejected implausible line_changes"
)


def report(version, board, clock, log, supervisor, config, link, gate):
    """The JSON of everything that is known, in pieces."""
    yield b'{"type": "HAN_DIAGNOSTICS_MESSAGE"'
    for name, value in _parts(version, board, clock, supervisor, config.get("m"), link, gate):
        yield (', "%s": %s' % (name, json.dumps(value))).encode()
    yield b', "log": ['
    lead = ""
    for when, level, text in list(log.entries):
        yield (lead + json.dumps({"uptime_ms": when, "level": level, "text": text})).encode()
        lead = ", "
    yield b'], "crashes": ['
    lead = ""
    try:
        for utc, uptime, text in CrashLog(board.partition("state")).entries():
            when = None if utc is None else (utc + EPOCH) * 1000
            yield (lead + json.dumps({"ts": when, "uptime_s": uptime, "text": text})).encode()
            lead = ", "
    except OSError as error:
        yield (lead + json.dumps({"ts": None, "uptime_s": None, "text": "cannot be read: %s" % error})).encode()
    yield b"]}"


def _parts(version, board, clock, supervisor, settings, link, gate):
    total, free, least, largest = board.heap()
    yield "ts", clock.unix_ms()
    yield "version", version
    yield "board", board.name
    yield "chip", board.chip
    yield "uptime_ms", clock.uptime_ms()
    yield "clock", clock.source
    yield "rebootReason", board.reset_reason
    yield "heap", {"size": total, "free": free, "minimum": least, "largest": largest}
    if hasattr(board, "system_heap"):  # a desktop's is not worth telling
        yield "systemHeap", dict(zip(("size", "free", "minimum", "largest"), board.system_heap()))
    yield "diagnosis", link.diagnosis()
    yield "line", {
        "found": link.line(),
        "trying": link.trying(),
        "tried": link.tried(),
        "option": settings["o"],
    }
    yield "counters", {name: getattr(link.counters, name) for name in _COUNTERS.split()}
    yield "implausible", {"counts": link.plausible.counts, "last": link.plausible.detail}
    live = link.live
    who = live.identity() if live.seq else {}
    yield "meter", {
        "manufacturerId": who.get("manufacturerId"),
        "meterName": who.get("meterName"),
        "type": settings["t"],
        "readings": live.seq,
        "period_ms": live.period_ms,
        "changes": link.plausible.meters,
    }
    yield "keys", {"encryption": bool(settings["k"]), "authentication": bool(settings["a"])}
    yield "services", [
        {"name": row.name, "status": row.status, "health": row.health, "error": row.error, "restarts": row.restarts}
        for row in supervisor.rows()
    ]
    yield "api", {"served": gate.served, "refused": gate.refused, "expired": gate.expired}
