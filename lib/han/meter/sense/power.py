"""Compares voltages and currents with the power of a reading."""
from ..obis import (
    EXPORT_POWER,
    IMPORT_POWER,
    IMPORT_REACTIVE,
    L1_CURRENT,
    L1_EXPORT_POWER,
    L1_EXPORT_REACTIVE,
    L1_IMPORT_POWER,
    L1_IMPORT_REACTIVE,
    L1_VOLTAGE,
)

#: Below this apparent power a reading proves and contradicts nothing, VA.
_LEAST = 500


def net(reading, imported, exported):
    """Import less export, W or var; None where neither was sent."""
    plus, minus = reading.get(imported), reading.get(exported)
    return None if plus is None and minus is None else (plus or 0) - (minus or 0)


def apparent(reading, phase):
    """U times I of a phase, VA; None where one of them is absent."""
    voltage, current = reading.get(L1_VOLTAGE + phase), reading.get(L1_CURRENT + phase)
    return None if voltage is None or current is None else voltage * abs(current) // 10000


def explained(reading):
    """True where voltages and currents explain the power of a reading, False where they contradict it, None: not known.

    S is the apparent power of P and, where it was sent, Q. They explain it where it is 80 to 110 % of U times I. They
    contradict it where it is more than 150 % of U times I, or less than a third (a fifth without Q), or where P or Q
    of a phase is more than 150 % of its U times I.
    """
    power = net(reading, IMPORT_POWER, EXPORT_POWER)
    if power is None:
        return None
    whole = 0
    for phase in range(3):
        part = apparent(reading, phase)
        if part is not None:
            whole += part
            for imported, exported in (
                (L1_IMPORT_POWER, L1_EXPORT_POWER),
                (L1_IMPORT_REACTIVE, L1_EXPORT_REACTIVE),
            ):
                if 2 * abs(net(reading, imported + phase, exported + phase) or 0) > 3 * max(part, _LEAST):
                    return False
        elif not phase or reading.present[L1_CURRENT + phase]:
            return None
    reactive = net(reading, IMPORT_REACTIVE, IMPORT_REACTIVE + 1)
    square = power * power + (reactive or 0) * (reactive or 0)
    if square < _LEAST * _LEAST and whole < _LEAST:
        return None
    # Compare the squares, in percent.
    whole *= whole
    if 6400 * whole <= 10000 * square <= 12100 * whole:
        return True
    least = 400 if reactive is None else 1111
    return None if least * whole <= 10000 * square <= 22500 * whole else False
