"""Multiplies numbers of a reading: by a scale that was found out, or by what the owner has set."""
from ..obis import AMPERE, FIELDS, QUANTITIES, VAR_HOUR, VOLT, WATT_HOUR

#: The largest number that `fill` accepts, + 1: 50 bits.
_MOST = 1 << 50


def multiply(reading, field, times, by=1):
    """Multiply a field by times / by, rounded half away from zero. It becomes absent where the result is too large."""
    values, present = reading.values, reading.present
    number = values[2 * field + 1] << 24 | values[2 * field]
    number = (number * times * 2 + by) // (2 * by)
    if number >= _MOST:
        present[field] = 0
    else:
        values[2 * field] = number & 0xFFFFFF
        values[2 * field + 1] = number >> 24
        if not number:
            present[field] = 1


class Ratio:
    """Multiplies by the owner's settings: energies, currents and voltages in thousandths (0: none), transformer ratio.

    A meter behind current transformers may send the values at its own terminals. Then its currents, powers and energies
    must be multiplied by the ratio of the transformers, but not its voltages.
    """

    def __init__(self, energy, current, voltage, transformer):
        times = [1000 * transformer] * 6  # for each quantity
        times[VOLT] = voltage or 1000
        times[AMPERE] = (current or 1000) * transformer
        times[WATT_HOUR] = times[VAR_HOUR] = (energy or 1000) * transformer
        self._times = times

    def apply(self, reading):
        """Multiply all fields that the reading has."""
        for field in range(FIELDS):
            times = self._times[QUANTITIES[field]]
            if times != 1000 and reading.present[field]:
                multiply(reading, field, times, 1000)
