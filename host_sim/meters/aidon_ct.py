"""Aidon behind current transformers; its values include their ratio. A site of megawatts."""

from host_sim.house import State
from host_sim.meters import aidon

RATIO = 500  # factor to the house's powers and currents


class Meter(aidon.Meter):
    """Three-phase Aidon 6550."""

    TYPE = "6550"
    AMPERE = 0  # whole amperes: 16 bits have no room for tenths

    def encode(self, state):
        """The frame of aidon.Meter with values RATIO times as large."""
        return super().encode(larger(state))


def larger(state, ratio=RATIO):
    """The State of a site whose powers, currents and counters are `ratio` times those of `state`."""
    p, q, i, wh, varh = [[ratio * number for number in numbers] for numbers in
                         (state.p, state.q, state.i, state.wh, state.varh)]  # fmt: skip
    return State(state.utc_ms, state.clock, p, q, state.u, i, wh, varh, state.tariffs, state.tariff)
