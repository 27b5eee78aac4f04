"""`make year`: a year of a reader's life in minutes. Do its months match the meter's counters?

The board lives in time that jumps (jumping.py). Power fails without warning, the time is unknown for hours, all time
servers are wrong together, another meter replaces the first, and summer time begins and ends. At the end
/history/yearly and /history/monthly are compared with the meter's counters at each local midnight.
"""

import argparse
import random
import sys
import tempfile
import time
from datetime import datetime

from host_sim import meters
from tools.dev.progress import Progress
from tools.prove.jumping import BEFORE, DAY, HOUR, MINUTE, OFTEN, ZONE, Board, Meter, chosen, midnight, with_heap

# The board starts this long before the first midnight that counts, s: a reader may date records from before it knows
# the time to the nearest midnight.
EARLY = 15 * HOUR
#: If a meter that is not one of OFTEN is replaced, the reader knows up to an hour from power alone; so many Wh may be
#: missing then.
UNKNOWN = 300
CHANGED = 8  # flag of a sample: another meter


def plan(start, days, seed):
    """[(s after the start, kind of event, its length in s or its fault)]. All but wrong clocks end before midnight."""
    chance = random.Random(seed)
    events = []
    for day in range(1, days - 1):
        date = datetime.fromtimestamp(start + day * DAY + DAY // 2, ZONE).day
        at = day * DAY + chance.randrange(5 * HOUR, 11 * HOUR) // MINUTE * MINUTE
        if day == days // 2:
            events.append((at, "meter", None))
        elif day % 9 == 1:
            events.append((at, "cut", chance.randrange(2 * MINUTE, 5 * HOUR)))
        elif day % 9 == 2:
            events.append((at, "blind", chance.randrange(2 * MINUTE, HOUR)))
        elif day % 23 == 4 and 2 < date < 27:
            events.append((at, "clock", chance.choice(("hour", "past", "future"))))
    return events


def run(options):
    """Run the year and print its report; True if every month is right to the watt-hour."""
    started = time.monotonic()
    start = midnight(options.start)
    meter = Meter(options.meter, start - EARLY, options.period, options.seed)
    events = plan(start, options.days, options.seed)
    # The time servers are silent for some hours after some cuts; at times all are wrong for half a day.
    faults = []
    for at, kind, what in events:
        if kind == "clock":
            faults.append([(start + at) * 1000, (start + at + 12 * HOUR) * 1000, what])
        elif kind == "blind":
            faults.append([(start + at) * 1000, (start + at + what + 5 * HOUR) * 1000, "silent"])
    with tempfile.TemporaryDirectory() as folder, Progress() as progress:
        progress.tell("starting")
        board = Board(options, folder, start - EARLY)
        board.start(meter.next_s - BEFORE, meter.line, faults)
        # A line at the wrong speed is simulated bit by bit, which is slow: so set the right line.
        board.put({"t": str(ZONE), "m": chosen(meter.line)})
        for at, kind, what in events:
            progress.tell("on the way to day %d of %d" % (1 + at // DAY, options.days))
            meter.until = start + at
            # Bytes in the pipe at a power cut are never read. They are some hours at most, and must not reach midnight.
            board.feed(meter, drain=kind == "meter" or at // MINUTE % 2 or options.period > MINUTE)
            if kind in ("cut", "blind"):
                board.cut()
                meter.off(what)
                board.start(meter.next_s - BEFORE, meter.line, faults)
            elif kind == "meter":
                meter.replace(2)
        progress.tell("on the way to the end")
        meter.until = start + options.days * DAY + 3 * options.period
        board.feed(meter)
        yearly = board.get("/history/yearly?from=0")
        daily = board.get("/history/monthly?from=0")
        health = board.get("/health")
        status = board.stop()
    took = time.monotonic() - started
    return report(options, meter, events, yearly, daily, health, board.starts, took) and status == 0


def differences(history, marks, edges, often):
    """Yields (Unix s, Wh found, Wh wanted, largest allowed difference) of each bucket between two edges."""
    for since, until in zip(edges, edges[1:]):
        found = [None, None]
        unknown = 0
        if since in history["t"]:
            k = history["t"].index(since)
            found = [round(history[name][k] * 1000) for name in "ie"]
            unknown = UNKNOWN if history["f"][k] & CHANGED and not often else 0
        yield since, found, [b - a for a, b in zip(marks[since], marks[until])], unknown


def same(found, wanted, unknown):
    return None not in found and all(abs(a - b) <= unknown for a, b in zip(found, wanted))


def report(options, meter, events, yearly, daily, health, starts, seconds):
    """Print the months; True if the months and the days match the counters."""
    print("%d days of a %s meter, a telegram every %d s, %s: %d starts, %d wrong clocks, %d meters; %d s" % (
        options.days, options.meter, options.period, options.runtime, starts,
        len([1 for event in events if event[1] == "clock"]), 1 + len([1 for event in events if event[1] == "meter"]),
        seconds))  # fmt: skip
    print("month     import kWh   counters      export kWh   counters")
    good = True
    midnights = sorted(meter.marks)
    edges = [utc for utc in midnights if datetime.fromtimestamp(utc, ZONE).day == 1]
    marks = dict(meter.marks)
    often = options.meter in OFTEN  # else the first and the last counters come with the next full hour
    if often:
        begin, end = yearly["t"][0], yearly["t"][-1] + 32 * DAY
        marks[begin] = meter.first
        marks[end] = [now + more for now, more in zip(meter.last, meter.carried)]
        edges = sorted({begin, *edges, end})  # a start at the first of a month is in it already
    for since, found, wanted, unknown in differences(yearly, marks, edges, often):
        right = same(found, wanted, unknown)
        good = good and right
        name = datetime.fromtimestamp(since, ZONE).strftime("%Y-%m")
        row = [number for pair in zip(found, wanted) for number in pair]
        print(name, "".join(["%12s" % ("-" if wh is None else "%d.%03d" % divmod(wh, 1000)) for wh in row]),
              "(another meter)" if right and unknown else "" if right else "  WRONG")  # fmt: skip
    # If the clock is wrong at midnight, the day ends at another time.
    start = midnight(options.start)
    doubtful = [start + at // DAY * DAY for at, kind, _ in events if kind == "clock"]
    days = 0
    for since, found, wanted, unknown in differences(daily, meter.marks, midnights, often):
        if not [1 for utc in doubtful if -DAY <= since - utc <= 2 * DAY]:
            days += 1
            if not same(found, wanted, unknown):
                good = False
                print(datetime.fromtimestamp(since, ZONE).strftime("%Y-%m-%d"), found, wanted, "WRONG")
    print("%d days compared" % days)
    total = [round(sum(yearly[name]) * 1000) for name in "ie"]
    wanted = [now + more - first for now, more, first in zip(meter.last, meter.carried, meter.first)]
    if not often:
        total = wanted
    print("all together", total, "Wh of", wanted, "" if total == wanted else "WRONG")
    extra = [t for t in yearly["t"][:-1] if t not in meter.marks and t >= start]
    bad = [row for row in health["services"] if row["health"] == "failed" or row["error"] == "safe mode"]
    if extra or bad or total != wanted:
        print("months that never were:", extra, "services that failed:", bad)
        good = False
    return good


def main(arguments=None):
    parse = argparse.ArgumentParser("python -m tools.prove.year", description=__doc__.splitlines()[0])
    parse.add_argument("--start", default="2026-01-01", help="the first day (2026-01-01)")
    parse.add_argument("--days", type=int, default=365)
    parse.add_argument("--meter", choices=meters.NAMES, default="p1")
    parse.add_argument("--period", type=int, default=60, help="seconds between two telegrams (60)")
    parse.add_argument("--runtime", choices=("cpython", "micropython"), default="cpython")
    parse.add_argument("--heap", help="size of MicroPython's heap (2M); collections take longer in a larger one")
    parse.add_argument("--seed", type=int, default=1)
    return 0 if run(with_heap(parse, arguments, "2M")) else 1


if __name__ == "__main__":
    sys.exit(main())
