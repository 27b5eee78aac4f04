"""The Dutch P1 port before 2011 (DSMR 3): 7 bits, no checksum, a telegram every 10 s with two tariffs but no total.

Its gas meter is told of in two lines.
"""

from host_sim.house.localtime import local
from host_sim.meters.p1 import decimal, hexed, p1_time
from host_sim.meters.parts.submeters import gas

IDENT = "/SIM5 HAN-3"
METER_ID = "E0003000000032026"
GAS_ID = "G0003000000032026"


class Meter:
    """A three-phase smart meter that sends its tariffs and its power."""

    LINE = (9600, 7, 0, 1, True)
    PERIOD_MS = 10000
    ZONE_MIN = 60

    def encode(self, state):
        """The telegram due at state.utc_ms; b"" between the multiples of PERIOD_MS."""
        if state.utc_ms % self.PERIOD_MS:
            return b""
        return ("\r\n".join(self._rows(state)) + "\r\n").encode()

    def _rows(self, state):
        net = state.net()
        yield IDENT
        yield ""
        yield "0-0:96.1.1(" + hexed(METER_ID) + ")"
        for way in (0, 1):
            for tariff in (0, 1):
                yield "1-0:%d.8.%d(%s*kWh)" % (way + 1, tariff + 1, decimal(state.tariffs[tariff][way], 9, 3))
        yield "0-0:96.14.0(%04d)" % state.tariff
        for way in (0, 1):
            yield "1-0:%d.7.0(%s*kW)" % (way + 1, decimal(net[way] // 10, 7, 2))
        yield "0-0:17.0.0(0999.00*kW)"
        yield "0-0:96.3.10(1)"
        yield "0-0:96.13.1()"
        yield "0-0:96.13.0()"
        second = state.utc_ms // 1000
        _, litres = gas(second - second % 3600)  # it is read every hour
        time = p1_time(local(second - second % 3600, self.ZONE_MIN))[:12]
        yield "0-1:24.1.0(3)"
        yield "0-1:96.1.0(" + hexed(GAS_ID) + ")"
        yield "0-1:24.3.0(" + time + ")(00)(60)(1)(0-1:24.2.1)(m3)"
        yield "(%s)" % decimal(litres, 9, 3)
        yield "0-1:24.4.0(1)"
        yield "!"
