"""Builds the task of the alarms. Imported when an alarm is set."""
from .alarms.watch import Watch


async def watch(app, report):
    """Watch the alarms until none is set any more. report: function: takes health and error for /health."""

    def forecast():
        from .forecast import Forecast

        return Forecast(app)

    await Watch(app.clock, app.config, app.bus, app.silence, app.book, forecast, report).run()
