"""Numbers of a reading times something: what a list's scale lacks, and what the owner has set."""
from ..obis import AMPERE, FIELDS, QUANTITIES, VAR_HOUR, VOLT, WATT_HOUR

#: No number of a reading is larger: what `fill` takes, 50 bits.
_MOST = 1 << 50


def multiply(reading, field, times, by=1):
    """Let a field be its number * times / by, rounded half away from zero; absent where it has no room for that."""
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
    """The owner's multipliers of energies, currents and voltages, in thousandths (0: none), and the transformer ratio.

    A meter behind current transformers that sends what its own terminals see tells currents, powers and energies by
    their ratio too small; voltages are as they are.
    """

    def __init__(self, energy, current, voltage, transformer):
        times = [1000 * transformer] * 6  # by quantity
        times[VOLT] = voltage or 1000
        times[AMPERE] = (current or 1000) * transformer
        times[WATT_HOUR] = times[VAR_HOUR] = (energy or 1000) * transformer
        self._times = times

    def nothing(self):
        """True where it changes no number."""
        return self._times == [1000] * 6

    def apply(self, reading):
        """Multiply what the reading has."""
        for field in range(FIELDS):
            times = self._times[QUANTITIES[field]]
            if times != 1000 and reading.present[field]:
                multiply(reading, field, times, 1000)
