"""Measures the cost of recording: wear, bytes, and the time for a reading, for each answer and for a start.

`python -m tools.measure.speed.bench_history` runs itself with the argument `measure` on both interpreters. That fills
the partition with two years of readings every quarter of an hour, then records two days of telegrams every second. The
wear of the slow rings is counted over the first part, that of the 10 s ring over the second. It is scaled to 20 years,
as the rings go round in the same way for ever.
"""

import asyncio
import gc
import sys

BEFORE_DAYS, BEFORE_PERIOD = 700, 900
DAYS, PERIOD = 2, 1
YEARS = 20
SECTORS = 64
CYCLES = 100000
#: Budget for a start with a full partition on the unix port, ms.
START_MS = 300


def _us():
    try:
        from time import ticks_us
    except ImportError:
        from time import perf_counter_ns

        return perf_counter_ns() // 1000
    return ticks_us()


class Counting:
    """Counts the operations of a partition, in the place of its Power."""

    def __init__(self):
        self.erased = {}
        self.programmed = 0

    def check(self):
        pass

    def erase(self, partition, at, size):
        self.erased[at // size] = self.erased.get(at // size, 0) + 1

    def program(self, partition, at, data):
        self.programmed += len(data)


class Sink:
    """A client that keeps no data, but the most memory in use while it is served."""

    def __init__(self):
        self.bytes = self.most = 0

    async def send(self, data, patience):
        self.bytes += len(data)
        if hasattr(gc, "mem_alloc"):
            gc.collect()
            self.most = max(self.most, gc.mem_alloc())


def measure():
    """Measure on this interpreter, and print the figures."""
    from han.api.routes.past.history import History, parse
    from han.store.series.samples import shares, used
    from tests.store.world import World

    world = World(SECTORS, true=200000000 // 86400 * 86400)
    first = world.flash.partition.power = Counting()
    world.read()
    world.run(BEFORE_DAYS * 86400, BEFORE_PERIOD)
    count = world.flash.partition.power = Counting()
    before = [ring.next for ring in world.history.series]
    ring = world.history.series[0]
    world.history.take, recording = timed(world.history.take)
    ring.append, appending = timed(ring.append)
    world.run(DAYS * 86400, PERIOD)
    row = "  %-58s %10.1f"
    print(row % ("µs to record a reading, 1 in 10 ends a sample", recording[0] / recording[1]))
    print(row % ("µs for an append, written and read back", appending[0] / appending[1]))
    # Compare the bytes of the records with the bytes programmed and erased for them.
    # The numbers of the 10-second ring leap, so its records are counted.
    counts = [appending[1]] + [ring.next - n for n, ring in zip(before[1:], world.history.series[1:])]
    held = sum([count * (ring.size - 8) for count, ring in zip(counts, world.history.series)])
    erased = sum(count.erased.values())
    print("  %-58s %10d" % ("bytes programmed a day", count.programmed // DAYS))
    print("  %-58s %10.2f" % ("write amplification (programmed / payload)", count.programmed / held))
    print("  %-58s %10.2f" % ("write amplification (erased / payload)", erased * 4096 / held))
    for kind, (start, sectors) in enumerate(shares(SECTORS)):
        counted, days = (first, BEFORE_DAYS) if kind else (count, DAYS)
        sectors = sectors if kind else used(sectors)
        seen = [counted.erased.get(sector, 0) for sector in range(start, start + sectors)]
        least, most = [n * YEARS * 365.25 / days for n in (min(seen), max(seen))]
        name = ("10 s", "15 min", "day", "month")[kind]
        row = (name, sectors, min(seen), max(seen), days, least, most, YEARS, "" if most < CYCLES else "TOO MANY")
        print("  %-6s %3d sectors, each erased %2d to %2d times in %3d days: %6d to %6d in %d years %s" % row)
    for kind, name in enumerate(("hourly", "weekly", "monthly", "yearly")):
        sink = Sink()
        gc.collect()
        before = gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0
        asyncio.run(History(world.history, kind, parse("")).send(sink, 1000))
        quick = Sink()
        quick.send = quick_send  # timed without collections
        started = _us()
        asyncio.run(History(world.history, kind, parse("")).send(quick, 1000))
        took = _us() - started
        row = "/history/" + name, sink.bytes, took / 1000, max(0, sink.most - before)
        print("  %-18s %7d bytes %9.1f ms, heap while streaming %6d bytes" % row)
    full = world.flash.content().count(b"\xff" * 4096) * 100 // SECTORS
    started = _us()
    world.boot()
    took = (_us() - started) / 1000
    row = "ms to start: find the ends in a partition %d %% full" % (100 - full), took, "" if took < START_MS else "OVER"
    print("  %-58s %10.1f %s" % row)


def timed(function):
    """(the function, [µs spent in it, calls])."""
    spent = [0, 0]

    def run(*arguments):
        started = _us()
        result = function(*arguments)
        spent[0] += _us() - started
        spent[1] += 1
        return result

    return run, spent


async def quick_send(data, patience):
    pass


def report(tell):
    """Measure on both interpreters and print; False if one failed. tell(text): called with each step."""
    import subprocess

    from staging import stage, unix

    stage.stage()
    print("history in %d sectors, telegrams every %d s" % (SECTORS, PERIOD))
    ok = True
    for name, command, environment in (
        ("CPython", [sys.executable, __file__], None),
        ("MicroPython", unix.command(__file__, heap="8M"), unix.environment()),
    ):
        tell("recording two years on " + name)
        print(name, flush=True)
        ok = subprocess.call(command + ["measure"], cwd=stage.ROOT, env=environment) == 0 and ok
    return ok


if __name__ == "__main__":
    root = __file__.rsplit("/", 4)[0]
    if sys.argv[1:] == ["measure"]:
        sys.path[:0] = [root] if sys.implementation.name == "micropython" else [root + "/lib", root]
        measure()
    else:
        sys.exit(0 if report(print) else 1)
