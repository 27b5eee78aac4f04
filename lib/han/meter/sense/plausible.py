"""Is a reading possible at all? What contradicts itself, or what came before, is counted, not published.

Each number has a limit that no household's meter exceeds; meters of bigger sites widen theirs (widen.py). Each
counter is judged by itself (registers.py): it may not go back, nor faster than power explains. One that goes back
by what digits were left out of stays what it was. Three telegrams whose counters agree with each other, but not
with before, are a new meter, and so is another number: at once where a checksum says that it was sent so. Without a
checksum the first word of a counter is only believed until two telegrams agree on another.
"""
from array import array
from binascii import crc32

from ..fill import beyond
from ..obis import AMPERE, IMPORT_ENERGY, IMPORT_POWER, L1_CURRENT, L1_IMPORT_POWER, L1_VOLTAGE, QUANTITIES, VOLT
from .power import explained
from ..reading import text
from .registers import DOUBTFUL, Registers

# No direct-connected customer meter exceeds these; 3 x 200 A x 300 V is 180 kW.
_MOST_VOLT = 4500  # 0.1 V: line to line of a 400 V net with its tolerance
_MOST_AMPERE = 400000  # mA
_MOST_WATT = 250000
_MOST_PHASE_WATT = 100000


def _limit(field):
    if QUANTITIES[field] == VOLT:
        return _MOST_VOLT
    if QUANTITIES[field] == AMPERE:
        return _MOST_AMPERE
    return _MOST_WATT if field < L1_IMPORT_POWER else _MOST_PHASE_WATT


#: So many telegrams in a row that agree are another meter's.
_AGREE = 3
#: So many outweigh one that came without a checksum and that none has agreed with.
_CONFIRM = 2

VOLTAGE, CURRENT, POWER, COUNTER, NUMBER = "voltage", "current", "power", "counter", "number"


class Plausible:
    """Judges one meter's readings, each against the limits and against the ones before."""

    def __init__(self):
        self.counts = {}  # reason -> how often
        self.detail = ""  # the last refusal in words
        self.refused = False  # whether the last reading was
        self.meters = 0  # how often the meter has changed
        self.registers = Registers()
        self._kept = 0
        self._begin()
        self._other = Registers()  # of readings whose counters did not agree
        self._agree = 0
        self._stranger = None  # the last number that was not the meter's
        self._met = 0

    def _begin(self):
        # By field, of all but the counters.
        self.limits = array("i", [_limit(field) for field in range(IMPORT_ENERGY)])
        self._meter = None  # its number
        self._held = None  # readings beyond the limits
        self._explained = False  # whether U and I have made the power of a reading

    def check(self, reading, meter_id, now_ms, checked=True):
        """True where the reading may be published; it then has its totals, and no counter that goes back.

        meter_id: bytes or None; now_ms: uptime; checked: it came with a checksum.
        """
        reason = self._limits(reading, checked) or self._identity(meter_id, checked)
        if not reason:
            reason = self._counters(reading, now_ms // 1000, checked)
        self.refused = bool(reason)
        if reason:
            self.counts[reason] = self.counts.get(reason, 0) + 1
            return False
        self._meter = meter_id or self._meter
        self._stranger = None
        return True

    def expect(self, counters, meter_crc):
        """Counters kept over a restart, and the CRC-32 of their meter's number (0: not known), to judge by."""
        self.registers.expect(counters)
        self._kept = meter_crc

    def _limits(self, reading, checked):
        field = beyond(reading.values, reading.present, self.limits)
        if field < 0:
            if self._held and not self._held.goes_on(reading, self.limits):
                self._held = None
            self._explained = self._explained or explained(reading) is True
            return None
        number = reading.get(field)
        if field >= IMPORT_ENERGY:
            self.detail = "counter of %d Wh" % number
            return COUNTER
        if not self._held:
            from .widen import Held

            self._held = Held()
        if self._held.learns(reading, self.limits, checked, self._explained):
            if beyond(reading.values, reading.present, self.limits) < 0:
                return None
        if QUANTITIES[field] == VOLT:
            self.detail = "L%d %d.%d V" % (field - L1_VOLTAGE + 1, number // 10, number % 10)
            return VOLTAGE
        if QUANTITIES[field] == AMPERE:
            self.detail = "L%d %d mA" % (field - L1_CURRENT + 1, number)
            return CURRENT
        self.detail = "%d W" % number
        return POWER

    def _identity(self, meter_id, checked):
        """Take another meter's number for another meter, unless damage may have made it."""
        if not meter_id or not self._another(meter_id):
            return None
        if not checked:
            self._met = self._met + 1 if meter_id == self._stranger else 1
            self._stranger = meter_id
            if self._met < _AGREE:
                self.detail = "another meter's number, without a checksum"
                return NUMBER
        self.change()
        return None

    def _another(self, meter_id):
        if self._meter:
            return meter_id != self._meter
        return self._kept and crc32(text(meter_id).encode()) != self._kept

    def _counters(self, reading, now_s, checked):
        registers, other = self.registers, self._other
        added = registers.add_up(reading)
        most_w = self.limits[IMPORT_POWER]
        verdict = registers.judge(reading, now_s, most_w)
        if verdict:
            self.detail = registers.detail
            if other.judge(reading, now_s, most_w):
                other.forget()
                self._agree = 0
            other.take(reading, now_s, checked)
            self._agree += 1
            if self._agree < (_CONFIRM if verdict == DOUBTFUL else _AGREE):
                return COUNTER
            if verdict == DOUBTFUL:
                registers.drop()
            else:
                self.change()
        if registers.take(reading, now_s, checked, added) and self._agree:
            other.forget()
            self._agree = 0
        return None

    def change(self):
        """From here on it is another meter."""
        self.meters += 1
        self.registers.forget()
        self._kept = 0
        self._begin()
