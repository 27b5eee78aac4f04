"""Measures how long a home battery waits for an answer of the imitated Shelly over UDP, beside GET /meter."""

import json
import socket
import statistics
import time
import urllib.request

from tools.measure import simulator

#: Most ms of the median.
BUDGET = 20
# An address of this computer whose port nobody else has, where the system has more than one.
_HOSTS = "127.83.69.1", "127.0.0.1"
_PORT = 2220
_ASKED = b'{"id":1,"method":"EM.GetStatus","params":{"id":0}}'
_ON = json.dumps({"out": {"shelly": {"on": True}}}).encode()
_ROUNDS = 100
_PAUSE_S = 0.06  # more questions in a second are not answered


def report(tell):
    """Print the table; False if a battery waits too long. tell(text): called with each step."""
    ok = True
    print("\nms from a battery's question over UDP to its answer, of %d questions" % _ROUNDS)
    print("%-12s %8s %8s %8s %18s" % ("interpreter", "median", "95 %", "longest", "GET /meter, median"))
    for runtime, heap in (("cpython", ()), ("micropython", ("--heap", "480k"))):
        tell("a battery's questions to " + runtime)
        try:
            waits, gets = measured(["--runtime", runtime, *heap])
        except (OSError, RuntimeError) as error:
            print("%-12s %s" % (runtime, error))
            ok = False
            continue
        median = statistics.median(waits)
        ok = ok and median <= BUDGET
        over = "" if median <= BUDGET else "OVER BUDGET: %d" % BUDGET
        row = runtime, median, sorted(waits)[_ROUNDS * 95 // 100], max(waits), statistics.median(gets), over
        print("%-12s %8.1f %8.1f %8.1f %18.1f %s" % row, flush=True)
    return ok


def measured(arguments):
    """(ms of each answer over UDP, ms of each GET /meter) of a simulated reader."""
    host = _HOSTS[0]
    try:
        with socket.socket() as probe:
            probe.bind((host, 0))
    except OSError:
        host = _HOSTS[1]
    with simulator.Simulator("--port", "0", "--host", host, *arguments) as reader:
        reader.wait_for_reading()
        request = urllib.request.Request(reader.url + "/configuration", _ON, method="PUT")
        urllib.request.urlopen(request, timeout=simulator.PATIENCE).close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(1)
            line.connect((host, _PORT))
            begin(line)
            waits, gets = [], []
            for _ in range(_ROUNDS):
                time.sleep(_PAUSE_S)
                waits.append(timed(lambda: line.send(_ASKED) and line.recv(2048)))
                gets.append(timed(lambda: reader.get("/meter")))
            return waits, gets


def begin(line):
    """Ask until there is an answer: the port is opened within a second."""
    for _ in range(60):
        try:
            line.send(_ASKED)
            line.recv(2048)
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("no answer at UDP port %d" % _PORT)


def timed(ask):
    """The ms that ask() takes."""
    started = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - started)
