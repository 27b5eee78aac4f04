"""Widens the limits of plausible values for meters of big sites. Imported when the first telegram exceeds a limit.

A telegram beyond a limit is held back. It widens the limits to 150 % of its values in one of three cases:

* It has a right checksum and proves itself: U and I explain its P and Q (80 to 110 %, see power.py). This is at once.
* It has a right checksum, and is the fifth in a row that agree: each number is within a quarter of the one before. But
  not if a voltage is beyond its limit. And not if U and I contradict its power (see power.py), where they have
  explained the power of this meter before, or where the manufacturer's usual scale was only assumed.
* It has no checksum, and is the fifth in a row that agree and prove themselves.

Telegrams within the limits that agree may come in between. The limits hold until a restart; then they are learned
again.
"""
from array import array

from ..obis import IMPORT_ENERGY, IMPORT_POWER, L1_CURRENT, L1_IMPORT_POWER, L1_VOLTAGE
from .power import explained

#: So many telegrams in a row must agree.
ENOUGH = 5
# Groups of fields that share a limit: (first, end, limit that no meter exceeds): 1 GW, 500 kV (0.1 V), 100 kA (mA).
_GROUPS = (
    (IMPORT_POWER, L1_IMPORT_POWER, 1000000000),
    (L1_IMPORT_POWER, L1_VOLTAGE, 1000000000),
    (L1_VOLTAGE, L1_CURRENT, 5000000),
    (L1_CURRENT, IMPORT_ENERGY, 100000000),
)


class Held:
    """Remembers the last telegrams beyond the limits."""

    def __init__(self):
        self._last = array("q", [-1] * IMPORT_ENERGY)  # magnitudes of the last one, -1: not sent
        self._agreed = 0  # how many in a row agree

    def goes_on(self, reading, limits):
        """True where a reading agrees with the last one held back, in each field in which either is beyond a limit."""
        for field in range(IMPORT_ENERGY):
            before = self._last[field]
            if before >= 0 and reading.present[field]:
                number = abs(reading.get(field))
                high = max(number, before)
                if high > limits[field] and 4 * min(number, before) < 3 * high:
                    return False
        return True

    def learns(self, reading, limits, checked, explains):
        """Take a reading beyond the limits. True where it has widened them.

        checked: its checksum is right; explains: U and I have explained the power of an earlier reading
        """
        proof = explained(reading)
        if not self.goes_on(reading, limits) or not checked and not proof:
            self._agreed = 0
        self._agreed += 1
        for field in range(IMPORT_ENERGY):
            if reading.present[field]:
                self._last[field] = abs(reading.get(field))
        if not checked:
            believed = proof and self._agreed >= ENOUGH
        elif proof or self._agreed < ENOUGH:
            believed = proof
        elif self._beyond(reading, limits, L1_VOLTAGE, L1_CURRENT):
            believed = False
        else:
            believed = proof is None or not explains and not reading.assumed()
        return bool(believed) and self._grow(reading, limits)

    def _beyond(self, reading, limits, first, end):
        """The largest magnitude beyond its limit in the fields first … end - 1; 0 where none is."""
        most = 0
        for field in range(first, end):
            if reading.present[field]:
                number = abs(reading.get(field))
                if number > limits[field]:
                    most = max(most, number)
        return most

    def _grow(self, reading, limits):
        for first, end, most in _GROUPS:
            number = self._beyond(reading, limits, first, end)
            if number > most:
                return False
            if number:
                for field in range(first, end):
                    limits[field] = min(most, number * 3 // 2)
        return True
