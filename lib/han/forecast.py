"""The month's peak and the forecast of the running interval, for the alarm. Imported while that alarm is set.

They are those of /peaks, but nothing is read again before a quarter of an hour has ended.
"""
from .api.messages.peaks import Told
from .api.routes.peaks import found, taken, tells
from .api.routes.telegram import following, patience
from .store.series.samples import QUARTERS
from .tariff.rules import Rule

# Pause before a meter that tells its peak itself is asked again, if its telegram did not come, ms.
_PAUSE_MS = 60000


class Forecast:
    """What is known of the running interval. load() has to be called before each look at it."""

    def __init__(self, app):
        self._app = app
        self._of = None  # the quarter and the settings for which it was loaded
        self._due = None  # uptime at which the meter is asked again, ms; None: it need not be
        self._own = self._month = None

    async def load(self):
        """Read what has changed: when a quarter of an hour has ended, when the settings are new."""
        app = self._app
        history = app.history
        if history is None or history.t is None or history.guessed:
            self._own = self._of = None
            return
        of = history.buckets[QUARTERS].t, history.edge is None, app.bus.count.get("configuration")
        now = app.clock.uptime_ms()
        if of == self._of and (self._due is None or now < self._due):
            return
        rule = Rule(app.config.get("cap"))
        if of != self._of:
            self._of = of
            self._own = None
            try:
                self._own, _ = await found(app, rule, history.t)
            except OSError:
                pass  # the flash cannot be read: nothing is known until the next quarter
        if not self._own:
            return
        live = app.messages.fresh()
        month = self._own.month
        self._due = None
        if tells(app, rule, live):
            tap = following(app.link)
            demand = await taken(tap, patience(app.link), live) if tap else None
            if demand:
                month = Told(app, rule, live, demand).month or month
            elif live.demand:
                month = None
                self._due = now + _PAUSE_MS
        self._month = month

    def now(self, power):
        """(forecast, limit) of the running interval, W, from the present power; None where they are not known.

        limit: the mean up to which there is no new peak. It is 0 while any is one, None where the interval does not
        count.
        """
        running = self._own and self._own.running(power)
        if not running or not running[1] or not self._month:
            return None
        forecast = running[0].forecast()
        return None if forecast is None else (forecast, self._month.limit(running[0].start))
