"""A simulated reader and its meter in time that jumps from telegram to telegram, so that months take minutes.

host_sim's board runs on either interpreter with its real line, flash files, clock and API.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from staging import stage
from tools.measure.simulator import PATIENCE

sys.path[:0] = [str(stage.ROOT / "lib")]

from han.meter.line.told import selectable  # noqa: E402  needs the path above
from host_sim import meters  # noqa: E402
from host_sim.command.opened import free_port  # noqa: E402
from host_sim.command.process import command  # noqa: E402
from host_sim.hardware.slots import Flash  # noqa: E402
from host_sim.house import House  # noqa: E402
from host_sim.line.sender import Ahead  # noqa: E402

ZONE = ZoneInfo("Europe/Helsinki")
MINUTE, QUARTER, HOUR, DAY = 60, 900, 3600, 86400
BEFORE = 20  # s between the start of a board and its first telegram
#: Meters that send their counters in each telegram.
OFTEN = ("p1", "dsmr5", "belgian", "swedish", "mbus")
#: Number of answers without a new byte after which a reader has read everything.
LOOKS = 20
#: First counters of the second meter: Wh in, Wh out, varh in, varh out.
NEW = (4321, 98, 7, 6)


class Meter:
    """A source for host_sim.line.sender: a telegram every `period` s until `until`, the first an hour after zero.

    strides   the power of the house changes only with the telegrams, which is several times as fast
    """

    def __init__(self, name, zero, period, seed, strides=False):
        start = zero + HOUR
        self._zero = zero
        self._kind = kind = meters.create(name)
        self.line = kind.LINE
        kind.PERIOD_MS = period * 1000
        self.step = 10 if name == "aidon" else 1  # Wh per step of its counters
        self.next_s = self.until = start
        self._period = period
        self._strides = strides
        self._house = House(start, seed, kind.ZONE_MIN)
        self.marks = {}  # unix s of a local midnight -> counters
        self.quarters = {}  # unix s of a quarter of an hour -> counters
        self.carried = [0, 0]
        self.first = self.last = None  # the first and the last counters that it has sent
        self.demand = None  # as in host_sim.house.State, of the last telegram

    def next(self, now_us, free_us):
        while self.next_s < self.until:
            at = self.next_s
            self.next_s += self._period
            if self._strides:
                self._house.stride(at)
            state = self._house.state(at * 1000)
            data = self._kind.encode(state)
            self.demand = state.demand
            self.last = [wh // self.step * self.step for wh in state.wh]
            self.first = self.first or self.last
            if data and at % QUARTER == 0:
                self.quarters[at] = [wh + more for wh, more in zip(self.last, self.carried)]
                here = datetime.fromtimestamp(at, ZONE)
                if here.hour == here.minute == 0:
                    self.marks[at] = self.quarters[at]
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
        house.replace(self.next_s, NEW)
        state = house.state((self.next_s + unseen * self._period) * 1000)
        house.replace(self.next_s, NEW)
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
        self.moment_ms = 3  # see host_sim.jump
        self.heap_s = 0  # seconds between two of MicroPython's reports on its heap, 0: none
        self.speed = 0  # 0: time jumps; 1: it is the time of this computer

    def start(self, at, line, faults, network="eth", cause=1):
        self.starts += 1
        flash = Flash(self.folder)
        slot = flash.load()
        frozen = flash.frozen(slot)
        settings = {
            "host": "127.0.0.1", "port": self.port, "speed": self.speed, "zero_ns": self.zero * 10**9,
            "state": self.folder, "start_us": (at - self.zero) * 1000000, "line": line,
            "serial": None, "console": None, "plug": None,
            "sites": self.sites, "time_faults": faults, "time_servers": self.servers, "cause": cause, "slot": slot,
            "sources": frozen, "network": network, "names": self.names, "updates": None, "channel": "release",
            "outages": self.outages, "heap_s": self.heap_s, "psram": True, "moment_ms": self.moment_ms,
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


def chosen(line):
    """The value of the setting `m` that chooses this line."""
    return {"o": 1 + selectable().index(line)}


def with_heap(parse, arguments, usual):
    """The options; ends with status 2 if --heap is given for CPython. usual: the default size of the heap."""
    options = parse.parse_args(arguments)
    if options.heap and options.runtime != "micropython":
        parse.error("--heap is for MicroPython: it needs --runtime micropython")
    options.heap = options.heap or usual
    return options
