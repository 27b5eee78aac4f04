"""Checks whether the network leads anywhere: to the links' gateways, and to the internet. Imported once a minute."""
from . import check

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# How often the internet is asked while it answers, s. The first pause after it did not answer, s; it doubles each time.
_PERIOD = const(600)
_RETRY = const(60)
# The reader counts as online for so long after the last answer, s.
_HOLDS = const(900)
# Setting `bhf`: the reader restarts after so many s without an answer, if more than so many questions in a row failed.
_GIVE_UP = const(3600)
_FAILURES = const(6)


# Lives for some seconds: all that it waits for is bounded.
async def errand(links):
    """Ask the gateways, and the internet when it is due, and note the result in the links.

    links.memory holds what has to be remembered until the next run.
    """
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
        memory.pop("next", None)  # the internet is asked as soon as there is a network again
    heard = memory.get("seen")
    online = heard is not None and now - heard < _HOLDS
    if online != links.online:
        links.online = online
        values = links.config.values
        if online and not values.get("on"):
            links.config.change(dict(values, on=True))  # it has been online once: see `state` of HAN_STATE
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
    # Only if the internet has answered since the start: a restart that has not helped is not repeated.
    heard = memory.get("seen")
    if links.config.values["bhf"] and heard is not None and failures >= _FAILURES and now - heard >= _GIVE_UP:
        links.restart("CLOUD_UNREACHABLE", problem)
