"""Aidon, Norway, 3 x 230 V without neutral: no current of L2, as two elements measure all (AIDON_V0001)."""

from host_sim.meters import aidon
from host_sim.meters.lines import currents


class Meter(aidon.Meter):
    """Three-phase Aidon 6525; the house's phases are loads between two lines each."""

    TYPE = "6525"

    def currents(self, state):
        i = currents(state.p, state.q, sum(state.u) // 3)
        return [(0, i[0]), (2, i[2])]
