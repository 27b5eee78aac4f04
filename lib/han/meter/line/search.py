"""Finds the settings of a line that does not tell them: speed, parity and polarity.

Nothing is learned from silence but the level at which the line rests; everything from what is heard. Bytes of
a line that is slower than it is listened to tell its speed (speeds.py), so the search begins with the fastest,
and goes on in the middle of a telegram. A telegram that is not understood though it was heard whole counts
against the setting, one that began well speaks for it. The setting that has least against it is the next.
"""
from .speeds import ENOUGH, slower

# (baud, bits, parity as machine.UART has it: None, 0 even, 1 odd, stop bits), commonest first. The configuration
# counts them: new ones go to the end. 7E1 is heard as 8N1 with its parity in bit 7, which the framer checks.
_SPEEDS = (
    (115200, 8, None, 1),
    (2400, 8, 0, 1),
    (2400, 8, None, 1),
    (9600, 8, None, 1),
    (19200, 8, 0, 1),
    (38400, 8, None, 1),
    (4800, 8, None, 1),
    (19200, 8, None, 1),
    (9600, 7, 0, 1),
    (115200, 7, 0, 1),
)
#: Each of them plain and inverted: P1's own output is inverted, adapters to M-Bus and RS-485 are not.
SETTINGS = 20
#: The first ones are tried; the others are heard with one of these.
TRIED = 16

# What of a burst of bytes is looked at for the line's speed.
_FIRST = 32


def setting(index):
    """(baud, bits, parity, stop bits, inverted) of the settings 0 to 19."""
    speed = _SPEEDS[index >> 1]
    return speed + (bool(index & 1) != (speed[0] == 115200 or speed[1] == 7),)


def listening(index):
    """The same, as the UART is set for it."""
    baud, bits, parity, stop, inverted = setting(index)
    return (baud, 8, None if bits == 7 else parity, stop, inverted)


class Search:
    """Decides which setting to use: `index` is in use, `wanted` the one to go on with.

    A telegram locks it, and only much that is heard without a telegram for long unlocks it again.
    """

    #: Longer than the slowest telegram period known (60 s), ms.
    dwell_ms = 65000
    #: Look again only after so long without a telegram, longer than any period, or three periods, ms.
    lost_ms = 90000
    #: Another setting with so many points less is taken.
    enough = 4
    #: Points of a burst without a telegram: one that was heard whole, the same at the speed that the line seems to
    #: have, one too short for a telegram, one whose beginning was not heard.
    whole, likely, short, partial = 6, 4, 3, 1
    #: Points of the settings with another polarity than the line rests at; with another than the one at which it
    #: seems to rest, as nothing came; with another speed; and of all others where one was right before.
    upside_down, unlike, other_speed, others = 12, 2, 12, 12
    #: So often in a row the level at rest may turn the polarity.
    most_turns = 4
    #: So many bytes without a telegram say the same as a whole burst.
    many_bytes = 4096

    def __init__(self, option=0):
        self.fixed = 0 < option <= SETTINGS  # another version may know more
        self.index = self.wanted = option - 1 if self.fixed else 0
        self.locked = False
        self.tried = 0  # bit for bit
        self._first = bytearray(_FIRST)
        self._points = [0] * TRIED
        self._baud = self._inverted = None  # what the line seems to have
        self._sure = False  # about its polarity
        self._turns = 0  # how often in a row a zero has turned the polarity
        self._telegrams = False  # one came in the burst
        self.received = 0  # bytes of the burst
        self.rested = False  # the line was silent since the setting was set up

    def line(self):
        """What the UART is to be set to now."""
        return listening(self.index)

    def begin(self):
        """The trial of the wanted setting begins."""
        self.index = self.wanted
        self.tried |= 1 << self.index
        self.received = 0
        self.rested = self._telegrams = False

    def prefer(self, index):
        """Begin with the setting that was right before the start; another version may know more."""
        if not self.fixed and 0 <= index < TRIED:
            self.wanted = index

    def found(self, before):
        """What to prefer after the next start, `before` where nothing has been found."""
        return self.index if self.locked and not self.fixed else before

    def free(self):
        """Find the settings again, from those in use on."""
        self.fixed = False
        line = self.line()
        while self.index >= TRIED or listening(self.index) != line:
            self.index -= 1
        self.wanted = self.index

    def telegram(self):
        """A telegram's checksum was right: this is it."""
        self._telegrams = self.locked = True
        self.wanted = self.index

    def hear(self, data, n):
        """The first n bytes of data came."""
        before = self.received
        self.received += n
        if self.fixed or self.locked or before >= _FIRST:
            return
        for i in range(min(n, _FIRST - before)):
            self._first[before + i] = data[i]
        if self.received >= _FIRST and self._speed(_FIRST):
            self._points[self.index] += self.partial
            self._choose()

    def pause(self, opened):
        """The line has been silent for longer than inside of a telegram, or many bytes came without a pause.

        opened: a telegram began well in what was heard. True where the setting should be set up anew, in silence,
        so that the line shows its polarity.
        """
        received, telegrams, rested = self.received, self._telegrams, self.rested
        self.received = 0
        self.rested = True
        self._telegrams = False
        if self.fixed or self.locked or telegrams:
            return False
        if not rested and not received:
            self._turns = 0
            self._rests(self.line()[4], False)
        elif not rested and received == 1:
            # A zero says that the line rests at the wrong level; but not of either polarity, again and again.
            if not self._first[0] and self._turns < self.most_turns:
                self._turns += 1
                self._rests(not self.line()[4], True)
        elif received:
            self._turns = 0
            self._count(received, opened, rested)
            return self._inverted is None
        return False

    def _rests(self, inverted, sure):
        """The line rests as one of this polarity would. Not sure: nothing came, as of a line that is not there."""
        self._sure = sure or self._sure and inverted == self._inverted
        self._inverted = inverted
        self._choose()

    def _count(self, received, opened, rested):
        """Points for the setting, of a burst without a telegram."""
        baud, _, _, _, inverted = self.line()
        fastest = baud == setting(0)[0]
        told = not opened and received >= ENOUGH and self._speed(min(received, _FIRST))
        if opened:  # by chance it does not: the line is bad rather than the setting
            self._baud, self._inverted, self._sure = baud, inverted, True
            points = -self._points[self.index]
        elif received < ENOUGH:
            # Of a telegram more is heard at its own speed or at a higher one: this is noise.
            points = 0 if fastest or baud == self._baud else self.short
        elif not rested and received < self.many_bytes:
            points = self.partial
        else:
            if not told and fastest:
                self._baud = baud  # as it would look else
            elif not told and self._baud and self._baud < baud:
                self._baud = None
            points = self.likely if self._baud == baud else self.whole
        self._points[self.index] += points
        self._choose()

    def _speed(self, n):
        """Take the speed that the burst's first n bytes tell, True where they do."""
        found = slower(self.line()[0], self._first, n)
        if not found:
            return False
        self._baud = found
        # It has just been seen again: what was against its settings until now is no more than a preference.
        own = [index for index in range(TRIED) if setting(index)[0] == found]
        least = min([self._points[index] for index in own])
        for index in own:
            self._points[index] -= least
        return True

    def _choose(self):
        """Want the setting with the fewest points, the commonest of them, if they are fewer by enough."""
        least = best = None
        for index in range(TRIED):
            points = self._sum(index)
            if least is None or points < least:
                least, best = points, index
        if self._sum(self.index) - least >= self.enough:
            self.wanted = best

    def _sum(self, index):
        baud, _, _, _, inverted = setting(index)
        points = self._points[index]
        if self._baud and self._baud != baud:
            points += self.other_speed
        if self._inverted is not None and self._inverted != inverted:
            points += self.upside_down if self._sure else self.unlike
        return points

    def look(self, silent_ms, period_ms):
        """A telegram is silent_ms old; unlocks the setting where that is too long."""
        if self.locked and not self.fixed and silent_ms > max(self.lost_ms, 3 * period_ms):
            self.locked = False
            self.received = 0  # of those nothing has been kept
            self._baud = self._inverted = None
            for index in range(TRIED):
                self._points[index] = 0 if index == self.index else self.others
