"""Alarm: decides when an alarm goes on and off. All times are those of the uptime, so no clock is needed."""

#: So long must a value have been back below its limit until the alarm goes off, ms.
_BACK_MS = 60000


class Alarm:
    """One alarm, on while a value is above a limit.

    It goes on when the value has been above the limit for some time without a break, and off when it has been 5 % of
    the limit below the limit for a minute. In between it stays what it is. So a value around its limit gives one alarm.

    name   as in rules.py
    rule   {field: number}, as in the configuration
    limit  in the unit of `value`; None while there is none
    first  the limit that it began with
    on     True or False; None: not known
    since  uptime when it became so, ms
    value  the last one, W, mA, s or 10^-6 minor units per kWh; None: not known
    phase  1 to 3 where the value is that of a phase, else None
    bit    its bit in flash
    """

    back_ms = _BACK_MS

    def __init__(self, name, rule, limit, now):
        self.name = name
        self.rule = rule
        self.limit = self.first = limit
        self.on = self.value = self.phase = None
        self.bit = 0
        self.since = now
        self._turning = None  # uptime since which each value has spoken for the other state, ms; None: the last did not

    def beyond(self, value):
        """True where a value speaks for the alarm."""
        return value > self.limit

    def back(self, value):
        """True where a value speaks against it."""
        return 20 * value <= 19 * self.limit

    def take(self, value, now):
        """Take a value, None where it is not known, at an uptime in ms. True where the state has changed."""
        self.value = value
        if value is None or self.limit is None:
            return self._set(None, now)
        if self.on:
            turns, wait = self.back(value), self.back_ms
        else:
            turns, wait = self.beyond(value), 1000 * self.rule.get("s", 0)
        if not turns:
            self._turning = None
        elif self._turning is None:
            self._turning = now
        if turns and now - self._turning >= wait:
            return self._set(not self.on, now)
        return self.on is None and self._set(False, now, self._turning)

    def _set(self, on, now, turning=None):
        self._turning = turning
        if on is self.on:
            return False
        self.on = on
        self.since = now
        return True


class Rising(Alarm):
    """An alarm with a limit that changes: the peak of the month, or more where the rule has a higher floor (w)."""

    def take(self, value, now):
        """Take (value, limit), or None where they are not known. A limit of 0 or None is none: nothing is above it."""
        self.value = self.limit = None
        if value is None:
            return self._set(None, now)
        self.value, limit = value
        if limit is not None:
            self.limit = max(limit, self.rule["w"]) or None
        if self.limit is None:
            return self._set(False, now)
        return super().take(self.value, now)


class Cheap(Alarm):
    """An alarm that is on while a price is below a limit. A price is exact and lasts, so nothing is waited for."""

    back_ms = 0

    def beyond(self, value):
        """True where a price speaks for the alarm."""
        return value < self.limit

    def back(self, value):
        """True where it speaks against it."""
        return value >= self.limit


class Silent(Alarm):
    """An alarm that is on when the meter has been silent for so many seconds. A reading ends it at once."""

    back_ms = 0

    def take(self, value, now):
        """Take the seconds of a silence, 0 where there is none. True where the state has changed."""
        self.value = value
        return self._set(value >= self.limit, now)
