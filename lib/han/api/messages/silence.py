"""A meter that has fallen silent: its last reading is no longer served as what is true now."""


class Silence:
    """Knows since when there is no reading, and tells the streams and /health of it."""

    #: The latest reading is old after so many of the meter's periods, but not before this, ms.
    periods = 6
    least_ms = 60000

    def __init__(self, app):
        self._app = app
        self._seq = 0  # of the reading that is old
        self._received = 0  # uptime when it came, ms: the board's tick wraps within days
        self._told = False

    def age(self):
        """Age of the latest reading, ms."""
        app = self._app
        live = app.messages.reading()
        if live.seq == self._seq:
            return app.clock.uptime_ms() - self._received
        return max(0, app.board.ticks_diff(app.board.ticks_ms(), live.received))

    def old(self):
        """True where the latest reading is too old to be what is true now; False before the first."""
        live = self._app.messages.reading()
        if live is None:
            return False
        return live.seq == self._seq or self.age() > max(self.least_ms, self.periods * live.period_ms)

    def look(self):
        """Called every second: tell of a silence that begins or ends."""
        app = self._app
        if self.old():
            age = self.age()
            live = app.messages.reading()
            if self._seq != live.seq:
                self._seq = live.seq
                self._received = app.clock.uptime_ms() - age
                app.messages.drop("meter")
                app.streams.tell("meter")
            self._told = True
            app.supervisor.judge("meter", "degraded", "no reading for %d s" % (age // 1000))
        elif self._told:
            self._told = False
            app.supervisor.judge("meter", "ok")
