"""Finds the scale of lists without scalers. It is the manufacturer's usual one, unless the numbers show another.

Powers are whole watts in all these lists, and voltages and currents must match them. Each telegram is judged:

* Voltages: all of them are those of a mains in only one scale. That is the scale of this telegram, as no single wrong
  bit makes one scale look like the other.
* Currents: they are in the other scale if S, the root of P² + Q², is more than 500 VA, the sum of U times I is within
  5 % of it in the other scale, and does not match it in the usual scale (80 to 300 %).

While nothing is known about a meter, a telegram's own verdict counts for that telegram. When five telegrams in a row
have the same verdict, that scale is known. It is kept over a restart, and used for telegrams without a verdict. For
currents, it outranks the verdict of a single telegram from then on. Five telegrams in a row with another verdict change
it. But if some phases import while others export, currents are large and the total power is small. Where that may be
the reason for the verdict, the five telegrams must have different loads.

In networks without neutral, and with unequal loads of the phases, U times I may be up to twice S. If a telegram matches
the other scale only in this way, no current is published until the scale is known. Twelve such telegrams count as one
with a clear verdict, and they must have different loads.

The scale of energies cannot be told from one telegram, see growth.py. All is forgotten when another meter's number
comes, and is used again if the former meter comes back.
"""
from array import array
from binascii import crc32

from ...wire.loops import same
from .evidence import APART, CURRENTS, MAINS, NONE, VA, WEAK, apparent, at, currents, plain
from ..fill import powers
from .growth import Growth
from ..obis import EXPORT_ENERGY, EXPORT_POWER, FIELDS, IMPORT_ENERGY, IMPORT_POWER, L1_CURRENT, L1_VOLTAGE
from ..sense.ratio import multiply
from ..reading import METER_ID, METER_TYPE, UNSCALED, text

# The only other scale of each quantity, as a power of ten to the usual one: 0.01 V (Denmark, Sweden), mA (meters
# behind transformers), Wh (Sweden, Switzerland).
_VOLTS, _AMPERES, _ENERGIES = -2, -1, -1
_NO_FIELDS = bytes(FIELDS)

#: So many telegrams in a row make a scale known; so many weak ones count as one telegram.
ENOUGH = 5
WEAKER = 12


class Scale:
    """What is known about the scale of one quantity. A scale is a power of ten to the manufacturer's usual one."""

    def __init__(self):
        self.known = None  # the scale, None: not known
        self.used = 0  # the scale of the last telegram, None: its numbers are not published
        self.claimed = None  # another scale than the known one, for which telegrams have spoken
        self.times = self.weak = 0  # how many in a row have proven it, and how many have only fitted it
        self._low = self._high = 0  # lowest and highest power of those telegrams, VA

    def hear(self, verdict, power=0, certain=True, weak=False):
        """Take a telegram's verdict, and return the scale to use for the telegram; None: not known.

        verdict   the scale for which the telegram speaks, None: for none
        power     its apparent power, VA
        certain   the known scale is impossible for this telegram
        weak      the verdict is only possible, not proven
        """
        if verdict is not None:
            self._claim(verdict, power, certain, weak)
        if self.known is not None:
            return self.known
        if verdict is None or weak:
            return self.claimed if self.times > 1 else None if weak or self.weak > 1 else 0
        return verdict

    def doubt(self):
        """A telegram fits no scale: it proves nothing, and ends the row of those that spoke for another scale."""
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
    """Converts the readings of one meter to the right scale. A decoder makes it when it needs it."""

    def __init__(self):
        self.meter = 0  # CRC-32 of the meter's number, 0: not known
        self._kept = {}
        self._id = None  # the meter's number, bytes
        self._found = array("i", bytes(24))  # results of fill.powers(), see evidence.py
        self._begin()

    def _begin(self):
        self.voltage = Scale()
        self.current = Scale()
        self.growth = Growth()

    def forget(self):
        """Another meter without a number takes over. True where the former one was not read in the usual scale."""
        odd = self.voltage.used or self.current.used or self.growth.used
        self._begin()
        self._kept = {}
        return bool(odd)

    def expect(self, kept, counters, meter):
        """Go on from what was kept over a restart.

        kept       a dict as of keep(); bad values are ignored
        counters   the totals that were published last, Wh, None each where not known
        meter      CRC-32 of the number of their meter, 0: not known
        """
        self._kept = kept
        self.meter = meter or kept.get("meter") or 0
        self._recall()
        if counters[0] is not None or counters[1] is not None:
            self.growth.expect(counters)

    def keep(self):
        """What is known, for expect(): a dict for JSON. It is another object whenever it has changed."""
        return self._kept

    def _learned(self):
        """A scale, or the meter's number, has become known: update what keep() returns."""
        self._kept = {
            "meter": self.meter,
            "u": self.voltage.known,
            "i": self.current.known,
            "e": self.growth.known,
        }

    def _recall(self):
        """Use the scales that are kept for this meter."""
        kept = self._kept
        if (kept.get("meter") or 0) in (0, self.meter):
            self.voltage.known = _power(kept.get("u"), _VOLTS)
            self.current.known = _power(kept.get("i"), _AMPERES)
            self.growth.known = _power(kept.get("e"), _ENERGIES)

    def settle(self, reading, fixed):
        """Convert voltages and currents of a list without scalers to their scale. Unknown ones become absent.

        fixed: True for voltages, currents whose multiplier the owner has set: nothing is found out for these
        """
        reading.said[UNSCALED] = 1
        number = reading.raw(METER_ID)
        if number is not None and number is not self._id:
            self._known_as(number)
        found = self._found
        powers(reading.values, reading.present, found)
        voltage, current = self.voltage, self.current
        mains = found[MAINS]
        if fixed[0] or mains == 1 and voltage.known == 0 and not voltage.times:
            voltage.used = 0
        else:
            verdict = _VOLTS if mains == 2 else 0 if mains == 1 else None
            known = self._heard(voltage, verdict)
            voltage.used = known if verdict is None else verdict
            if voltage.used:
                _put(reading, L1_VOLTAGE, voltage.used)
                powers(reading.values, reading.present, found)
        if fixed[1] or current.known == 0 and not current.times + current.weak and plain(found):
            current.used = 0
        else:
            current.used = self._amperes(current, found)
            if current.used is None:
                for field in range(L1_CURRENT, L1_CURRENT + 3):
                    reading.present[field] = 0
            elif current.used:
                _put(reading, L1_CURRENT, current.used)

    def _known_as(self, number):
        """A list has another meter's number than the list before."""
        self._id = number
        meter = crc32(text(number).encode())
        if not self.meter:
            self.meter = meter  # the same meter, whose number has come later
            if self._kept:
                self._learned()
        elif meter != self.meter:
            self.meter = meter
            self._begin()
            self._recall()

    def _amperes(self, scale, found):
        """The scale to use for a telegram's currents; None: not known."""
        known, va = scale.known, found[VA]
        power = apparent(found)
        verdict = currents(power, va, _AMPERES)
        weak = verdict == WEAK
        if weak:
            verdict = _AMPERES
        elif verdict == NONE:
            scale.doubt()
            verdict = None
        # The known scale is impossible if currents are too small for it. It also is if phases cannot cancel each other.
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
        """Convert the counters of a reading that settle() took to their scale. They become absent if it is not known.

        up_ms: uptime. True where they go on in another scale than was published, so that they are as another meter's.
        """
        growth = self.growth
        known = growth.known
        growth.run(reading.get(IMPORT_POWER), reading.get(EXPORT_POWER), up_ms)
        if same(reading.present, IMPORT_ENERGY, _NO_FIELDS, FIELDS - IMPORT_ENERGY):
            return False
        usual = reading.get(IMPORT_ENERGY), reading.get(EXPORT_ENERGY)
        power = growth.judge(usual, up_ms, _ENERGIES, self._usual_at_once(reading))
        if growth.known != known:
            self._learned()
        if power is None:
            for field in range(IMPORT_ENERGY, FIELDS):
                reading.present[field] = 0
        elif power:
            _put(reading, IMPORT_ENERGY, power, FIELDS)
        restated = growth.restated
        growth.restated = False
        return restated

    def published(self):
        """The counters of the reading that count() saw last were published."""
        self.growth.published()

    def _usual_at_once(self, reading):
        """True where all known meters of this type count in the usual scale.

        The last two digits of the type are the market for which it was made: 4x Norway, 1x Denmark. Meters for Sweden
        (9x) and Switzerland (6x) count in either scale.
        """
        kind = reading.raw(METER_TYPE)
        if kind is None or len(kind) < 2 or kind[-2] not in b"14":
            return False
        return self.voltage.used == 0 and self.current.used == 0


def _power(kept, other):
    return kept if isinstance(kept, int) and kept in (0, other) else None


def _put(reading, first, power, end=0):
    """Convert the fields first … end - 1 to a smaller scale. power: negative; end 0: three fields."""
    for field in range(first, end or first + 3):
        if reading.present[field]:
            multiply(reading, field, 1, 10**-power)
