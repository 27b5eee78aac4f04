"""`make year`: a year of a reader's life in minutes. Do its months match the meter's counters?

host_sim's board runs on either interpreter with its real line, flash files, clock and API, in time that jumps from
telegram to telegram. Power fails without warning, the time is unknown for hours, all time servers are wrong together,
another meter replaces the first, and summer time begins and ends. At the end /history/yearly and /history/monthly are
compared with the meter's counters at each local midnight.
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from staging import stage
from tools.dev.progress import Progress
from tools.measure.simulator import PATIENCE

sys.path[:0] = [str(stage.ROOT / "lib")]

from han.meter.line.told import selectable  # noqa: E402  needs the path above
from host_sim import meters  # noqa: E402
from host_sim.__main__ import command, free_port  # noqa: E402
from host_sim.house import House  # noqa: E402
from host_sim.line.sender import Ahead  # noqa: E402
from host_sim.hardware.slots import Flash  # noqa: E402

ZONE = ZoneInfo("Europe/Helsinki")
MINUTE, HOUR, DAY = 60, 3600, 86400
# The board starts this long before the first midnight that counts, s: a reader may date records from before it knows
# the time to the nearest midnight.
EARLY = 15 * HOUR
BEFORE = 20  # s between the start of a board and its first telegram
#: Meters that send their counters in each telegram. If another kind of meter is replaced, the reader knows up to an
#: hour from power alone; UNKNOWN Wh may be missing then.
OFTEN = ("p1", "dsmr5", "mbus")
UNKNOWN = 300
CHANGED = 8  # flag of a sample: another meter
#: Number of answers without a new byte after which a reader has read everything.
LOOKS = 20
#: First counters of the second meter: Wh in, Wh out, varh in, varh out.
NEW = (4321, 98, 7, 6)


class Meter:
    """A source for host_sim.line.sender: a telegram every `period` s until `until`, the first an hour after zero."""

    def __init__(self, name, zero, period, seed):
        start = zero + HOUR
        self._zero = zero
        self._kind = kind = meters.create(name)
        self.line = kind.LINE
        kind.PERIOD_MS = period * 1000
        self.step = 10 if name == "aidon" else 1  # Wh per step of its counters
        self.next_s = self.until = start
        self._period = period
        self._house = House(start, seed, kind.ZONE_MIN)
        self.marks = {}  # unix s of a local midnight -> counters
        self.carried = [0, 0]
        self.first = self.last = None  # the first and the last counters that it has sent

    def next(self, now_us, free_us):
        while self.next_s < self.until:
            at = self.next_s
            self.next_s += self._period
            state = self._house.state(at * 1000)
            data = self._kind.encode(state)
            self.last = [wh // self.step * self.step for wh in state.wh]
            self.first = self.first or self.last
            here = datetime.fromtimestamp(at, ZONE)
            if data and here.hour == here.minute == here.second == 0:
                self.marks[at] = [wh + more for wh, more in zip(self.last, self.carried)]
            if data:
                return (at - self._zero) * 1000000, data
        return None

    def off(self, seconds):
        """Let so many seconds pass without telegrams."""
        self.next_s += seconds // self._period * self._period

    def replace(self, unseen):
        """Replace the meter. The reader does not trust the first `unseen` telegrams of the new one yet."""
        house = self._house
        before = self.last
        house.sums = [wh * 3600 for wh in NEW]
        house.low = [0, 0]
        house.time = self.next_s
        state = house.state((self.next_s + unseen * self._period) * 1000)
        house.sums = [wh * 3600 for wh in NEW]
        house.time = self.next_s
        first = [wh // self.step * self.step for wh in state.wh]
        self.carried = [a - b + more for a, b, more in zip(before, first, self.carried)]


class Board:
    """host_sim's board process: starts it, sends telegrams to it, cuts its power."""

    def __init__(self, options, folder, zero):
        self.folder = folder
        self.zero = zero
        self.port = free_port("127.0.0.1", 0)
        self._options = SimpleNamespace(runtime=options.runtime, heap=options.heap)
        self.servers = [["127.0.0.1", free_port("127.0.0.1", 0)] for _ in range(3)]
        self.names = free_port("127.0.0.1", 0, socket.SOCK_DGRAM)
        self.starts = 0
        self.sites = {}  # {service: base address} of prices
        self.outages = []  # outages of its WiFi, see host_sim.services.outages
        self.heap_s = 0  # seconds between two of MicroPython's reports on its heap, 0: none

    def start(self, at, line, faults, network="eth", cause=1):
        self.starts += 1
        flash = Flash(self.folder)
        slot = flash.load()
        frozen = flash.frozen(slot)
        settings = {
            "host": "127.0.0.1", "port": self.port, "speed": 0, "zero_ns": self.zero * 10**9, "state": self.folder,
            "start_us": (at - self.zero) * 1000000, "line": line, "serial": None, "console": None, "sites": self.sites,
            "time_faults": faults, "time_servers": self.servers, "cause": cause, "slot": slot, "sources": frozen,
            "network": network, "names": self.names, "updates": None, "channel": "release", "outages": self.outages,
            "heap_s": self.heap_s, "psram": True,
        }  # fmt: skip
        arguments, environment, folder = command(self._options, frozen)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # some modules are imported again every few minutes
        self.process = subprocess.Popen(
            arguments, env=environment, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self.process.stdin.write(json.dumps(settings).encode() + b"\n")
        os.set_blocking(self.process.stdin.fileno(), False)
        while b"listening" not in (said := self.process.stdout.readline()):  # a report on the heap may come before
            assert said, "the board did not start"

    def feed(self, source, drain=True):
        """Send everything that the source has; if `drain`, wait until the board has read it."""
        sender = Ahead(source)
        while not sender.done:
            sender.send(self.process.stdin.fileno())
            assert self.process.poll() is None, "the board has ended"
            time.sleep(0.002)
        if drain:
            self.wait()

    def wait(self):
        """Wait until the board has read everything: it answers LOOKS times without a new byte."""
        seen, looks = None, 0
        while looks < LOOKS:
            count = self.get("/health")["meter"]["bytes"]
            seen, looks = count, looks + 1 if count == seen else 0
            time.sleep(0.05)

    def cut(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def stop(self):
        self.process.stdin.close()
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return status

    def get(self, path):
        with urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.port, path), timeout=PATIENCE) as response:
            return json.load(response)

    def put(self, values):
        request = urllib.request.Request(
            "http://127.0.0.1:%d/configuration" % self.port, json.dumps(values).encode(), method="PUT",
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        urllib.request.urlopen(request, timeout=PATIENCE).close()


def midnight(date):
    """Unix s of the midnight at the begin of an ISO 8601 date in ZONE."""
    return int(datetime.combine(datetime.fromisoformat(date), datetime.min.time(), ZONE).timestamp())


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
        board.put({"t": str(ZONE), "m": {"o": 1 + selectable().index(meter.line)}})
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
        edges = [begin] + edges + [end]
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


def with_heap(parse, arguments, usual):
    """The options; ends with status 2 if --heap is given for CPython. usual: the default size of the heap."""
    options = parse.parse_args(arguments)
    if options.heap and options.runtime != "micropython":
        parse.error("--heap is for MicroPython: it needs --runtime micropython")
    options.heap = options.heap or usual
    return options


if __name__ == "__main__":
    sys.exit(main())
