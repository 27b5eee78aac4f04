"""The source of a simulated meter: sends its telegrams on the line when they are due."""


class MeterSource:
    """A simulated meter of host_sim.meters on a House, as a source for host_sim.uart. clock: converts ticks to UTC."""

    def __init__(self, meter, house, clock):
        self.line = meter.LINE
        self._meter = meter
        self._house = house
        self._epoch_us = clock.utc_us(0)
        self._period_us = meter.PERIOD_MS * 1000
        self._due_us = None

    def next(self, now_us, free_us):
        """(start_us, telegram) of the next telegram that is due by now; None if there is none."""
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
