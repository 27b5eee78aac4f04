"""Keeps the clock right: by time servers, or else by the meter's own clock."""
import asyncio

from ..core.clock import EPOCH

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# How often it looks for something to do, s. Pause before it asks servers for the first time, ms: not while everything
# else starts.
_TICK = const(1)
_START = const(2000)
# A meter's clock is plausible from 2024 to 2053, s since 2020.
_FIRST = const(126230400)
_LAST = const(1041404400)
# The meter's clock is believed when _AGREEING telegrams in a row agree within _AGREE ms, over _FOR ms. A smaller
# difference than _AGREE is no reason to correct the clock.
_AGREEING = const(3)
_FOR = const(10000)
_AGREE = const(3000)
# The time of a server holds for _HOLDS (a week); after that the meter's clock sets the time. /health is degraded after
# _MISSED (a day) without a server. Both are ms.
_HOLDS = const(604800000)
_MISSED = const(86400000)


class Timekeeper:
    """The task that sets the clock. links: the Links; report: function of health and error, for the row of /health."""

    #: Port of time servers that are given without one. Time for the answer of one server, ms.
    port = 123
    patience_ms = 2000

    def __init__(self, board, clock, bus, links, report):
        self._board = board
        self._clock = clock
        self._bus = bus
        self._links = links
        self._report = report
        self._due = clock.uptime_ms() + _START  # when servers are asked
        self._problem = None  # what went wrong with them
        self.memory = {}  # what sntp.py remembers between its calls
        self._chosen = links.config.get("ts")  # the servers of the configuration when they were asked last
        self._heard = 0  # `seq` of the last reading whose clock was looked at
        self._first = None  # (unix ms at uptime 0, uptime) of the first telegram of those that agree
        self._count = 0

    # Lives as long as the application.
    async def run(self):
        """Keep the clock right."""
        while True:
            await self.turn()
            await asyncio.sleep(_TICK)

    async def turn(self):
        """Look at a new reading, ask the servers when it is due, and report the state of the clock."""
        board = self._board
        live = self._bus.latest.get("meter")
        if live and live.seq != self._heard:
            self._heard = live.seq
            self._hear(live)
        chosen = self._links.config.get("ts")
        if chosen is not self._chosen:
            self._chosen = chosen
            self._due = self._clock.uptime_ms()
            self.memory.clear()
        if self._clock.uptime_ms() >= self._due and self._links.lost is None:
            from .sntp import errand

            pause, self._problem = await errand(board, self._clock, self._links, self)
            self._due = self._clock.uptime_ms() + pause
        self._tell()

    def _hear(self, live):
        clock = self._clock
        utc = clock.of_meter(live.clock, live.deviation, live.dst)
        if utc is None:
            return  # this push list has no clock, or nobody can tell what it means
        up = clock.uptime_ms() - self._board.ticks_diff(self._board.ticks_ms(), live.received)
        start = (utc + EPOCH) * 1000 - up
        if self._first is None or abs(start - self._first[0]) > _AGREE:
            self._first = start, up
            self._count = 0
        self._count += 1
        if self._count >= _AGREEING and up - self._first[1] >= _FOR and _FIRST <= utc < _LAST:
            if clock.source != "ntp" or up - clock.told > _HOLDS:
                clock.take(start, "meter", _AGREE)

    def _tell(self):
        clock = self._clock
        source = clock.source
        health = "ok"
        error = self._problem or clock.step
        if source is None:
            health, error = "failed", "the time is not known" + (": " + error if error else "")
        elif self._problem and (source != "ntp" or clock.uptime_ms() - clock.told > _MISSED):
            health, error = "degraded", "time of the %s: %s" % (source, error)
        self._report(health, error)
