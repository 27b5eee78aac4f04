"""The Dutch P1 port (DSMR 5.0.2): a telegram each second, with two tariffs, and gas and water on the M-Bus.

It has no lines of breaker and limiter: this version dropped them.
"""

from host_sim.house import grid
from host_sim.house.localtime import local
from host_sim.meters.p1 import decimal, hexed, p1_time, telegram
from host_sim.meters.parts.submeters import gas, water

IDENT = "/SIM5\\2HAN-5.0"
METER_ID = "E0099000000042026"
GAS_ID = "G0099000000024026"
WATER_ID = "8SIM0099000026"
_LOG = 10  # long failures that its log has room for


class Meter:
    """A three-phase smart meter with two meters on its M-Bus: gas on channel 1, water on channel 2."""

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
        yield IDENT
        yield ""
        yield "1-3:0.2.8(50)"
        yield "0-0:1.0.0(" + p1_time(state.clock) + ")"
        yield "0-0:96.1.1(" + hexed(METER_ID) + ")"
        for way in (0, 1):
            for tariff in (0, 1):
                counter = decimal(state.tariffs[tariff][way], 10, 3)
                yield "1-0:%d.8.%d(%s*kWh)" % (way + 1, tariff + 1, counter)
        yield "0-0:96.14.0(%04d)" % state.tariff
        for way in (0, 1):
            yield "1-0:%d.7.0(%s*kW)" % (way + 1, decimal(net[way], 6, 3))
        second = state.utc_ms // 1000
        failures = grid.failures(second)
        yield "0-0:96.7.21(%05d)" % (len(failures) + grid.short(second))
        yield "0-0:96.7.9(%05d)" % len(failures)
        newest = [self._failure(*failure) for failure in failures[: -_LOG - 1 : -1]]
        yield "1-0:99.97.0(%d)(0-0:96.7.19)%s" % (len(newest), "".join(newest))
        for kind, counts in ((32, grid.sags(second)), (36, grid.swells(second))):
            for n in range(3):
                yield "1-0:%d.%d.0(%05d)" % (32 + 20 * n, kind, counts[n])
        yield "0-0:96.13.0(" + hexed(grid.message(state.clock)) + ")"
        for n, voltage in enumerate(state.u):
            yield "1-0:%d.7.0(%s*V)" % (32 + 20 * n, decimal(voltage, 5, 1))
        for n, current in enumerate(state.i):
            yield "1-0:%d.7.0(%03d*A)" % (31 + 20 * n, (current + 500) // 1000)
        for way in (0, 1):
            for n, value in enumerate(state.p):
                value = max(-value if way else value, 0)
                yield "1-0:%d.7.0(%s*kW)" % (21 + way + 20 * n, decimal(value, 6, 3))
        for channel, kind, number, (read, litres) in ((1, 3, GAS_ID, gas(second)), (2, 7, WATER_ID, water(second))):
            yield "0-%d:24.1.0(%03d)" % (channel, kind)
            yield "0-%d:96.1.0(%s)" % (channel, hexed(number))
            time = p1_time(local(read, self.ZONE_MIN))
            yield "0-%d:24.2.1(%s)(%s*m3)" % (channel, time, decimal(litres, 9, 3))

    def _failure(self, begin, end):
        return "(%s)(%010d*s)" % (p1_time(local(end, self.ZONE_MIN)), end - begin)
