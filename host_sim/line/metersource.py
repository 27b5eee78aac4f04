"""Sends a simulated meter's telegrams on the line when they are due."""


class MeterSource:
    """A simulated meter on its house; the clock tells UTC of ticks."""

    def __init__(self, meter, house, clock):
        self.line = meter.LINE
        self._meter = meter
        self._house = house
        self._epoch_us = clock.utc_us(0)
        self._period_us = meter.PERIOD_MS * 1000
        self._due_us = None

    def next(self, now_us, free_us):
        """The next telegram that is due by now."""
        now = now_us + self._epoch_us
        if self._due_us is None:
            self._due_us = now // self._period_us * self._period_us + self._period_us
        while self._due_us <= now:
            due = self._due_us
            self._due_us += self._period_us
            data = self._meter.encode(self._house.state(due // 1000))
            if data:
                return max(due - self._epoch_us, free_us), data
        return None
