"""Which setting of a line is tried next. Imported while the right one is searched for.

Silence shows only the level at which the line rests. All else is learned from bytes. If the line is slower than the
setting, the bytes show its speed (speeds.py). So the search begins with the fastest speed, and it can change the
setting in the middle of a telegram. A setting gets points for a burst that was heard whole and had no telegram. If
the framer found a good beginning, it loses its points. The setting with the fewest points is tried next.
"""
from .settings import TRIED, setting
from .speeds import ENOUGH, slower

# Bytes at the beginning of a burst that are used to tell the line's speed.
_FIRST = 32


class Trial:
    """The points of all settings, and what the line has shown. It sets the `wanted` of the Search that is passed.

    right   the setting that was right until now; None at the start
    """

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

    def __init__(self, right=None):
        self._first = bytearray(_FIRST)
        self._points = [0 if right is None or index == right else self.others for index in range(TRIED)]
        self._baud = self._inverted = None  # speed and polarity that the line seems to have
        self._sure = False  # the polarity was shown by a byte
        self._turns = 0  # how often in a row a zero byte has turned the polarity

    def hear(self, search, data, n, before):
        """Take the first n bytes of data, which have come in a burst that had `before` bytes."""
        if before >= _FIRST:
            return
        for i in range(min(n, _FIRST - before)):
            self._first[before + i] = data[i]
        if before + n >= _FIRST and self._speed(search.index, _FIRST):
            self._points[search.index] += self.partial
            self._choose(search)

    def burst(self, search, received, opened, rested):
        """A burst of so many bytes without a telegram is over. opened, rested: see Search.

        True where the setting should be set up again now, in silence, so that the line shows its polarity.
        """
        inverted = search.line()[4]
        if not rested and not received:
            self._turns = 0
            self._rests(search, inverted, False)
        elif not rested and received == 1:
            # A single zero shows that the line rests at the wrong level, unless both polarities get zeros.
            if not self._first[0] and self._turns < self.most_turns:
                self._turns += 1
                self._rests(search, not inverted, True)
        elif received:
            self._turns = 0
            self._count(search, received, opened, rested)
            return self._inverted is None
        return False

    def _rests(self, search, inverted, sure):
        """The line rests like a line of this polarity. sure: False if only silence shows it, as without any line."""
        self._sure = sure or self._sure and inverted == self._inverted
        self._inverted = inverted
        self._choose(search)

    def _count(self, search, received, opened, rested):
        """Give the setting its points for a burst without a telegram."""
        baud, _, _, _, inverted = search.line()
        fastest = baud == setting(0)[0]
        told = not opened and received >= ENOUGH and self._speed(search.index, min(received, _FIRST))
        if opened:  # that is no chance: the setting is right, and the line is bad
            self._baud, self._inverted, self._sure = baud, inverted, True
            points = -self._points[search.index]
        elif received < ENOUGH:
            # At the line's speed, or at a higher one, a telegram has more bytes: this is noise.
            points = 0 if fastest or baud == self._baud else self.short
        elif not rested and received < search.many_bytes:
            points = self.partial
        else:
            if not told and fastest:
                self._baud = baud  # a slower line would have shown its speed
            elif not told and self._baud and self._baud < baud:
                self._baud = None
            points = self.likely if self._baud == baud else self.whole
        self._points[search.index] += points
        self._choose(search)

    def _speed(self, tried, n):
        """Take the speed that the first n bytes of a burst show with the setting `tried`. True where they show one."""
        found = slower(setting(tried)[0], self._first, n)
        if not found:
            return False
        self._baud = found
        # The speed was seen again: of the points of its settings, keep only the differences.
        own = [index for index in range(TRIED) if setting(index)[0] == found]
        least = min([self._points[index] for index in own])
        for index in own:
            self._points[index] -= least
        return True

    def _choose(self, search):
        """Want the setting with the fewest points (the commonest of several), if it has at least `enough` less."""
        least = best = None
        for index in range(TRIED):
            points = self._sum(index)
            if least is None or points < least:
                least, best = points, index
        if self._sum(search.index) - least >= self.enough:
            search.wanted = best

    def _sum(self, index):
        baud, _, _, _, inverted = setting(index)
        points = self._points[index]
        if self._baud and self._baud != baud:
            points += self.other_speed
        if self._inverted is not None and self._inverted != inverted:
            points += self.upside_down if self._sure else self.unlike
        return points
