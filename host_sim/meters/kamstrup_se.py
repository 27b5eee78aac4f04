"""Kamstrup, Sweden: like kamstrup.py, but its counters are in Wh, and since 2025 its voltages in 0.01 V."""

from host_sim.meters import kamstrup


class Meter(kamstrup.Meter):
    """Kamstrup Omnipower, three phases, whose lists carry no scaler."""

    TYPE = "6841138BN245101090"
    VOLT, STEP = 100, 1
