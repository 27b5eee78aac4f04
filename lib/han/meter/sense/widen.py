"""Limits that learn: what a big site's meter sends again and again is no damage. Imported with the first such telegram.

A telegram beyond the limits is held back, and lets the limits grow to half as much again as it says where

* its checksum is right and it proves itself: P and Q are what U and I make (within 80 and 110 %), at once;
* or it is the fifth in a row of those that agree (within a quarter, each number with the former), unless U and I
  contradict its power (less than a third or more than half as much again) on a meter whose power they have explained
  before, or whose scale is only its maker's usual one. Voltages have to be proven;
* or, without a checksum, it is the fifth in a row that proves itself.

What agrees is kept until another telegram does not. The limits hold while the reader runs: after a restart they
are learned again.
"""
from array import array

from ..obis import IMPORT_ENERGY, IMPORT_POWER, L1_CURRENT, L1_IMPORT_POWER, L1_VOLTAGE
from .power import explained

#: So many telegrams in a row have to agree.
ENOUGH = 5
# Fields that share a limit, from, to, and what no meter exceeds: 1 GW, 500 kV (0.1 V), 100 kA (mA).
_GROUPS = (
    (IMPORT_POWER, L1_IMPORT_POWER, 1000000000),
    (L1_IMPORT_POWER, L1_VOLTAGE, 1000000000),
    (L1_VOLTAGE, L1_CURRENT, 5000000),
    (L1_CURRENT, IMPORT_ENERGY, 100000000),
)


class Held:
    """The telegrams beyond the limits that came last."""

    def __init__(self):
        self._last = array("q", [-1] * IMPORT_ENERGY)  # -1: not sent
        self._agreed = 0

    def goes_on(self, reading, limits):
        """Whether a reading agrees with the last that was held back, where one of the two is beyond a limit."""
        for field in range(IMPORT_ENERGY):
            before = self._last[field]
            if before >= 0 and reading.present[field]:
                number = abs(reading.get(field))
                high = max(number, before)
                if high > limits[field] and 4 * min(number, before) < 3 * high:
                    return False
        return True

    def learns(self, reading, limits, checked, explains):
        """Take a reading beyond the limits; True where they have grown for it.

        checked: its checksum was right; explains: U and I have explained the power of earlier ones.
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
            believed = proof is None or not explains and not reading.assumed
        return bool(believed) and self._grow(reading, limits)

    def _beyond(self, reading, limits, first, end):
        """The largest number of these fields that is beyond its limit, 0 where none is."""
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
