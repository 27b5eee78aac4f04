"""Aidon, Norway (AIDON_V0001): power every 2.5 s, all values but counters every 10 s, counters on the hour.

A list is an array of structures with OBIS code, value, scaler and unit. Only the hourly list has a clock.
"""

from host_sim.meters.parts.dlms import (
    AMPERE, LLC, VAR, VARH, VOLT, W, WH, array, date_time, hdlc, i16, notification, obis, octets, scaler_unit,
    structure, u16, u32, visible,
)  # fmt: skip

METER_ID, METER_TYPE = "7359990000012345", "6534"


def list_number(utc_ms):
    """Number (1, 2 or 3) of the list that is sent at utc_ms, a multiple of the period."""
    if utc_ms % 3600000 == 0:
        return 3
    return 2 if utc_ms % 10000 == 0 else 1


class Meter:
    """Three-phase Aidon 6534 (lists 1, 2 and 3)."""

    TYPE = METER_TYPE
    AMPERE = -1  # scaler of its currents
    LINE = (2400, 8, 0, 1, False)
    PERIOD_MS = 2500
    ZONE_MIN = 60

    def encode(self, state):
        """The HDLC frame due at state.utc_ms; b"" between the multiples of PERIOD_MS."""
        if state.utc_ms % self.PERIOD_MS:
            return b""
        number = list_number(state.utc_ms)
        net = state.net()
        power = [
            _value("1-0:%d.7.0" % (n + 1), u32(net[n]), 0, W if n < 2 else VAR) for n in range(4 if number > 1 else 1)
        ]
        items = power
        if number > 1:
            items = [
                structure(obis("1-1:0.2.129"), visible("AIDON_V0001")),
                structure(obis("0-0:96.1.0"), visible(METER_ID)),
                structure(obis("0-0:96.1.7"), visible(self.TYPE)),
            ] + power
            step = 10 ** (3 + self.AMPERE)
            for n, current in self.currents(state):
                value = i16((current + step // 2) // step)
                items.append(_value("1-0:%d.7.0" % (31 + 20 * n), value, self.AMPERE, AMPERE))
            for n in range(3):
                items.append(_value("1-0:%d.7.0" % (32 + 20 * n), u16(state.u[n]), -1, VOLT))
        if number > 2:
            # It sends local time, with deviation 0 and without the day of the week.
            clock = date_time(state.clock, deviation=0, with_weekday=False)
            items.append(structure(obis("0-0:1.0.0"), octets(clock)))
            for n, counter in enumerate(state.wh + state.varh):
                items.append(_value("1-0:%d.8.0" % (n + 1), u32(counter // 10), 1, WH if n < 2 else VARH))
        return hdlc(b"\x41\x08\x83", 0x13, LLC + notification(0x40000000, b"\x00", array(*items)))

    def currents(self, state):
        """(phase from 0, mA) of each current that it measures."""
        return enumerate(state.i)


def _value(code, value, scaler, unit):
    return structure(obis(code), value, scaler_unit(scaler, unit))
