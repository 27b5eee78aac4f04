"""The time that the board and the meter on its line share, though they are processes of their own."""

import time

try:
    from time import ticks_us
except ImportError:  # CPython

    def ticks_us():
        return time.monotonic_ns() // 1000


class Clock:
    """Runs `speed` times as fast as the host's clock, from zero_ns (its time.time_ns(), now if None) on."""

    def __init__(self, speed=1, zero_ns=None):
        # CPython and MicroPython's unix port both count from 1970.
        now = time.time_ns() // 1000
        self._zero = now if zero_ns is None else zero_ns // 1000
        self._speed = int(speed * 1000)  # thousandths, so that time stays an integer
        self._start = ticks_us() - (now - self._zero)

    def ticks_us(self):
        """Microseconds since zero_ns, in this clock's time."""
        return (ticks_us() - self._start) * self._speed // 1000

    def utc_us(self, ticks_us):
        """Unix microseconds at a tick."""
        return self._zero + ticks_us
