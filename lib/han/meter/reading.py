"""What one telegram said, as integers in base units; absent is not zero."""
from array import array

from ..wire.loops import copy, same
from .fill import fill, overlay
from .obis import (
    ALL,
    CLOCK,
    CODES,
    DEVICE_NAME,
    EXPORT_POWER,
    FIELDS,
    ID,
    ID_KAMSTRUP,
    ID_OTHER,
    IMPORT_POWER,
    KEYS,
    KNOWN,
    L1_EXPORT_POWER,
    L1_IMPORT_POWER,
    NET_POWER,
    SPECIALS,
    TEXTS,
    TYPE,
)
from .obis import LIST_VERSION as _LIST

# Slots of `Reading.text`.
METER_ID, METER_TYPE, MANUFACTURER, LIST_VERSION, P1_IDENT, NAME = 0, 1, 2, 3, 4, 5
_SLOTS = 6

_NO_FIELDS = bytes(ALL)
_NO_SPECIALS = bytes(SPECIALS)
_TABLE = KEYS, CODES
# In this order the first code with a content is the meter's number.
_IDS = ID, ID_OTHER, ID_KAMSTRUP, DEVICE_NAME
_LONGEST_TEXT = 64


def seconds(year, month, day, hour, minute, second):
    """Seconds from 2020-01-01 00:00 to this date and time; None where there is no such."""
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61):
        return None
    if not 1970 <= year < 2100:
        return None
    # Days in the years before, counted from March as the leap day ends such a year.
    y = year - (month < 3)
    days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day
    return (days - 737731) * 86400 + hour * 3600 + minute * 60 + second


def text(raw):
    """Bytes as text, as hex digits where they are not printable."""
    for byte in raw:
        if not 0x20 <= byte < 0x7F:
            return "".join(["%02X" % byte for byte in raw])
    return raw.decode()


class Reading:
    """The fields of one telegram; filled again for the next, so keep what you need, not the object."""

    def __init__(self):
        self.values = array("i", bytes(8 * ALL))
        self.present = bytearray(ALL)
        self.clock = None  # seconds since 2020-01-01 in the meter's local time
        self.deviation = None  # minutes, COSEM sign: UTC = local + deviation
        self.dst = None
        self._special = bytearray(SPECIALS)
        self._texts = [b""] * _SLOTS  # kept from telegram to telegram: they hardly ever change
        self._said = bytearray(_SLOTS)

    def get(self, field):
        """The field's number in its base unit (W, var, 0.1 V, mA, Wh, varh), None where absent."""
        here = self.present[field]
        if not here:
            return None
        number = self.values[2 * field + 1] << 24 | self.values[2 * field]
        return -number if here == 3 else number

    def text(self, slot):
        """The text in METER_ID … NAME, hex digits where it is not printable; None where absent."""
        raw = self.raw(slot)
        return None if raw is None else text(raw)

    def raw(self, slot):
        """The bytes of a text, the same object as long as it does not change; None where absent."""
        return self._texts[slot] if self._said[slot] else None

    def clear(self):
        """Forget the telegram before."""
        copy(self.present, 0, _NO_FIELDS, 0, ALL)
        copy(self._special, 0, _NO_SPECIALS, 0, SPECIALS)
        copy(self._said, 0, _NO_FIELDS, 0, _SLOTS)
        self.clock = self.deviation = self.dst = None

    def empty(self):
        """True where no number came."""
        return same(self.present, 0, _NO_FIELDS, FIELDS)

    def fill(self, buf, rows, n, profile):
        """Take the rows of a telegram in buf; profile as in `profiles.py`."""
        fill(rows, n, _TABLE, KNOWN, profile, len(profile[0]), self.values, self.present, self._special)
        if not same(self.present, NET_POWER, _NO_FIELDS, ALL - NET_POWER):
            self._split(IMPORT_POWER, EXPORT_POWER, NET_POWER)
            for phase in range(3):
                self._split(L1_IMPORT_POWER + phase, L1_EXPORT_POWER + phase, NET_POWER + 1 + phase)
        for code in _IDS:
            if self._take_text(METER_ID, buf, rows, code):
                break
        self._take_text(METER_TYPE, buf, rows, TYPE)
        self._take_text(NAME, buf, rows, DEVICE_NAME)
        self._take_text(LIST_VERSION, buf, rows, _LIST)
        return self._special[CLOCK - TEXTS]

    def _split(self, imported, exported, net):
        """Import and export of a power with a sign, where they were not sent themselves."""
        if self.present[net] and not self.present[imported] and not self.present[exported]:
            for field, size in (imported, 1), (exported, 3):
                here = self.present[net] == size
                self.values[2 * field] = self.values[2 * net] if here else 0
                self.values[2 * field + 1] = self.values[2 * net + 1] if here else 0
                self.present[field] = 1

    def _take_text(self, slot, buf, rows, code):
        row = self._special[code - TEXTS]
        if not row:
            return False
        q = 8 * row - 8
        return self.set_text(slot, buf, rows[q + 1], rows[q + 1] + rows[q + 2])

    def set_text(self, slot, buf, start, end):
        """Take buf[start:end] without the padding around it; False where nothing is left."""
        while end > start and buf[end - 1] in b"\0 ":
            end -= 1
        length = min(end - start, _LONGEST_TEXT)
        if length <= 0:
            return False
        known = self._texts[slot]
        if len(known) != length or not same(buf, start, known, length):
            self._texts[slot] = bytes(memoryview(buf)[start:start + length])
        self._said[slot] = 1
        return True

    def set_clock(self, buf, at):
        """Take the date-time of 12 bytes (IEC 62056-62 clause 4.1.6.1) at buf[at]; False where unspecified."""
        clock = seconds(buf[at] << 8 | buf[at + 1], buf[at + 2], buf[at + 3],
                        buf[at + 5], buf[at + 6], buf[at + 7])
        if clock is None:
            return False
        self.clock = clock
        deviation = buf[at + 9] << 8 | buf[at + 10]
        self.deviation = None if deviation == 0x8000 else deviation - (deviation >> 15 << 16)
        status = buf[at + 11]
        self.dst = None if status == 0xFF else status & 0x80 != 0
        return True

    def set_p1_clock(self, buf, at, length):
        """Take YYMMDDhhmmss and S or W (DSMR 5.0.2 clause 6.4, tag TST) at buf[at]."""
        if length not in (12, 13):
            return False
        pairs = []
        for i in range(at, at + 12, 2):
            tens = buf[i] - 0x30
            ones = buf[i + 1] - 0x30
            if not (0 <= tens <= 9 and 0 <= ones <= 9):
                return False
            pairs.append(10 * tens + ones)
        self.clock = seconds(2000 + pairs[0], *pairs[1:])
        season = buf[at + 12] if length == 13 else 0
        self.dst = True if season == 0x53 else False if season == 0x57 else None
        return True

    def merge(self, other):
        """Take over what the other reading says, keep the rest."""
        overlay(self.values, self.present, other.values, other.present)
        for slot in range(_SLOTS):
            if other._said[slot]:
                self._said[slot] = 1
                self._texts[slot] = other._texts[slot]
        self.clock = other.clock
        self.deviation = other.deviation
        self.dst = other.dst
