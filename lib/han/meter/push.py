"""DLMS push lists, from a data-notification to a reading. Imported with the first of them, and kept."""
from array import array

from ..wire.apdu import notification
from ..wire.loops import same
from ..wire.walk import axdr_walk
from .profiles import coded, uncoded
from .reading import METER_ID, ROWS

_TEXT = 2  # in the last column of a row


class Push:
    """Reads the lists of a Decoder."""

    def __init__(self):
        #: What the walk says of the list it walked through last: its rows, whether it has OBIS codes.
        self.info = array("i", bytes(64))
        self._names = array("i", bytes(4 * ROWS))
        self._first = b""  # the opening of the last list's first text

    def read(self, decoder, buf, start, end):
        """Decode the data-notification buf[start:end] (IEC 62056-5-3 clause 6.9)."""
        head = notification(buf, start, end)
        if not head:
            return decoder.reject("notification malformed")
        clock, body = head
        info = self.info
        rows = decoder.rows
        stop = axdr_walk(buf, body, end, rows, len(rows) >> 3, self._names, info)
        if stop == end and decoder.more_rows(max(info[0], info[1])):
            rows = decoder.rows
            stop = axdr_walk(buf, body, end, rows, ROWS, self._names, info)
        if stop != end:
            return decoder.reject("list malformed", "at byte %d" % ((-1 - stop if stop < 0 else stop) - start))
        n = info[0]
        text = b""
        if n and rows[7] == _TEXT:
            text = self._first
            size = min(rows[2], 8)
            if len(text) != size or not same(buf, rows[1], text, size):
                self._first = text = bytes(memoryview(buf)[rows[1] : rows[1] + size])
        if decoder.maker is not None:
            text = decoder.maker
        if info[1]:
            profile = coded(text)
        else:
            texts = 0
            while texts < n and rows[8 * texts + 7] == _TEXT:
                texts += 1
            profile = uncoded(n, texts, text)
            if not profile:
                return decoder.reject("unknown list", "%d values, %d texts in front" % (n, texts))
        reading = decoder.reading
        reading.clear()
        row = reading.fill(buf, rows, n, profile)
        if n > 1 and rows[8 * n - 1] == _TEXT and not rows[8 * n - 8] and reading.raw(METER_ID) is None:
            # Austrian lists end with the meter's number, without a code; a date-time opens with its year.
            at = rows[8 * n - 7]
            if rows[8 * n - 6] != 12 or buf[at] > 8:
                reading.set_text(METER_ID, buf, at, at + rows[8 * n - 6])
        # The clock among the values is the one that was read with them; the header's may be older.
        if not (row and rows[8 * row - 6] == 12 and reading.set_clock(buf, rows[8 * row - 7])) and clock:
            reading.set_clock(buf, clock)
        decoder.deliver(reading)
