"""Powers that are not sent as import and export each for itself, and what their direction follows from."""
from .obis import (
    ANY_POWER,
    EXPORT_ENERGY,
    EXPORT_ENERGY_T1,
    EXPORT_POWER,
    IMPORT_ENERGY,
    IMPORT_ENERGY_T1,
    IMPORT_POWER,
    L1_EXPORT_POWER,
    L1_IMPORT_POWER,
    NET_POWER,
    OTHER_ENERGY,
    TARIFFS,
)

#: Import and export of the total and of three phases; the net power of each follows NET_POWER.
PAIRS = ((IMPORT_POWER, EXPORT_POWER),) + tuple([(L1_IMPORT_POWER + i, L1_EXPORT_POWER + i) for i in range(3)])
_NEGATIVE = 3


def signed(present):
    """True where a power that is to be imported is negative."""
    for imported, _ in PAIRS:
        if present[imported] == _NEGATIVE:
            return True
    return False


def complete(reading):
    """Import and export of what a Reading has with a sign (1-0:16.7.0, a negative 1.7.0) or without (15.7.0)."""
    present = reading.present
    for i in range(4):
        if present[OTHER_ENERGY + i] and not present[IMPORT_ENERGY + i]:
            reading.move(OTHER_ENERGY + i, IMPORT_ENERGY + i, present[OTHER_ENERGY + i])
    for i in range(4):
        imported, exported = PAIRS[i]
        if present[imported] == _NEGATIVE:
            # The meter nets what it exports into this one.
            reading.netted |= 1 << i
            if not reading.get(exported):
                reading.move(imported, exported)
            reading.put(imported, 0)
        elif present[NET_POWER + i]:
            _split(reading, imported, exported, NET_POWER + i)
    if present[ANY_POWER] and not present[IMPORT_POWER] and not present[EXPORT_POWER]:
        _direct(reading)


def _split(reading, imported, exported, net):
    """Import and export of a power with a sign, as far as they were not sent themselves."""
    taken, other = imported, exported
    if reading.present[net] == _NEGATIVE:
        taken, other = exported, imported
    if not reading.present[taken]:
        reading.move(net, taken)
    if not reading.present[other]:
        reading.put(other, 0)


def _direct(reading):
    """Import or export of a power without a sign."""
    exporting, total = _direction(reading)
    if exporting is None:
        reading.undirected = True
        return
    taken, other = IMPORT_POWER, EXPORT_POWER
    if exporting:
        taken, other = EXPORT_POWER, IMPORT_POWER
    reading.move(ANY_POWER, taken)
    if total:
        reading.put(taken, total)
    reading.put(other, 0)


def _direction(reading):
    """(True where a power without a sign is exported, None where that cannot be known; the sum of the phases or 0).

    The status of the counters says it, else all three phases, else the one counter that the meter has. A
    status without the mark of export says nothing on a meter that counts export alone: some leave it out.
    """
    if reading.present[ANY_POWER] == _NEGATIVE:
        return True, 0
    if not reading.get(ANY_POWER):
        return False, 0
    imports = _counted(reading.present, IMPORT_ENERGY, IMPORT_ENERGY_T1)
    exports = _counted(reading.present, EXPORT_ENERGY, EXPORT_ENERGY_T1)
    if reading.exporting is not None and (imports or exports):
        return reading.exporting or not imports, 0
    plus = minus = phases = 0
    for i in range(3):
        imported = reading.get(L1_IMPORT_POWER + i)
        exported = reading.get(L1_EXPORT_POWER + i)
        if imported is not None or exported is not None:
            phases += 1
        plus += imported or 0
        minus += exported or 0
    if phases == 3 and (plus or minus) and not (plus and minus):
        return minus > 0, plus or minus
    if imports == exports or minus and imports or plus and exports:
        return None, 0
    return exports, 0


def _counted(present, total, first):
    """True where the telegram has one of a direction's counters."""
    if present[total]:
        return True
    for field in range(first, first + TARIFFS):
        if present[field]:
            return True
    return False
