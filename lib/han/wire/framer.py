"""Cuts telegrams out of any stream of bytes: HDLC, M-Bus, P1 and SML, found by their own openings.

A telegram may open anywhere, also inside one that was cut off, so up to four openings are
followed at the same time and the first whose checksum is right wins: nothing that is
damaged can hide the good telegram behind it. Only openings that are hard to imitate are
followed (an HDLC header has a checksum of its own, an M-Bus header says its length twice).
The work is bounded: each byte is hunted once, checked once for each telegram it is part of.

A ciphered APDU that stands alone has no checksum. So it is not followed close behind another
opening, which may carry it, and counts as cut off where another one opens inside.
"""
from .layers import apdu
from . import hdlc, mbus
from .conventions import Conventions
from .loops import copy, hunt, text_end

HDLC, MBUS, P1, GLO, SML = 1, 2, 3, 4, 5
_IDENT = 7  # an ident line in front of a ciphered APDU

UNCHECKED = bytes((GLO, _IDENT))

# What a check of an opening says: bytes are missing, it is none, or it ends there (an index).
MORE = 0
NONE = -1
WRONG = -2
_PARITY = -3

# Room for one of most meters, in bytes; for a longer one it is doubled, up to twice: an HDLC frame has up to 2049.
_USUAL = 1152
_OPENINGS = 4
# Headers of HDLC or M-Bus, of the link layer and of a block, or an ident line, are not longer.
_CARRIED = 80


class Counters:
    """What happened on the line, for each stage; every number only grows."""

    bytes = 0
    frames = 0
    checksum_errors = 0
    truncated = 0
    overrun = 0
    parity = 0  # telegrams of a 7E1 line given up for a wrong parity, or as the first to show what line it is


class Framer:
    """Takes chunks of bytes, hands complete telegrams with a right checksum to `sink`.

    sink(kind, buf, start, end): the telegram is buf[start:end], valid during the call only.
    trace(what, start, end), if set, is told about every byte range that was given up, as
    offsets in the whole stream: 'checksum', 'truncated', 'overrun', 'parity'; or taken:
    'telegram'. ': KERMIT' behind it names the other convention by which a checksum is right.
    enough: so many telegrams in a row with the same such convention prove it.
    """

    # The longest telegram: P1 with a year of peaks has about 3000 bytes.
    size = 4096

    def __init__(self, sink, counters=None, trace=None, enough=Conventions.usually):
        self.sink = sink
        self.trace = trace
        self.counters = counters or Counters()
        self.buf = bytearray(min(_USUAL, self.size))
        self.base = 0  # offset in the stream of buf[0]
        self._end = 0
        self._scan = 0
        # The openings, oldest first: kind, index, index at which the next look is worth while.
        self.kinds = bytearray(_OPENINGS)
        self._start = [0] * _OPENINGS
        self._need = [0] * _OPENINGS
        self.open = 0
        self.conventions = Conventions(enough)
        self._p1 = self._sml = None  # a meter needs one of them, or none: the others save their memory

    def feed(self, data, n):
        """Take the first n bytes of data, any number of them."""
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
        """The line fell silent: what is complete but for its last line end is, the rest never will be."""
        if self._end:
            self._work(True)
            for i in range(self.open):
                self._cut_off(i, self._end)
            self.open = 0
            self.base += self._end
            self._end = self._scan = 0

    def _by(self, kind):
        """': X25' where the checksum of a telegram just checked is right by that other convention, else ''."""
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
            # One opening has filled the buffer: no telegram is that long.
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
        """Twice the room, as far as the longest telegram needs it; False where there is that, or no memory."""
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
        """Hunt the new bytes, look at every opening that may be complete; `last`: no more will come."""
        while True:
            # Look first: what is complete must not fall victim to the opening behind it.
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
                if self.kinds[i] == kind:  # the telegram before was cut off
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
        """False where the ciphered APDU that seems to open at `at` is what another telegram carries."""
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
                kind = self.kinds[i] = _IDENT  # from here on other P1 telegrams may seem to open inside
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
        if end < _PARITY:  # complete at that index at the earliest
            self._need[i] = -end
            return MORE
        if end == WRONG:
            # What looks like P1 inside a ciphered APDU is chance.
            if kind != P1 or not i or self.kinds[i - 1] not in UNCHECKED:
                self.counters.checksum_errors += 1
            stop = self._end
            if kind == P1:
                stop = min(stop, self._p1.resume + 5)  # ! and four digits
            elif kind == SML:
                stop = min(stop, self._sml.resume + 8)
            self._give_up("checksum" + self._by(kind), start, stop)
        elif end == _PARITY:
            self.counters.parity += 1
            self._give_up("parity", start, self._end)
        return end

    def _cut_off(self, i, end):
        """The telegram of opening i ends at index end, in the middle."""
        start = self._start[i]
        what = self._p1.judged(self.buf, start, end, WRONG) if self.kinds[i] == P1 else WRONG
        if what == WRONG:
            self.counters.truncated += 1
            self._give_up("truncated", start, end)
        elif what == _PARITY:
            self.counters.parity += 1
            self._give_up("parity", start, end)

    def _interrupted(self, kind, start, end):
        """True where another ciphered APDU opens inside the one in buf[start:end]."""
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
        """Hand over the telegram of opening i; everything that opened before its end is void."""
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
