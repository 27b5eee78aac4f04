"""Kamstrup, Sweden: as in Norway, but its counters are in Wh and its voltages, since 2025, in hundredths."""

from host_sim.meters import kamstrup


class Meter(kamstrup.Meter):
    """Kamstrup Omnipower, three phases, which does not say what it counts in."""

    TYPE = "6841138BN245101090"
    VOLT, STEP = 100, 1
