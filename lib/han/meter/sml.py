"""SML telegrams, from checked messages to a reading. Imported with the first of them, and kept."""
from ..wire import sml
from ..wire.loops import same
from .obis import KEYS, KNOWN
from .reading import ROWS, SML

_NEGATIVE, _STATUS = 16, 32  # in the last column of a row
_ID = 0x1600100  # 1-0:96.1.0
_NET_POWERS = 0x1100700, 0x1240700, 0x1380700, 0x14C0700  # 1-0:16.7.0, then of each phase
_IMPORT, _EXPORT = 0x10108, 0x10208  # 1-0:1.8 and 1-0:2.8, of any tariff

# There are two status words. That of FNN's basic meter ends with 04 and marks export in bit 11, of
# each phase in the next three; that of the EDL specification before it marks it in bit 5.
_BASIC, _BASIC_EXPORTS, _EXPORTS = 0x04, 0x0800, 0x20

# DVS74 meters of DZG with these numbers, before firmware 1.2, send power of up to 16 bits as if it
# had a sign, which it has not: what they export takes 32 bits.
DZG = b"\x0a\x01DZG\x00"
_FAULTY = (42000000, 48999999), (55000000, 58999999)


def read(decoder, buf, start, end):
    """Decode the checked telegram buf[start:end] (BSI TR-03109-1 annex IV)."""
    start, end = sml.content(buf, start, end)
    rows = decoder.rows
    n = sml.walk(buf, start, end, rows, len(rows) >> 3, KEYS, KNOWN)
    if decoder.more_rows(n):
        rows = decoder.rows
        n = sml.walk(buf, start, end, rows, ROWS, KEYS, KNOWN)
    if n < 0:
        return decoder.reject("list malformed")
    reading = decoder.reading
    reading.clear()
    status = serial = None
    exports = False
    for row in range(0, 8 * n, 8):
        key = rows[row]
        exports = exports or key >> 8 == _EXPORT
        if status is None and rows[row + 7] & _STATUS and key >> 8 in (_IMPORT, _EXPORT):
            status = rows[row + 7] >> 8
        elif key == _ID and rows[row + 2] == 10 and same(buf, rows[row + 1], DZG, len(DZG)):
            at = rows[row + 1] + len(DZG)
            serial = buf[at] << 24 | buf[at + 1] << 16 | buf[at + 2] << 8 | buf[at + 3]
    basic = status is not None and status & 0xFF == _BASIC
    if status is not None:
        reading.exporting = status & (_BASIC_EXPORTS if basic else _EXPORTS) != 0
    if serial is not None:
        _mend(buf, rows, n, serial, status if basic and not exports else None)
    reading.fill(buf, rows, n, SML)
    decoder.deliver(reading)


def fault(serial):
    """The lowest serial number with the fault that DZG's meter with this one has; 0 where it has none."""
    for first, last in _FAULTY:
        if first <= serial <= last:
            return first
    return 0


def _mend(buf, rows, n, serial, status):
    """Powers of a meter of DZG become what they are where they were sent with a wrong sign.

    status: of a basic meter that counts import alone, else None. The fault was seen outside of the
    DVS74's numbers as well: there such a meter that says that it imports is believed.
    """
    faulty = fault(serial)
    for row in range(0, 8 * n, 8):
        if rows[row + 7] & _NEGATIVE and rows[row + 2] <= 2 and rows[row] in _NET_POWERS:
            importing = status is not None and not status & _BASIC_EXPORTS << _NET_POWERS.index(rows[row])
            if faulty or importing:
                at = rows[row + 1]
                rows[row + 3] = buf[at] if rows[row + 2] == 1 else buf[at] << 8 | buf[at + 1]
                rows[row + 7] &= ~_NEGATIVE
