"""Reads DLMS push lists: from the body of a data-notification to a reading. Imported with the first push list."""
from array import array

from ...wire.layers.apdu import DATE_TIME
from ...wire.rows.walk import axdr_walk
from .profiles import coded
from ..reading import METER_ID, ROWS, SOME
from ..said import alike, rest

# Opening of the first text of lists without scalers, whose scale is found out.
_UNSCALED = b"Kamstrup"
_TEXT = 2  # the kind in the last column of a row
_OPENING = 8  # first bytes of the first text, which tell the manufacturer
_CODED = 0x7FFF  # no list has so many rows
_ROOM, _ENDED = 14, 15  # indexes in info of the number of rows that there is room for, and of where the walk has ended
_KINDS = 6  # most kinds of lists without codes that one meter sends in turn


class Kind:
    """A kind of push lists, which are all read in the same way.

    text      opening of their first text; this alone tells a kind of lists with OBIS codes
    profile   (order, scale), see profiles.py
    n         number of rows; _CODED where they have codes, as their number tells nothing then
    shape     hash of the types of the values, see axdr_walk()
    mark      for alike(): n, shape, the length of text, and its bytes
    doubts    number of further lists of the kind that orders.judge() checks, as the order may be wrong
    unscaled  True for lists without scalers, whose scale is found out, see lists/scales.py
    judged    True where either is so
    """

    def __init__(self, text, profile, n=_CODED, shape=0, doubts=0):
        self.text = text
        self.profile = profile
        self.doubts = doubts
        self.mark = array("i", (n, shape, len(text)) + tuple(text))
        self.unscaled = n == _CODED and text == _UNSCALED
        self.judged = doubts > 0 or self.unscaled


_NONE = Kind(b"", None, _CODED - 1)  # no list is of this kind


class Push:
    """Reads the push lists of a Decoder. room: the number of its rows."""

    def __init__(self, room):
        #: The results of axdr_walk() for the last list, such as the number of rows and of OBIS codes.
        self.info = array("i", bytes(64 + 4 * ROWS))
        self.info[_ROOM] = room
        self._usual = self._coded = _NONE  # kind of the last list; of the last list with codes
        self._known = []  # kinds of lists without codes that have come, the last _KINDS of them

    def read(self, decoder, layers):
        """Read the list that is left in `layers` into the decoder's reading. True, or None where it was rejected."""
        # More variables than these would take memory for each telegram.
        info = self.info
        if axdr_walk(layers.buf, layers.at[0], layers.at[1], decoder.rows, info):
            if not self._walk_again(decoder, layers):
                return None
        known = self._usual
        if not alike(layers.buf, decoder.rows, info, known.mark):
            known = self._usual = self._kind(decoder, layers.buf)
            if known is _NONE:
                return None
        if info[2]:
            self._settle(decoder.rows, layers.buf)
        decoder.reading.fill(layers.buf, decoder.rows, info[0], known.profile)
        if rest(decoder.reading, layers.buf, layers.at, decoder.rows, info):
            self._number(decoder.reading, layers.buf, decoder.rows)
        return not known.judged or self._judged(decoder, known)

    def order(self):
        """The fields of those values of the last list that have no code, by their places (bytes)."""
        profile = self._usual.profile
        return profile[0] if profile else b""

    def _walk_again(self, decoder, layers):
        """A list is malformed, or has filled all rows. True where its rows are there; None where it was rejected."""
        info = self.info
        start, end, front = layers.place()
        if info[_ENDED] == end and decoder.more_rows():
            info[_ROOM] = len(decoder.rows) >> 3
            axdr_walk(layers.buf, start, end, decoder.rows, info)
        if info[_ENDED] != end:
            at = info[_ENDED] if info[_ENDED] >= 0 else -1 - info[_ENDED]
            return decoder.reject("list malformed", "at byte %d" % (at - front))
        return True

    def _settle(self, rows, buf):
        """The list has floating-point numbers."""
        from . import floats

        floats.settle(buf, rows, self.info[0], self._usual.profile[0])

    def _number(self, reading, buf, rows):
        """An Austrian list ends with the meter's number without a code."""
        row = 8 * self.info[0] - 8
        at = rows[row + 1]
        if rows[row + 2] != DATE_TIME or buf[at] > 8:
            reading.set_text(METER_ID, buf, at, at + rows[row + 2])

    def _kind(self, decoder, buf):
        """The kind of a list. It is made when the first such list comes; _NONE where it is unknown, and rejected."""
        rows = decoder.rows
        n, coded_values, _, shape = self.info[:4]
        text = decoder.maker
        if text is None:
            text = b""
            if n and rows[7] == _TEXT and (rows[2] != DATE_TIME or buf[rows[1]] > 8):
                text = bytes(memoryview(buf)[rows[1] : rows[1] + min(rows[2], _OPENING)])
        if coded_values:
            if self._coded is _NONE or self._coded.text != text:
                self._coded = Kind(text, coded(text))
            return self._coded
        for known in self._known:
            if known.mark[0] == n and known.mark[1] == shape and known.text == text:
                return known
        from .orders import choose

        chosen = choose(decoder.reading, buf, rows, n, text)
        if not chosen:
            decoder.reject("unknown list", "%d values, %d texts in front" % (n, _texts(rows, n)))
            return _NONE
        profile, doubts = chosen
        known = Kind(text, profile, n, shape, doubts)
        if len(self._known) == _KINDS:
            del self._known[0]
        self._known.append(known)
        return known

    def _judged(self, decoder, known):
        """False where the values of a list make no sense in the order that was chosen for its kind, and are rejected.

        Then the kind is forgotten. After enough sensible lists, or one that proves the order, doubts become 0.
        """
        reading = decoder.reading
        if known.unscaled:
            (decoder.scales or decoder.with_scales()).settle(reading, decoder.fixed)
            reading.more &= ~SOME  # numbers may have been taken away
        if known.doubts:
            from . import orders

            said = orders.judge(reading)
            if said == orders.WRONG:
                self._known.remove(known)
                self._usual = _NONE
                n = self.info[0]
                decoder.reject("unknown list", "%d values make no sense in the order that fits them" % n)
                return False
            known.doubts = 0 if said == orders.PROVEN else known.doubts - 1
            known.judged = known.doubts > 0 or known.unscaled
        return True


def _texts(rows, n):
    texts = 0
    while texts < n and rows[8 * texts + 7] == _TEXT:
        texts += 1
    return texts
