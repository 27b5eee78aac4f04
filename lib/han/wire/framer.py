"""Framer: finds the telegrams (HDLC, M-Bus, P1, SML, ciphered APDUs) in a stream of bytes, by their openings.

An opening is the first bytes of a telegram. A telegram may open anywhere, also inside one that was cut off. So up to
four openings are followed at the same time, and the first one whose checksum is right wins. A damaged telegram cannot
hide the good one behind it. Only openings that are unlikely by chance are followed: an HDLC header has its own
checksum, an M-Bus header has its length twice. Each byte is searched once for openings, and checked once for each
telegram that it may belong to: work is bounded.

A ciphered APDU without a framing has no checksum. So it is not followed close behind another opening, which may carry
it. It counts as cut off if another ciphered APDU opens inside it.
"""
from array import array

from .layers import apdu
from .conventions import Conventions
from .counters import Counters
from .layers.frames import arrive, hdlc_check, mbus_check
from .loops import copy, hunt, text_end
from .openings import Openings

HDLC, MBUS, P1, GLO, SML = 1, 2, 3, 4, 5
_IDENT = 7  # an ident line of P1 in front of a ciphered APDU
UNCHECKED = bytes((GLO, _IDENT))

# The answers of a checker. A positive number is the index behind a good telegram; less than -3 is minus the index up to
# which bytes are needed before the next look.
MORE = 0  # bytes are missing
NONE = -1  # this is not a telegram
WRONG = -2  # the checksum is wrong
_PARITY = -3  # the parity is wrong

# Bytes of the buffer at first, enough for most meters. An HDLC frame has up to 2049.
_USUAL = 1152
_STEP = 512  # by which it is enlarged


class Framer(Openings):
    """Takes chunks of bytes, and calls `sink` with each complete telegram whose checksum is right.

    sink(kind, buf, start, end)   kind: HDLC, MBUS, P1, GLO or SML; the telegram is buf[start:end], which is valid
                                  during the call only
    counters                      a Counters, None: a new one
    trace(what, start, end)       None, or called for each range of bytes, as offsets in the whole stream. what:
                                  'telegram' where it is good; 'checksum', 'truncated', 'overrun' or 'parity' where
                                  it is given up. ': KERMIT' behind it names another convention (conventions.py)
                                  by which the checksum is right
    enough                        number of telegrams in a row that prove another convention
    """

    # Bytes of the longest telegram: P1 with a message of 2048 characters, as 4096 hex digits, and all its other lines.
    size = 6144

    def __init__(self, sink, counters=None, trace=None, enough=Conventions.usually):
        super().__init__()
        self.sink = sink
        self.trace = trace
        self.counters = counters or Counters()
        self.buf = bytearray(min(_USUAL, self.size))
        # Index up to which openings have been searched; behind the last byte in buf; of the frame that arrive() has
        # found; size of buf; offset of buf[0] in the stream.
        self.at = array("i", (0, 0, 0, len(self.buf), 0))
        self.conventions = Conventions(enough)
        self._p1 = self._sml = None  # their checkers; made when needed, as a meter needs one of them at most

    def feed(self, data, n):
        """Take the first n bytes of data; n may be any number."""
        # More variables than these would take memory for each telegram.
        self.counters.bytes += n
        if self.open:
            self._feed(data, n)
            return
        # Most meters send a frame at a time. Nothing else is open, so a good one needs no more than its own check.
        found = arrive(self.buf, self.at, data, n)
        if found < 0:
            self._feed(data, n)
            return
        while found & 7:
            self.counters.frames += 1
            if self.trace:
                self._tell("telegram", self.at[2], self.at[0])
            self.sink(found & 7, self.buf, self.at[2], self.at[0])
            if found < 8:
                return
            found = arrive(self.buf, self.at, data, 0)
        if found and not (self._p1 and self._text()):
            self._work(False)

    def _text(self):
        """Hand over the P1 telegrams that are whole. False: something else has come."""
        at, p1 = self.at, self._p1
        while True:
            end = p1.whole(self.buf, at[0], at[1])
            if end < 1:
                return not end
            self.counters.frames += 1
            at[0], at[2] = end, p1.seen[3]
            if self.trace:
                self._tell("telegram", at[2], end)
            self.sink(P1, self.buf, at[2], end)
            if end + 2 >= at[1]:  # only the end of its line is left
                return True

    def waits(self):
        """True where a telegram has begun, and its end has not come."""
        return self.open > 0 or self._p1 is not None and self._p1.seen[0] > 0

    def _feed(self, data, n):
        """Take bytes that belong to an open telegram, or do not fit in."""
        at = self.at
        done = 0
        while done < n:
            room = len(self.buf) - at[1]
            if not room:
                room = self._make_room()
            take = n - done if n - done < room else room
            copy(self.buf, at[1], data, done, done + take)
            at[1] += take
            done += take
            self._work(False)

    def gap(self):
        """The line has fallen silent. A P1 telegram without its last end of line is good; others are cut off."""
        if self.at[1]:
            self._work(True)
            for i in range(self.open):
                self._cut_off(i, self.at[1])
            self.open = 0
            self.at[4] += self.at[1]
            self.at[0] = self.at[1] = 0

    def _by(self, kind):
        """': X25' where the checksum of the telegram just checked is right by that other convention, else ''."""
        last = self.conventions.last
        return ": " + last if last and (kind == P1 or kind == SML) else ""

    def seven(self):
        """True where the last P1 telegram came from a 7E1 line."""
        return self._p1 is not None and self._p1.seven

    def _tell(self, what, start, end):
        if self.trace:
            self.trace(what, self.at[4] + start, self.at[4] + end)

    def _make_room(self):
        first = self._start[0] if self.open else self.at[0]
        if not first and self._grow():
            return len(self.buf) - self.at[1]
        if not first:
            # One opening has filled the whole buffer, but no telegram is so long.
            self.counters.overrun += 1
            self._tell("overrun", 0, self.at[1])
            self._drop(0)
            first = self._start[0] if self.open else self.at[0]
        copy(self.buf, 0, self.buf, first, self.at[1])
        self.at[4] += first
        self.at[1] -= first
        self.at[0] -= first
        self._move(first)
        if self._p1:
            self._p1.resume -= first
        if self._sml:
            self._sml.resume -= first
        return len(self.buf) - self.at[1]

    def _grow(self):
        """Enlarge the buffer by a step, up to `size` bytes. False where it has that size, or memory is short."""
        if len(self.buf) == self.size:
            return False
        try:
            buf = bytearray(min(len(self.buf) + _STEP, self.size))
        except MemoryError:
            return False
        copy(buf, 0, self.buf, 0, self.at[1])
        self.buf = buf
        self.at[3] = len(buf)
        return True

    def _work(self, last):
        """Search the new bytes for openings, and check each opening that may be complete. last: no more will come."""
        if self._p1:
            self._p1.seen[0] = 0  # whole() would begin anew
        while True:
            # Check first, so that an opening behind a complete telegram does not cut it off.
            i = 0
            while i < self.open:
                if self._need[i] <= self.at[1] or last:
                    end = self._look(i, last)
                    if end > 0:
                        self._take(i, end)
                        i = 0
                        continue
                    if end != MORE:
                        self._drop(i)
                        continue
                i += 1
            hit = hunt(self.buf, self.at[0], self.at[1])
            at = hit >> 3
            if not hit & 7:
                self.at[0] = at
                return
            self.at[0] = at + 1
            self._opening(hit & 7, at)

    def _opening(self, kind, at):
        if kind == GLO and not self._alone(at):
            return
        if kind == P1 or kind == SML:
            for i in range(self.open):
                if self.kinds[i] == kind:  # the telegram before it was cut off
                    self._cut_off(i, at)
                    self._drop(i)
                    break
        if kind == P1:
            if not self._p1:
                from . import p1

                self._p1 = p1.Checker(self.conventions)
            self._p1.open(at)
        elif kind == SML:
            if not self._sml:
                from . import sml

                self._sml = sml.Checker(self.conventions)
            self._sml.open(at)
        self._add(kind, at)

    def _look(self, i, last):
        kind = self.kinds[i]
        start = self._start[i]
        if kind == HDLC:
            end = hdlc_check(self.buf, start, self.at[1])
        elif kind == MBUS:
            end = mbus_check(self.buf, start, self.at[1])
        elif kind == P1:
            end = self._p1.check(self.buf, start, self.at[1], last)
            if self._p1.ciphered:
                kind = self.kinds[i] = _IDENT  # its ciphertext may look like other P1 openings
        elif kind == _IDENT:
            end = self._p1.check_ident(self.buf, start, self.at[1])
        elif kind == SML:
            end = self._sml.check(self.buf, start, self.at[1])
        else:
            end = apdu.check_ciphered(self.buf, start, self.at[1])
        if end > 0 and kind in UNCHECKED and self._interrupted(kind, start, end):
            self.counters.truncated += 1
            self._tell("truncated", start, end)
            return NONE
        if end < _PARITY:  # minus the index at which it can be complete
            self._need[i] = -end
            return MORE
        if end == WRONG:
            # P1 inside a ciphered APDU is only chance, and not counted.
            if kind != P1 or not i or self.kinds[i - 1] not in UNCHECKED:
                self.counters.checksum_errors += 1
            stop = self.at[1]
            if kind == P1:
                stop = min(stop, self._p1.resume + 5)  # behind the ! and four digits
            elif kind == SML:
                stop = min(stop, self._sml.resume + 8)
            self._tell("checksum" + self._by(kind), start, stop)
        elif end == _PARITY:
            self.counters.parity += 1
            self._tell("parity", start, self.at[1])
        return end

    def _cut_off(self, i, end):
        """The telegram of opening i is cut off at index end: count and trace it."""
        start = self._start[i]
        what = self._p1.judged(self.buf, start, end, WRONG) if self.kinds[i] == P1 else WRONG
        if what == WRONG:
            self.counters.truncated += 1
            self._tell("truncated", start, end)
        elif what == _PARITY:
            self.counters.parity += 1
            self._tell("parity", start, end)

    def _interrupted(self, kind, start, end):
        """True where another ciphered APDU, with an ident line or without, opens inside the one in buf[start:end]."""
        at = start + 1 if kind == GLO else -text_end(self.buf, start + 1, end, 0xFF)
        while at < end:
            hit = hunt(self.buf, at, end)
            at = hit >> 3
            if hit & 7 == GLO and apdu.check_ciphered(self.buf, at, self.at[1]) != NONE:
                return True
            if hit & 7 == P1 and self._p1 and self._p1.check_ident(self.buf, at, self.at[1]) != WRONG:
                return True
            at += 1
        return False

    def _take(self, i, end):
        """Hand over the telegram of opening i, and forget all openings before its end."""
        self.counters.frames += 1
        kind = self.kinds[i]
        start = self._start[i]
        self._tell("telegram" + self._by(kind), start, end)
        self._drop_before(end)
        if self.at[0] < end:
            self.at[0] = end
        self.sink(GLO if kind == _IDENT else kind, self.buf, start, end)
