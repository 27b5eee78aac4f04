"""Reading: the values of one telegram, as integers in base units. An absent value is not zero."""
from array import array

from ..wire.loops import copy, same
from .fill import fill, numbers, overlay
from .obis import (  # noqa: F401  the slots of texts are imported from here
    ALL,
    CLOCK,
    DATE,
    DEVICE_NAME,
    FIELDS,
    LIST_NAME,
    MANUFACTURER,
    METER_ID,
    METER_TYPE,
    NAME,
    P1_IDENT,
    SLOTS,
    SPECIALS,
    TEXTS,
    TIME,
)
from .said import heard, p1_time, rest
from .sense.direction import complete

#: Most rows of a telegram that are read, eight integers each. The longest known telegram has 27.
ROWS = 64


def scale(watt, volt, ampere, watt_hour):
    """A scale: 64 + the power of ten of W, var, V, A, Wh, varh, as six bytes.

    volt None: by the size of the number. ampere None: 0.01 A, but whole amperes where the number has 64 bits, as in
    meters of Landis+Gyr behind transformers.
    """
    v = 0 if volt is None else 64 + volt
    a = 0 if ampere is None else 64 + ampere
    return bytes((64 + watt, 64 + watt, v, a, 64 + watt_hour, 64 + watt_hour))


#: Profiles (order, scale) of lists with OBIS codes and units, and of P1. For other lists see `lists/profiles.py`.
COMMON_SCALE = scale(0, None, None, 0)
COMMON = b"", COMMON_SCALE
P1 = b"", scale(0, 0, 0, 3)
#: The profile of SML, whose entries have their own scalers.
SML = b"", scale(0, 0, 0, 0)

#: Bits of `Reading.more`: numbers from obis.TARIFF on, texts from obis.LOG on, values of sub-meters in a list, lines of
#: sub-meters in a P1 telegram.
NUMBERS, SAID, LISTED, LINES = 1, 2, 4, 8

LIST_VERSION = LIST_NAME  # slots of `Reading.text`, as METER_ID and others from `obis.py`
_TEXTS = 6

_NO_FIELDS = bytes(ALL)
_NO_SPECIALS = bytes(SPECIALS)
_LONGEST_TEXT = 64


def seconds(year, month, day, hour, minute, second):
    """Seconds from 2020-01-01 00:00 to this date and time; None where it is not a valid one."""
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61):
        return None
    if not 1970 <= year < 2100:
        return None
    # Years are counted from March, so that the leap day is a year's last day.
    y = year - (month < 3)
    days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day
    return (days - 737731) * 86400 + hour * 3600 + minute * 60 + second


def two(buf, at):
    """The number of the two digits at buf[at]; 100 where they are not digits."""
    tens = buf[at] - 0x30
    ones = buf[at + 1] - 0x30
    return 10 * tens + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else 100


def three(buf, at, length):
    """The three numbers of two digits in buf[at:at + length], with or without signs between them; 100: not digits."""
    step = 3 if length == 8 and buf[at + 2] == buf[at + 5] and buf[at + 2] in b":-./" else 2 if length == 6 else 0
    return (two(buf, at), two(buf, at + step), two(buf, at + 2 * step)) if step else (100, 100, 100)


def text(raw):
    """Bytes as text; as hex digits where one of them is not printable ASCII."""
    for byte in raw:
        if not 0x20 <= byte < 0x7F:
            return "".join(["%02X" % byte for byte in raw])
    return raw.decode()


class Reading:
    """The fields of one telegram. It is filled again for the next one, so keep values, not the object."""

    assumed = False  # the list does not tell its scale, so the usual one of its manufacturer was assumed
    # What the telegram says besides the fields, bits. Live takes it from the telegram.
    more = 0
    buf = rows = b""  # the telegram of which that is said, and its rows
    count = 0  # number of rows
    aside = 0  # index of the first line of a sub-meter
    checked = True  # the telegram had a checksum
    end = 0  # of a P1 telegram: its end; 0 for others
    unscaled = False  # its scale must be told from the numbers, see lists/scales.py

    def __init__(self):
        self.values = array("i", bytes(8 * ALL))
        self.present = bytearray(ALL + 1)  # whole words
        self.clock = None  # seconds since 2020-01-01 in the meter's local time
        self.deviation = None  # minutes, COSEM sign: UTC = local + deviation
        self.dst = None
        self.netted = 0  # bit 0: the total, bits 1 to 3: phases whose imported power was negative
        self.undirected = False  # a power has come whose direction is unknown
        self.special = bytearray(SPECIALS + 3)  # 1 + the row of each text, clock, or number of few meters
        self.texts = [b""] * _TEXTS  # kept from telegram to telegram, as they hardly ever change
        self.said = bytearray(_TEXTS + 2)  # 1: this telegram has the text
        self.when = array("i", bytes(16))  # what date_time() has read

    def get(self, field):
        """A field's number in its base unit (W, var, 0.1 V, mA, Wh, varh); None where absent."""
        here = self.present[field]
        if not here:
            return None
        number = self.values[2 * field + 1] << 24 | self.values[2 * field]
        return -number if here == 3 else number

    def put(self, field, number):
        """Set a field to a number, which must not be negative."""
        self.values[2 * field] = number & 0xFFFFFF
        self.values[2 * field + 1] = number >> 24
        self.present[field] = 1

    def move(self, source, field, sign=1):
        """Copy the magnitude of the field `source` to `field`. sign: 1, or 3 for a negative number."""
        self.values[2 * field] = self.values[2 * source]
        self.values[2 * field + 1] = self.values[2 * source + 1]
        self.present[field] = sign

    def text(self, slot):
        """The text of a slot (METER_ID … NAME), as hex digits where it is not printable; None where absent."""
        raw = self.raw(slot)
        return None if raw is None else text(raw)

    def raw(self, slot):
        """The bytes of a slot's text; None where absent. It is the same object as long as the text does not change."""
        return self.texts[slot] if self.said[slot] else None

    def clear(self):
        """Forget all values of the telegram before."""
        copy(self.present, 0, _NO_FIELDS, 0, ALL)
        copy(self.special, 0, _NO_SPECIALS, 0, SPECIALS)
        copy(self.said, 0, _NO_FIELDS, 0, _TEXTS)
        self.clock = self.deviation = self.dst = None
        self.more = self.end = 0
        self.netted = 0
        self.undirected = False
        self.unscaled = False

    def empty(self):
        """True where the telegram has no number."""
        return not numbers(self.present)

    def named(self):
        """True where a text identifies the meter; the ident line of P1 alone is not enough."""
        return bool(self.said[METER_ID]) or not self.said[P1_IDENT] and any(self.said)

    def fill(self, buf, rows, n, profile):
        """Forget the telegram before, and take the values of n rows of one in buf, except clocks.

        profile: (order, scale), as in `lists/profiles.py`
        """
        self.assumed = profile is not COMMON and profile is not P1 and profile is not SML
        self.netted = self.end = 0
        self.undirected = self.unscaled = False
        self.buf = buf
        self.rows = rows
        self.count = n
        n = fill(rows, n, buf, self, profile)
        self.more = n >> 1
        if n & 1:
            self._complete(buf, rows, self.count)

    def fill_list(self, layers, rows, n, profile):
        """As fill(), for the n rows of a list, and take its clock. True where it ends with a text without a code.

        layers: with the list, see `wire/unwrap.py`
        """
        self.fill(layers.buf, rows, n, profile)
        n = rest(self, layers, rows, n)
        if n & 1:
            rows = self.when
            self.clock = rows[0] * 86400 + rows[1]
            self.deviation = None if rows[2] == -0x8000 else rows[2]
            self.dst = None if rows[3] == 0xFF else rows[3] & 0x80 != 0
        else:
            self.no_clock()
        return n > 1

    def _complete(self, buf, rows, n):
        """Take what few telegrams have: powers without the usual direction, and texts that were not known."""
        complete(self, rows, n)
        source = heard(self, buf, rows, 0)
        while source < len(SLOTS):
            row = 8 * self.special[source]
            at = rows[row - 7]
            end = at + rows[row - 6]
            if not self.said[SLOTS[source]]:
                self.set_text(SLOTS[source], buf, at, end)
            if source == DEVICE_NAME - TEXTS:
                self.set_text(NAME, buf, at, end)
            source = heard(self, buf, rows, source + 1)

    def no_clock(self):
        """The telegram has no clock, or none was found yet."""
        self.clock = self.deviation = self.dst = None

    def p1_clock(self, buf, rows):
        """Take the clock of a P1 telegram, after fill() has taken its rows. False where there is none, or a bad one."""
        self.clock = self.deviation = self.dst = None
        row = 8 * self.special[CLOCK - TEXTS]
        if row:
            return self.set_p1_clock(buf, rows[row - 7], rows[row - 6])
        time, date = 8 * self.special[TIME - TEXTS], 8 * self.special[DATE - TEXTS]
        if not time or not date:
            return False
        at, length = rows[date - 7], rows[date - 6]
        if length in (8, 10) and two(buf, at) == 20 and two(buf, at + 2) < 100:
            at, length = at + 2, length - 2  # skip the century
        year, month, day = three(buf, at, length)
        hour, minute, second = three(buf, rows[time - 7], rows[time - 6])
        self.clock = seconds(2000 + year, month, day, hour, minute, second)
        return self.clock is not None

    def set_text(self, slot, buf, start, end):
        """Take buf[start:end], without padding at its end, as the text of a slot. False where nothing is left.

        A text that begins with a control character is a binary number, which has no padding.
        """
        known = self.texts[slot]
        length = len(known)
        if not length or end - start != length or not same(buf, start, known, length):
            while end > start and buf[end - 1] in b"\0 " and not 0 < buf[start] < 0x20:
                end -= 1
            length = min(end - start, _LONGEST_TEXT)
            if length <= 0:
                return False
            if len(known) != length or not same(buf, start, known, length):
                self.texts[slot] = bytes(memoryview(buf)[start:start + length])
        self.said[slot] = 1
        return True

    def set_p1_clock(self, buf, at, length):
        """Take YYMMDDhhmmss, with or without S or W (DSMR 5.0.2 clause 6.4, tag TST), at buf[at]. False: invalid."""
        when = self.when
        if not p1_time(buf, at, length, when):
            return False
        self.clock = when[0] * 86400 + when[1]
        self.dst = None if when[3] == 0xFF else when[3] != 0
        return True

    def merge(self, other):
        """Take over the values that the other reading has, and its clock; keep the rest."""
        overlay(self.values, self.present, other.values, other.present)
        for slot in range(_TEXTS):
            if other.said[slot]:
                self.said[slot] = 1
                self.texts[slot] = other.texts[slot]
        self.clock = other.clock
        self.deviation = other.deviation
        self.dst = other.dst
