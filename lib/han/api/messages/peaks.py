"""The message of GET /peaks. Imported when one is made."""
from ...core.clock import EPOCH
from ...core.zone import date, days
from ...meter.obis import IMPORT_POWER
from ...tariff.interval import Running
from ...tariff.peaks import Month
from ..config.cap import fields
from ...core.encode import decimal, flag, text
from .metertime import placed

_MESSAGE = (
    '{"type":"HAN_PEAKS_MESSAGE","cap":%s,"month":[%s],"billed_w":%s,"cost":%s,"pc":%s,"now":%s,"months":[%s]}'
)
_PEAK = '{"ts":%s,"w":%d,"src":"%s","part":%s}'
_NOW = (
    '{"ts":%s,"end":%s,"w":%s,"forecast_w":%s,"limit_w":%s,"left_w":%s,"src":"%s","part":%s}'
)
_MONTH = '{"month":%s,"ts":%s,"w":%d,"src":"%s","part":%s}'
#: Months that are told.
MONTHS = 13
_DAY = 86400
_QUARTER = 900
# For so long (s) a meter may still tell the mean of the quarter that has ended.
_LATE = 15


class Told:
    """What is known of the peaks: what the meter tells (a Demand or None) first, then what add() has to add.

    month     a Month, None: not known
    running   (Running, whole), None: not known
    months    [(start of the month, time of its peak or None, W, source, whole)], the oldest first; s since 2020
    """

    def __init__(self, app, rule, live, demand):
        self.app = app
        self.rule = rule
        self.month = self.running = None
        self.months = []
        self.source = self.running_source = "meter"
        if demand:
            self._meter(live, demand)

    def _meter(self, live, demand):
        clock, rule = self.app.clock, self.rule
        zone = clock.zone
        mts = clock.of_meter(live.clock, live.deviation, live.dst)
        if demand.month:
            w, when = demand.month
            # What ended at the month's first midnight is of the month before.
            if when is None or live.clock is None or month_of(when[0] - 1) == month_of(live.clock):
                self.peak = when and placed(clock, live, mts, *when)
                self.month = Month(rule, zone, [(w, self.peak or 0, True)])
        now = clock.utc() if mts is None else mts
        if demand.running is not None and now is not None and now % _QUARTER >= _LATE:
            begin = now - now % _QUARTER
            ws = demand.running * _QUARTER
            self.running = Running(begin, begin + _QUARTER, now, ws, live.get(IMPORT_POWER)), True
        for year, number in sorted(demand.months):
            w, when = demand.months[year, number]
            t = when and placed(clock, live, mts, *when)
            self.months.append((zone.utc(_DAY * days(year, number, 1)), t, w, "meter", True))

    def add(self, own, power, months):
        """Add what an Own has found, and the months of a Kept, where the meter tells nothing.

        power: the present one, W or None
        """
        if not self.month:
            self.month = own.month
            self.source = "own"
        if not self.running:
            self.running = own.interval.running(power)
            self.running_source = "own"
        if not self.months:
            self.months = [(start, t, w, "own", whole) for start, t, w, whole in months]

    def peaks(self):
        """[(time, W, whole)] of the running month, the highest first."""
        if not self.month:
            return []
        if self.source == "meter":
            return [(self.peak, self.month.counting[0][1][0], True)]
        found = self.month.counting + self.month.others
        found.sort(key=lambda one: (-one[0], one[1][1]))
        return [(t, w, whole) for _, (w, t, whole) in found]

    def billed(self):
        """W that are billed so far: the mean of the running month and of the last ones that are wholly known."""
        rule, zone = self.rule, self.app.clock.zone
        value = self.month and self.month.value()
        if value is None and not rule.least:
            return None
        known = [value or 0]
        now = self.app.clock.utc()
        if rule.months > 1 and now is not None:
            begin = zone.month_start(now)
            wanted = []
            for _ in range(rule.months - 1):
                begin = zone.month_start(begin - 1)
                wanted.append(begin)
            known += [one[2] for one in self.months if one[4] and one[0] in wanted]
        return rule.billed(known)


def month_of(local):
    """(year, month) of a local time, s since 2020."""
    return date(local // _DAY)[:2]


def message(told):
    """The message, bytes. told: a Told that is complete."""
    rule = told.rule
    cost = billed = None
    if rule.asked:
        billed = told.billed()
        cost = rule.cost(billed)
    months = []
    for month, t, w, source, whole in told.months[-MONTHS:]:
        months.append(_MONTH % (_ms(month), _ms(t), w, source, flag(not whole)))
    return (
        _MESSAGE
        % (
            "{%s}" % ",".join(fields(rule.values)) if rule.asked else "null",
            ",".join([_PEAK % (_ms(t), w, told.source, flag(not whole)) for t, w, whole in told.peaks()]),
            text(billed),
            decimal(cost, 6),
            text(None if cost is None else rule.values["pc"] or told.app.config.get("pc")),
            _now(told),
            ",".join(months),
        )
    ).encode()


def _now(told):
    if not told.running:
        return "null"
    running, whole = told.running
    limit = told.month.limit(running.start) if told.month else None
    values = running.mean(), running.forecast(), limit, running.left(limit)
    return _NOW % (
        (_ms(running.start), _ms(running.end))
        + tuple([text(value) for value in values])
        + (told.running_source, flag(not whole))
    )


def _ms(t):
    return "null" if t is None else "%d000" % (t + EPOCH)
