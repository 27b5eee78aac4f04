"""The time that the board and the meter on its line share, although each runs in its own process."""

import time

try:
    from time import ticks_diff, ticks_us
except ImportError:  # CPython

    def ticks_us():
        return time.monotonic_ns() // 1000

    def ticks_diff(after, before):
        return after - before


class Clock:
    """A clock that runs `speed` times as fast as the host's.

    zero_ns  time.time_ns() of its zero, None for now
    """

    def __init__(self, speed=1, zero_ns=None):
        # time_ns() counts from 1970 on CPython and on MicroPython's unix port.
        now = time.time_ns() // 1000
        self._zero = now if zero_ns is None else zero_ns // 1000
        self._speed = int(speed * 1000)  # thousandths, so that time stays an integer
        self._last = ticks_us(), now - self._zero  # ticks, and us since its zero at the host's speed

    def ticks_us(self):
        """Microseconds since zero_ns, at this clock's speed. Call it at least every few minutes."""
        now = ticks_us()
        # Ticks of a MicroPython for 32 bits begin at 0 again every 18 minutes.
        before, passed = self._last
        passed += ticks_diff(now, before)
        self._last = now, passed  # at once, as threads share a clock
        return passed * self._speed // 1000

    def utc_us(self, ticks_us):
        """Unix microseconds at a tick."""
        return self._zero + ticks_us
