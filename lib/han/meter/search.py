"""Finds the settings of a line that does not tell them: speed, parity and polarity."""

# (baud, bits, parity as machine.UART has it: None, 0 even, 1 odd, stop bits), commonest first.
_SPEEDS = (
    (115200, 8, None, 1),
    (2400, 8, 0, 1),
    (2400, 8, None, 1),
    (9600, 8, None, 1),
    (19200, 8, 0, 1),
    (38400, 8, None, 1),
    (4800, 8, None, 1),
)
#: Each of them plain and inverted: P1's own output is inverted, adapters to M-Bus and RS-485 are not.
SETTINGS = 14


def setting(index):
    """(baud, bits, parity, stop bits, inverted) of the settings 0 to 13, in the order they are tried."""
    speed = _SPEEDS[index >> 1]
    return speed + (bool(index & 1) != (speed[0] == 115200),)


class Search:
    """Decides when to try the next setting: a telegram that checks locks it.

    A silent line is listened to for longer than any meter pauses between telegrams. Bytes that
    make no telegram are evidence: a burst of them says what waiting for the next could say.
    """

    #: Longer than the slowest telegram period known (60 s), ms.
    dwell_ms = 65000
    #: Look again only after so long without a telegram, longer than any period, or three periods, ms.
    lost_ms = 90000
    #: Points against a setting that end its trial, and what a burst without a telegram counts:
    #: one that was heard whole, one too short for a telegram, one in which a telegram opened
    #: well (the setting may be right and the line bad), one that had begun before the trial.
    enough = 4
    whole, short, broken, partial = 4, 2, 1, 1
    #: A telegram has so many bytes at least.
    telegram_bytes = 30
    #: So many bytes without a telegram say the same as a whole burst.
    many_bytes = 4096

    def __init__(self, option=0):
        self.fixed = 0 < option <= SETTINGS  # another version may know more
        self.index = option - 1 if self.fixed else 0
        self.locked = False
        self._points = 0

    def line(self):
        """The setting to use now."""
        return setting(self.index)

    def begin(self):
        """The trial of the setting begins."""
        self._points = 0

    def telegram(self):
        """A telegram's checksum was right: this is it."""
        self.locked = True

    def burst(self, received, opened, partial):
        """`received` bytes came without a telegram; opened: one began well; partial: part was not heard."""
        if opened:
            self._points += self.broken
        elif received >= self.many_bytes:
            self._points += self.whole
        elif partial:
            self._points += self.partial
        else:
            self._points += self.whole if received >= self.telegram_bytes else self.short

    def due(self, silent_ms, tried_ms, period_ms):
        """True where the next setting is due, silent_ms after the last telegram, tried_ms after begin."""
        if self.fixed:
            return False
        if self.locked:
            return silent_ms > max(self.lost_ms, 3 * period_ms)
        return tried_ms > self.dwell_ms or self._points >= self.enough

    def next(self):
        """Go on to the next setting."""
        self.locked = False
        self.index = (self.index + 1) % SETTINGS
