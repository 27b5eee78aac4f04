"""Finds the settings of a line: speed, parity and polarity. trial.py tells which one is tried next."""
from .settings import SETTINGS, TRIED, listening


class Search:
    """Decides which setting to use. index: the setting in use; wanted: the setting to use next.

    A telegram locks the setting. It is unlocked only after a long time without a telegram in which bytes have come.
    """

    #: A little longer than the slowest known period of telegrams (60 s), ms.
    dwell_ms = 65000
    #: The setting is unlocked after this time without a telegram, ms, or after three periods if they are longer.
    lost_ms = 90000
    #: So many bytes without a telegram count as a whole burst: as many as the longest telegram has.
    many_bytes = 6144

    def __init__(self, option=0):
        self.fixed = 0 < option <= SETTINGS  # a configuration of another version may have higher numbers
        self.index = self.wanted = option - 1 if self.fixed else 0
        self.locked = False
        self.tried = 0  # bit n: setting n was tried
        self._trial = None  # a Trial while it searches
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
        self._trial = None

    def hear(self, data, n):
        """Take the first n bytes of data, which have come. May change `wanted`."""
        before = self.received
        self.received += n
        if not (self.fixed or self.locked):
            self._tried(False).hear(self, data, n, before)

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
        return self._tried(False).burst(self, received, opened, rested)

    def look(self, silent_ms, period_ms):
        """Unlock the setting if the last telegram is too old. silent_ms: its age; period_ms: the telegrams' period."""
        if self.locked and not self.fixed and silent_ms > max(self.lost_ms, 3 * period_ms):
            self.locked = False
            self.received = 0  # those bytes were not kept
            self._tried(True)

    def _tried(self, unlocked):
        """The Trial. unlocked: a new one, after a setting that was right for a time."""
        if unlocked or not self._trial:
            from .trial import Trial

            self._trial = Trial(self.index if unlocked else None)
        return self._trial
