"""SML telegrams, from checked messages to a reading. Imported with the first of them, and kept."""
from ..wire import sml
from .sense.direction import exporting
from .obis import KEYS, KNOWN
from .reading import METER_ID, ROWS, SML

_NEGATIVE = 16  # in the last column of a row
_EXPORT = 0x10208  # key of 1-0:2.8, without the tariff
_NET_POWERS = 0x1100700, 0x1240700, 0x1380700, 0x14C0700  # keys of 1-0:16.7.0, then of each phase

# DVS74 meters of DZG with these numbers, before firmware 1.2, send power of up to 16 bits as if it
# had a sign, which it has not: what they export takes 32 bits.
DZG = b"\x0a\x01DZG\x00"
_FAULTY = (42000000, 48999999), (55000000, 58999999)


def read(decoder, layers):
    """Read the messages that were left (BSI TR-03109-1 annex IV); True, None where they were rejected."""
    buf = layers.buf
    start = layers.start
    end = layers.end
    rows = decoder.rows
    room = len(rows) >> 3
    n = sml.walk(buf, start, end, rows, room, KEYS, KNOWN)
    if n >= room and decoder.more_rows():
        rows = decoder.rows
        n = sml.walk(buf, start, end, rows, ROWS, KEYS, KNOWN)
    if n < 0:
        return decoder.reject("list malformed")
    reading = decoder.reading
    reading.clear()
    reading.fill(buf, rows, n, SML)
    number = reading.raw(METER_ID)
    if number and number.startswith(DZG) and _mend(buf, rows, n, int.from_bytes(number[len(DZG):], "big")):
        reading.clear()
        reading.fill(buf, rows, n, SML)
    return True


def fault(serial):
    """The lowest serial number with the fault that DZG's meter with this one has; 0 where it has none."""
    for first, last in _FAULTY:
        if first <= serial <= last:
            return first
    return 0


def _mend(buf, rows, n, serial):
    """Make powers of a meter of DZG what they are where their sign is wrong; True where one was.

    The fault was seen outside of the DVS74's numbers as well: there a meter that counts import alone
    is believed when its status says that it imports.
    """
    mended = False
    for row in range(0, 8 * n, 8):
        if rows[row + 7] & _NEGATIVE and rows[row + 2] <= 2 and rows[row] in _NET_POWERS:
            if fault(serial) or _imports(rows, n, _NET_POWERS.index(rows[row])):
                at = rows[row + 1]
                rows[row + 3] = buf[at] if rows[row + 2] == 1 else buf[at] << 8 | buf[at + 1]
                rows[row + 7] &= ~_NEGATIVE
                mended = True
    return mended


def _imports(rows, n, phase):
    for row in range(0, 8 * n, 8):
        if rows[row] >> 8 == _EXPORT:
            return False
    return exporting(rows, n, phase) is False
