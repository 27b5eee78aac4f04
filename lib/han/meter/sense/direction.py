"""Makes import and export of powers that are sent in another way: with a sign, or without any direction."""
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
    NETTED,
    NET_POWER,
    OTHER_ENERGY,
    TARIFFS,
    UNDIRECTED,
)

#: Import and export of the total and of three phases; the net power of each follows NET_POWER.
PAIRS = ((IMPORT_POWER, EXPORT_POWER),) + tuple([(L1_IMPORT_POWER + i, L1_EXPORT_POWER + i) for i in range(3)])
_NEGATIVE = 3

_STATUS = 32  # in the last column of a row: it has a status, whose low 16 bits are there from bit 8 on
_COUNTERS = 0x10108, 0x10208  # keys of 1-0:1.8 and 1-0:2.8, without the tariff
# There are two kinds of status words. That of FNN's basic meter ends with 04; bit 11 marks export, and the next three
# bits export of each phase. In that of the older EDL specification, bit 5 marks export.
_BASIC, _BASIC_EXPORTS, _EXPORTS = 0x04, 0x0800, 0x20


def complete(reading, rows, n):
    """Set import and export of powers that came with a sign (1-0:16.7.0, a negative 1.7.0) or without (15.7.0).

    Also takes energies of channel 1-2 where the usual ones are absent. rows, n: the rows that filled the reading.
    """
    present = reading.present
    for i in range(4):
        if present[OTHER_ENERGY + i] and not present[IMPORT_ENERGY + i]:
            reading.move(OTHER_ENERGY + i, IMPORT_ENERGY + i, present[OTHER_ENERGY + i])
        imported, exported = PAIRS[i]
        if present[imported] == _NEGATIVE:
            # The meter nets import and export into this power.
            reading.said[NETTED] |= 1 << i
            if not reading.get(exported):
                reading.move(imported, exported)
            reading.put(imported, 0)
        elif present[NET_POWER + i]:
            _split(reading, imported, exported, NET_POWER + i)
    if present[ANY_POWER] and not present[IMPORT_POWER] and not present[EXPORT_POWER]:
        _direct(reading, None if reading.whole() else exporting(rows, n))  # P1 has no status


def exporting(rows, n, phase=0):
    """What the status of a counter tells: True where the meter exports, False where it does not, None without a status.

    phase: 1, 2 or 3 for one phase, which the older status does not tell; 0 for the total
    """
    for last in range(7, 8 * n, 8):
        if rows[last] & _STATUS and rows[last - 7] >> 8 in _COUNTERS:
            status = rows[last] >> 8
            if status & 0xFF == _BASIC:
                return status & _BASIC_EXPORTS << phase != 0
            return None if phase else status & _EXPORTS != 0
    return None


def _split(reading, imported, exported, net):
    """Set import and export from a power with a sign, unless they were sent themselves."""
    taken, other = imported, exported
    if reading.present[net] == _NEGATIVE:
        taken, other = exported, imported
    if not reading.present[taken]:
        reading.move(net, taken)
    if not reading.present[other]:
        reading.put(other, 0)


def _direct(reading, told):
    """Set import and export from a power without a sign. told: as of exporting()."""
    exports, total = _direction(reading, told)
    if exports is None:
        reading.said[UNDIRECTED] = 1
        return
    taken, other = IMPORT_POWER, EXPORT_POWER
    if exports:
        taken, other = EXPORT_POWER, IMPORT_POWER
    reading.move(ANY_POWER, taken)
    if total:
        reading.put(taken, total)
    reading.put(other, 0)


def _direction(reading, told):
    """(True where a power without a sign is exported, False where it is imported, None where that is not known; total).

    total: the sum of the phases if they have told the direction, else 0

    The status of a counter tells the direction; else all three phases do; else the only counter does.
    On a meter that counts only export, a status without the mark of export tells nothing, as some meters
    leave the mark out.
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
    for field in range(L1_IMPORT_POWER, L1_EXPORT_POWER):
        if reading.present[field] or reading.present[field + 3]:
            phases += 1
            plus += reading.get(field) or 0
            minus += reading.get(field + 3) or 0
    if phases == 3 and (plus or minus) and not (plus and minus):
        return minus > 0, plus or minus
    if imports == exports or minus and imports or plus and exports:
        return None, 0
    return exports, 0


def _counted(present, total, first):
    """True where the telegram has the total or a tariff of a direction."""
    if present[total]:
        return True
    for field in range(first, first + TARIFFS):
        if present[field]:
            return True
    return False
