"""The part of HAN_METER_MESSAGE that only some meters have. Imported with the first telegram that has it."""
from ...core.clock import EPOCH
from ...core.zone import UTC
from ...meter.submeters.sub import meters
from .encode import decimal, text

#: Names of device types (EN 13757-7); all others are "other".
_KINDS = {
    1: "oil", 2: "electricity", 3: "gas", 4: "heat", 5: "steam", 6: "hot_water", 7: "water", 10: "cold", 11: "cold",
    12: "heat", 13: "heat", 21: "hot_water", 22: "water", 23: "water", 40: "waste_water",
}  # fmt: skip
_HOUR = 3600
_MONTH = 31 * 86400


def more(app, live, mts):
    """The JSON of what a Live has in `extra`, with a comma in front; "" where that is nothing.

    mts: the meter's own clock in UTC, s since 2020, or None
    """
    found = []
    now = app.clock.utc()
    for one in meters(live.extra, live.clock):
        kind = None if one.kind is None else _KINDS.get(one.kind, "other")
        ts = placed(app.clock, live, mts, one.time, one.dst)
        if ts is not None and now is not None and ts > now + _MONTH:
            ts = None  # the telegram has no clock that would have shown it
        found.append(
            '{"ch":%d,"kind":%s,"id":%s,"v":%s,"unit":%s,"ts":%s}'
            % (
                one.channel,
                text(kind),
                text(one.id),
                decimal(one.value, one.places),
                text(one.unit),
                text(None if ts is None else (ts + EPOCH) * 1000),
            )
        )
    return ',"sub":[%s]' % ",".join(found) if found else ""


def placed(clock, live, mts, local, dst):
    """UTC of a local time in a telegram, by the zone, and with what corrects the meter's own clock; None: not known."""
    if local is None:
        return None
    zone = clock.zone
    if zone.name != UTC:
        utc = zone.utc(local, dst)
        if mts is not None and zone.utc(live.clock, True) == zone.utc(live.clock, False):
            utc += mts - zone.utc(live.clock, live.dst)  # an hour, where the meter stays at winter time
        return utc
    if mts is None:
        return None
    utc = local + mts - live.clock
    if dst is not None and live.dst is not None:
        utc += _HOUR * (live.dst - dst)
    return utc
