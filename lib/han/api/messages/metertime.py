"""Times that a meter tells in its local time, as times of the API."""
from ...core.clock import EPOCH
from ...core.zone import UTC
from ...core.encode import text

_HOUR = 3600
_MONTH = 31 * 86400


def stamps(clock, live):
    """A function that makes JSON of a local time: ms since 1970, or null where that is not known.

    It is called with s since 2020 and True in summer, False in winter, None where not known. The zone decides, and what
    corrects the meter's own clock corrects these, too.
    """
    mts = clock.of_meter(live.clock, live.deviation, live.dst)
    now = clock.utc()

    def stamp(local, dst):
        utc = placed(clock, live, mts, local, dst)
        if utc is None or now is not None and utc > now + _MONTH:
            return "null"  # the telegram may have no clock that would have shown it
        return text((utc + EPOCH) * 1000)

    return stamp


def placed(clock, live, mts, local, dst):
    """UTC of a local time in a telegram, by the zone, and with what corrects the meter's own clock; None: not known.

    mts: the meter's own clock in UTC, s since 2020, or None
    """
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
