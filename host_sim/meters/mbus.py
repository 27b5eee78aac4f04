"""An Austrian customer interface: the list of a Kaifa MA309 every 5 s, in wired M-Bus frames without encryption.

The list is flat (OBIS code, value, scaler-unit …) and fits one long frame.
"""

from host_sim.meters.parts.dlms import (
    AMPERE, NONE, VOLT, W, WH, date_time, mbus, notification, obis, octets, scaler_unit, structure, u16, u32,
)  # fmt: skip

METER_ID = "181200000042"
_DST = 0x80


class Meter:
    """Kaifa MA309 with the list of the grid operator of Lower Austria."""

    LINE = (2400, 8, 0, 1, False)
    PERIOD_MS = 5000
    ZONE_MIN = 60

    def encode(self, state):
        """The M-Bus long frame due at state.utc_ms; b"" between the multiples of PERIOD_MS."""
        if state.utc_ms % self.PERIOD_MS:
            return b""
        net = state.net()
        summer = state.clock[7]
        # COSEM counts the deviation westwards: UTC = local + deviation.
        clock = date_time(state.clock, deviation=-120 if summer else -60, status=_DST if summer else 0, hundredths=0)
        items = [octets(clock)]
        for n, counter in enumerate(state.wh):
            items += [obis("1-0:%d.8.0" % (n + 1)), u32(counter), scaler_unit(0, WH)]
        for n in range(2):
            items += [obis("1-0:%d.7.0" % (n + 1)), u32(net[n]), scaler_unit(0, W)]
        for n, voltage in enumerate(state.u):
            items += [obis("1-0:%d.7.0" % (32 + 20 * n)), u16(voltage), scaler_unit(-1, VOLT)]
        for n, current in enumerate(state.i):
            items += [obis("1-0:%d.7.0" % (31 + 20 * n)), u16((current + 5) // 10), scaler_unit(-2, AMPERE)]
        items += [obis("1-0:13.7.0"), u16(_power_factor(state)), scaler_unit(-3, NONE)]
        items.append(octets(METER_ID.encode()))
        return mbus(notification(state.utc_ms // 1000 & 0xFFFFFF, b"\x0c" + clock, structure(*items)))


def _power_factor(state):
    """The power factor in thousandths."""
    apparent = sum([u * i for u, i in zip(state.u, state.i)]) // 10000
    return min(abs(sum(state.p)) * 1000 // apparent, 1000) if apparent else 1000
