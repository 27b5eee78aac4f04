"""Sends a simulated meter's telegrams on the line when they are due."""


class MeterSource:
    """A simulated meter on its house; epoch_us is UTC minus the board's microseconds."""

    def __init__(self, meter, house, epoch_us, on_hour=None):
        self.line = meter.LINE
        self._meter = meter
        self._house = house
        self._epoch_us = epoch_us
        self._period_us = meter.PERIOD_MS * 1000
        self._due_us = None
        self._pieces = iter(())
        self._on_hour = on_hour
        self._hour = None

    def next(self, now_us, free_us):
        """The next piece of the telegrams that are due by now."""
        now = now_us + self._epoch_us
        if self._due_us is None:
            self._due_us = now // self._period_us * self._period_us
        while True:
            piece = next(self._pieces, None)
            if piece:
                return max(self._due_us - self._epoch_us, free_us), piece
            if self._due_us + self._period_us > now:
                return None
            self._due_us += self._period_us
            self._pieces = iter(self._meter.pieces(self._house.state(self._due_us // 1000)))
            hour = self._due_us // 3600000000
            if hour != self._hour:
                self._hour = hour
                if self._on_hour:
                    self._on_hour()
