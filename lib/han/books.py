"""Sees to it that the ledger (store/ledger) gets its rows, where there is something for it to keep."""
from asyncio import sleep

from .store.config import reckoned

_HOUR = 3600


class Books:
    """Keeps the ledger of an App."""

    #: Time between two looks whether something is due, s.
    look_s = 10
    #: Looks for which what is due waits for memory. An hour whose row is not written in time is lost.
    waits = 30

    def __init__(self, app):
        self._app = app

    def wanted(self):
        """True where there is something to keep: a sub-meter, or a setting that needs rows of hours, days or months."""
        app = self._app
        values = app.config.values
        extra = app.link.live.extra
        wanted = extra and extra.length or values["sub"] or values["cap"] or values["alarms"] or reckoned(values)
        return app.history and wanted

    async def keep(self, report):
        """Write what is due, for ever. report: function: takes health and error for /health."""
        due = waited = 0
        while True:
            t = self._recorded()
            # It is due within an hour. If it is later, the clock was set back.
            if t is not None and not due - _HOUR <= t < due:
                waited += 1
                if waited > self.waits or self._app.plenty(False):
                    due = await self._close(t, report)
                    waited = 0
            await sleep(self.look_s)

    def _recorded(self):
        """The time up to which rows can be written, s since 2020; None: not known.

        It is that of the last reading. While the meter is silent, it is the clock's where there have been alarms, as
        this silence may be one.
        """
        app = self._app
        if app.messages.fresh() or not app.bus.latest.get("alarmhours"):
            return app.history.t
        return app.clock.utc()

    # A function of its own, as a name in a task that never ends would hold the modules between two hours.
    async def _close(self, t, report):
        from .closing import close

        return await close(self._app, t, report)
