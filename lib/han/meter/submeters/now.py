"""The sub-meters' counters of now, for what is kept of them. Imported each hour, and for a request."""
from .sub import read

_PLACES = 3
_HOUR = 3600


class Sub:
    """A sub-meter as it is now; None each where not known.

    kind, id, unit  its device type, its number, the unit of its value
    value   its counter, 10^-3 of the unit
    taken   time of the counter, s since 2020 UTC; None: now
    """

    def __init__(self, kind, id, unit, value, taken):
        self.kind = kind
        self.id = id
        self.unit = unit
        self.value = value
        self.taken = taken


def subs(live, t):
    """{channel: Sub} of the sub-meters of a Live, whose last reading was at t (s since 2020)."""
    found = {}
    for one in read(live.extra, live.clock) if live.extra else ():
        value = one.value
        if value is not None:
            more = _PLACES - one.places
            value = value * 10**more if more >= 0 else value // 10**-more
        taken = None
        if one.time is not None and live.clock is not None:
            # Both clocks are the electricity meter's, so its zone does not matter.
            age = live.clock - one.time
            if one.dst is not None and live.dst is not None:
                age += _HOUR * (one.dst - live.dst)
            taken = t - max(0, age)
        found[one.channel] = Sub(one.kind, one.id, one.unit, value, taken)
    return found
