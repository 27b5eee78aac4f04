"""GET /diagnostics: all that helps to find out why a reader does not read. Loaded when asked for.

Neither keys nor passwords nor the meter's number are in it: people paste it where others read it.
"""
import json

_COUNTERS = (
    "bytes frames checksum_errors truncated overrun parity encrypted decrypt_failures replayed"
    " decoded rejected implausible line_changes"
)


def report(version, board, clock, log, supervisor, config, link, gate):
    """The JSON of everything that is known, in pieces."""
    total, free, least, largest = board.heap()
    who = link.live.identity() if link.live.seq else {}
    keys = config.get("m")
    head = json.dumps({
        "type": "HAN_DIAGNOSTICS_MESSAGE",
        "ts": clock.unix_ms(),
        "version": version,
        "board": board.name,
        "chip": board.chip,
        "uptime_ms": clock.uptime_ms(),
        "clock": clock.source,
        "rebootReason": board.reset_reason,
        "heap": {"size": total, "free": free, "minimum": least, "largest": largest},
        "meter": {
            "diagnosis": link.diagnosis(),
            "line": {
                "found": link.line(),
                "trying": link.trying(),
                "tried": link.tried(),
                "option": keys["o"],
            },
            "counters": {name: getattr(link.counters, name) for name in _COUNTERS.split()},
            "implausible": {"counts": link.plausible.counts, "last": link.plausible.detail},
            "meters": link.plausible.meters,
            "readings": link.live.seq,
            "period_ms": link.live.period_ms,
            "manufacturerId": who.get("manufacturerId"),
            "meterName": who.get("meterName"),
            "keys": {"encryption": bool(keys["k"]), "authentication": bool(keys["a"])},
        },
        "services": [
            {
                "name": row.name,
                "status": row.status,
                "health": row.health,
                "error": row.error,
                "restarts": row.restarts,
            }
            for row in supervisor.rows()
        ],
        "api": {"served": gate.served, "refused": gate.refused, "expired": gate.expired},
    })  # fmt: skip
    yield (head[:-1] + ', "log": [').encode()
    comma = ""
    for when, text in list(log.entries):
        yield (comma + json.dumps({"uptime_ms": when, "text": text})).encode()
        comma = ", "
    yield b"]}"
