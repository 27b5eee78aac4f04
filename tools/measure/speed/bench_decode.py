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

HEAP_BUDGET = 128
HERE = pathlib.Path(__file__).parent
PEERS = ("amshan", "dsmr", "gurux")
POLL_S = 0.005  # time between two reads of the line
HEAP = "32M"  # the plain twin of GHASH makes a megabyte of garbage per telegram
FOOTER = """\
us: a whole telegram at once; the best of 20 batches of 8 ms in four rounds, because others use the machine too.
heap: bytes that one telegram allocates. /viper: how many times as long. line: the part of the time the telegram
takes on its line that decoding takes, when it arrives in the pieces that a look every 5 ms finds.
budget: at most %d B of heap."""


def job(name, data, key=None, auth_key=None, piece=0):
    """A telegram as a job for bench_telegrams.py, bench_single.py and bench_peers.py (a dict for JSON)."""
    texts = {"hex": data.hex(), "key": (key or b"").hex(), "auth_key": (auth_key or b"").hex()}
    return dict(texts, name=name, piece=piece)


def run(command, environment, jobs, *arguments):
    """The lines that a script prints for these jobs; RuntimeError if it fails."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(jobs, file)
        file.flush()
        command = [*command, file.name, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError("%s failed:\n%s%s" % (" ".join(command), done.stdout, done.stderr))
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


def over(heap):
    """A text about an exceeded budget, "" if it is kept."""
    return "OVER BUDGET: heap %d" % heap if heap > HEAP_BUDGET else ""


def compile_all(tell):
    """Stage the application with viper and without; RuntimeError if that fails."""
    tell("compiling")
    for arch in (stage.UNIX, "none"):
        _, failed = stage.stage(arch)
        if failed:
            raise RuntimeError("does not compile: " + ", ".join(map(str, failed)))


def report(tell):
    """Print the tables; RuntimeError if something fails. tell(text): called with each step."""
    by_framing(tell)
    recordings(tell)


def simulated():
    """The jobs of a telegram of each framing, from the simulator."""
    jobs = []
    for one in bench_samples.samples():
        piece = max(1, int(POLL_S * one.line[0] / bench_samples.bits(one.line)))
        jobs.append(job(one.name, one.data, one.key, one.auth_key, piece))
    return jobs


def by_framing(tell):
    """Print the table of framings."""
    samples = bench_samples.samples()
    jobs = simulated()
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
    for one in samples:
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
        print((row % tuple(values) + "  " + over(heap)).rstrip())
    print(FOOTER % HEAP_BUDGET)
    print()


def recorded():
    """[(framing, job)] of the recorded telegrams that are decoded alone; those that need others around them are not."""
    try:
        entries = support.telegrams(expect="decode", kind="valid")
    except BaseException as reason:  # pytest's skip is no Exception
        print("recorded telegrams: %s\n" % reason)
        return []
    jobs = []
    for entry in entries:
        if len(entry["messages"]) == 1 and entry["framing"] != "raw-apdu":
            security = entry.get("security") or {}
            key, auth_key = (bytes.fromhex(security.get(name) or "") for name in ("key", "auth_key"))
            framing = ("encrypted " if entry.get("encrypted") else "") + entry["framing"]
            if decodes(support.raw(entry), key, auth_key):
                jobs.append((framing, job(framing + " " + entry["id"], support.raw(entry), key, auth_key)))
    return jobs


def recordings(tell):
    """Print the table of the recorded telegrams if there are any."""
    jobs = recorded()
    if not jobs:
        return
    tell("%d recorded telegrams" % len(jobs))
    found = measure(unix.command(heap=HEAP), unix.environment(), [described for _, described in jobs])
    print("%d recorded telegrams, MicroPython with viper, in us" % len(jobs))
    print("%-18s %6s %6s %7s %7s %7s  %s" % ("framing", "count", "best", "mean", "worst", "heap", "slowest"))
    for framing in sorted({framing for framing, _ in jobs}):
        rows = {one["name"]: found[one["name"]] for other, one in jobs if other == framing}
        times = [ns / 1000 for ns, _, _ in rows.values()]
        worst = max(rows, key=lambda name: rows[name][0])
        heap = max(heap for _, heap, _ in rows.values())
        numbers = (framing, len(rows), min(times), statistics.mean(times), max(times), heap)
        slowest = worst.removeprefix(framing + " ")
        print(("%-18s %6d %6.1f %7.1f %7.1f %7d" % numbers + "  %-40s %s" % (slowest, over(heap))).rstrip())
    print()


def decodes(data, key, auth_key):
    """True if three copies of this telegram in a row give three readings."""
    decoder = Decoder(lambda reading: None, Cipher(key, auth_key or None) if key else None)
    framer = Framer(decoder.telegram)
    for _ in range(3):
        framer.feed(data, len(data))
    return decoder.decoded == 3
