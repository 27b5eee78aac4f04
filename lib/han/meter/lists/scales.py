"""The scale of lists that carry none: their maker's usual one, until the numbers themselves say otherwise.

Powers are whole watts in all of them, and they have to be what voltages and currents make. Each telegram is judged:

* voltages: all of them are those of a mains in one scale only; that is this telegram's, as no single wrong bit
  makes the one look like the other;
* currents: where S, the root of P² + Q², is more than 500 VA, the sum of U times I comes within 5 % of it in another
  scale and is more than three times off in the usual one, they are in that other scale.

While nothing is known of a meter, what a telegram says of itself counts for itself. What five in a row have said is
known: kept over a restart, used for telegrams that do not say, and for currents it outranks what a single telegram
says from then on. Five others in a row change it. But phases that import while others export have large currents and
little power together: where that may be why currents look too large, the five have to be of different loads.

Networks without neutral, and phases whose loads are unlike, have up to twice the currents that S asks for. Where that
is so in the other scale, nobody is told a current until the scale is known: twelve such telegrams count as one that
proves it, and they have to be of different loads.

Energies cannot be told from one telegram; see growth.py. All that is known is forgotten when another meter's number
comes, and found again should the former meter come back.
"""
from array import array
from binascii import crc32

from ...wire.loops import same
from .evidence import APART, CURRENTS, MAINS, NONE, VA, WEAK, apparent, at, currents, plain
from ..fill import powers
from .growth import Growth
from ..obis import EXPORT_ENERGY, EXPORT_POWER, FIELDS, IMPORT_ENERGY, IMPORT_POWER, L1_CURRENT, L1_VOLTAGE
from ..sense.ratio import multiply
from ..reading import METER_ID, METER_TYPE, text

#: Opening of the first text of the lists that this is about; other makers' have one scale each.
LISTS = b"Kamstrup"
# The other scale that there is, as power of ten to the usual one: 0.01 V (Denmark, Sweden), mA (meters behind
# transformers), Wh (Sweden, Switzerland).
_VOLTS, _AMPERES, _ENERGIES = -2, -1, -1
_NO_FIELDS = bytes(FIELDS)

#: So many telegrams in a row make a scale known; so many that are no proof count as one.
ENOUGH = 5
WEAKER = 12


class Scale:
    """What is known of the scale of one quantity."""

    def __init__(self):
        self.known = None  # power of ten to the maker's usual scale, None: not known
        self.used = 0  # for the last telegram, None: nobody is told
        self.claimed = None  # what telegrams claim that is not known
        self.times = self.weak = 0  # how many in a row have proven that, and how many only fit it
        self._low = self._high = 0  # power of those telegrams, VA

    def hear(self, verdict, power=0, certain=True, weak=False):
        """Take what a telegram says of its scale (None: nothing); what it is to be read with, None: nobody knows.

        power: its apparent power, VA; certain: what is known cannot be so; weak: it may be so, no more
        """
        if verdict is not None:
            self._claim(verdict, power, certain, weak)
        if self.known is not None:
            return self.known
        if verdict is None or weak:
            return self.claimed if self.times > 1 else None if weak or self.weak > 1 else 0
        return verdict

    def doubt(self):
        """A telegram fits no scale: whatever it is, it is no proof."""
        self.weak = 0
        if self.known is not None:
            self.times = 0

    def _claim(self, verdict, power, certain, weak):
        if verdict == self.known:
            self.times = self.weak = 0
            return
        if verdict != self.claimed or not self.times + self.weak:
            self.claimed = verdict
            self.times = self.weak = 0
            self._low = self._high = power
        if weak:
            self.weak += 1
        else:
            self.times += 1
        self._low = min(self._low, power)
        self._high = max(self._high, power)
        different = 2 * self._high >= 3 * self._low
        if self.times >= ENOUGH and (self.known is None or certain) or different and (
            self.times >= ENOUGH or WEAKER * self.times + self.weak >= WEAKER * ENOUGH
        ):
            self.known = verdict
            self.times = self.weak = 0


class Scales:
    """Puts a meter's readings to the right scale; one for each line, and for each decoder."""

    def __init__(self):
        self.restated = False  # counters go on in another scale than clients were told: as another meter's
        #: Set by the owner, so that nothing is to be found out: voltages, currents, energies.
        self.fixed = False, False, False
        self.meter = 0  # CRC-32 of its number, 0: not known
        self._kept = {}
        self._id = None
        self._found = array("i", bytes(24))  # see evidence.py
        self._begin()

    def _begin(self):
        self.voltage = Scale()
        self.current = Scale()
        self.growth = Growth()

    def forget(self):
        """Another meter without a number: True where the former was not read in the usual scale."""
        odd = self.voltage.used or self.current.used or self.growth.used
        self._begin()
        self._kept = {}
        return bool(odd)

    def expect(self, kept, counters, meter):
        """Go on from what was kept over a restart.

        kept: as keep() made it, or anything; counters: the totals that clients were told last, Wh, None each where
        not known; meter: the CRC-32 of the number of the meter that they are from, 0: not known
        """
        self._kept = kept
        self.meter = meter or kept.get("meter") or 0
        self._recall()
        if counters[0] is not None or counters[1] is not None:
            self.growth.expect(counters)

    def keep(self):
        """What is known, for expect(): a dict for JSON, another one whenever that has changed."""
        return self._kept

    def _learned(self):
        """Something has become known, or of which meter it is."""
        self._kept = {
            "meter": self.meter,
            "u": self.voltage.known,
            "i": self.current.known,
            "e": self.growth.known,
        }

    def _recall(self):
        """Use what is known of this meter from before."""
        kept = self._kept
        if (kept.get("meter") or 0) in (0, self.meter):
            self.voltage.known = _power(kept.get("u"), _VOLTS)
            self.current.known = _power(kept.get("i"), _AMPERES)
            self.growth.known = _power(kept.get("e"), _ENERGIES)

    def settle(self, reading):
        """Put voltages and currents of a list of LISTS to their scale."""
        reading.unscaled = True
        number = reading.raw(METER_ID)
        if number is not None and number is not self._id:
            self._known_as(number)
        found = self._found
        powers(reading.values, reading.present, found)
        voltage, current = self.voltage, self.current
        mains = found[MAINS]
        if self.fixed[0] or mains == 1 and voltage.known == 0 and not voltage.times:
            voltage.used = 0
        else:
            verdict = _VOLTS if mains == 2 else 0 if mains == 1 else None
            known = self._heard(voltage, verdict)
            voltage.used = known if verdict is None else verdict
            if voltage.used:
                _put(reading, L1_VOLTAGE, voltage.used)
                powers(reading.values, reading.present, found)
        if self.fixed[1] or current.known == 0 and not current.times + current.weak and plain(found):
            current.used = 0
        else:
            current.used = self._amperes(current, found)
            if current.used is None:
                for field in range(L1_CURRENT, L1_CURRENT + 3):
                    reading.present[field] = 0
            elif current.used:
                _put(reading, L1_CURRENT, current.used)

    def _known_as(self, number):
        """A list has a number that the one before had not."""
        self._id = number
        meter = crc32(text(number).encode())
        if not self.meter:
            self.meter = meter  # told later, but the same
            if self._kept:
                self._learned()
        elif meter != self.meter:
            self.meter = meter
            self._begin()
            self._recall()

    def _amperes(self, scale, found):
        """The scale of a telegram's currents."""
        known, va = scale.known, found[VA]
        power = apparent(found)
        verdict = currents(power, va, _AMPERES)
        weak = verdict == WEAK
        if weak:
            verdict = _AMPERES
        elif verdict == NONE:
            scale.doubt()
            verdict = None
        # What is known cannot be where currents are too small for it, or where phases cannot make up for each other.
        certain = found[CURRENTS] == 1 or found[APART] >= found[CURRENTS]
        if known is not None and 3 * at(va, known) < power:
            certain = True
        return self._heard(scale, verdict, power, certain, weak)

    def _heard(self, scale, verdict, power=0, certain=True, weak=False):
        known = scale.known
        used = scale.hear(verdict, power, certain, weak)
        if scale.known != known:
            self._learned()
        return used

    def count(self, reading, up_ms):
        """Put the counters of a reading that settle() took to their scale, or take them out while that is not known.

        up_ms: uptime
        """
        if self.fixed[2]:
            return
        growth = self.growth
        known = growth.known
        growth.run(reading.get(IMPORT_POWER), reading.get(EXPORT_POWER), up_ms)
        if same(reading.present, IMPORT_ENERGY, _NO_FIELDS, FIELDS - IMPORT_ENERGY):
            return
        usual = reading.get(IMPORT_ENERGY), reading.get(EXPORT_ENERGY)
        power = growth.judge(usual, up_ms, _ENERGIES, self._usual_at_once(reading))
        if growth.known != known:
            self._learned()
        if growth.restated:
            growth.restated = False
            self.restated = True
        if power is None:
            for field in range(IMPORT_ENERGY, FIELDS):
                reading.present[field] = 0
        elif power:
            _put(reading, IMPORT_ENERGY, power, FIELDS)

    def published(self):
        """Clients were told the counters of the reading that count() saw last."""
        self.growth.published()

    def _usual_at_once(self, reading):
        """Whether the counters of such a meter are in the usual scale, as far as anybody knows.

        The type's last two digits are the market that it was made for: 4x Norway, 1x Denmark. Those for Sweden (9x)
        and Switzerland (6x) count in either.
        """
        kind = reading.raw(METER_TYPE)
        if kind is None or len(kind) < 2 or kind[-2] not in b"14":
            return False
        return self.voltage.used == 0 and self.current.used == 0


def _power(kept, other):
    return kept if isinstance(kept, int) and kept in (0, other) else None


def _put(reading, first, power, end=0):
    """Let fields be what they are in a smaller scale; end: 0 for three phases."""
    for field in range(first, end or first + 3):
        if reading.present[field]:
            multiply(reading, field, 1, 10**-power)
