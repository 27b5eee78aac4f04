"""Kamstrup behind current transformers: as others in Norway, but its currents are in mA."""

from host_sim.meters import kamstrup


class Meter(kamstrup.Meter):
    """Kamstrup Omnipower CT, three phases."""

    TYPE = "6851131BN243101040"
    MILLIAMPERE = 1
