"""The clock: the time, its source, and the uptime of the reader."""

from .zone import UTC, Zone

#: Seconds from 1970 to 2020-01-01 UTC. The application counts seconds from 2020,
#: which fit the chip's 31-bit small integers until 2054.
EPOCH = 1577836800


class Clock:
    """UTC from the source that spoke last, and the uptime. Both are counted with the board's tick."""

    #: Corrections up to this are made slowly, larger ones at once; ms.
    slew_ms = 1000
    #: A slow correction is 1 ms in so many ms.
    slew_rate = 200

    def __init__(self, board):
        self._board = board
        self._ticks = board.ticks_ms()
        self._up = 0
        self._set = None  # unix ms at uptime 0; None until a source has set the clock
        self._source = None
        self._slew = 0  # ms of the slow correction that are still to be added to _set
        self._slewed = 0  # uptime up to which the slow correction has been made, ms
        #: Uptime when a source spoke last, ms.
        self.told = 0
        #: Number of corrections that were made at once, without the first setting; and the last of them in words.
        self.steps = 0
        self.step = None
        #: The local zone; apply.set_zone() sets it from the configuration.
        self.zone = Zone()

    def uptime_ms(self):
        """ms since the reader started. Must be called at least once a week, as the board's tick wraps."""
        now = self._board.ticks_ms()
        self._up += self._board.ticks_diff(now, self._ticks)
        self._ticks = now
        return self._up

    def set(self, utc_s, source):
        """Set the clock to seconds since 2020 UTC. source: 'ntp' or 'meter'."""
        self._set = (utc_s + EPOCH) * 1000 - self.uptime_ms()
        self._slew = 0
        self._source = source

    def take(self, start, source, doubt=0):
        """Set or correct the clock by what a source tells.

        start    the time at uptime 0, unix ms
        source   'ntp' or 'meter'
        doubt    uncertainty of `start`, ms: a smaller difference is no reason for a correction
        """
        before = self.start()
        self.told = self._up
        self._source = source
        if before is None:
            self._set = start
            return
        self._set = before
        off = start - before
        self._slew = 0
        if abs(off) <= doubt:
            return
        if abs(off) <= self.slew_ms:
            self._slew = off
            self._slewed = self._up
            return
        self._set = start
        self.steps += 1
        self.step = "set %s by %d.%03d s, told by %s" % (
            "forward" if off > 0 else "back", abs(off) // 1000, abs(off) % 1000, source,
        )  # fmt: skip

    def start(self):
        """Unix ms at uptime 0, None when not known."""
        up = self.uptime_ms()
        if self._set is None:
            now = self._board.utc_ms()
            return None if now is None else now - up
        if self._slew:
            by = min(abs(self._slew), (up - self._slewed) // self.slew_rate)
            self._slewed += by * self.slew_rate
            if self._slew < 0:
                by = -by
            self._slew -= by
            self._set += by
        return self._set

    @property
    def source(self):
        """'ntp', 'meter' or 'board' (the board's own clock); None where the time is not known."""
        if self._set is None and self._board.utc_ms() is not None:
            return "board"
        return self._source

    def unix_ms(self, ticks=None):
        """ms since 1970 UTC, now or at one of the board's ticks of the last days; None where the time is not known."""
        now = self.start()
        if now is None:
            return None
        now += self._up
        if ticks is not None:
            now -= self._board.ticks_diff(self._board.ticks_ms(), ticks)
        return now

    def utc(self):
        """Seconds since 2020-01-01 UTC; None where the time is not known."""
        now = self.unix_ms()
        return None if now is None else now // 1000 - EPOCH

    def of_meter(self, local, deviation, dst):
        """The UTC time (s since 2020) of a meter's clock, given as in `Reading`; None where it cannot be determined.

        local       the meter's local time, s since 2020, or None
        deviation   the meter's offset from UTC, minutes, or None
        dst         True in summer time, False in winter time, None where not known

        The configuration's zone outranks the deviation, as some meters send deviation 0 with local time.
        If this clock is set, it decides which of two equal hours the meter means. If it is set by NTP, it
        also corrects a meter that stays at winter time, and one without a zone.
        """
        if local is None:
            return None
        zoned = self.zone.name != UTC
        utc = self.zone.utc(local, dst) if zoned else local + 60 * (deviation or 0)
        told = zoned or deviation
        # From `utc` to the first and to the second of two equal hours.
        shifts = (self.zone.utc(local, False) - utc, self.zone.utc(local, True) - utc) if zoned else ()
        now = self.utc()
        if now is None or self._source != "ntp":
            if now is not None:
                for shift in shifts:
                    if abs(utc + shift - now) < abs(utc - now):
                        return utc + shift  # the other of two equal hours is nearer
            return utc if told else None
        shift = (450 + now - utc) // 900 * 900
        if abs(utc + shift - now) <= 300:
            if shift in shifts or zoned and abs(shift) == 3600 or not told and abs(shift) <= 50400:
                return utc + shift
        return utc if told else None
