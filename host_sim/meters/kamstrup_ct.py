"""Kamstrup behind current transformers; its values include their ratio. Its currents are in mA, unlike kamstrup.py."""

from host_sim.meters import aidon_ct, kamstrup

RATIO = 10  # factor to the house's powers and currents


class Meter(kamstrup.Meter):
    """Kamstrup Omnipower CT, three phases."""

    TYPE = "6851131BN243101040"
    MILLIAMPERE = 1

    def encode(self, state):
        """The frame of kamstrup.Meter with values RATIO times as large."""
        return super().encode(aidon_ct.larger(state, RATIO))
