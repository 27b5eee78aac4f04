"""What time it is, where that is known from, and how long the reader has been up."""

from .zone import Zone

#: Seconds from 1970 to 2020-01-01 UTC, from which the application counts: its
#: seconds then fit the chip's 31-bit small integers until 2054.
EPOCH = 1577836800


class Clock:
    """UTC from the best source so far, and the uptime, on a board's tick."""

    def __init__(self, board):
        self._board = board
        self._ticks = board.ticks_ms()
        self._up = 0
        self._set = None  # unix ms at uptime 0, once someone has set the clock
        self._source = None
        #: Where local days and months begin; whoever knows the configuration sets it.
        self.zone = Zone()

    def uptime_ms(self):
        """ms since the reader started. Called at least once a week, as the board's tick wraps."""
        now = self._board.ticks_ms()
        self._up += self._board.ticks_diff(now, self._ticks)
        self._ticks = now
        return self._up

    def set(self, utc_s, source):
        """Set to seconds since 2020 UTC; source 'ntp' or 'meter'."""
        self._set = (utc_s + EPOCH) * 1000 - self.uptime_ms()
        self._source = source

    @property
    def source(self):
        """'ntp', 'meter', 'board' (a clock that the board keeps) or None: the time is not known."""
        if self._set is None and self._board.utc_ms() is not None:
            return "board"
        return self._source

    def unix_ms(self, ticks=None):
        """ms since 1970 UTC now, or at a tick of the board of the last days; None when not known."""
        if self._set is None:
            now = self._board.utc_ms()
            if now is None:
                return None
        else:
            now = self._set + self.uptime_ms()
        if ticks is not None:
            now -= self._board.ticks_diff(self._board.ticks_ms(), ticks)
        return now

    def utc(self):
        """Seconds since 2020-01-01 UTC; None when not known."""
        now = self.unix_ms()
        return None if now is None else now // 1000 - EPOCH
