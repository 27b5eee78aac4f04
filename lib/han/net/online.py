"""Whether the network leads anywhere: the gateways of the links, and the internet. Imported each minute for that."""
from . import check

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# s: how often the internet is asked while it answers and, at first, while it does not.
_PERIOD = const(600)
_RETRY = const(60)
# The last answer of an internet service holds so long, s.
_HOLDS = const(900)
# `bhf`: without an answer for so long, s, after so many questions in a row, the reader starts again.
_GIVE_UP = const(3600)
_FAILURES = const(6)


# Lives for some seconds: all that it waits for is bounded.
async def errand(links):
    """Ask whom it is time to ask, and let the links know. What has to be remembered is in links.memory."""
    try:
        await _ask(links)
    except Exception as error:
        links.log.crash("internet", error)


async def _ask(links):
    memory = links.memory
    now = links.uptime_s()
    if links.lost is None:
        for link in links.all:
            if link.up:
                await check.check(link)
        if now >= memory.get("next", 0):
            await _internet(links, memory, now)
    else:
        memory.pop("next", None)  # as soon as there is one again
    heard = memory.get("seen")
    online = heard is not None and now - heard < _HOLDS
    if online != links.online:
        links.online = online
        values = links.config.values
        if online and not values.get("on"):
            links.config.change(dict(values, on=True))  # that it has been, once: HAN_STATE's `state` tells it
        links.bus.publish("state", None)


async def _internet(links, memory, now):
    servers = links.board.time_servers
    if servers == ():
        links.report("internet", "stopped", "disabled")
        return
    problem = await check.ask(links.board, links.clock, servers, links.all)
    if problem is None:
        memory["seen"] = now
        memory["missed"] = 0
        memory["next"] = now + _PERIOD
        links.report("internet", "running", "ok")
        return
    failures = memory.get("missed", 0)
    memory["missed"] = failures + 1
    memory["next"] = now + min(_RETRY << min(failures, 4), _PERIOD)
    links.report("internet", "running", "degraded", problem)
    # Only where it has been there since the start: a restart that has not helped is not repeated.
    heard = memory.get("seen")
    if links.config.values["bhf"] and heard is not None and failures >= _FAILURES and now - heard >= _GIVE_UP:
        links.restart("CLOUD_UNREACHABLE", problem)
