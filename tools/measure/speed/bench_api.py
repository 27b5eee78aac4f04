"""Compares GET /meter with a bare microdot on the same interpreter, round by round in turn.

On MicroPython both have heaps of the same size. The bare one collects only when its heap is full.
"""

import concurrent.futures
import pathlib
import socket
import statistics
import subprocess
import sys
import time

from staging import stage, unix
from tools.measure import simulator

BUDGET = 0.8
HERE = pathlib.Path(__file__).parent
HTTP_HEAP = "480k"
CLIENTS = 4  # enough that the server never waits for one
REQUESTS = 400  # per round
ROUNDS = 7


class Hello:
    """`with Hello(command, environment) as port:` runs the bare microdot. RuntimeError if it does not start."""

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
    """(answered requests per second, number of unanswered requests) of one round."""
    started = time.perf_counter()
    futures = [pool.submit(get, port, path) for _ in range(REQUESTS)]
    failures = [error for error in (future.exception() for future in futures) if error]
    seconds = time.perf_counter() - started
    if len(failures) > REQUESTS // 10:
        raise failures[0]
    return (REQUESTS - len(failures)) / seconds, len(failures)


def report(tell):
    """Print the table; False if the application did not start. tell(text): called with each step."""
    ok = True
    print("requests/s with %d clients, a connection each; median of %d rounds in turn" % (CLIENTS, ROUNDS))
    print("MicroPython: both with a heap of %s" % HTTP_HEAP)
    print("%-22s %12s %12s %8s %12s" % ("interpreter", "bare hello", "GET /meter", "ratio", "unanswered"))
    _, failed = stage.stage()
    if failed:
        raise RuntimeError("does not compile: " + ", ".join(map(str, failed)))
    cpython = ("cpython", [sys.executable], None)
    micropython = ("micropython", unix.command(heap=HTTP_HEAP), unix.environment())
    for runtime, command, environment in (cpython, micropython):
        tell("requests on " + runtime)
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
        over = "" if ratio >= BUDGET else "UNDER BUDGET: %.2f" % BUDGET
        row = (runtime, statistics.median(bare), statistics.median(ours), ratio, "%d / %d" % lost, over)
        print("%-22s %12.0f %12.0f %8.2f %12s %s" % row, flush=True)
    return ok


def race(hello, reader):
    """([(rate, unanswered)] of the bare microdot, the same of the reader); the arguments are their ports."""
    bare, ours = [], []
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for _ in range(ROUNDS):
            bare.append(rate(pool, hello, "/hello"))
            ours.append(rate(pool, reader, "/meter"))
    return bare, ours
