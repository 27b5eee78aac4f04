"""How fast it is on this machine, in one run: `make bench`.

A telegram from its bytes to a Reading on three interpreters, and GET /meter beside a bare
microdot on the same interpreter. Ratios are what to compare: other work slows all alike.
"""

import concurrent.futures
import datetime
import os
import pathlib
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from tools import simulator, stage, unix

sys.path[:0] = [str(stage.ROOT / "lib"), str(stage.ROOT)]

from host_sim import house, meters  # noqa: E402  the path comes first
from tests import support  # noqa: E402

HEAP_BUDGET = 256
API_BUDGET = 0.8
HERE = pathlib.Path(__file__).parent
HTTP_HEAP = "240k"
CLIENTS = 4  # enough that the server never waits for one
REQUESTS = 400  # a round
ROUNDS = 7
MIDNIGHT = 1767222000  # an hour boundary in every simulated meter's zone


def telegrams():
    """{name: bytes} of every list that the simulated meters send within an hour."""
    found = {}
    for name in meters.NAMES:
        meter = meters.create(name)
        home = house.House(MIDNIGHT)
        for ms in range(0, 3600_000 + 1, meter.PERIOD_MS):
            data = meter.encode(home.state(MIDNIGHT * 1000 + ms))
            if data:
                found.setdefault("%s-%d" % (name, len(data)), data)
    return found


def recordings():
    """{name: bytes} of the recorded unencrypted telegrams that hold one reading, where they are there."""
    try:
        entries = support.telegrams(expect="decode", kind="valid")
    except BaseException as reason:  # pytest's skip is none of the ordinary ones
        print("recorded telegrams: %s" % reason)
        return {}
    wanted = [e for e in entries if not e.get("encrypted") and len(e["messages"]) == 1]
    return {"recorded:" + e["framing"] + ":" + e["id"]: support.raw(e) for e in wanted if e["framing"] != "raw-apdu"}


def measure(command, environment, samples):
    """{name: (ns, heap bytes)} as bench_telegrams.py on that interpreter finds them."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        for name, data in samples.items():
            file.write("%s %s\n" % (name, data.hex()))
        file.flush()
        command = command + [str(HERE / "bench_telegrams.py"), file.name]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    if run.returncode:
        raise RuntimeError("bench_telegrams.py failed:\n" + run.stdout + run.stderr)
    rows = [line.split() for line in run.stdout.splitlines()]
    return {name: (int(ns), int(heap)) for name, ns, heap in rows}


def bench_telegrams():
    samples = telegrams()
    for arch in (stage.UNIX, "none"):
        _, failed = stage.stage(arch)
        if failed:
            raise RuntimeError("does not compile: " + ", ".join(map(str, failed)))
    cpython = dict(os.environ, PYTHONPATH=str(stage.ROOT / "lib"))
    runs = (
        measure(unix.command(), unix.environment(), samples),
        measure(unix.command(), unix.environment("none"), samples),
        measure([sys.executable], cpython, samples),
    )
    print("one telegram, bytes to Reading: MicroPython with viper, without (plain), and CPython")
    head = "%-22s %6s %9s %7s %9s %9s %8s %8s"
    print(head % ("list", "bytes", "viper us", "ns/byte", "heap B", "plain us", "/ viper", "CPython"))
    for name, data in samples.items():
        viper, plain, host = (run[name] for run in runs)
        row = "%-22s %6d %9.1f %7d %9d %9.1f %8.1f %8.1f %s"
        over = "" if viper[1] <= HEAP_BUDGET else "OVER BUDGET: heap %d" % HEAP_BUDGET
        values = (viper[0] / 1000, viper[0] // len(data), viper[1], plain[0] / 1000, plain[0] / viper[0])
        print(row % (name, len(data), *values, host[0] / 1000, over))
    print()


def bench_recordings():
    samples = recordings()
    if not samples:
        return
    # What needs a key or the bytes around it is left out here, and counted in the title.
    good = {name: data for name, data in samples.items() if decodes(data)}
    found = measure(unix.command(), unix.environment(), good)
    title = "%d of %d recorded telegrams on MicroPython with viper: mean and worst"
    print(title % (len(good), len(samples)))
    print("%-22s %6s %9s %9s %9s" % ("framing", "count", "mean us", "worst us", "heap B"))
    for framing in sorted({name.split(":")[1] for name in found}):
        rows = [value for name, value in found.items() if name.split(":")[1] == framing]
        times = [ns / 1000 for ns, _ in rows]
        numbers = (len(rows), statistics.mean(times), max(times), max(heap for _, heap in rows))
        print("%-22s %6d %9.1f %9.1f %9d" % (framing, *numbers))
    print()


def decodes(data):
    """True where three of this telegram in a row make three readings."""
    from han.meter.decoder import Decoder
    from han.wire.framer import Framer

    decoder = Decoder(lambda reading: None)
    framer = Framer(decoder.telegram)
    for _ in range(3):
        framer.feed(data, len(data))
    return decoder.decoded == 3


class Hello:
    """`with Hello(command, environment) as url:` runs the bare microdot."""

    def __init__(self, command, environment):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.command = command + [str(HERE / "bench_hello.py"), str(self.port)]
        self.environment = environment

    def __enter__(self):
        self.process = subprocess.Popen(self.command, env=self.environment, stdin=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self.port
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        raise RuntimeError("the bare microdot did not start")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def get(port, path):
    request = "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % path
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request.encode())
        parts = []
        while True:
            part = connection.recv(65536)
            if not part:
                break
            parts.append(part)
    answer = b"".join(parts)
    if b" 200 " not in answer[:16]:
        raise RuntimeError("GET %s: %r" % (path, answer[:200]))


def rate(pool, port, path):
    """(requests a second that were answered, requests that were not) of one round."""
    started = time.perf_counter()
    futures = [pool.submit(get, port, path) for _ in range(REQUESTS)]
    failures = [error for error in (future.exception() for future in futures) if error]
    seconds = time.perf_counter() - started
    if len(failures) > REQUESTS // 10:
        raise failures[0]
    return (REQUESTS - len(failures)) / seconds, len(failures)


def bench_api():
    """Print the table; False where the application did not start."""
    ok = True
    print("requests/s with %d clients, a connection each; median of %d rounds in turn" % (CLIENTS, ROUNDS))
    print("%-22s %12s %12s %8s %12s" % ("interpreter", "bare hello", "GET /meter", "ratio", "unanswered"))
    cpython = ([sys.executable], None, "cpython")
    micropython = (unix.command(heap=HTTP_HEAP), unix.environment(), "micropython")
    for command, environment, runtime in (cpython, micropython):
        arguments = ["--runtime", runtime, "--port", "0"]
        if runtime == "micropython":
            arguments += ["--heap", HTTP_HEAP]
        try:
            with Hello(command, environment) as hello, simulator.Simulator(*arguments) as reader:
                reader.wait_for_reading()
                bare, ours = race(hello, reader.port)
        except (OSError, RuntimeError) as error:
            print("%-22s %s" % (runtime, error))
            ok = False
            continue
        lost = sum(failures for _, failures in bare), sum(failures for _, failures in ours)
        bare, ours = [pace for pace, _ in bare], [pace for pace, _ in ours]
        ratio = statistics.median(b / a for a, b in zip(bare, ours))
        over = "" if ratio >= API_BUDGET else "UNDER BUDGET: %.2f" % API_BUDGET
        row = (runtime, statistics.median(bare), statistics.median(ours), ratio, "%d / %d" % lost, over)
        print("%-22s %12.0f %12.0f %8.2f %12s %s" % row, flush=True)
    return ok


def race(hello, reader):
    """[(rate, unanswered)] of each of the two ports, round by round in turn."""
    bare, ours = [], []
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for _ in range(ROUNDS):
            bare.append(rate(pool, hello, "/hello"))
            ours.append(rate(pool, reader, "/meter"))
    return bare, ours


def main():
    when = datetime.date.today().isoformat()
    print("%s, %s, %d cores, CPython %s" % (when, processor(), os.cpu_count(), platform.python_version()))
    print()
    bench_telegrams()
    bench_recordings()
    return 0 if bench_api() else 1


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return re.search(r"model name\s*: (.*)", file.read()).group(1)
    except (OSError, AttributeError):
        return platform.machine()


if __name__ == "__main__":
    sys.exit(main())
