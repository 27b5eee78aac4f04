"""The values of a reading that alarms watch; None where the meter does not tell them."""
from ..meter.obis import (
    EXPORT_POWER,
    IMPORT_POWER,
    L1_CURRENT,
    L1_EXPORT_POWER,
    L1_IMPORT_POWER,
)
from ..meter.sense.network import ONE, THREE


def current(live):
    """(the highest current of a phase in mA, its number 1 to 3); (None, None) where no current is known.

    A fuse does not care for the direction, so the sign of an exporting phase does not count.
    """
    most = phase = None
    for i in range(3):
        number = live.get(L1_CURRENT + i)
        if number is not None and (most is None or abs(number) > most):
            most, phase = abs(number), i + 1
    return most, phase


def power(live):
    """Imported power, W."""
    number = live.get(IMPORT_POWER)
    # A meter that tells only the other direction imports nothing.
    return 0 if number is None and live.get(EXPORT_POWER) is not None else number


def crossing(live):
    """W that are imported while as many are exported: by another phase, or by the meter's own totals."""
    taken, given = live.get(IMPORT_POWER), live.get(EXPORT_POWER)
    both = min(taken, given) if taken and given else 0
    kind = live.network.kind()
    if kind == ONE:
        return both if taken is not None or given is not None else None
    plus = minus = told = 0
    for i in range(3):
        taken, given = live.get(L1_IMPORT_POWER + i), live.get(L1_EXPORT_POWER + i)
        if taken is not None or given is not None:
            told += 1
            net = (taken or 0) - (given or 0)
            plus += max(0, net)
            minus += max(0, -net)
    # Without neutral there is no power of a phase.
    if told == 3 and kind != THREE:
        return max(both, min(plus, minus))
    return both or None
