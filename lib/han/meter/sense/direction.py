"""Powers that are not sent as import and export each for itself, and what their direction follows from."""
from ..obis import (
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

_STATUS = 32  # in the last column of a row, whose low 16 bits of the status are from bit 8 on
_IMPORT, _EXPORT = 0x10108, 0x10208  # keys of 1-0:1.8 and 1-0:2.8, without the tariff
# There are two status words. That of FNN's basic meter ends with 04 and marks export in bit 11, of each phase
# in the next three; that of the EDL specification before it marks it in bit 5.
_BASIC, _BASIC_EXPORTS, _EXPORTS = 0x04, 0x0800, 0x20


def complete(reading, rows, n):
    """Import and export of power that n rows gave with a sign (1-0:16.7.0, a negative 1.7.0) or without (15.7.0)."""
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
        _direct(reading, exporting(rows, n))


def exporting(rows, n, phase=0):
    """What the status of a counter says: True where the meter exports, False where not, None without a status.

    phase: 1, 2 or 3 for that one alone, of which the older status says nothing.
    """
    for row in range(0, 8 * n, 8):
        if rows[row + 7] & _STATUS and rows[row] >> 8 in (_IMPORT, _EXPORT):
            status = rows[row + 7] >> 8
            if status & 0xFF == _BASIC:
                return status & _BASIC_EXPORTS << phase != 0
            return None if phase else status & _EXPORTS != 0
    return None


def _split(reading, imported, exported, net):
    """Import and export of a power with a sign, as far as they were not sent themselves."""
    taken, other = imported, exported
    if reading.present[net] == _NEGATIVE:
        taken, other = exported, imported
    if not reading.present[taken]:
        reading.move(net, taken)
    if not reading.present[other]:
        reading.put(other, 0)


def _direct(reading, told):
    """Import or export of a power without a sign; told: what the status says."""
    exports, total = _direction(reading, told)
    if exports is None:
        reading.undirected = True
        return
    taken, other = IMPORT_POWER, EXPORT_POWER
    if exports:
        taken, other = EXPORT_POWER, IMPORT_POWER
    reading.move(ANY_POWER, taken)
    if total:
        reading.put(taken, total)
    reading.put(other, 0)


def _direction(reading, told):
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
    if told is not None and (imports or exports):
        return told or not imports, 0
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
