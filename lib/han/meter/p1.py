"""Reads P1 telegrams: from checked text to a reading. Imported with the first P1 telegram."""
from ..wire.rows.lines import p1_walk
from ..wire.p1 import ident_end
from .obis import KEYS, KNOWN
from .reading import LINES, MANUFACTURER, METER_TYPE, P1, P1_IDENT, ROWS


def read(decoder, layers):
    """Read the text (DSMR 5.0.2 clause 5.2) that is left in `layers` into the decoder's reading. Returns True."""
    buf = layers.buf
    ident = layers.front
    start = layers.start
    end = layers.end
    ident_stop = ident_end(buf, ident)
    if start == ident:
        start = ident_stop
    rows = decoder.rows
    room = len(rows) >> 3
    n = p1_walk(buf, start, end, rows, room, KEYS, KNOWN)
    if n & 255 >= room and decoder.more_rows():
        rows = decoder.rows
        n = p1_walk(buf, start, end, rows, ROWS, KEYS, KNOWN)
    reading = decoder.reading
    reading.fill(buf, rows, n & 255, P1)
    reading.end = end
    if n > 255:
        reading.more |= LINES
        reading.aside = n >> 8
    reading.no_clock()
    reading.p1_clock(buf, rows)
    reading.set_text(MANUFACTURER, buf, ident + 1, ident + 4)
    reading.set_text(METER_TYPE, buf, ident + 4, ident_stop)
    reading.set_text(P1_IDENT, buf, ident, ident_stop)
    return True
