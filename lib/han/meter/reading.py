"""Reading: the values of one telegram, as integers in base units. An absent value is not zero."""
from array import array

from ..wire.loops import copy, same
from .fill import fill, numbers
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
    NETTED,
    P1_IDENT,
    SLOTS,
    TEXTS,
    UNDIRECTED,
    UNSCALED,
)
from .said import heard
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

#: Bits of `Reading.more`, as of fill(): numbers from obis.TARIFF on, texts from obis.LOG on, values of sub-meters in a
#: list; fields below FIELDS; lines of sub-meters in a P1 telegram. BESIDES: all but fields.
NUMBERS, SAID, LISTED, SOME, LINES = 2, 4, 8, 16, 32
BESIDES = NUMBERS | SAID | LISTED | LINES
_NEW = 1

LIST_VERSION = LIST_NAME  # slots of `Reading.text`, as METER_ID and others from `obis.py`
TEXT_SLOTS = 6

_NOTHING = bytes(120)
_SPECIAL, _SAID = 56, 108  # where they begin in `present`, as in fill_fast.py
_NO_CLOCK, _UNSPECIFIED, _NO_STATUS = -1, -0x8000, 0xFF  # in `when`
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
    more = 0  # what the telegram says, bits; those of BESIDES are what Live takes from the telegram besides the fields
    buf = rows = b""  # the telegram of which that is said, and its rows
    count = 0  # number of rows
    aside = 0  # index of the first line of a sub-meter
    checked = True  # the telegram had a checksum
    end = 0  # of the last P1 telegram

    def __init__(self):
        self.values = array("i", bytes(8 * ALL))
        # The fields, then `special` and `said`, so that fill() clears all three at once.
        self.present = bytearray(len(_NOTHING))
        self.special = memoryview(self.present)[_SPECIAL:_SAID]  # 1 + the row of each text, clock, rare number
        self.said = memoryview(self.present)[_SAID:]  # 1: this telegram has the text; then NETTED and others
        self.texts = [b""] * TEXT_SLOTS  # kept from telegram to telegram, as they hardly ever change
        self.when = array("i", (0, _NO_CLOCK, _UNSPECIFIED, _NO_STATUS))  # the clock, as of date_time()

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
        copy(self.present, 0, _NOTHING, 0, len(_NOTHING))
        self.no_clock()
        self.more = 0

    def assumed(self):
        """True where the list does not tell its scale, so that the usual one of its manufacturer was assumed."""
        profile = self.profile
        return profile is not COMMON and profile is not P1 and profile is not SML

    def empty(self):
        """True where the telegram has no number."""
        return not numbers(self.present)

    def named(self):
        """True where a text identifies the meter; the ident line of P1 alone is not enough."""
        return bool(self.said[METER_ID]) or not self.said[P1_IDENT] and any([self.said[i] for i in range(TEXT_SLOTS)])

    def fill(self, buf, rows, n, profile):
        """Forget the telegram before, and take the values of n rows of one in buf, except clocks.

        profile: (order, scale), as in `lists/profiles.py`
        """
        self.profile = profile
        self.buf = buf
        self.rows = rows
        self.count = n
        # More variables than these would take memory for each telegram.
        self.more = n = fill(rows, n, buf, self, profile)
        if n & _NEW:
            self._complete(buf, rows, self.count)

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

    # This class has no properties, as each would slow down all attributes that are set.

    def time(self):
        """(clock, deviation, dst): seconds since 2020-01-01 in the meter's local time; minutes, with COSEM's sign: UTC
        = local + deviation; True in summer time. None each where it was not sent."""
        days, time, deviation, status = self.when
        return (
            None if time == _NO_CLOCK else days * 86400 + time,
            None if deviation == _UNSPECIFIED else deviation,
            None if status == _NO_STATUS else status & 0x80 != 0,
        )

    def no_clock(self):
        """The telegram has no clock."""
        self.when[1], self.when[2], self.when[3] = _NO_CLOCK, _UNSPECIFIED, _NO_STATUS

    def whole(self):
        """Index behind a P1 telegram, which outdates what others said before; 0 for others."""
        return self.end if self.profile is P1 else 0

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
