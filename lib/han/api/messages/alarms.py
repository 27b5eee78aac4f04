"""HAN_ALARMS_MESSAGE: the states of the alarms. Imported when one is made."""
from ...core.encode import decimal, flag, text

# Decimal places that the values of an alarm have inside.
_PLACES = {"current": 3, "price": 6}


def message(app):
    """The message, as bytes."""
    return (opened(app) + "}").encode()


def opened(app):
    """The message without its last brace, as text."""
    states = [
        '"%s":{"on":%s,%s}' % (alarm.name, "null" if alarm.on is None else flag(alarm.on), _state(app, alarm))
        for alarm in app.bus.latest.get("alarms", ())
    ]
    return '{"type":"HAN_ALARMS_MESSAGE","ts":%s,"alarms":{%s}' % (text(app.clock.unix_ms()), ",".join(states))


def those_on(app):
    """The JSON list of the alarms that are on, as text."""
    on = [alarm for alarm in app.bus.latest.get("alarms", ()) if alarm.on]
    return "[%s]" % ",".join(['{"name":"%s",%s}' % (alarm.name, _state(app, alarm)) for alarm in on])


def _state(app, alarm):
    start = app.clock.start()
    places = _PLACES.get(alarm.name, 0)
    since = None if start is None else start + alarm.since
    said = '"since":%s,"value":%s,"limit":%s' % (
        text(since), decimal(alarm.value, places), decimal(alarm.limit, places),
    )  # fmt: skip
    return said if alarm.phase is None else said + ',"phase":%d' % alarm.phase
