"""What a year of electricity costs, and its peaks: computed from the meter's counters, without any code of the reader.

Fractions and the time zones of Python take the place of the reader's integers and rules. A quarter of an hour is known
by its start, in Unix seconds. Amounts are in 10^-6 minor units and not rounded.
"""

from datetime import datetime
from fractions import Fraction

QUARTER = 900
MICRO = 10**6


def day_of(utc, zone):
    """Unix s of the local midnight before a time."""
    date = datetime.fromtimestamp(utc, zone).date()
    return int(datetime(date.year, date.month, date.day, tzinfo=zone).timestamp())


def month_of(utc, zone):
    """Unix s of the local midnight at the begin of the month."""
    date = datetime.fromtimestamp(utc, zone).date()
    return int(datetime(date.year, date.month, 1, tzinfo=zone).timestamp())


def within(window, here):
    """True where a window of the configuration ("hours", "days", "months") is open at a local datetime."""
    first, end = window.get("hours", (0, 24))
    hours = range(first, end) if first < end else [*range(first, 24), *range(end)]
    return (
        here.hour in hours
        and here.isoweekday() in window.get("days", range(1, 8))
        and here.month in window.get("months", range(1, 13))
    )


def half_up(amount):
    """The nearest integer of a Fraction, halves away from zero."""
    whole = int(abs(amount) + Fraction(1, 2))
    return whole if amount >= 0 else -whole


class Prices:
    """What a kWh costs and earns by the settings `vat fees sell monthly`, as a client writes them.

    quote   function: Unix s of a quarter -> 10^-6 minor units per kWh, without VAT
    """

    def __init__(self, settings, zone, quote):
        self._vat = 1 + Fraction(str(settings.get("vat", 0))) / 100
        self._fees = settings.get("fees", [])
        self._sell = settings.get("sell")
        self.monthly = Fraction(str(settings.get("monthly", 0))) * MICRO * self._vat
        self._zone = zone
        self._quote = quote

    def bought(self, quarter):
        """Price of an imported kWh with fees and VAT."""
        here = datetime.fromtimestamp(quarter, self._zone)
        fees = [Fraction(str(fee["p"])) for fee in self._fees if within(fee, here)]
        return (self._quote(quarter) + sum(fees) * MICRO) * self._vat

    def sold(self, quarter):
        """What an exported kWh earns."""
        return self._quote(quarter) if self._sell is None else Fraction(str(self._sell)) * MICRO

    def cost(self, quarter, wh):
        """(cost of the import, earnings of the export) of [Wh, Wh] in a quarter."""
        return self.bought(quarter) * wh[0] / 1000, self.sold(quarter) * wh[1] / 1000


def intervals(quarters, whole, minutes, zone):
    """{start: W} of the intervals of so many minutes (15 or 60) whose quarters are all in the set `whole`.

    They are counted from local midnight on. W is rounded down.
    """
    found = {}
    for quarter in whole:
        midnight = day_of(quarter, zone)
        start = quarter - (quarter - midnight) % (60 * minutes)
        if start == quarter:
            parts = range(start, start + 60 * minutes, QUARTER)
            if all(part in whole for part in parts):
                found[start] = sum([quarters[part][0] for part in parts]) * 60 // minutes
    return found


def peaks(means, month, rule, zone):
    """[(W, start)] of the intervals that count in the month that begins at `month`, the highest first.

    means   {start: W}
    rule    n: so many; days: of different days
    """
    own = sorted([(-w, start) for start, w in means.items() if month_of(start, zone) == month])
    found, days = [], set()
    for w, start in own:
        day = day_of(start, zone)
        if len(found) < rule.get("n", 1) and not (rule.get("days") and day in days):
            found.append((-w, start))
            days.add(day)
    return found


def counts(found):
    """W that a month with these peaks counts: their mean, None without any."""
    return half_up(Fraction(sum([w for w, _ in found]), len(found))) if found else None


def billed(months, rule):
    """W that are billed, from what each of the last months counts, the newest last; its minimum is in W."""
    known = [max(w, rule.get("min", 0)) for w in months[-rule.get("months", 1) :] if w is not None]
    return half_up(Fraction(sum(known), len(known))) if known else None
