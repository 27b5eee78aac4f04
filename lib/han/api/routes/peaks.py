"""GET /peaks: the month's peaks, what is billed for them, and the interval that runs. Imported for a request.

Some meters keep the highest quarter of an hour of each month themselves. Where that is what the rule asks for, it is
taken from the next telegram. All else is computed from the counters (tariff/own.py).
"""
from asyncio import sleep

from microdot import Response

from ...meter.obis import IMPORT_POWER
from ...meter.reading import P1_IDENT
from ...meter.registers.demand import Demand
from ...store.ledger.records import Ledger
from ...tariff.kept import Kept
from ...tariff.own import Own
from ...tariff.rules import Rule
from ..http.connection import refusal
from ..messages.peaks import Told, message
from .telegram import ANSWER_MS, following, patience

# Registers that are looked at before other tasks have a turn.
_TURN = 4


async def serve(app, request):
    """Answer with the peaks; 503 where too many requests wait for the meter's next telegram."""
    if request.method == "HEAD":
        return Response(b"", 200, {"Content-Type": "application/json"})
    cap = app.config.get("cap")
    rule = Rule(cap)
    live = app.messages.fresh()
    demand = None
    if live and live.raw(P1_IDENT) and live.demand is not False and rule.plain() and not app.link.reason:
        tap = following(app.link)
        if not tap:
            return refusal(503, "too many connections", {"Retry-After": "5"})
        wait = patience(app.link)
        request.sock.left = wait + ANSWER_MS
        if await tap.wait(wait) and tap.copy:
            demand = await _demand(tap.copy)
            live.demand = demand.any()
            if not live.demand:
                demand = None
    told = Told(app, rule, live, demand)
    history, utc = app.history, app.clock.utc()
    if history and utc is not None and history.t is not None and not (told.month and told.running and told.months):
        kept = Kept(history, _ledger(history), rule, app.config.get("peaks"))
        told.add(await Own(history, rule, utc).load(kept), live and live.get(IMPORT_POWER), kept)
    return message(told, bool(cap))


def _ledger(history):
    """The Ledger, None where there is none."""
    try:
        return Ledger(history)
    except ValueError:
        return None


async def _demand(copy):
    demand = Demand()
    count = 0
    for register in copy.registers():
        demand.take(register)
        count += 1
        if count % _TURN == 0:
            await sleep(0)
    return demand
