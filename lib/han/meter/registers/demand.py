"""What a meter tells of its demand, from the registers of a P1 telegram (eMUCS-P1 1.7.1 clause 6.8). Imported for that.

    1-0:1.4.0(02.351*kW)                      mean of the running quarter of an hour, as if it had ended now
    1-0:1.6.0(200509134500S)(02.589*kW)       the highest quarter of the running month, and when it ended
    0-0:98.1.0(n)(1-0:1.6.0)(1-0:1.6.0)()     the same of the last 13 months:
      (200501000000S)(200423193000S)(03.695*kW)…  end of the month, end of the quarter, W
"""
from ...core.zone import date

_RUNNING, _HIGHEST, _LOG = "1-0:1.4.0", "1-0:1.6.0", "0-0:98.1.0"
_DAY = 86400
_MOST_DIGITS = 9


class Demand:
    """The demand that a meter tells, W. Each is None, or empty, where it does not.

    running   mean of the running quarter, as if it had ended now: its energy is this, times 15 minutes
    month     (W, when that quarter ended) of the running month, see below
    months    {(year, month): (W, when)} of those before

    A time is (s since 2020 in the meter's local time, True in summer time), or None where it is none.
    """

    def __init__(self):
        self.running = self.month = None
        self.months = {}
        self._doubt = []

    def any(self):
        """True where the meter tells anything of it."""
        return self.running is not None or self.month is not None or bool(self.months)

    def take(self, register):
        """Look at a register of the telegram; all have to be shown, in any order."""
        code = register.obis
        if code not in (_RUNNING, _HIGHEST):
            return
        w = watts(register)
        if w is None:
            return
        when = None
        if register.local:
            when = register.local[0], register.local[2]
        if code == _HIGHEST and not w and when is None:
            return  # nothing has been measured yet
        if register.log == _LOG:
            key = _month(register.stored, when)
            if when and _month(None, (when[0] - 1, None)) != key:
                when = None  # not of that month
            if key and self.months.get(key, (w, when)) != (w, when):
                self._doubt.append(key)
            if key in self._doubt:
                self.months.pop(key, None)  # entries that contradict each other
            elif key:
                self.months[key] = w, when
        elif register.log is None and code == _RUNNING:
            self.running = w
        elif register.log is None:
            self.month = w, when


def watts(register):
    """A register's value in W; None where it is no number of W or kW."""
    places = {"kw": 3, "w": 0}.get((register.unit or "").lower())
    whole, point, fraction = (register.value or "").replace(",", ".").partition(".")
    digits = whole + fraction
    if places is None or not whole or (point and not fraction) or len(digits) > _MOST_DIGITS:
        return None
    if not digits.isdigit() or max(digits) > "9":  # isdigit() knows more digits than these ten
        return None
    unit = 10 ** len(fraction)
    return (int(digits) * 10**places * 2 + unit) // (2 * unit)


def _month(stored, when):
    """(year, month) that an entry is of: it was stored at the month's end, or at any time within it."""
    from .lines import moment

    found = moment(stored, True) if stored else None
    local = found[1][0] - 1 if found and found[1] else when and when[0]
    return None if local is None else date(local // _DAY)[:2]
