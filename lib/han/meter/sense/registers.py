"""A meter's counters: their last values, and whether new ones fit. Also computes totals as the sum of tariffs."""
from array import array

from ..obis import EXPORT_ENERGY, EXPORT_ENERGY_T1, FIELDS, IMPORT_ENERGY, IMPORT_ENERGY_T1, TARIFFS

_COUNT = FIELDS - IMPORT_ENERGY
_TOTALS = (IMPORT_ENERGY, IMPORT_ENERGY_T1), (EXPORT_ENERGY, EXPORT_ENERGY_T1)
#: A counter may be ahead of what power explains by so many Wh, as it moves in steps.
_SLACK = 1000
#: A counter that is lower than before by so many Wh at most was only rounded differently.
_ROUNDED = 10
#: Digits that a meter may leave out: steps of 10, 100 and 1000 Wh.
_STEPS = 10, 100, 1000
#: If the same tariffs come without a total so often in a row, the meter has only these.
_ALL = 10

#: Verdicts of judge(): the counters fit those before; they do not fit; they do not fit a counter that is not confirmed.
FITS, WRONG, DOUBTFUL = 0, 1, 2


class Registers:
    """The counters of one meter, Wh and varh. Index i is for the field IMPORT_ENERGY + i."""

    def __init__(self):
        self.forget()

    def forget(self):
        """Forget everything: it is another meter."""
        self.last = [-1] * _COUNT  # last values, -1: never heard
        self.when = array("i", [-1] * _COUNT)  # uptime when they came, s; -1: before the start
        self._sure = bytearray(_COUNT)  # 1: confirmed by a checksum, or by a second telegram
        self.detail = ""  # the last counter that did not fit, in words
        # For import and export each:
        self._tariffs = bytearray(2)  # tariffs that the meter has, bit 0 is tariff 1; 0: not known yet
        self._planned = bytearray(2)  # _tariffs when the present telegram is taken
        self._heard = bytearray(2)  # tariffs of the last telegrams
        self._often = bytearray(2)  # how often in a row just these came without a total
        self._totals = bytearray(2)  # 1: the meter sends the total itself

    def expect(self, counters):
        """Take the four totals that were kept over a restart, None each where not known."""
        for i, number in enumerate(counters):
            self.last[i] = -1 if number is None else number
            self.when[i] = -1
            self._sure[i] = 1

    def judge(self, reading, now_s, most_w):
        """FITS where no counter goes back, or grows more than most_w (W) explains until now_s (uptime); else WRONG.

        DOUBTFUL where only counters contradict that are not confirmed.
        """
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
        """Keep the counters of a reading that fits; True where it has any.

        A counter that was rounded down keeps its value, in the reading, too. added: as of add_up()
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
        """Forget the counters that are not confirmed."""
        for i in range(_COUNT):
            if not self._sure[i]:
                self.last[i] = -1

    def add_up(self, reading):
        """Add totals to a reading, as the sum of its tariffs, where it has all tariffs of the meter and no total.

        Returns bits for the totals that were added: 1 import, 2 export.
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
            # At first, the other direction may show how many tariffs there are. A gap in them is a lost line.
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
    """All bits up to the highest bit of `bits`."""
    whole = 0
    while whole < bits:
        whole = 2 * whole + 1
    return whole


def rounded(number, before):
    """True where a counter is lower than before only by rounding, or because digits were left out."""
    back = before - number
    if back <= _ROUNDED:
        return True
    for step in _STEPS:
        if back < step and (before % step == 0 or number % step == 0):
            return True
    return False


def _step(number, before):
    """The largest of 1, 10, 100 kWh and 1 MWh of which both counters are multiples, in Wh; 0 where none is."""
    step = 0
    at = 1000
    while at <= 1000000 and number % at == 0 and before % at == 0:
        step = at
        at *= 10
    return step
