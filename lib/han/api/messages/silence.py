"""Notices a meter that has fallen silent. Its last reading is then no longer served as the present one."""


class Silence:
    """Tells how old the latest reading is, and lets the streams and /health know when the meter is silent."""

    #: The latest reading is old after so many of the meter's periods, but not before least_ms, ms.
    periods = 6
    least_ms = 60000
    #: It is stale after so many periods, but not before stale_ms, ms.
    stale_periods = 3
    stale_ms = 10000

    def __init__(self, app):
        self._app = app
        self._seq = 0  # `seq` of the last reading that was found to be old
        self._received = 0  # uptime when it came, ms; kept because the board's tick wraps within days
        self._told = False

    def age(self):
        """The age of the latest reading, ms. There must be one."""
        app = self._app
        live = app.messages.reading()
        if live.seq == self._seq:
            return app.clock.uptime_ms() - self._received
        return max(0, app.board.ticks_diff(app.board.ticks_ms(), live.received))

    def old(self):
        """True when the latest reading is too old to be the present one; False before the first reading."""
        live = self._app.messages.reading()
        if live is None:
            return False
        return live.seq == self._seq or self.age() > max(self.least_ms, self.periods * live.period_ms)

    def stale(self):
        """True when readings have been missing for a while: the latest one must not be acted on. True before it."""
        live = self._app.messages.reading()
        return live is None or self.age() > max(self.stale_ms, self.stale_periods * live.period_ms)

    def look(self):
        """Report a silence that begins or ends. Called every second."""
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
