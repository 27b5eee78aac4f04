"""Is a reading possible at all? What contradicts itself is counted, not published."""
from array import array
from binascii import crc32

from .fill import beyond
from .obis import AMPERE, IMPORT_ENERGY, L1_CURRENT, L1_IMPORT_POWER, L1_VOLTAGE, QUANTITIES, VOLT
from .reading import text

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


# By field, of all but the counters, which only have to be positive.
_LIMITS = array("i", [_limit(field) for field in range(IMPORT_ENERGY)])
#: A counter may run so much faster than the fuse allows between two telegrams, Wh.
_SLACK = 1000
#: So many telegrams in a row whose counters agree with each other, but not with before, are a new meter.
_AGREE = 3

VOLTAGE, CURRENT, POWER, COUNTER = "voltage", "current", "power", "counter"


class Plausible:
    """Judges one meter's readings, each against the limits and against the ones before."""

    def __init__(self):
        self.counts = {}  # reason -> how often
        self.detail = ""  # the last refusal in words
        self.meters = 0  # how often the meter has changed
        self._meter = None
        self._kept = 0
        self._last = [None] * 4
        self._other = [None] * 4  # counters of readings that did not agree with _last
        self._agree = 0
        self._when = None  # uptime of the last counters, None where they are from before the start

    def check(self, reading, meter_id, now_ms):
        """True where the reading may be published; meter_id: text or None; now_ms: uptime."""
        since = None if self._when is None else now_ms - self._when
        reason = self._limits(reading)
        if not reason:
            if meter_id and self._another(meter_id):
                self._change()
            elif self._jumped(self._last, reading, since):
                if self._jumped(self._other, reading, since):
                    self._agree = 0
                self._remember(self._other, reading)
                self._agree += 1
                if self._agree < _AGREE:
                    reason = COUNTER
                else:
                    self._change()
        if reason:
            self.counts[reason] = self.counts.get(reason, 0) + 1
            return False
        self._meter = meter_id or self._meter
        if self._remember(self._last, reading):
            self._when = now_ms
            self._agree = 0
            self._other = [None] * 4
        return True

    def expect(self, counters, meter_crc):
        """Counters kept over a restart, and the CRC-32 of their meter's number (0: not known), to judge by."""
        self._last = list(counters)
        self._when = None
        self._kept = meter_crc

    def _another(self, meter_id):
        if self._meter:
            return meter_id != self._meter
        kept, self._kept = self._kept, 0
        return kept and crc32(text(meter_id).encode()) != kept

    def _change(self):
        self.meters += 1
        self._last = [None] * 4
        self._meter = None
        self._kept = 0

    def _remember(self, counters, reading):
        said = False
        for i in range(4):
            number = reading.get(IMPORT_ENERGY + i)
            if number is not None:
                counters[i] = number
                said = True
        return said

    def _jumped(self, counters, reading, since_ms):
        """True where a counter runs backwards, or faster than any fuse allows."""
        for i in range(4):
            number = reading.get(IMPORT_ENERGY + i)
            before = counters[i]
            if number is None or before is None:
                continue
            most = None if since_ms is None else before + _MOST_WATT * since_ms // 3600000 + _SLACK
            if number < before or most is not None and number > most:
                self.detail = "counter %d Wh after %d Wh" % (number, before)
                return True
        return False

    def _limits(self, reading):
        field = beyond(reading.values, reading.present, _LIMITS)
        if field < 0:
            return None
        number = reading.get(field)
        if field >= IMPORT_ENERGY:
            self.detail = "counter of %d Wh" % number
            return COUNTER
        if QUANTITIES[field] == VOLT:
            self.detail = "L%d %d.%d V" % (field - L1_VOLTAGE + 1, number // 10, number % 10)
            return VOLTAGE
        if QUANTITIES[field] == AMPERE:
            self.detail = "L%d %d mA" % (field - L1_CURRENT + 1, number)
            return CURRENT
        self.detail = "%d W" % number
        return POWER
