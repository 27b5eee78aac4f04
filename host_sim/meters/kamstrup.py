"""Kamstrup, Norway (Kamstrup_V0001): all values but counters every 10 s, counters five seconds past the hour.

A list is flat: OBIS code, value, OBIS code, value … There are no scalers: units are 0.01 A, 1 V and 10 Wh.
"""

from host_sim.meters.parts.dlms import LLC, date_time, hdlc, notification, obis, octets, structure, u16, u32, visible

METER_ID, METER_TYPE = "5706560000067890", "6841131BN243101040"


def hourly(utc_ms):
    """True if the list with the counters is due."""
    return utc_ms % 3600000 == 5000


class Meter:
    """Kamstrup Omnipower, three phases (10 s list and hourly list)."""

    TYPE = METER_TYPE
    VOLT, MILLIAMPERE, STEP = 1, 10, 10  # its units: 1/VOLT volt, MILLIAMPERE mA, STEP Wh
    LINE = (2400, 8, None, 1, False)
    PERIOD_MS = 5000
    ZONE_MIN = 60

    def encode(self, state):
        """The HDLC frame due at state.utc_ms; b"" if there is none."""
        if state.utc_ms % 10000 and not hourly(state.utc_ms):
            return b""
        clock = date_time(state.clock)
        items = [visible("Kamstrup_V0001")]
        items += [obis("1-1:0.0.5"), visible(METER_ID), obis("1-1:96.1.1"), visible(self.TYPE)]
        for n, value in enumerate(state.net()):
            items += [obis("1-1:%d.7.0" % (n + 1)), u32(value)]
        for n, current in enumerate(state.i):
            items += [obis("1-1:%d.7.0" % (31 + 20 * n)), u32((current + self.MILLIAMPERE // 2) // self.MILLIAMPERE)]
        for n, voltage in enumerate(state.u):
            items += [obis("1-1:%d.7.0" % (32 + 20 * n)), u16((voltage * self.VOLT + 5) // 10)]
        if hourly(state.utc_ms):
            items += [obis("0-1:1.0.0"), octets(clock)]
            for n, counter in enumerate(state.wh + state.varh):
                items += [obis("1-1:%d.8.0" % (n + 1)), u32(counter // self.STEP)]
        # Its date-time is a length and the bytes, without a tag.
        return hdlc(b"\x2b\x21", 0x13, LLC + notification(0, b"\x0c" + clock, structure(*items)))
