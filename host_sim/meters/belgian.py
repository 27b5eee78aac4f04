"""The Belgian P1 port (eMUCS 1.7.1): like the Dutch one, and with the demand that bills are made of.

Here tariff 1 is the day and 2 the night, other than in the Netherlands. 1.4.0 is the running quarter's energy divided
by the whole quarter, 1.6.0 this month's highest quarter, with the time of its end, and 0-0:98.1.0 those of 13 months.
"""

from host_sim.house import grid
from host_sim.house.localtime import local
from host_sim.meters.p1 import decimal, hexed, p1_time, telegram
from host_sim.meters.parts.submeters import gas, water

IDENT = "/SIM5\\2HAN-B"
METER_ID = "1SIM0099042026"
GAS_ID = "7SIM0099000024"
WATER_ID = "8SIM0099000025"
_NEVER = "632525252525W"  # the time that stands where there was none


class Meter:
    """A three-phase smart meter of Flanders, with gas on channel 1 and water on channel 2."""

    LINE = (115200, 8, None, 1, True)
    PERIOD_MS = 1000
    ZONE_MIN = 60

    def encode(self, state):
        """The telegram due at state.utc_ms; b"" between full seconds."""
        if state.utc_ms % self.PERIOD_MS == 0:
            return telegram(self._rows(state))
        return b""

    def _rows(self, state):
        net = state.net()
        low, normal = state.tariffs
        yield IDENT
        yield ""
        yield "0-0:96.1.4(50217)"
        yield "0-0:96.1.1(" + hexed(METER_ID) + ")"
        yield "0-0:1.0.0(" + p1_time(state.clock) + ")"
        for way in (0, 1):
            for number, tariff in ((1, normal), (2, low)):
                yield "1-0:%d.8.%d(%s*kWh)" % (way + 1, number, decimal(tariff[way], 10, 3))
        yield "0-0:96.14.0(%04d)" % (3 - state.tariff)
        running, peak, months = state.demand
        yield "1-0:1.4.0(%s*kW)" % decimal(running, 6, 3)
        yield "1-0:1.6.0" + self._peak(peak)
        told = ["(%s)%s" % (self._time(end), self._peak(highest)) for end, highest in months]
        yield "0-0:98.1.0(%d)(1-0:1.6.0)(1-0:1.6.0)%s" % (len(told), "".join(told))
        for way in (0, 1):
            yield "1-0:%d.7.0(%s*kW)" % (way + 1, decimal(net[way], 6, 3))
        for way in (0, 1):
            for n, value in enumerate(state.p):
                value = max(-value if way else value, 0)
                yield "1-0:%d.7.0(%s*kW)" % (21 + way + 20 * n, decimal(value, 6, 3))
        for n, voltage in enumerate(state.u):
            yield "1-0:%d.7.0(%s*V)" % (32 + 20 * n, decimal(voltage, 5, 1))
        for n, current in enumerate(state.i):
            yield "1-0:%d.7.0(%s*A)" % (31 + 20 * n, decimal((current + 5) // 10, 6, 2))
        yield "0-0:96.3.10(1)"
        yield "0-0:17.0.0(999.9*kW)"
        yield "1-0:31.4.0(999*A)"
        yield "0-0:96.13.0(" + hexed(grid.message(state.clock)) + ")"
        second = state.utc_ms // 1000
        yield from self._sub_meter(1, "003", GAS_ID, "24.2.3", gas(second), valve=True)
        yield from self._sub_meter(2, "007", WATER_ID, "24.2.1", water(second))

    def _sub_meter(self, channel, kind, number, code, value, valve=False):
        yield "0-%d:24.1.0(%s)" % (channel, kind)
        yield "0-%d:96.1.1(%s)" % (channel, hexed(number))
        if valve:
            yield "0-%d:24.4.0(1)" % channel
        yield "0-%d:%s(%s)(%s*m3)" % (channel, code, self._time(value[0]), decimal(value[1], 9, 3))

    def _time(self, utc_s):
        return p1_time(local(utc_s, self.ZONE_MIN))

    def _peak(self, peak):
        time, watts = (self._time(peak[0]), peak[1]) if peak else (_NEVER, 0)
        return "(%s)(%s*kW)" % (time, decimal(watts, 6, 3))
