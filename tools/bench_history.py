"""What recording costs: wear, bytes, time for a reading, for each answer and for a start.

As `python -m tools.bench_history` it runs itself on both interpreters; so started, it is what is
measured. Wear is counted over DAYS of telegrams every second and scaled to 20 years: the rings go
round in the same way for ever.
"""

import asyncio
import gc
import sys

DAYS = 2
PERIOD = 1
YEARS = 20
SECTORS = 64
CYCLES = 100000


def _us():
    try:
        from time import ticks_us
    except ImportError:
        from time import perf_counter_ns

        return perf_counter_ns() // 1000
    return ticks_us()


class Counting:
    """The partition's supply, as a place to count."""

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
    """A client: keeps nothing, notes how much memory there is while it is served."""

    def __init__(self):
        self.bytes = self.most = 0

    async def send(self, data, patience):
        self.bytes += len(data)
        if hasattr(gc, "mem_alloc"):
            gc.collect()
            self.most = max(self.most, gc.mem_alloc())


def measure():
    """Print the figures of this interpreter."""
    from han.api.history import History, parse
    from han.store.samples import LENGTHS, shares
    from tests.store.world import World

    world = World(SECTORS, true=200000000 // 86400 * 86400)
    count = world.flash.partition.power = Counting()
    world.read()
    run = world.history.take
    spent = [0]

    def take(live):
        started = _us()
        run(live)
        spent[0] += _us() - started

    world.history.take = take
    world.run(DAYS * 86400, PERIOD)
    readings = DAYS * 86400 // PERIOD
    days = YEARS * 365.25
    print("  %-58s %10.1f" % ("µs to record a reading, 1 in 10 ends a sample", spent[0] / readings))
    # What the records hold, against what was programmed and erased for them.
    held = sum([s.next * (s.size - 8) for s in world.history.series])
    erased = sum(count.erased.values())
    print("  %-58s %10d" % ("bytes programmed a day", count.programmed // DAYS))
    print("  %-58s %10.2f" % ("write amplification (programmed / payload)", count.programmed / held))
    print("  %-58s %10.2f" % ("write amplification (erased / payload)", erased * 4096 / held))
    for kind, (first, sectors) in enumerate(shares(SECTORS)):
        series = world.history.series[kind]
        # Rings that have not gone round yet have erased nothing: what they will, from their pace.
        pace = (86400 / LENGTHS[kind]) * days / series.per_sector / sectors
        seen = max([count.erased.get(s, 0) for s in range(first, first + sectors)])
        name = ("10 s", "15 min", "day", "month")[kind]
        row = (name, sectors, seen, DAYS, pace, YEARS, "" if pace < CYCLES else "TOO MANY")
        print("  %-8s %3d sectors, erased at most %4d times in %d days; %9.1f in %d years %s" % row)
    for kind, name in enumerate(("hourly", "weekly", "monthly", "yearly")):
        sink = Sink()
        gc.collect()
        before = gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0
        asyncio.run(History(world.history, kind, parse("")).send(sink, 1000))
        quick = Sink()
        quick.send = quick_send  # measured without collecting
        started = _us()
        asyncio.run(History(world.history, kind, parse("")).send(quick, 1000))
        took = _us() - started
        row = "/history/" + name, sink.bytes, took / 1000, max(0, sink.most - before)
        print("  %-18s %7d bytes %9.1f ms, heap while streaming %6d bytes" % row)
    started = _us()
    world.boot()
    print("  %-58s %10.1f" % ("ms to find the ends and go on from there", (_us() - started) / 1000))


async def quick_send(data, patience):
    pass


def report():
    """Measure on both interpreters and print; False where one did not run."""
    import subprocess

    from tools import stage, unix

    stage.stage()
    print("history in %d sectors, telegrams every %d s" % (SECTORS, PERIOD))
    ok = True
    for name, command, environment in (
        ("CPython", [sys.executable, __file__], None),
        ("MicroPython", unix.command(__file__, heap="8M"), unix.environment()),
    ):
        print(name, flush=True)
        ok = subprocess.call(command + ["measure"], cwd=stage.ROOT, env=environment) == 0 and ok
    return ok


if __name__ == "__main__":
    root = __file__.rsplit("/", 2)[0]
    if sys.argv[1:] == ["measure"]:
        sys.path[:0] = [root] if sys.implementation.name == "micropython" else [root + "/lib", root]
        measure()
    else:
        sys.exit(0 if report() else 1)
