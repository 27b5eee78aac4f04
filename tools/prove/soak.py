"""`make soak`: a month of a reader in a bad environment. Is a reading lost, does it restart by itself?

The whole application runs on MicroPython's unix port with a limited heap, in time that jumps from telegram to telegram
(jumping.py). The line has flipped bits, cut telegrams, noise and silence. WiFi fails in every way of
host_sim/services/outages.py. Price services fail. Clients connect, stall and vanish. There are power cuts, restarts by
the API, updates, refused uploads and an update that never starts. Where mosquitto is installed, the reader publishes
over MQTT. The broker is ended now and then, in good order or not; what arrives is counted.
"""

import argparse
import http.client
import random
import sys
import tempfile
import time

from staging import keyring, page
from tools.prove.jumping import DAY, HOUR, with_heap
from tools.prove.mosquitto import MISSING
from tools.prove.soaked import Soak

_SHRINKS = 12000  # bytes by which the free heap may shrink without being a trend
#: Events of some hours, besides the faults of line, network and prices.
SPECIALS = ("reboot", "cut", "update", "refused", "broken", "silence")
_BROKER = 0.15  # chance of an end of the broker, in an hour
_WATCHED = 36  # telegrams during which streams are open
_LONG = 16  # hourly looks; in that time every temporary use of memory has ended once
_MOST = 360  # most telegrams between two looks


def run(options):
    """Run the soak and print its report; True if no reading was lost and there was no finding."""
    started = time.monotonic()
    page.build()
    keyring.write_module()
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(options, folder)
        chance, brokers = random.Random(options.seed + 1), random.Random(options.seed + 3)
        specials = {}
        # Two events a day, but none in the last third, so that it is one long run. A short soak has each event once.
        for k in range(max(len(SPECIALS), 4 * options.days // 3)):
            hour = 24 * options.days * 2 * k // (3 * max(len(SPECIALS), 4 * options.days // 3))
            specials.setdefault(hour + chance.randrange(3), []).append(SPECIALS[k % len(SPECIALS)])
        soak.on("start", 1)
        soak.set_up()
        for hour in range(options.days * 24):
            soak.source.bad = chance.random() < 0.2
            soak.meter.until = soak.meter.next_s
            due = soak.begin + (hour + 1) * HOUR
            while soak.meter.next_s < due:
                left = (due - soak.meter.next_s) // options.period
                if not left or not soak.live(min(left, _MOST)):
                    break
            if soak.offline():
                specials.setdefault(hour + 1, []).extend(specials.pop(hour, ()))
                continue
            try:
                soak.visitors.come()
                if hour % 6 == 3:
                    soak.visitors.watch()
                    soak.live(_WATCHED, 0.03)
                    soak.visitors.leave()
                for what in specials.pop(hour, ()):
                    getattr(soak, {"cut": "cut_off"}.get(what, what))()
            except (OSError, ValueError, AssertionError, http.client.HTTPException) as error:
                soak.complain("%s: %s" % (type(error).__name__, error))
                if soak.process.poll() is not None:
                    soak.unasked.append(soak.when())
                    soak.on("restart unasked")
            if hour % 5 == 0:
                soak.prices()
            if brokers.random() < _BROKER:
                soak.broker()
        soak.source.bad = False
        soak.live(_WATCHED)
        status = soak.stop()
        soak.read += soak.seen
        soak.lost += soak.source.good - soak.before - soak.seen
        if soak.published:
            soak.published.close()
    return report(options, soak, time.monotonic() - started) and status == 0


def report(options, soak, seconds):
    """Print the results; True if all are good."""
    days = (soak.meter.next_s - soak.begin) / DAY
    line = soak.source
    print("%.1f days, a telegram every %d s, heap of %s, seed %d: %d s" % (
        days, options.period, options.heap, options.seed, seconds))  # fmt: skip
    total = line.good + line.damaged
    print("telegrams            %8d, of them damaged %d" % (total, line.damaged))
    print("readings             %8d of %d (%.4f %%), lost %d" % (
        soak.read, line.good, 100 * soak.read / max(1, line.good), soak.lost))  # fmt: skip
    print("worst gap            %8d s while it is on and the line up, %d s at all: %s" % ((line.gap,) + soak.longest))
    print("network outages      %8d: %s" % (len(soak.outages), ", ".join(sorted({each[2] for each in soak.outages}))))
    print("clients              %8d requests, %d streams; refused or cut short %d" % soak.visitors.figures())
    print("uploads that had to wait for memory %d" % soak.waited)
    print("asked again          %8d: %s" % (sum(soak.busy.values()), soak.busy))
    published = soak.published
    if published:
        print("MQTT                 %8d messages, %d readings; lost %d; broker ended %s; left unasked %d" % (
            published.messages, published.readings, published.lost, published.ends, published.unasked))  # fmt: skip
    else:
        print("MQTT                 not tried: " + MISSING)
    print("restarts asked for   %8d: %s" % (sum(soak.asked.values()), soak.asked))
    print("restarts unasked     %8d %s" % (len(soak.unasked), "; ".join(soak.unasked)))
    shrunk = trend(soak.heap)
    print("complaints           %8d" % len(soak.complaints))
    good = not (soak.lost or (published and published.lost) or soak.unasked or soak.complaints or shrunk > _SHRINKS)
    print("as it should be" if good else "NOT as it should be")
    return good


def trend(runs):
    """Print the free heap over time; returns by how many bytes it has shrunk at most from middle to end of a run."""
    rows = [row for run in runs for row in run]
    parts = [rows[len(rows) * k // 6 : len(rows) * (k + 1) // 6] for k in range(6)]
    # Answers take memory for a moment, so the most that was free shows what is kept.
    for name, choose, k in (
        ("free heap, most", max, 0), ("free heap, least", min, 2),
        ("largest piece, most", max, 1), ("largest piece, least", min, 1),
    ):  # fmt: skip
        print("%-20s %s" % (name, " ".join("%8d" % choose(row[k] for row in part) for part in parts if part)))
    shrunk = [0]
    for run in runs:
        third = len(run) // 3
        if third >= _LONG:
            first, last = run[third : 2 * third], run[-third:]
            shrunk.append(max(row[0] for row in first) - max(row[0] for row in last))
    print(
        "less in the end      %8d at most, from the middle to the end of %d long runs" % (max(shrunk), len(shrunk) - 1)
    )
    return max(shrunk)


def main(arguments=None):
    parse = argparse.ArgumentParser("python -m tools.prove.soak", description=__doc__.splitlines()[0])
    parse.add_argument("--days", type=int, default=30)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--heap", help="size of MicroPython's heap (640k)")
    parse.add_argument("--period", type=int, default=10, help="seconds between two telegrams (10)")
    parse.add_argument("--runtime", choices=("cpython", "micropython"), default="micropython")
    return 0 if run(with_heap(parse, arguments, "640k")) else 1


if __name__ == "__main__":
    sys.exit(main())
