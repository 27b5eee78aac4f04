"""The forecast of the running interval and the month's peak, for the alarm. Imported while that alarm is set.

They are those of /peaks. What that needs is imported once in a quarter of an hour, and only the result is kept.
"""
from .store.series.samples import QUARTERS

# Pause before a meter that tells its peak itself is asked again, if its telegram did not come, ms.
_PAUSE_MS = 60000


class Forecast:
    """What is known of the running interval. load() has to be called before each look at it."""

    def __init__(self, app):
        self._app = app
        self._of = None  # the quarter and the settings for which it was loaded
        self._due = None  # uptime at which the meter is asked again, ms; None: it need not be
        self._interval = None  # an Interval; None where nothing is known
        self._limit = None  # the mean up to which it is no new peak, see now()

    async def load(self):
        """Read what has changed: when a quarter of an hour has ended, when the settings are new."""
        app = self._app
        history = app.history
        if history is None or history.t is None or history.guessed:
            self._interval = self._of = None
            return
        of = history.buckets[QUARTERS].t, history.edge is None, app.bus.count.get("configuration")
        now = app.clock.uptime_ms()
        if of == self._of and (self._due is None or now < self._due):
            return
        self._of = of
        self._due = self._interval = None
        try:
            if not await self._read(history):
                self._due = now + _PAUSE_MS
        except OSError:
            pass  # the flash cannot be read: nothing is known until the next quarter

    async def _read(self, history):
        """Read the interval and its limit. False where the meter has not told its peak, as it did before."""
        from .api.messages.peaks import Told
        from .api.routes.peaks import found, taken, tells
        from .api.routes.telegram import following, patience
        from .tariff.rules import Rule

        app = self._app
        rule = Rule(app.config.get("cap"))
        own, _ = await found(app, rule, history.t)
        month = own.month
        live = app.messages.fresh()
        if tells(app, rule, live):
            tap = following(app.link)
            demand = await taken(tap, patience(app.link), live) if tap else None
            if demand:
                month = Told(app, rule, live, demand).month or month
            elif live.demand:
                return False
        self._limit = month.limit(own.begin)
        self._interval = own.interval
        return True

    def now(self, power):
        """(forecast, limit) of the running interval, W, from the present power; None where they are not known.

        limit: the mean up to which there is no new peak. It is 0 while any is one, None where the interval does not
        count.
        """
        running = self._interval and self._interval.running(power)
        if not running or not running[1]:
            return None
        forecast = running[0].forecast()
        return None if forecast is None else (forecast, self._limit)
