"""Kaifa, Norway: power every 2 s, everything every 10 s, the counters ten seconds past the hour (KFM_001).

No codes, no scalers: a list is known by how many elements it has. Currents are mA, voltages 0.1 V, energies Wh.
"""

from host_sim import meters
from host_sim.meters import phases, stamp
from host_sim.meters.dlms import LLC, date_time, hdlc, notification, octets, structure, u32

METER_ID, METER_TYPE = "6970630000054321", "MA304H3E"


class Meter(meters.Meter):
    """Kaifa MA304H3E (list 1, 2 and 3)."""

    LINE = (2400, 8, 0, 1, False)
    PERIOD_MS = 2000
    ZONE_MIN = 60

    def _list(self, state):
        if state.utc_ms % 3600000 == 10000:
            return 3
        return 2 if state.utc_ms % 10000 == 0 else 1

    def pieces(self, state):
        """The HDLC frame due at state.utc_ms; none between the multiples of PERIOD_MS."""
        if state.utc_ms % self.PERIOD_MS:
            return
        number = self._list(state)
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
        yield hdlc(b"\x01\x02\x01", 0x10, LLC + notification(0x40000000, clock, body))

    def expected(self, state):
        """What a reader makes of encode(state)."""
        net = state.net()
        number = self._list(state)
        out = {"ts": stamp(state.clock), "ts_dst": False, "import_power_w": net[0]}
        if number > 1:
            out.update(meter_id=METER_ID, meter_type=METER_TYPE, list_version="KFM_001")
            out.update(export_power_w=net[1], import_reactive_var=net[2], export_reactive_var=net[3])
            out.update(phases(state.u, 10, "voltage_v"))
            out.update(phases(state.i, 1000, "current_a"))
        if number > 2:
            out.update(import_energy_wh=state.wh[0], export_energy_wh=state.wh[1])
            out.update(import_reactive_varh=state.varh[0], export_reactive_varh=state.varh[1])
        return out
