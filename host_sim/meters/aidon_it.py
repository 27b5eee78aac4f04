"""Aidon, Norway (AIDON_V0001), on 3 x 230 V without neutral: two elements measure everything, so L2 has no current."""

from host_sim.meters import aidon
from host_sim.meters.parts.lines import currents


class Meter(aidon.Meter):
    """Three-phase Aidon 6525; each phase of the house is a load between two lines."""

    TYPE = "6525"

    def currents(self, state):
        i = currents(state.p, state.q, sum(state.u) // 3)
        return [(0, i[0]), (2, i[2])]
