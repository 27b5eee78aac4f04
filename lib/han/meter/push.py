"""DLMS push lists, from a data-notification to a reading. Imported with the first of them, and kept."""
from array import array

from ..wire.layers.apdu import DATE_TIME, date_time
from ..wire.loops import same
from ..wire.rows.walk import axdr_walk
from .lists.profiles import coded
from .reading import METER_ID, ROWS
from .lists.scales import LISTS

_TEXT = 2  # in the last column of a row
_OPENING = 8  # bytes of the first text that tell whose list it is
_KINDS = 6  # of lists without codes that one meter sends by turns, at most


class Kind:
    """Lists that are read alike, by what tells them; of those with codes the opening of the first text."""

    def __init__(self, text, profile, n=0, shape=0, doubts=0):
        self.text = text
        self.profile = profile
        self.n = n
        self.shape = shape
        self.doubts = doubts  # so many of its lists are still looked at


_NONE = Kind(None, None)


class Push:
    """Reads the lists of a Decoder."""

    def __init__(self):
        #: What the walk says of the list it walked through last: its rows, whether it has OBIS codes.
        self.info = array("i", bytes(64))
        self._names = array("i", bytes(4 * ROWS))
        self._first = b""  # the opening of the last list's first text
        self._coded = _NONE  # kind of the last list with codes
        self._known = []  # kinds of lists without codes
        self._last = _NONE  # of the last one

    def read(self, decoder, layers):
        """Read the list that was left; True, None where it was rejected."""
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
                if not known:
                    return decoder.reject("unknown list", "%d values, %d texts in front" % (n, _texts(rows, n)))
                self._last = known
        if info[2]:
            from .lists import floats

            floats.settle(buf, rows, n, known.profile[0])
        reading.clear()
        row = reading.fill(buf, rows, n, known.profile)
        if known.doubts and not self._sensible(reading, known):
            return decoder.reject("unknown list", "%d values make no sense in the order that fits them" % n)
        if info[1] and text == LISTS:
            decoder.scales.settle(reading)
        if n > 1 and rows[8 * n - 1] == _TEXT and not rows[8 * n - 8] and reading.raw(METER_ID) is None:
            # Austrian lists end with the meter's number, without a code.
            at = rows[8 * n - 7]
            if rows[8 * n - 6] != DATE_TIME or buf[at] > 8:
                reading.set_text(METER_ID, buf, at, at + rows[8 * n - 6])
        # The clock among the values is the one that was read with them; the header's may be older.
        if not (row and rows[8 * row - 6] == DATE_TIME and reading.set_clock(buf, rows[8 * row - 7])):
            at = date_time(layers.front, start)
            if at:
                reading.set_clock(buf, at)
        return True

    def _kind(self, reading, buf, rows, n, text):
        """The kind of a list without codes, found out when the first such came; None where it is unknown."""
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
        """Whether a list says what it can say in the order chosen for its kind, which is no longer asked in the end."""
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
