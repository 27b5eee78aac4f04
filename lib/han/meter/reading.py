"""Reading: the values of one telegram, as integers in base units. An absent value is not zero."""
from array import array

from ..wire.loops import copy, same
from .fill import fill, numbers, overlay
from .obis import (  # noqa: F401  the slots of texts are imported from here
    ALL,
    CLOCK,
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
)
from .said import heard, rest
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


def text(raw):
    """Bytes as text; as hex digits where one of them is not printable ASCII."""
    for byte in raw:
        if not 0x20 <= byte < 0x7F:
            return "".join(["%02X" % byte for byte in raw])
    return raw.decode()


class Reading:
    """The fields of one telegram. It is filled again for the next one, so keep values, not the object."""

    profile = COMMON  # by which it was filled
    # What the telegram says besides the fields, bits. Live takes it from the telegram.
    more = 0
    some = 0  # not 0: fill() has found a number
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

    def assumed(self):
        """True where the list does not tell its scale, so that the usual one of its manufacturer was assumed."""
        profile = self.profile
        return profile is not COMMON and profile is not P1 and profile is not SML

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
        self.profile = profile
        self.netted = self.end = 0
        self.undirected = self.unscaled = False
        self.buf = buf
        self.rows = rows
        self.count = n
        n = fill(rows, n, buf, self, profile)
        self.more = n >> 1 & 7
        self.some = n & 16
        if n & 1:
            self._complete(buf, rows, self.count)

    def fill_list(self, layers, rows, n, profile):
        """As fill(), for the n rows of a list, and take its clock. True where it ends with a text without a code.

        layers: with the list, see `wire/unwrap.py`
        """
        self.fill(layers.buf, rows, n, profile)
        n = rest(self, layers, rows, n)
        if n & 1:
            self.take_clock()
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

    def take_clock(self):
        """Take the clock from `when`, see said_fast.date_time()."""
        when = self.when
        self.clock = when[0] * 86400 + when[1]
        self.deviation = None if when[2] == -0x8000 else when[2]
        self.dst = None if when[3] == 0xFF else when[3] & 0x80 != 0

    def no_clock(self):
        """The telegram has no clock, or none was found yet."""
        self.clock = self.deviation = self.dst = None

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
