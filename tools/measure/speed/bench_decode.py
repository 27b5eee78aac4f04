"""Measures one telegram from its bytes to a Reading: tables of `make bench`."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from han.meter.decoder import Decoder
from han.wire.framer import Framer
from han.wire.layers.gcm import Cipher
from tests import support
from staging import stage, unix
from tools.measure.speed import bench_samples

HEAP_BUDGET = 256
# us that a compiled C++ decoder took for such telegrams: shortest, longest.
TIME_BUDGET = 11, 32
HERE = pathlib.Path(__file__).parent
PEERS = ("amshan", "dsmr", "gurux")
POLL_S = 0.005  # time between two reads of the line
HEAP = "32M"  # the plain twin of GHASH makes a megabyte of garbage per telegram
FOOTER = """\
us: a whole telegram at once; the best of 20 batches of 8 ms in four rounds, because others use the machine too.
heap: bytes that one telegram allocates. /viper: how many times as long. line: the part of the time the telegram
takes on its line that decoding takes, when it arrives in the pieces that a look every 5 ms finds.
budget: within %d to %d us (a compiled C++ decoder's measured range) and at most %d B of heap."""


def job(name, data, key=None, auth_key=None, piece=0):
    """A telegram as a job for bench_telegrams.py, bench_peers.py and bench_stages.py (a dict for JSON)."""
    texts = {"hex": data.hex(), "key": (key or b"").hex(), "auth_key": (auth_key or b"").hex()}
    return dict(texts, name=name, piece=piece)


def run(command, environment, jobs):
    """The lines that a script prints for these jobs; RuntimeError if it fails."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(jobs, file)
        file.flush()
        done = subprocess.run(command + [file.name], env=environment, capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError("%s failed:\n%s%s" % (command[-1], done.stdout, done.stderr))
    return done.stdout.splitlines()


def measure(command, environment, jobs):
    """{name: (ns, heap bytes, ns in pieces)} of the jobs on one interpreter."""
    found = {}
    for line in run(command + [str(HERE / "bench_telegrams.py")], environment, jobs):
        *numbers, name = line.split(" ", 3)
        found[name] = tuple(map(int, numbers))
    return found


def measure_peers(jobs):
    """{name: {peer: ns}} of the jobs."""
    found = {}
    for line in run([sys.executable, "-I", str(HERE / "bench_peers.py")], None, jobs):
        peer, ns, name = line.split(" ", 2)
        found.setdefault(name, {})[peer] = int(ns)
    return found


def profile(jobs):
    """{name: {stage: ns}} of the jobs, with the stages in order."""
    found = {}
    for line in run(unix.command(HERE / "bench_stages.py", heap=HEAP), unix.environment(), jobs):
        ns, where, name = line.split("\t")
        found.setdefault(name, {})[where] = int(ns)
    return found


def misses(ns, heap):
    """A text about the exceeded budgets of a telegram, "" if there are none."""
    found = ["%.1f us" % (ns / 1000)] if ns > TIME_BUDGET[1] * 1000 else []
    if heap > HEAP_BUDGET:
        found.append("heap %d" % heap)
    return "OVER BUDGET: " + ", ".join(found) if found else ""


def report(tell):
    """Print the tables; RuntimeError if something fails. tell(text): called with each step."""
    tell("compiling")
    for arch in (stage.UNIX, "none"):
        _, failed = stage.stage(arch)
        if failed:
            raise RuntimeError("does not compile: " + ", ".join(map(str, failed)))
    slow = by_framing(tell) + recordings(tell)
    if slow:
        tell("where the time goes in slow telegrams")
        stages(slow)


def by_framing(tell):
    """Print the table of framings; returns the jobs over the budget."""
    samples = bench_samples.samples()
    jobs = []
    for one in samples:
        piece = max(1, int(POLL_S * one.line[0] / bench_samples.bits(one.line)))
        jobs.append(job(one.name, one.data, one.key, one.auth_key, piece))
    tell("a telegram of each framing, MicroPython with viper")
    viper = measure(unix.command(heap=HEAP), unix.environment(), jobs)
    whole = [dict(one, piece=0) for one in jobs]
    tell("a telegram of each framing, MicroPython without viper")
    plain = measure(unix.command(heap=HEAP), unix.environment("none"), whole)
    tell("a telegram of each framing, CPython")
    ours = measure([sys.executable], dict(os.environ, PYTHONPATH=str(stage.ROOT / "lib")), whole)
    tell("a telegram of each framing, other libraries")
    peers = measure_peers(jobs)

    print("one telegram, bytes to Reading, in us%36s%s" % ("", "CPython: ours and pure-Python peers, /viper"))
    head = "%-28s %5s %6s %5s %5s %6s %6s %6s" + " %7s %5s" * 4
    names = [name for peer in ("ours", *PEERS) for name in (peer, "/v")]
    print(head % ("framing", "bytes", "viper", "ns/B", "heap", "line", "plain", "/viper", *names))
    slow = []
    for one, described in zip(samples, jobs):
        ns, heap, arriving = viper[one.name]
        share = "%.2f%%" % (arriving / 10 / bench_samples.line_us(one))
        row = "%-28s %5d %6.1f %5d %5d %6s %6.0f %6.1f"
        values = [one.name, len(one.data), ns / 1000, ns // len(one.data), heap, share]
        values += [plain[one.name][0] / 1000, plain[one.name][0] / ns]
        others = dict(peers.get(one.name, {}), ours=ours[one.name][0])
        for peer in ("ours", *PEERS):
            if peer in others:
                row += " %7.0f %5.1f"
                values += [others[peer] / 1000, others[peer] / ns]
            else:
                row += " %7s %5s"
                values += ["-", ""]
        over = misses(ns, heap)
        if over:
            slow.append(described)
        print((row % tuple(values) + "  " + over).rstrip())
    print(FOOTER % (*TIME_BUDGET, HEAP_BUDGET))
    print()
    return slow


def recordings(tell):
    """Print the table of the recorded telegrams if there are any; returns the slowest of each framing over budget."""
    try:
        entries = support.telegrams(expect="decode", kind="valid")
    except BaseException as reason:  # pytest's skip is no Exception
        print("recorded telegrams: %s\n" % reason)
        return []
    wanted = [e for e in entries if len(e["messages"]) == 1 and e["framing"] != "raw-apdu"]
    jobs = {}
    for entry in wanted:
        security = entry.get("security") or {}
        key, auth_key = (bytes.fromhex(security.get(name) or "") for name in ("key", "auth_key"))
        framing = ("encrypted " if entry.get("encrypted") else "") + entry["framing"]
        # Telegrams that need the bytes around them are left out; the title gives both numbers.
        if decodes(support.raw(entry), key, auth_key):
            name = framing + " " + entry["id"]
            jobs[name] = framing, job(name, support.raw(entry), key, auth_key)
    tell("%d recorded telegrams" % len(jobs))
    found = measure(unix.command(heap=HEAP), unix.environment(), [described for _, described in jobs.values()])
    title = "%d of %d recorded telegrams, MicroPython with viper, in us"
    print(title % (len(jobs), len(wanted)))
    print("%-18s %6s %6s %7s %7s %7s  %s" % ("framing", "count", "best", "mean", "worst", "heap", "slowest"))
    slow = []
    for framing in sorted({framing for framing, _ in jobs.values()}):
        rows = {name: found[name] for name, (other, _) in jobs.items() if other == framing}
        times = [ns / 1000 for ns, _, _ in rows.values()]
        worst = max(rows, key=lambda name: rows[name][0])
        heap = max(heap for _, heap, _ in rows.values())
        numbers = (framing, len(rows), min(times), statistics.mean(times), max(times), heap)
        over = misses(rows[worst][0], heap)
        if over:
            slow.append(jobs[worst][1])
        slowest = "%s (%d bytes)" % (worst.removeprefix(framing + " "), len(jobs[worst][1]["hex"]) // 2)
        print(("%-18s %6d %6.1f %7.1f %7.1f %7d" % numbers + "  %-40s %s" % (slowest, over)).rstrip())
    print()
    return slow


def decodes(data, key, auth_key):
    """True if three copies of this telegram in a row give three readings."""
    decoder = Decoder(lambda reading: None, Cipher(key, auth_key or None) if key else None)
    framer = Framer(decoder.telegram)
    for _ in range(3):
        framer.feed(data, len(data))
    return decoder.decoded == 3


def stages(jobs):
    """Print the time of each stage for these telegrams."""
    found = profile(jobs)
    names = list(next(iter(found.values())))
    print("where the time goes in those over the budget, in us (the rest: bytecode that ties the stages together)")
    print("%-40s" % "" + "".join(" %10s" % name for name in names))
    for name, row in found.items():
        values = ("%.1f" % (row[where] / 1000) if row[where] else "" for where in names)
        print("%-40s" % name + "".join(" %10s" % value for value in values))
    print()
