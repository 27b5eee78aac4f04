"""Currents in the lines of a network without neutral, where each load lies between two lines."""

from host_sim.house import isqrt


def currents(p, q, u):
    """[mA of L1, L2 and L3].

    p, q  W and var of the loads between L1 and L2, L2 and L3, L3 and L1
    u     0.1 V between two lines
    The current of a line is the sum of the currents of two loads, whose voltages lie 60 degrees apart.
    """
    flows = []
    for k in range(3):
        p1, q1, p2, q2 = p[k], q[k], p[k - 1], q[k - 1]
        along = p1 * p2 + q1 * q2
        across = p1 * q2 - q1 * p2
        square = p1 * p1 + q1 * q1 + p2 * p2 + q2 * q2 + along - across * 1732 // 1000
        flows.append(isqrt(max(0, square)) * 10000 // u if u else 0)
    return flows
