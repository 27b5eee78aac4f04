"""What is due at the end of an hour, a day and a month: the rows of the ledger. Imported for that.

The history records all by itself what it can know. The ledger has what belongs to more than one part of the reader:
counters of sub-meters, alarms, costs and peaks.
"""
from .meter.submeters.now import subs
from .store.ledger.close import days, hour, months
from .store.ledger.records import Ledger
from .tariff.kept import Keeper
from .tariff.rules import Rule

_HOUR = 3600
# Time until the next try where something is still waited for, s.
_SOON = 60


async def close(app, t, report):
    """Write what is due at t, s since 2020: the time of the last reading, or a later one while the meter is silent.

    Then only the hour is due, for its alarms: days and months wait for the next reading.

    report  function: takes health and error for /health

    Returns the time at which it must be called again.
    """
    history = app.history
    zone = history.clock.zone
    silent = history.t is None or t > history.t
    if not silent and (history.up is None or history.guessed or history.edge):
        return t + _SOON  # no reading yet, the time is not known, or counters of the hour's end may still come
    try:
        ledger = Ledger(history)
    except ValueError as error:  # the partition is too small
        report("disabled", str(error))
        return t + _HOUR
    try:
        if not ledger.free():
            return t + _SOON
        begin = zone.hour_start(zone.hour_start(t) - 1)
        heard = _heard(app.link.live, history.t, begin) if silent else subs(app.link.live, t)
        alarms = app.bus.latest.get("alarmhours")
        done, known = hour(ledger, zone, t, heard, app.config.get("sub"), alarms.bits(begin) if alarms else 0)
        if known is not None:
            app.config.note("sub", known)
        if not done:
            return t + _SOON
        if silent:
            return zone.hour_start(t) + _HOUR
        await close_days(history, t, ledger, app.config, app.book)
    except ValueError as error:  # no room beside the settings
        report("degraded", "settings: %s" % error)
    except OSError as error:
        report("degraded", "flash: %s" % error)
    else:
        report("ok", None)
    return zone.hour_start(t) + _HOUR


def _heard(live, t, begin):
    """The same as subs() while the meter is silent since t: nothing if that is before the hour that starts at begin."""
    if t is None or t < begin:
        return {}
    found = subs(live, t)
    for one in found.values():
        if one.taken is None:
            one.taken = t
    return found


async def close_days(history, t, ledger, config, book):
    """Write the rows of all days and months that have ended before t, s since 2020, with their peaks and costs."""
    fills = _fills(history, ledger, config, book)
    since = await days(ledger, history, t, fills)
    await months(ledger, history.clock.zone, t, since, fills)


def _fills(history, ledger, config, book):
    """What adds peaks and costs to rows, see close.days()."""

    def note(noted):
        config.note("peaks", noted)

    found = [Keeper(history, ledger, Rule(config.get("cap")), config.get("peaks"), note).fill]
    costs = book.costs(history.clock.zone)
    if costs:
        from .tariff.close import Close

        found.append(Close(history, ledger, costs).fill)
    return found
