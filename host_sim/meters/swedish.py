"""A Swedish P1 port: the lines of p1.py in the order and with the units of most meters there.

It sends no number, no tariff, no demand and no sub-meters: the recommendation of the trade has none of them. Its clock
shows standard time (W) all year, as some of these meters do.
"""

from host_sim.house.localtime import standard
from host_sim.meters import p1
from host_sim.meters.p1 import decimal, p1_time

IDENT = "/SIM5HAN-S"


class Meter(p1.Meter):
    """A Swedish three-phase meter with counters for both directions."""

    ZONE_MIN = 60

    def _rows(self, state):
        yield IDENT
        yield ""
        yield "0-0:1.0.0(" + p1_time(standard(state.utc_ms // 1000, self.ZONE_MIN)) + ")"
        for n, counter in enumerate(state.wh + state.varh):
            yield "1-0:%d.8.0(%s*%s)" % (n + 1, decimal(counter, 12, 3), "kWh" if n < 2 else "kVArh")
        for n, value in enumerate(state.net()):
            yield "1-0:%d.7.0(%s*%s)" % (n + 1, decimal(value, 8, 3), "kW" if n < 2 else "kVAr")
        for first, values, unit in ((21, state.p, "kW"), (23, state.q, "kVAr")):
            for n, value in enumerate(values):
                for way, part in ((0, max(value, 0)), (1, max(-value, 0))):
                    yield "1-0:%d.7.0(%s*%s)" % (first + way + 20 * n, decimal(part, 8, 3), unit)
        for n, voltage in enumerate(state.u):
            yield "1-0:%d.7.0(%s*V)" % (32 + 20 * n, decimal(voltage, 5, 1))
        for n, current in enumerate(state.i):
            yield "1-0:%d.7.0(%s*A)" % (31 + 20 * n, decimal((current + 50) // 100, 5, 1))
