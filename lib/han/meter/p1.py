"""Reads P1 telegrams: from checked text to a reading. Imported with the first P1 telegram."""
from ..wire.rows.lines import p1_walk
from .obis import KEYS, KNOWN
from .reading import LINES, MANUFACTURER, METER_TYPE, P1, P1_IDENT, ROWS
from .said import p1_said


def read(decoder, layers):
    """Read the text (DSMR 5.0.2 clause 5.2) that is left in `layers` into the decoder's reading. Returns True."""
    buf = layers.buf
    at = layers.at
    end = at[1]
    rows = decoder.rows
    room = len(rows) >> 3
    # An ident line makes no row.
    n = p1_walk(buf, at[0], end, rows, room, KEYS, KNOWN)
    if n & 255 >= room and decoder.more_rows():
        rows = decoder.rows
        n = p1_walk(buf, at[0], end, rows, ROWS, KEYS, KNOWN)
    reading = decoder.reading
    reading.end = end
    reading.fill(buf, rows, n & 255, P1)
    if n > 255:
        reading.more |= LINES
        reading.aside = n >> 8
    n = p1_said(reading, buf, at, rows)
    if n & 1:
        front = at[2]
        n >>= 1
        reading.set_text(MANUFACTURER, buf, front + 1, front + 4)
        reading.set_text(METER_TYPE, buf, front + 4, n)
        reading.set_text(P1_IDENT, buf, front, n)
    return True
