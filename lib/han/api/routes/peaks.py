"""GET /peaks: the month's peaks, what is billed for them, and the interval that runs. Imported for a request.

Some meters keep the highest quarter of an hour of each month themselves. Where that is what the rule asks for, it is
taken from the next telegram. All else is computed from the counters (tariff/own.py).
"""
from asyncio import sleep

from microdot import Response

from ...meter.obis import IMPORT_POWER
from ...meter.reading import P1_IDENT
from ...meter.registers.demand import Demand
from ...store.ledger.records import ledger_of
from ...tariff.kept import Kept
from ...tariff.own import Own
from ...tariff.rules import Rule
from ..http.connection import refusal
from ..messages.peaks import MONTHS, Told, message
from .telegram import ANSWER_MS, following, patience

# Registers that are looked at before other tasks have a turn.
_TURN = 4


async def serve(app, request):
    """Answer with the peaks; 503 where too many requests wait for the meter's next telegram."""
    if request.method == "HEAD":
        return Response(b"", 200, {"Content-Type": "application/json"})
    rule = Rule(app.config.get("cap"))
    live = app.messages.fresh()
    demand = None
    if tells(app, rule, live):
        tap = following(app.link)
        if not tap:
            return refusal(503, "too many connections", {"Retry-After": "5"})
        wait = patience(app.link)
        request.sock.left = wait + ANSWER_MS
        demand = await taken(tap, wait, live)
    told = Told(app, rule, live, demand)
    history, utc = app.history, app.clock.utc()
    if history and utc is not None and history.t is not None and not (told.month and told.running and told.months):
        own, kept = await found(app, rule, utc)
        months = () if told.months else await kept.months(MONTHS)
        told.add(own, live and live.get(IMPORT_POWER), months)
    return message(told)


async def found(app, rule, t):
    """(what the reader has found itself by a Rule, an Own at t in s since 2020; the Kept that it is from)."""
    history = app.history
    kept = Kept(history, ledger_of(history), rule, app.config.get("peaks"))
    return await Own(history, rule, t).load(kept), kept


def tells(app, rule, live):
    """True where the meter of a Live may tell itself what a Rule asks for. live: None while it is silent."""
    if not live or not live.raw(P1_IDENT) or app.link.reason:
        return False
    return live.demand is not False and rule.plain()


async def taken(tap, wait, live):
    """The Demand of the telegram that comes within `wait` ms; None where none comes, or it tells nothing."""
    if not await tap.wait(wait) or not tap.copy:
        return None
    demand = Demand()
    count = 0
    for register in tap.copy.registers():
        demand.take(register)
        count += 1
        if count % _TURN == 0:
            await sleep(0)
    live.demand = demand.any()
    return demand if live.demand else None
