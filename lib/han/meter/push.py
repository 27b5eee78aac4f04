"""Reads DLMS push lists: from the body of a data-notification to a reading. Imported with the first push list."""
from array import array

from ..wire.layers.apdu import DATE_TIME, date_time
from ..wire.loops import same
from ..wire.rows.walk import axdr_walk
from .lists.profiles import coded
from .reading import METER_ID, ROWS

#: Opening of the first text of lists without scalers, whose scale is found out, see lists/scales.py.
_UNSCALED = b"Kamstrup"
_TEXT = 2  # the kind in the last column of a row
_OPENING = 8  # first bytes of the first text, which tell the manufacturer
_KINDS = 6  # most kinds of lists without codes that one meter sends in turn


class Kind:
    """A kind of push lists, which are all read in the same way.

    text      opening of their first text; this alone tells a kind of lists with OBIS codes
    profile   (order, scale), see profiles.py
    n         number of rows
    shape     hash of the types of the values, see axdr_walk()
    doubts    number of further lists of the kind that orders.judge() checks, as the order may be wrong
    """

    def __init__(self, text, profile, n=0, shape=0, doubts=0):
        self.text = text
        self.profile = profile
        self.n = n
        self.shape = shape
        self.doubts = doubts


_NONE = Kind(None, None)


class Push:
    """Reads the push lists of a Decoder."""

    def __init__(self):
        #: The results of axdr_walk() for the last list, such as the number of rows and of OBIS codes.
        self.info = array("i", bytes(64))
        self._names = array("i", bytes(4 * ROWS))
        self._first = b""  # the opening of the last list's first text
        self._coded = _NONE  # kind of the last list with codes
        self._known = []  # kinds of lists without codes that have come, the last _KINDS of them
        self._last = _NONE  # kind of the last list without codes

    def read(self, decoder, layers):
        """Read the list that is left in `layers` into the decoder's reading. True, or None where it was rejected."""
        buf = layers.buf
        start = layers.start
        end = layers.end
        info = self.info
        rows = decoder.rows
        room = len(rows) >> 3
        stop = axdr_walk(buf, start, end, rows, room, self._names, info)
        if stop == end and (info[0] >= room or info[1] >= room) and decoder.more_rows():
            rows = decoder.rows
            stop = axdr_walk(buf, start, end, rows, ROWS, self._names, info)
        if stop != end:
            stop = -1 - stop if stop < 0 else stop
            return decoder.reject("list malformed", "at byte %d" % (stop - layers.front))
        n = info[0]
        text = decoder.maker
        if text is None:
            text = b""
            if n and rows[7] == _TEXT and (rows[2] != DATE_TIME or buf[rows[1]] > 8):
                text = self._first
                size = min(rows[2], _OPENING)
                if len(text) != size or not same(buf, rows[1], text, size):
                    self._first = text = bytes(memoryview(buf)[rows[1] : rows[1] + size])
        reading = decoder.reading
        if info[1]:
            known = self._coded
            if known.text != text:
                known = self._coded = Kind(text, coded(text))
        else:
            known = self._last
            if known.n != n or known.shape != info[3] or known.text != text:
                known = self._kind(reading, buf, rows, n, text)
                self._last = known or _NONE
                if not known:
                    return decoder.reject("unknown list", "%d values, %d texts in front" % (n, _texts(rows, n)))
        if info[2]:
            from .lists import floats

            floats.settle(buf, rows, n, known.profile[0])
        reading.clear()
        row = reading.fill(buf, rows, n, known.profile)
        if known.doubts and not self._sensible(reading, known):
            return decoder.reject("unknown list", "%d values make no sense in the order that fits them" % n)
        if info[1] and text == _UNSCALED:
            (decoder.scales or decoder.with_scales()).settle(reading, decoder.fixed)
        if n > 1 and rows[8 * n - 1] == _TEXT and not rows[8 * n - 8] and reading.raw(METER_ID) is None:
            # Austrian lists end with the meter's number without a code.
            at = rows[8 * n - 7]
            if rows[8 * n - 6] != DATE_TIME or buf[at] > 8:
                reading.set_text(METER_ID, buf, at, at + rows[8 * n - 6])
        # A clock among the values was read together with them; the date-time of the header may be older.
        if not (row and rows[8 * row - 6] == DATE_TIME and reading.set_clock(buf, rows[8 * row - 7])):
            at = date_time(layers.front, start)
            if at:
                reading.set_clock(buf, at)
        return True

    def order(self):
        """The fields of those values of the last list that have no code, by their places (bytes)."""
        profile = (self._coded if self.info[1] else self._last).profile
        return profile[0] if profile else b""

    def _kind(self, reading, buf, rows, n, text):
        """The kind of a list without codes. It is chosen when the first such list comes; None where it is unknown."""
        shape = self.info[3]
        for known in self._known:
            if known.n == n and known.shape == shape and known.text == text:
                return known
        from .lists.orders import choose

        chosen = choose(reading, buf, rows, n, text)
        if not chosen:
            return None
        profile, doubts = chosen
        known = Kind(text, profile, n, shape, doubts)
        if len(self._known) == _KINDS:
            del self._known[0]
        self._known.append(known)
        return known

    def _sensible(self, reading, known):
        """True where the values of a list make sense in the order that was chosen for its kind.

        Else the kind is forgotten. After enough sensible lists, or one that proves the order, doubts become 0.
        """
        from .lists import orders

        said = orders.judge(reading)
        if said == orders.WRONG:
            self._known.remove(known)
            self._last = _NONE
        else:
            known.doubts = 0 if said == orders.PROVEN else known.doubts - 1
        return said != orders.WRONG


def _texts(rows, n):
    texts = 0
    while texts < n and rows[8 * texts + 7] == _TEXT:
        texts += 1
    return texts
