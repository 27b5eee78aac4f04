"""Compares the decoder with a compiled one, or with an earlier commit of itself, side by side: `make bench`.

Both take the same telegrams in turns, in one run on one machine, and the shortest time of many single telegrams counts,
as other programs use the machine, too. What may be compared are the ratios.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

from staging import BUILD, ROOT, stage, unix
from tools.measure.speed import bench_bytecodes, bench_decode

HERE = pathlib.Path(__file__).parent
ROUNDS = 5
COUNT = 1000  # telegrams a round
BYTE_US = 10e6 / 115200  # time of a byte on a line of 115200 baud, 8N1
PEER = "dlms_parser"
PACKAGES = "wire", "meter", "core"  # what the decoder imports
FOOTER = """\
us: the shortest of %d single telegrams. ratio: how many times as long as %s. line: part of the time that the
telegram takes on a line of 115200 baud. heap: bytes that one telegram allocates. bytecodes: how many the interpreter
executes between the viper loops, counted on CPython without the loops' twins: the same on every machine."""


def built_peer(folder):
    """The program that times the peer's decoder, compiled from the sources in `folder`; RuntimeError if that fails."""
    output = pathlib.Path(tempfile.mkdtemp()) / "peer"
    sources = sorted(str(path) for path in (pathlib.Path(folder) / "src" / PEER).glob("*.cpp"))
    if not sources:
        raise RuntimeError("%s is no clone of %s: it has no src/%s/*.cpp" % (folder, PEER, PEER))
    include = "-I%s" % (pathlib.Path(folder) / "src")
    command = ["g++", "-std=c++20", "-O2", include, str(HERE / "peer.cpp"), *sources, "-lmbedcrypto", "-o", str(output)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise RuntimeError("no g++ here: apt-get install g++ libmbedtls-dev") from None
    if done.returncode:
        raise RuntimeError("%s does not compile; it needs mbedTLS (libmbedtls-dev):\n%s" % (PEER, done.stderr[-2000:]))
    return output


def peer_times(program, jobs):
    """[ns] of the jobs in the peer, 0 for those that it does not read."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        for one in jobs:
            print(one["hex"], one["key"] or "-", one["auth_key"] or "-", file=file)
        file.flush()
        done = subprocess.run([str(program), file.name, str(COUNT)], capture_output=True, text=True, check=True)
    return [int(line.split()[0]) for line in done.stdout.splitlines()]


def our_times(environment, jobs):
    """[(ns, heap)] of the jobs on the unix port with viper, (0, 0) for those that are not decoded."""
    command = unix.command(HERE / "bench_single.py", heap=bench_decode.HEAP)
    return [tuple(map(int, line.split())) for line in bench_decode.run(command, environment, jobs, str(COUNT))]


def built_base(commit):
    """The environment of the unix port with the decoder of an earlier commit, compiled below build/."""
    folder = BUILD / ("base-" + commit)
    if not folder.exists():
        tree = pathlib.Path(tempfile.mkdtemp())
        try:
            packed = subprocess.run(["git", "archive", commit, "lib/han"], cwd=ROOT, capture_output=True)
            if packed.returncode:
                raise RuntimeError("no commit %s here: %s" % (commit, packed.stderr.decode().strip()))
            subprocess.run(["tar", "x", "-C", str(tree)], input=packed.stdout, check=True)
            sources = [tree / "lib" / "han" / "__init__.py"]
            for package in PACKAGES:
                sources += sorted((tree / "lib" / "han" / package).rglob("*.py"))
            for source in sources:
                path = source.relative_to(tree / "lib")
                failed = source.exists() and stage.compiled(path, source, folder / path.with_suffix(".mpy"), stage.UNIX)
                if failed:
                    raise RuntimeError(failed)
        finally:
            shutil.rmtree(tree)
    return dict(os.environ, MICROPYPATH="%s:.frozen" % folder)


def report(tell, peer=None, base=None):
    """Print the table of ratios. peer: folder with a clone of the peer; base: a commit. RuntimeError if that fails."""
    jobs = [one for _, one in bench_decode.recorded()] or bench_decode.simulated()
    other = PEER if peer else base
    program = built_peer(peer) if peer else None
    environment = None if peer else built_base(base)
    ours, theirs = {}, {}
    for n in range(ROUNDS):
        tell("round %d of %d: %s" % (n + 1, ROUNDS, other))
        times = peer_times(program, jobs) if peer else [ns for ns, _ in our_times(environment, jobs)]
        for one, ns in zip(jobs, times):
            if ns:
                theirs[one["name"]] = min(ns, theirs.get(one["name"], ns))
        jobs = [one for one in jobs if one["name"] in theirs]
        tell("round %d of %d: ours" % (n + 1, ROUNDS))
        for one, (ns, heap) in zip(jobs, our_times(unix.environment(), jobs)):
            if ns:
                ours[one["name"]] = min(ns, ours.get(one["name"], (ns, heap))[0]), heap
    print("one telegram beside %s, MicroPython with viper" % other)
    print("%-46s %5s %7s %7s %6s %7s %5s %9s" % ("", "bytes", "us", "theirs", "ratio", "line", "heap", "bytecodes"))
    for one in jobs:
        if one["name"] not in ours:
            continue
        (ns, heap), size, steps = ours[one["name"]], len(one["hex"]) // 2, bench_bytecodes.count(one)
        share = "%.2f%%" % (ns / 10 / (size * BYTE_US))
        their = theirs[one["name"]]
        numbers = (one["name"][:46], size, ns / 1000, their / 1000, ns / their, share, heap, steps)
        print("%-46s %5d %7.1f %7.1f %6.2f %7s %5d %9d" % numbers)
    print(FOOTER % (ROUNDS * COUNT, other))
    print()
    if program:
        shutil.rmtree(program.parent)
