"""Framer: finds the telegrams (HDLC, M-Bus, P1, SML, ciphered APDUs) in a stream of bytes, by their openings.

An opening is the first bytes of a telegram. A telegram may open anywhere, also inside one that was
cut off. So up to four openings are followed at the same time, and the first one whose checksum is
right wins. A damaged telegram cannot hide the good one behind it. Only openings that are unlikely by
chance are followed: an HDLC header has its own checksum, an M-Bus header has its length twice. Each byte
is searched once for openings, and checked once for each telegram that it may belong to: work is bounded.

A ciphered APDU without a framing has no checksum. So it is not followed close behind another opening,
which may carry it. It counts as cut off if another ciphered APDU opens inside it.
"""
from .layers import apdu
from . import hdlc, mbus
from .conventions import Conventions
from .loops import copy, hunt, text_end

HDLC, MBUS, P1, GLO, SML = 1, 2, 3, 4, 5
_IDENT = 7  # an ident line of P1 in front of a ciphered APDU

UNCHECKED = bytes((GLO, _IDENT))

# The answers of a checker. A positive number is the index behind a good telegram; less than -3 is
# minus the index up to which bytes are needed before the next look.
MORE = 0  # bytes are missing
NONE = -1  # this is not a telegram
WRONG = -2  # the checksum is wrong
_PARITY = -3  # the parity is wrong

# Bytes of the buffer at first, enough for most meters. It is doubled twice at most: an HDLC frame has up to 2049.
_USUAL = 1152
_OPENINGS = 4
# A ciphered APDU opens at most so many bytes behind the opening that carries it: the headers of HDLC or M-Bus, of the
# link layer and of a block, or an ident line, are not longer.
_CARRIED = 80


class Counters:
    """Counts what happened on the line. Numbers only grow."""

    bytes = 0
    frames = 0  # good telegrams
    checksum_errors = 0
    truncated = 0
    overrun = 0  # longer than any telegram
    parity = 0  # telegrams of a 7E1 line with a wrong parity, and the first one with a CRC, which shows such a line


class Framer:
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

    # Bytes of the longest telegram. P1 with a year of peaks has about 3000.
    size = 4096

    def __init__(self, sink, counters=None, trace=None, enough=Conventions.usually):
        self.sink = sink
        self.trace = trace
        self.counters = counters or Counters()
        self.buf = bytearray(min(_USUAL, self.size))
        self.base = 0  # offset of buf[0] in the stream
        self._end = 0  # index behind the last byte in buf
        self._scan = 0  # index up to which openings have been searched
        # The openings, the oldest first: kind, index, and number of bytes in buf at which to look again.
        self.kinds = bytearray(_OPENINGS)
        self._start = [0] * _OPENINGS
        self._need = [0] * _OPENINGS
        self.open = 0  # number of openings
        self.conventions = Conventions(enough)
        self._p1 = self._sml = None  # their checkers; made when needed, as a meter needs one of them at most

    def feed(self, data, n):
        """Take the first n bytes of data; n may be any number."""
        self.counters.bytes += n
        done = 0
        while done < n:
            room = len(self.buf) - self._end
            if not room:
                room = self._make_room()
            take = n - done if n - done < room else room
            copy(self.buf, self._end, data, done, done + take)
            self._end += take
            done += take
            self._work(False)

    def gap(self):
        """The line has fallen silent. A P1 telegram without its last end of line is good; others are cut off."""
        if self._end:
            self._work(True)
            for i in range(self.open):
                self._cut_off(i, self._end)
            self.open = 0
            self.base += self._end
            self._end = self._scan = 0

    def _by(self, kind):
        """': X25' where the checksum of the telegram just checked is right by that other convention, else ''."""
        last = self.conventions.last
        return ": " + last if last and (kind == P1 or kind == SML) else ""

    def seven(self):
        """True where the last P1 telegram came from a 7E1 line."""
        return self._p1 is not None and self._p1.seven

    def _give_up(self, what, start, end):
        if self.trace:
            self.trace(what, self.base + start, self.base + end)

    def _make_room(self):
        first = self._start[0] if self.open else self._scan
        if not first and self._grow():
            return len(self.buf) - self._end
        if not first:
            # One opening has filled the whole buffer, but no telegram is so long.
            self.counters.overrun += 1
            self._give_up("overrun", 0, self._end)
            self._drop(0)
            first = self._start[0] if self.open else self._scan
        copy(self.buf, 0, self.buf, first, self._end)
        self.base += first
        self._end -= first
        self._scan -= first
        for i in range(self.open):
            self._start[i] -= first
            self._need[i] -= first
        if self._p1:
            self._p1.resume -= first
        if self._sml:
            self._sml.resume -= first
        return len(self.buf) - self._end

    def _grow(self):
        """Double the buffer, up to `size` bytes. False where it has that size already, or memory is short."""
        if len(self.buf) == self.size:
            return False
        try:
            buf = bytearray(min(2 * len(self.buf), self.size))
        except MemoryError:
            return False
        copy(buf, 0, self.buf, 0, self._end)
        self.buf = buf
        return True

    def _drop(self, i):
        self.open -= 1
        while i < self.open:
            self.kinds[i] = self.kinds[i + 1]
            self._start[i] = self._start[i + 1]
            self._need[i] = self._need[i + 1]
            i += 1

    def _work(self, last):
        """Search the new bytes for openings, and check each opening that may be complete. last: no more will come."""
        while True:
            # Check first, so that an opening behind a complete telegram does not cut it off.
            i = 0
            while i < self.open:
                if self._need[i] <= self._end or last:
                    end = self._look(i, last)
                    if end > 0:
                        self._take(i, end)
                        i = 0
                        continue
                    if end != MORE:
                        self._drop(i)
                        continue
                i += 1
            hit = hunt(self.buf, self._scan, self._end)
            at = hit >> 3
            if not hit & 7:
                self._scan = at
                return
            self._scan = at + 1
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
        if self.open == _OPENINGS:
            self._drop(0)
        n = self.open
        self.kinds[n] = kind
        self._start[n] = at
        self._need[n] = at + 6
        self.open = n + 1

    def _alone(self, at):
        """False where another telegram may carry the ciphered APDU that opens at `at`."""
        for i in range(self.open):
            if self.kinds[i] != GLO and at - self._start[i] < _CARRIED:
                return False
        return True

    def _look(self, i, last):
        kind = self.kinds[i]
        start = self._start[i]
        if kind == HDLC:
            end = hdlc.check(self.buf, start, self._end)
        elif kind == MBUS:
            end = mbus.check(self.buf, start, self._end)
        elif kind == P1:
            end = self._p1.check(self.buf, start, self._end, last)
            if self._p1.ciphered:
                kind = self.kinds[i] = _IDENT  # its ciphertext may look like other P1 openings
        elif kind == _IDENT:
            end = self._p1.check_ident(self.buf, start, self._end)
        elif kind == SML:
            end = self._sml.check(self.buf, start, self._end)
        else:
            end = apdu.check_ciphered(self.buf, start, self._end)
        if end > 0 and kind in UNCHECKED and self._interrupted(kind, start, end):
            self.counters.truncated += 1
            self._give_up("truncated", start, end)
            return NONE
        if end < _PARITY:  # minus the index at which it can be complete
            self._need[i] = -end
            return MORE
        if end == WRONG:
            # P1 inside a ciphered APDU is only chance, and not counted.
            if kind != P1 or not i or self.kinds[i - 1] not in UNCHECKED:
                self.counters.checksum_errors += 1
            stop = self._end
            if kind == P1:
                stop = min(stop, self._p1.resume + 5)  # behind the ! and four digits
            elif kind == SML:
                stop = min(stop, self._sml.resume + 8)
            self._give_up("checksum" + self._by(kind), start, stop)
        elif end == _PARITY:
            self.counters.parity += 1
            self._give_up("parity", start, self._end)
        return end

    def _cut_off(self, i, end):
        """The telegram of opening i is cut off at index end: count and trace it."""
        start = self._start[i]
        what = self._p1.judged(self.buf, start, end, WRONG) if self.kinds[i] == P1 else WRONG
        if what == WRONG:
            self.counters.truncated += 1
            self._give_up("truncated", start, end)
        elif what == _PARITY:
            self.counters.parity += 1
            self._give_up("parity", start, end)

    def _interrupted(self, kind, start, end):
        """True where another ciphered APDU, with an ident line or without, opens inside the one in buf[start:end]."""
        at = start + 1 if kind == GLO else -text_end(self.buf, start + 1, end, 0xFF)
        while at < end:
            hit = hunt(self.buf, at, end)
            at = hit >> 3
            if hit & 7 == GLO and apdu.check_ciphered(self.buf, at, self._end) != NONE:
                return True
            if hit & 7 == P1 and self._p1 and self._p1.check_ident(self.buf, at, self._end) != WRONG:
                return True
            at += 1
        return False

    def _take(self, i, end):
        """Hand over the telegram of opening i, and forget all openings before its end."""
        self.counters.frames += 1
        kind = self.kinds[i]
        start = self._start[i]
        if self.trace:
            self.trace("telegram" + self._by(kind), self.base + start, self.base + end)
        keep = 0
        for k in range(self.open):
            if self._start[k] >= end:
                self.kinds[keep] = self.kinds[k]
                self._start[keep] = self._start[k]
                self._need[keep] = self._need[k]
                keep += 1
        self.open = keep
        if self._scan < end:
            self._scan = end
        self.sink(GLO if kind == _IDENT else kind, self.buf, start, end)
