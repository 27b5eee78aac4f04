"""Reads SML telegrams: from checked messages to a reading. Imported with the first SML telegram."""
from ..wire import sml
from .sense.direction import exporting
from .obis import KEYS, KNOWN
from .reading import METER_ID, ROWS, SML

_NEGATIVE = 16  # in the last column of a row
_EXPORT = 0x10208  # key of 1-0:2.8, without the tariff
_NET_POWERS = 0x1100700, 0x1240700, 0x1380700, 0x14C0700  # keys of 1-0:16.7.0, then of each phase

# DVS74 meters of DZG with these serial numbers and a firmware before 1.2 have a fault: imported power of up to
# 16 bits is sent with a signed type, although it has no sign. Exported power takes 32 bits and is right.
DZG = b"\x0a\x01DZG\x00"
_FAULTY = (42000000, 48999999), (55000000, 58999999)


def read(decoder, layers):
    """Read the messages (BSI TR-03109-1 annex IV) that are left in `layers` into the decoder's reading.

    Returns True, or None where they were rejected.
    """
    buf = layers.buf
    at = layers.at
    rows = decoder.rows
    room = len(rows) >> 3
    n = sml.walk(buf, at[0], at[1], rows, room, KEYS, KNOWN)
    if n >= room and decoder.more_rows():
        rows = decoder.rows
        n = sml.walk(buf, at[0], at[1], rows, ROWS, KEYS, KNOWN)
    if n < 0:
        return decoder.reject("list malformed")
    reading = decoder.reading
    reading.fill(buf, rows, n, SML)
    reading.no_clock()
    number = reading.raw(METER_ID)
    if number and number.startswith(DZG) and _mend(buf, rows, n, int.from_bytes(number[len(DZG):], "big")):
        reading.fill(buf, rows, n, SML)
    return True


def fault(serial):
    """0 for a serial number of DZG's meters without the fault; else the lowest number of its range with the fault."""
    for first, last in _FAULTY:
        if first <= serial <= last:
            return first
    return 0


def _mend(buf, rows, n, serial):
    """Correct powers with a wrong sign in the rows of a DZG meter. True where there was one.

    The fault also exists outside of the DVS74's numbers. There, a negative power is wrong if the meter
    counts only import, and its status says that it imports.
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
