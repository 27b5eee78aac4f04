"""Plausible: judges whether a reading is possible. A reading that is not is counted and not published.

Each number has a limit that no household's meter exceeds. Meters of bigger sites widen their limits (widen.py).

Each counter is judged by itself (registers.py). It must not go back, and not run faster than power explains. If it
goes back only because digits were left out, it keeps its value.

Three telegrams whose counters agree with each other, but not with those before, are another meter's. Another meter's
number shows another meter, too: at once in a telegram with a checksum. The first value of a counter in a telegram
without a checksum is given up when two telegrams agree on another one.
"""
from array import array
from binascii import crc32

from ..fill import beyond
from ..obis import AMPERE, IMPORT_ENERGY, IMPORT_POWER, L1_CURRENT, L1_IMPORT_POWER, L1_VOLTAGE, QUANTITIES, VOLT
from .power import explained
from ..reading import text
from .registers import DOUBTFUL, Registers

# Limits that no directly connected customer's meter exceeds: 3 x 200 A x 300 V is 180 kW.
_MOST_VOLT = 4500  # 0.1 V: between lines of a 400 V network, with its tolerance
_MOST_AMPERE = 400000  # mA
_MOST_WATT = 250000
_MOST_PHASE_WATT = 100000


def _limit(field):
    if QUANTITIES[field] == VOLT:
        return _MOST_VOLT
    if QUANTITIES[field] == AMPERE:
        return _MOST_AMPERE
    return _MOST_WATT if field < L1_IMPORT_POWER else _MOST_PHASE_WATT


#: So many telegrams in a row that agree with each other are another meter's.
_AGREE = 3
#: So many replace a counter that came without a checksum, and with which no other telegram has agreed.
_CONFIRM = 2

VOLTAGE, CURRENT, POWER, COUNTER, NUMBER = "voltage", "current", "power", "counter", "number"


class Plausible:
    """Judges one meter's readings, each against the limits and against those before."""

    def __init__(self):
        self.counts = {}  # reason (VOLTAGE … NUMBER) -> number of refused readings
        self.detail = ""  # the last refusal in words
        self.refused = False  # the last reading was refused
        self.meters = 0  # how often another meter has taken over
        self.registers = Registers()
        self._kept = 0  # CRC-32 of the meter's number before the restart, 0: not known
        self._begin()
        self._other = None  # the Registers of the last readings that did not fit, while there are any
        self._agree = 0  # how many such readings in a row agree with each other
        self._stranger = None  # the last meter's number that was another one, without a checksum
        self._met = 0  # how often in a row it has come

    def _begin(self):
        # The limit of each field before the counters.
        self.limits = array("i", [_limit(field) for field in range(IMPORT_ENERGY)])
        self._meter = None  # the meter's number, bytes
        self._held = None  # a widen.Held while readings exceed the limits
        self._explained = False  # U and I have explained the power of a reading

    def check(self, reading, meter_id, now_ms, checked=True):
        """True where the reading may be published. It then also has totals from tariffs, and no counter that goes back.

        meter_id   the meter's number, bytes or None
        now_ms     uptime
        checked    the telegram has a right checksum
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
        """Judge by counters that were kept over a restart, and the CRC-32 of their meter's number (0: not known)."""
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
        """Another number means another meter, unless the telegram may be damaged. Returns NUMBER or None."""
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
        registers = self.registers
        added = registers.add_up(reading)
        most_w = self.limits[IMPORT_POWER]
        verdict = registers.judge(reading, now_s, most_w)
        if verdict:
            self.detail = registers.detail
            other = self._other
            if not other or other.judge(reading, now_s, most_w):
                self._other = other = Registers()
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
            self._other = None
            self._agree = 0
        return None

    def change(self):
        """Another meter takes over: forget everything about the one before."""
        self.meters += 1
        self.registers.forget()
        self._kept = 0
        self._begin()
