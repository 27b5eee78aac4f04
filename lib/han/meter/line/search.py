"""Finds the settings of a line: speed, parity and polarity.

Silence shows only the level at which the line rests. All else is learned from bytes. If the line is slower than the
setting, the bytes show its speed (speeds.py). So the search begins with the fastest speed, and it can change the
setting in the middle of a telegram. A setting gets points for a burst that was heard whole and had no telegram. If
the framer found a good beginning, it loses its points. The setting with the fewest points is tried next.
"""
from .speeds import ENOUGH, slower

# (baud, bits, parity as machine.UART has it: None, 0 even, 1 odd, stop bits), the commonest first. The configuration
# has their numbers, so new ones must be added at the end. 7E1 is read as 8N1 with the parity in bit 7, which the
# framer checks.
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
#: Number of settings: each of these plain and inverted. P1's own output is inverted, M-Bus and RS-485 adapters' is not.
SETTINGS = 20
#: Only the first ones are tried. The others (7E1) are read with one of these.
TRIED = 16

# Bytes at the beginning of a burst that are used to tell the line's speed.
_FIRST = 32


def setting(index):
    """(baud, bits, parity, stop bits, inverted) of a setting, 0 to 19."""
    speed = _SPEEDS[index >> 1]
    return speed + (bool(index & 1) != (speed[0] == 115200 or speed[1] == 7),)


def listening(index):
    """(baud, bits, parity, stop bits, inverted) for the UART: as setting(), but 7E1 as 8N1."""
    baud, bits, parity, stop, inverted = setting(index)
    return (baud, 8, None if bits == 7 else parity, stop, inverted)


class Search:
    """Decides which setting to use. index: the setting in use; wanted: the setting to use next.

    A telegram locks the setting. It is unlocked only after a long time without a telegram in which bytes have come.
    """

    #: A little longer than the slowest known period of telegrams (60 s), ms.
    dwell_ms = 65000
    #: The setting is unlocked after this time without a telegram, ms, or after three periods if they are longer.
    lost_ms = 90000
    #: The setting is changed for another one that has at least so many points less.
    enough = 4
    #: Points for a burst without a telegram: heard whole; heard whole at the speed that the line seems to have; too
    #: short for a telegram; its beginning was not heard.
    whole, likely, short, partial = 6, 4, 3, 1
    #: Points for settings with the wrong polarity, if a byte has shown it; the same, if only silence suggests it; for
    #: settings with another speed than the line's; for all other settings when a locked one is unlocked.
    upside_down, unlike, other_speed, others = 12, 2, 12, 12
    #: How often in a row a zero byte may turn the polarity.
    most_turns = 4
    #: So many bytes without a telegram count as a whole burst: as many as the longest telegram has.
    many_bytes = 6144

    def __init__(self, option=0):
        self.fixed = 0 < option <= SETTINGS  # a configuration of another version may have higher numbers
        self.index = self.wanted = option - 1 if self.fixed else 0
        self.locked = False
        self.tried = 0  # bit n: setting n was tried
        self._first = bytearray(_FIRST)
        self._points = [0] * TRIED
        self._baud = self._inverted = None  # speed and polarity that the line seems to have
        self._sure = False  # the polarity was shown by a byte
        self._turns = 0  # how often in a row a zero byte has turned the polarity
        self._telegrams = False  # the present burst had a telegram
        self.received = 0  # bytes of the present burst
        self.rested = False  # the line was silent before the present burst, with this setting

    def line(self):
        """The UART's settings for `index`, as of listening()."""
        return listening(self.index)

    def begin(self):
        """Begin the trial of the wanted setting."""
        self.index = self.wanted
        self.tried |= 1 << self.index
        self.received = 0
        self.rested = self._telegrams = False

    def prefer(self, index):
        """Begin with the setting that was right before the restart. An unknown number is ignored."""
        if not self.fixed and 0 <= index < TRIED:
            self.wanted = index

    def found(self, before):
        """The setting to prefer after the next start; `before` where none has been found."""
        return self.index if self.locked and not self.fixed else before

    def free(self):
        """Search for the setting from now on, beginning with the one in use."""
        self.fixed = False
        line = self.line()
        while self.index >= TRIED or listening(self.index) != line:
            self.index -= 1
        self.wanted = self.index

    def telegram(self):
        """A telegram's checksum was right: lock the setting."""
        self._telegrams = self.locked = True
        self.wanted = self.index

    def hear(self, data, n):
        """Take the first n bytes of data, which have come. May change `wanted`."""
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
        """A burst is over: the line was silent for a while, or many bytes came without a pause. May change `wanted`.

        opened: the burst had a good beginning of a telegram

        True where the setting should be set up again now, in silence, so that the line shows its polarity.
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
            # A single zero shows that the line rests at the wrong level, unless both polarities get zeros.
            if not self._first[0] and self._turns < self.most_turns:
                self._turns += 1
                self._rests(not self.line()[4], True)
        elif received:
            self._turns = 0
            self._count(received, opened, rested)
            return self._inverted is None
        return False

    def _rests(self, inverted, sure):
        """The line rests like a line of this polarity. sure: False if only silence shows it, as without any line."""
        self._sure = sure or self._sure and inverted == self._inverted
        self._inverted = inverted
        self._choose()

    def _count(self, received, opened, rested):
        """Give the setting its points for a burst without a telegram."""
        baud, _, _, _, inverted = self.line()
        fastest = baud == setting(0)[0]
        told = not opened and received >= ENOUGH and self._speed(min(received, _FIRST))
        if opened:  # that is no chance: the setting is right, and the line is bad
            self._baud, self._inverted, self._sure = baud, inverted, True
            points = -self._points[self.index]
        elif received < ENOUGH:
            # At the line's speed, or at a higher one, a telegram has more bytes: this is noise.
            points = 0 if fastest or baud == self._baud else self.short
        elif not rested and received < self.many_bytes:
            points = self.partial
        else:
            if not told and fastest:
                self._baud = baud  # a slower line would have shown its speed
            elif not told and self._baud and self._baud < baud:
                self._baud = None
            points = self.likely if self._baud == baud else self.whole
        self._points[self.index] += points
        self._choose()

    def _speed(self, n):
        """Take the speed that the first n bytes of the burst show. True where they show one."""
        found = slower(self.line()[0], self._first, n)
        if not found:
            return False
        self._baud = found
        # The speed was seen again: of the points of its settings, keep only the differences.
        own = [index for index in range(TRIED) if setting(index)[0] == found]
        least = min([self._points[index] for index in own])
        for index in own:
            self._points[index] -= least
        return True

    def _choose(self):
        """Want the setting with the fewest points (the commonest of several), if it has at least `enough` less."""
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
        """Unlock the setting if the last telegram is too old. silent_ms: its age; period_ms: the telegrams' period."""
        if self.locked and not self.fixed and silent_ms > max(self.lost_ms, 3 * period_ms):
            self.locked = False
            self.received = 0  # those bytes were not kept
            self._baud = self._inverted = None
            for index in range(TRIED):
                self._points[index] = 0 if index == self.index else self.others
