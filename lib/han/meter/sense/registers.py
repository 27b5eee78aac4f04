"""A meter's counters, each by itself: what it showed last and may show next; their sum where tariffs are all."""
from array import array

from ..obis import EXPORT_ENERGY, EXPORT_ENERGY_T1, FIELDS, IMPORT_ENERGY, IMPORT_ENERGY_T1, TARIFFS

_COUNT = FIELDS - IMPORT_ENERGY
_TOTALS = (IMPORT_ENERGY, IMPORT_ENERGY_T1), (EXPORT_ENERGY, EXPORT_ENERGY_T1)
#: A counter may run so much faster than power explains, Wh: it moves in steps.
_SLACK = 1000
#: One that is less than before by no more than this was rounded otherwise, Wh.
_ROUNDED = 10
#: Digits that a meter may leave out: steps of 10 Wh, 100 Wh … 1 kWh.
_STEPS = 10, 100, 1000
#: Tariffs that come alone so often in a row are all that the meter has.
_ALL = 10

#: What `judge` says of a telegram: it fits what was before, it does not, or it does not fit what nobody confirmed.
FITS, WRONG, DOUBTFUL = 0, 1, 2


class Registers:
    """The counters of one meter, by field from IMPORT_ENERGY on, Wh and varh."""

    def __init__(self):
        self.forget()

    def forget(self):
        """It is another meter."""
        self.last = [-1] * _COUNT  # -1: never heard
        self.when = array("i", [-1] * _COUNT)  # uptime of that, s; -1: before the start
        self._sure = bytearray(_COUNT)  # 1: said with a checksum, or twice
        self.detail = ""  # of what does not fit
        self._tariffs = bytearray(2)  # that the meter is known to have, bit 0 is tariff 1; import, export
        self._planned = bytearray(2)  # the same once the telegram at hand is taken
        self._heard = bytearray(2)  # that its last telegram with other ones had
        self._often = bytearray(2)
        self._totals = bytearray(2)  # 1: it sends the total itself

    def expect(self, counters):
        """The four totals that were kept over a restart, None each where not known."""
        for i, number in enumerate(counters):
            self.last[i] = -1 if number is None else number
            self.when[i] = -1
            self._sure[i] = 1

    def judge(self, reading, now_s, most_w):
        """Whether no counter goes back, or ahead of what most_w (W) can have added by now_s (uptime)."""
        verdict = FITS
        for i in range(_COUNT):
            before = self.last[i]
            if before < 0 or not reading.present[IMPORT_ENERGY + i]:
                continue
            number = reading.get(IMPORT_ENERGY + i)
            if number < before:
                fits = rounded(number, before)
            elif number - before <= _SLACK or self.when[i] < 0:
                fits = True
            else:
                most = most_w * (now_s - self.when[i]) // 3600 + _SLACK
                fits = number - before <= max(most, 2 * _step(number, before))
            if not fits:
                self.detail = "counter %d Wh after %d Wh" % (number, before)
                if self._sure[i]:
                    return WRONG
                verdict = DOUBTFUL
        return verdict

    def take(self, reading, now_s, checked, added=0):
        """Keep the counters of a reading that fits; True where it has any. What was rounded down stays as it was.

        added: what add_up() gave.
        """
        any_here = False
        for way in range(2):
            self._tariffs[way] = self._planned[way]
            if reading.present[_TOTALS[way][0]] and not added >> way & 1:
                self._totals[way] = 1
        for i in range(_COUNT):
            if reading.present[IMPORT_ENERGY + i]:
                number = reading.get(IMPORT_ENERGY + i)
                if checked or self.last[i] >= 0:
                    self._sure[i] = 1
                if number < self.last[i]:
                    reading.put(IMPORT_ENERGY + i, self.last[i])
                else:
                    self.last[i] = number
                self.when[i] = now_s
                any_here = True
        return any_here

    def drop(self):
        """Forget what nobody confirmed."""
        for i in range(_COUNT):
            if not self._sure[i]:
                self.last[i] = -1

    def add_up(self, reading):
        """Give a reading the totals that are the sum of its tariffs, where they are all of the meter's.

        A bit for each that it got: 1 import, 2 export.
        """
        present = reading.present
        added = 0
        if self._totals[0] and self._totals[1]:
            return added
        heard = _bits(present, IMPORT_ENERGY_T1), _bits(present, EXPORT_ENERGY_T1)
        for way in range(2):
            total, first = _TOTALS[way]
            known = self._tariffs[way]
            self._planned[way] = known
            if self._totals[way] or present[total] or not heard[way]:
                continue
            if heard[way] == self._heard[way]:
                self._often[way] = min(_ALL, self._often[way] + 1)
            else:
                self._heard[way] = heard[way]
                self._often[way] = 1
            # Before any is known the other way's tell how many there are; gaps are lost lines.
            if not known and heard[way] == _up_to(max(heard)) or self._often[way] >= _ALL:
                known = heard[way]
            elif known and known & heard[way] == known and heard[way] == _up_to(heard[way]):
                known = heard[way]
            self._planned[way] = known
            if heard[way] == known:
                reading.put(total, sum([reading.get(first + i) or 0 for i in range(TARIFFS)]))
                added |= 1 << way
        return added


def _bits(present, first):
    bits = 0
    for i in range(TARIFFS):
        if present[first + i]:
            bits |= 1 << i
    return bits


def _up_to(bits):
    """The bits up to the highest one."""
    whole = 0
    while whole < bits:
        whole = 2 * whole + 1
    return whole


def rounded(number, before):
    """True where a counter that is less than before is the same one with other digits left out."""
    back = before - number
    if back <= _ROUNDED:
        return True
    for step in _STEPS:
        if back < step and (before % step == 0 or number % step == 0):
            return True
    return False


def _step(number, before):
    """The power of ten that both are multiples of, from 1 kWh to 1 MWh; 0 where it is less."""
    step = 0
    at = 1000
    while at <= 1000000 and number % at == 0 and before % at == 0:
        step = at
        at *= 10
    return step
