"""Kaifa, Norway (KFM_001): power every 2 s, all values but counters every 10 s, counters ten seconds past the hour.

Lists have neither OBIS codes nor scalers: the number of elements identifies a list. Units are mA, 0.1 V and Wh.
"""

from host_sim.meters.parts.dlms import LLC, date_time, hdlc, notification, octets, structure, u32

METER_ID, METER_TYPE = "6970630000054321", "MA304H3E"


def list_number(utc_ms):
    """Number (1, 2 or 3) of the list that is sent at utc_ms, a multiple of the period."""
    if utc_ms % 3600000 == 10000:
        return 3
    return 2 if utc_ms % 10000 == 0 else 1


class Meter:
    """Kaifa MA304H3E (lists 1, 2 and 3)."""

    LINE = (2400, 8, 0, 1, False)
    PERIOD_MS = 2000
    ZONE_MIN = 60

    def encode(self, state):
        """The HDLC frame due at state.utc_ms; b"" between the multiples of PERIOD_MS."""
        if state.utc_ms % self.PERIOD_MS:
            return b""
        number = list_number(state.utc_ms)
        net = state.net()
        clock = octets(date_time(state.clock))
        if number == 1:
            body = structure(u32(net[0]))
        else:
            items = [octets(text.encode()) for text in ("KFM_001", METER_ID, METER_TYPE)]
            items += [u32(value) for value in net + tuple(state.i) + tuple(state.u)]
            if number == 3:
                items.append(clock)
                items += [u32(counter) for counter in state.wh + state.varh]
            body = structure(*items)
        return hdlc(b"\x01\x02\x01", 0x10, LLC + notification(0x40000000, clock, body))
