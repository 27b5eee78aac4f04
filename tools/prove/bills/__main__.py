"""The second part of `make year`: are the costs and the peaks of a year right? It is lived once for each of RULES.

The reader has prices of the exchange, VAT, fees by hour, weekday and month, and a rule of peaks. Its power fails now
and then, for minutes to hours. What it tells of quarters of an hour, days and months is compared with what the meter
has counted and what the exchange has published, by the computation of bill.py.
"""

import argparse
import sys
import tempfile
import threading
import time
from datetime import datetime
from fractions import Fraction

from host_sim import meters
from host_sim.house.localtime import local
from host_sim.services.prices import sites
from tools.dev.progress import Progress
from tools.prove.bills import bill
from tools.prove.bills.contract import RULES, SETTINGS, plan, quote
from tools.prove.jumping import (
    BEFORE, DAY, HOUR, MINUTE, OFTEN, QUARTER, ZONE, Board, Meter, chosen, midnight, with_heap,
)  # fmt: skip

LIVE = 1
#: Flags of a quarter that is not whole, has a guessed time or spans two meters.
DOUBTFUL = 2 | 4 | 8
_EARLY = 2 * HOUR + 5 * MINUTE  # from the first telegram, within a quarter, to the first midnight
_EVERY = 2 * DAY  # time between two looks at what the reader tells: it does not keep quarters for ever


class Year:
    """A reader in such a year, what it tells, and what is wrong with that.

    name   of the year, for the progress and the report
    rule   the setting `cap`
    """

    def __init__(self, options, name, rule, board, meter):
        self.name, self.rule = name, rule
        self._from = meter.next_s // QUARTER * QUARTER
        self.wrong = []
        self.looks = 0
        self.quarters = {}  # {start: (flags, [Wh, Wh], 10^-6 cents)}, as the reader tells
        self.days = {}  # {start: (flags, [Wh, Wh], cost, earnings, 1 for a part of them)}
        self._options = options
        self._board, self._meter = board, meter
        self._since = 0  # time of the first telegram since the reader's start
        self._gaps = [(0, meter.next_s)]
        self._prices = bill.Prices(SETTINGS, ZONE, quote)
        self._values = {}  # {begin of a month: W that it counts}

    def start(self):
        """Start the reader, and let it ask for the time: the first telegram would take that from it."""
        self._since = self._meter.next_s
        self._board.start(self._meter.next_s - BEFORE, self._meter.line, [])
        while {row["name"]: row["health"] for row in self._board.get("/health")["services"]}.get("time") != "ok":
            time.sleep(0.1)

    def feed(self, until):
        """Send the telegrams before a time, and look at what the reader tells."""
        self._send(until)
        self._look()

    def _send(self, until):
        # The last telegram is one at the edge of a quarter.
        self._meter.until = until // QUARTER * QUARTER + 1
        self._board.feed(self._meter, drain=False)
        sent = (self._meter.next_s - self._since) // self._options.period
        while self._board.get("/health")["meter"]["decoded"] < sent:
            time.sleep(0.05)

    def cut(self, seconds):
        """Cut the power for so many seconds."""
        self._board.cut()
        last = self._meter.next_s - self._options.period
        self._meter.off(max(seconds, self._options.period))
        self._gaps.append((last, self._meter.next_s))
        self.start()

    def end(self):
        """Compare the months, as the reader tells them at the end. Returns their number."""
        self._send(self._meter.next_s + QUARTER)
        self._look_at_days(self._look_at_quarters())
        yearly = self._rows("/history/yearly?from=0")
        for month, (flags, wh, cost, earned, part) in sorted(yearly.items()):
            own = [quarter for quarter in self.quarters if bill.month_of(quarter, ZONE) == month]
            wanted = self._wanted(own, self._prices.monthly)
            self._check("month", month, [cost, earned], wanted)
            self._check("part of a month", month, part, int(self._summed(own) != wh))
        return len(yearly)

    def _wh(self, quarter):
        at = self._meter.quarters
        return [after - before for before, after in zip(at[quarter], at[quarter + QUARTER])]

    def whole(self, quarter):
        """True where the reader was there from the beginning of a quarter to its end."""
        return not [1 for off, on in self._gaps if quarter < on and off < quarter + QUARTER]

    def _check(self, what, when, told, wanted):
        if told != wanted:
            text = datetime.fromtimestamp(when, ZONE).strftime("%Y-%m-%d %H:%M")
            self.wrong.append("%s %s: %s instead of %s" % (what, text, told, wanted))

    def _rows(self, path):
        history = self._board.get(path)
        found = {}
        columns = [history[name] for name in ("t", "f", "i", "e", "cost", "income", "part")]
        for t, flags, bought, sold, *money in zip(*columns):
            amounts = [None if amount is None else round(amount * 10**6) for amount in money[:2]]
            found[t] = flags, [round(1000 * kwh) for kwh in (bought, sold)], *amounts, money[2]
        return found

    def _summed(self, quarters):
        return [sum([self.quarters[quarter][1][way] for quarter in quarters]) for way in (0, 1)]

    def _wanted(self, quarters, more=0):
        """[cost, earnings] of the energies in these quarters, 10^-6 cents. more: added to the cost."""
        costs = [self._prices.cost(quarter, self.quarters[quarter][1]) for quarter in quarters]
        return [bill.half_up(sum([cost[way] for cost in costs], Fraction(0)) + (0, more)[way == 0]) for way in (0, 1)]

    def _look(self):
        self.looks += 1
        new = self._look_at_quarters()
        self._look_at_days(new)
        self._look_at_peaks()

    def _look_at_quarters(self):
        """Take the quarters that have ended since the last look, and compare them. Returns the first of them."""
        since = max(self.quarters, default=self._from - QUARTER) + QUARTER
        history = self._board.get("/history/weekly?from=%d" % since)
        for t, flags, bought, sold, price in zip(*[history[name] for name in "tfiep"]):
            if not flags & LIVE:
                self.quarters[t] = flags, [round(1000 * kwh) for kwh in (bought, sold)], price and round(price * 10**6)
        for quarter in range(since, self._meter.next_s // QUARTER * QUARTER - QUARTER, QUARTER):
            told = self.quarters.get(quarter)
            if self.whole(quarter):
                self._check("quarter", quarter, told, (0, self._wh(quarter), quote(quarter)))
            elif told and not told[0] & DOUBTFUL:
                self._check("quarter", quarter, told, "one that is not whole")
        return since

    def _look_at_days(self, since):
        """Compare the days that have ended since the last look, from the one that `since` is in on."""
        for day, row in self._rows("/history/monthly?from=%d" % bill.day_of(since, ZONE)).items():
            flags, wh, cost, earned, part = row
            if flags & LIVE:
                continue
            self.days[day] = row
            own = range(day, bill.day_of(day + 36 * HOUR, ZONE), QUARTER)
            own = [quarter for quarter in own if quarter in self.quarters]
            self._check("day", day, [cost, earned], self._wanted(own))
            self._check("part of a day", day, part, int(self._summed(own) != wh))

    def _look_at_peaks(self):
        """Compare the peaks of the running month, what is billed, and the running interval."""
        meter, rule = self._meter, self.rule
        answers = []
        last = meter.next_s
        # It may wait for the next telegram, so that one is sent now.
        thread = threading.Thread(target=lambda: answers.append(self._board.get("/peaks")))
        thread.start()
        while thread.is_alive():
            time.sleep(0.3)
            if thread.is_alive() and meter.next_s % QUARTER:
                meter.until = meter.next_s + 1
                self._board.feed(meter, drain=False)
        thread.join()
        told = answers[0]
        now = meter.next_s - self._options.period
        month = bill.month_of(now, ZONE)
        before = max(self._values, default=bill.month_of(self._from, ZONE))
        for each in sorted({before, month}):  # the one before may have ended since
            ended = [at for at in self.quarters if each <= at <= now - QUARTER and self.whole(at)]
            means = bill.intervals({at: self._wh(at) for at in ended}, set(ended), rule["interval"], ZONE)
            wanted = bill.peaks(means, each, rule, ZONE)
            self._values[each] = bill.counts(wanted)
        if "meter" in [one["src"] for one in told["month"]]:
            wanted = self._meters_own(wanted)
        self._check("peaks", now, [(one["w"], one["ts"] // 1000) for one in told["month"] if not one["part"]], wanted)
        partial = self._partial(told["months"])
        months = [self._values[each] or 0 for each in sorted(self._values) if each not in partial]
        rule = dict(rule, min=round(1000 * rule.get("min", 0)))
        self._check("billed", now, told["billed_w"], bill.billed(months, rule))
        running = told["now"]
        begin = running and running["ts"] // 1000
        if running and meter.next_s == last and not running["part"] and now > begin:
            used = meter.last[0] - meter.quarters[begin][0]
            self._check("now", now, running["w"], bill.half_up(Fraction(3600 * used, now - begin)))

    def _partial(self, told):
        """Compare the months that have ended. The begins of those that are not wholly known, and so are not billed."""
        found = []
        for one in told:
            month = one["month"] // 1000
            own = range(month, bill.month_of(month + 32 * DAY, ZONE), QUARTER)
            if self._values.get(month) is not None:
                self._check("peaks of the month", month, one["w"], self._values[month])
            if one["part"]:
                found.append(month)
                self._check("holes of the month", month, all(self.whole(at) for at in own), False)
            elif one["src"] == "own":
                self._check("quarters of the month", month, all(at in self.quarters for at in own), True)
        return found

    def _meters_own(self, own):
        """The peaks that the meter tells. own: those that follow from its counters, in whole Wh: up to 4 W differ."""
        _, peak, months = self._meter.demand
        for end, highest in months:
            month = self._meters_month(end)
            if month in self._values and highest:
                self._check("own peak", month, abs(self._values[month] - highest[1]) <= 4, True)
                self._values[month] = highest[1]
        if not peak:
            return []
        self._values[self._meters_month(peak[0])] = peak[1]
        return [peak[::-1]]

    def _meters_month(self, end):
        """Begin of the month in which a quarter ended by the meter's clock, which is an hour behind that of ZONE."""
        year, month = local(end - 1, meters.create(self._options.meter).ZONE_MIN)[:2]
        return int(datetime(year, month, 1, tzinfo=ZONE).timestamp())


def run(options, name, rule):
    """Run such a year and print its report; True if all of it is right."""
    started = time.monotonic()
    start = midnight(options.start)
    zero = start - _EARLY - HOUR
    meter = Meter(options.meter, zero, options.period, options.seed, strides=True)
    cuts = plan(start, options.days, options.seed)
    with tempfile.TemporaryDirectory() as folder, Progress() as progress:
        progress.tell(name + ": starting")
        board = Board(options, folder, zero)
        board.moment_ms = 1000  # prices come in time, however long the meter's period is
        board.sites = sites.in_background(lambda: meter.next_s, {})
        year = Year(options, name, rule, board, meter)
        year.start()
        board.put(dict(SETTINGS, m=chosen(meter.line), cap=rule))
        for at, off in cuts + [(options.days * DAY + HOUR, 0)]:
            while meter.next_s <= start + at - QUARTER:
                progress.tell("%s: day %d of %d" % (name, (meter.next_s - start) // DAY + 1, options.days))
                year.feed(min(meter.next_s + _EVERY, start + at))
            if off:
                year.cut(off)
        months = year.end()
        status = board.stop()
    print("%s: %d days of a %s meter, a telegram every %d s, %d cuts; %d s" % (
        name, options.days, options.meter, options.period, len(cuts), time.monotonic() - started))  # fmt: skip
    print("compared: %d quarters (%d not whole), costs of %d days and %d months, peaks %d times: %d wrong" % (
        len(year.quarters), len([1 for each in year.quarters if not year.whole(each)]), len(year.days), months,
        year.looks, len(year.wrong)))  # fmt: skip
    for each in year.wrong[:20]:
        print(each, "WRONG")
    return not year.wrong and status == 0


def main(arguments=None):
    parse = argparse.ArgumentParser("python -m tools.prove.bills", description=__doc__.splitlines()[0])
    parse.add_argument("--start", default="2026-01-01", help="the first day (2026-01-01)")
    parse.add_argument("--days", type=int, default=365)
    parse.add_argument("--meter", default="p1", help="one of %s (p1)" % ", ".join(OFTEN))
    parse.add_argument("--period", type=int, help="seconds between two telegrams (300; belgian: 100)")
    parse.add_argument("--rule", choices=RULES, help="one of the rules only")
    parse.add_argument("--runtime", choices=("cpython", "micropython"), default="cpython")
    parse.add_argument("--heap", help="size of MicroPython's heap (2M)")
    parse.add_argument("--seed", type=int, default=1)
    options = with_heap(parse, arguments, "2M")
    # A request for what the meter keeps waits two minutes for a telegram.
    options.period = options.period or (100 if options.meter == "belgian" else 300)
    if options.meter not in OFTEN:
        print("costs and peaks are not compared: this meter does not send its counters in each telegram")
        return 0
    good = [run(options, name, RULES[name]) for name in ([options.rule] if options.rule else RULES)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
