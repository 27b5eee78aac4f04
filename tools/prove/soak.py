"""`make soak`: a month of a reader in a bad environment, in minutes. Is a reading lost, does it restart by itself?

The whole application runs on MicroPython's unix port with a limited heap, in time that jumps from telegram to telegram
(see year.py). The line has flipped bits, cut telegrams, noise and silence. WiFi fails in every way of
host_sim/services/outages.py. Price services fail. Clients connect, stall and vanish. There are power cuts, restarts by
the API, updates, refused uploads and an update that never starts.
"""

import argparse
import http.client
import random
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from host_sim.services import outages
from host_sim.services.prices import sites
from host_sim.line.sender import Ahead
from host_sim.supervisor import RESTART
from staging import keyring, page
from tools.prove import year
from tools.measure.accounts import Accounts
from tools.prove.trial import image, request, upload
from tools.prove.visitors import Visitors

sys.path[:0] = [str(year.stage.ROOT / "lib")]

from han.meter.line.told import selectable  # noqa: E402  needs the path above

_RESET = 2  # machine.reset_cause(), as in host_sim.supervisor
_DOWN = 60  # s of a restart at most; the line is not read meanwhile
_SHRINKS = 12000  # bytes by which the free heap may shrink without being a trend
_PRICE_FAULTS = ("500", "429", "silent", "reset", "truncated", "html", "format", "hole", "mad", "huge", "")
#: Events of some hours, besides the faults of line, network and prices.
SPECIALS = ("reboot", "cut", "update", "refused", "broken", "silence")
_WATCHED = 36  # telegrams during which streams are open
_LONG = 16  # hourly looks; in that time every temporary use of memory has ended once
_TRIES = 5  # for an upload or a request
_AGAIN = 5  # s to wait for a busy reader, as its Retry-After says
_MOST = 360  # most telegrams between two looks


class Line:
    """A source that damages some telegrams of another source, and counts the good ones, which must become readings."""

    def __init__(self, meter, chance):
        self.line = meter.line
        self.bad = False  # True: it damages telegrams now
        self.good = self.damaged = 0
        self.last = None  # us since the start of the last good telegram
        self.gap = 0  # longest time between two good ones without a restart or a silent line, s
        self.known = 0  # time of the last telegram, s since the start
        self._meter = meter
        self._chance = chance

    def next(self, now_us, free_us):
        """(start in us, bytes) of the next transmission; None if there is none yet."""
        sent = self._meter.next(now_us, free_us)
        if sent is None:
            return None
        start, data = sent
        self.known = start // 1000000
        chance = self._chance
        if self.bad and chance.random() < 0.2:
            kind = chance.choice(("flip", "cut", "noise"))
            if kind == "noise":
                return start, self._took(start, bytes(chance.choices(range(256), k=40)) + data)
            self.damaged += 1
            at = chance.randrange(1, len(data) - 8)  # the bytes after the checksum do not matter
            if kind == "cut":
                return start, data[:at]
            return start, data[:at] + bytes((data[at] ^ 1 << chance.randrange(7),)) + data[at + 1 :]
        return start, self._took(start, data)

    def _took(self, start, data):
        if self.last is not None:
            self.gap = max(self.gap, (start - self.last) // 1000000)
        self.last = start
        self.good += 1
        return data


class Soak(year.Board):
    """A reader, its line, its servers and its clients."""

    def __init__(self, options, folder):
        start = year.midnight("2026-03-10")
        super().__init__(options, folder, start)
        self._chance = chance = random.Random(options.seed)
        self._period = options.period
        self.meter = year.Meter("p1", start, options.period, options.seed)
        self.source = Line(self.meter, chance)
        self.begin = self.meter.next_s
        self.days = options.days
        self.read = self.lost = 0  # readings of good telegrams while the reader was on: seen, missing
        self.before = self.seen = 0  # good telegrams before this run; readings in this run
        self.asked = {}  # {reason: number of requested restarts}
        self.unasked = []
        self.longest = 0, ""  # longest time without a reading, s, and its reason
        #: For each run (from start to start) [(free without garbage, largest free piece, least free so far)], bytes.
        self.heap = []
        self.heap_s = year.HOUR
        self.complaints = []
        self.waited = 0  # uploads that were tried again
        self.busy = {}  # {text: number of answers 503 or missing answers}
        self.visitors = Visitors(self.port, chance)
        self.sites = sites.in_background(lambda: self.zero + self.source.known, {})
        self.outages = self._planned()
        self._versions = 0

    def _planned(self):
        found = []
        for day in range(self.days):
            for way in self._chance.sample(outages.WAYS, 2):
                since = self.begin - self.zero + day * year.DAY + self._chance.randrange(year.DAY)
                until = since + self._chance.choice((90, 700, 2400, 7200))
                found.append([since * 1000000, until * 1000000, way])
        return sorted(found)

    def offline(self):
        """True if an outage of the network is going on, was just over, or begins within minutes."""
        now = (self.meter.next_s - self.zero) * 1000000
        return any(since - 400000000 <= now < until + 300000000 for since, until, _ in self.outages)

    def on(self, why, cause=_RESET, tries=1):
        """Start the reader; the line goes on meanwhile. why: the reason; tries: starts, all but one of which may fail.

        AssertionError if all fail.
        """
        self.read += self.seen
        self.lost += self.source.good - self.before - self.seen
        self.before, self.seen = self.source.good, 0
        self.heap.append([])
        self.pass_by(_DOWN, why)
        while True:
            try:
                self.start(self.meter.next_s - year.BEFORE, self.source.line, [], "setup", cause)
                self._accounts = Accounts(self.process.stdout)
                return
            except AssertionError:
                tries -= 1
                if not tries or self.process.wait(year.PATIENCE) != RESTART:
                    raise

    def pass_by(self, seconds, why):
        """Let so many seconds pass without the reader."""
        last, self.source.last = self.source.last, None
        self.meter.off(-(-seconds // self._period) * self._period)
        if last is not None:
            self.longest = max(self.longest, (self.meter.next_s - self.zero - last // 1000000, why))

    def live(self, telegrams, pause=0):
        """Let so many telegrams pass, with a pause (s of the host) after each. False if the reader has restarted."""
        each = 1 if pause else telegrams
        try:
            for _ in range(telegrams // each):
                self.meter.until = self.meter.next_s + each * self._period
                sender = Ahead(self.source)
                while not sender.done:
                    sender.send(self.process.stdin.fileno())
                    time.sleep(0.001)
                time.sleep(pause)
            # A telegram that is missing after so many answers is lost, however slow the machine is.
            seen, looks = None, 0
            while looks < year.LOOKS:
                meter = self.get("/health")["meter"]
                if meter["decoded"] >= self.source.good - self.before:
                    break
                seen, looks = meter["bytes"], looks + 1 if meter["bytes"] == seen else 0
                time.sleep(0.05)
            self._look()
        except (urllib.error.HTTPError, http.client.IncompleteRead) as error:  # the reader still runs
            self.complain("%s: %s" % (getattr(error, "url", "half an answer"), error))
        except (OSError, ValueError) as error:
            self.complain("%s: %s" % (type(error).__name__, error))
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.cut()
            self.unasked.append("%s, status %s" % (self.when(), self.process.returncode))
            self.on("restart unasked")
            self.unasked[-1] += ", then " + self.get("/han")["rebootReason"]
            return False
        return True

    def _look(self):
        before = self.source.good - self.before
        seen = self.get("/meter")["seq"]
        health = self.get("/health")
        if before - seen > self._gone:
            self.complain("%d readings of %d: %s" % (seen, before, health["meter"]))
        self._gone = before - seen
        self.seen = seen
        free = self._accounts.look() or (health["free_heap_size"], 0)  # CPython has no report
        self.heap[-1].append(free + (health["minimum_free_heap_size"],))
        for row in health["services"]:
            # The network and the prices fail on purpose.
            if row["name"] not in ("network", "spotprices") and row["error"]:
                self.complain("%s: %s" % (row["name"], row["error"]))

    _gone = 0  # readings lost in this run

    def complain(self, text):
        """Keep and print a finding."""
        text = "%s: %s" % (self.when(), text)
        self.complaints.append(text)
        print(text, self.heap[-1][-1:], flush=True)

    def hour(self):
        """Number of the hour since the beginning."""
        return (self.meter.next_s - self.begin) // year.HOUR

    def when(self):
        """The time in words."""
        return "day %d, %02d h" % divmod(self.hour(), 24)

    def get(self, path):
        """GET a path; asks again if the reader is busy."""
        for left in reversed(range(_TRIES)):
            try:
                return super().get(path)
            except (OSError, http.client.HTTPException) as error:
                refused = isinstance(error, urllib.error.HTTPError)
                if not left or self.process.poll() is not None or (refused and error.code != 503):
                    raise
                text = "%s: %s" % (path, error.read().decode() if refused else type(error).__name__)
                self.busy[text] = self.busy.get(text, 0) + 1
                time.sleep(_AGAIN)

    # Actions

    def set_up(self):
        """Configure the reader as its owner does, over its access point."""
        self.put({
            "np": "sta", "t": str(year.ZONE), "s": True, "pa": "FI",
            "m": {"o": 1 + selectable().index(self.source.line)},
            "w": {"s": "Home", "p": "correct horse"},
        })  # fmt: skip

    def prices(self):
        """Give one of the price services another fault, or none."""
        name = self._chance.choice(sites.NAMES)
        where = self.sites[name].rsplit("/", 1)[0]
        fault = self._chance.choice(_PRICE_FAULTS)
        urllib.request.urlopen("%s/faults/%s/%s" % (where, name, fault), timeout=year.PATIENCE).close()

    def reboot(self):
        request(self._url + "/reboot", b"")
        self._restarts("reboot by the API")

    def cut_off(self):
        self.cut()
        self._again("power cut", 1)

    def update(self):
        self._versions += 1
        version = "7.0.0.%d" % self._versions
        status, answer = self._upload(image(version))
        if status != 200:
            return self.complain("a good update was refused: %s" % answer)
        self._restarts("update")
        self.live(12)
        han, ota = self.get("/han"), self.get("/ota")
        if (han["version"], ota["error"]) != (version, None):
            self.complain("an update failed: %s" % ota)

    def _upload(self, data):
        """Upload an image; if the reader has no memory for it, try again, and restart the reader in the end."""
        for _ in range(_TRIES):
            status, answer = upload(self._url, data)
            if status != 503:
                return status, answer
            self.waited += 1
            self.live(12)
        request(self._url + "/reboot", b"")
        self._restarts("restart to have memory for an update")
        self.live(12)
        return upload(self._url, data)

    def refused(self):
        data = bytearray(image("7.0.1.1"))
        data[self._chance.randrange(len(data))] ^= 1
        status, _ = upload(self._url, bytes(data))
        if status == 200:
            self.complain("a damaged update was taken")

    def broken(self):
        before = self.get("/han")["version"]
        status, answer = self._upload(image("7.9.9.9", start="raise ValueError('never starts')\n"))
        if status != 200:
            return self.complain("a signed update was refused: %s" % answer)
        print("%s: a version that never starts, on purpose:" % self.when(), flush=True)
        self._restarts("update that never starts", tries=5)
        if self.get("/han")["version"] != before:
            self.complain("a version that never starts has not gone back")

    def silence(self):
        self.pass_by(self._chance.choice((120, 900, 2400)), "silence on the line")

    @property
    def _url(self):
        return "http://127.0.0.1:%d" % self.port

    def _restarts(self, why, tries=1):
        if self.process.wait(year.PATIENCE) != RESTART:
            raise OSError("it ended with %s" % self.process.returncode)
        self._again(why, _RESET, tries)

    def _again(self, why, cause, tries=1):
        self.asked[why] = self.asked.get(why, 0) + 1
        self._gone = 0
        self.on(why, cause, tries)


def run(options):
    """Run the soak and print its report; True if no reading was lost and there was no finding."""
    started = time.monotonic()
    page.build()
    keyring.write_module()
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(options, folder)
        chance = random.Random(options.seed + 1)
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
            due = soak.begin + (hour + 1) * year.HOUR
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
        soak.source.bad = False
        soak.live(_WATCHED)
        status = soak.stop()
        soak.read += soak.seen
        soak.lost += soak.source.good - soak.before - soak.seen
    return report(options, soak, time.monotonic() - started) and status == 0


def report(options, soak, seconds):
    """Print the results; True if all are good."""
    days = (soak.meter.next_s - soak.begin) / year.DAY
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
    print("restarts asked for   %8d: %s" % (sum(soak.asked.values()), soak.asked))
    print("restarts unasked     %8d %s" % (len(soak.unasked), "; ".join(soak.unasked)))
    shrunk = trend(soak.heap)
    print("complaints           %8d" % len(soak.complaints))
    good = not (soak.lost or soak.unasked or soak.complaints or shrunk > _SHRINKS)
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
    parse.add_argument("--heap", help="size of MicroPython's heap (480k)")
    parse.add_argument("--period", type=int, default=10, help="seconds between two telegrams (10)")
    parse.add_argument("--runtime", choices=("cpython", "micropython"), default="micropython")
    return 0 if run(year.with_heap(parse, arguments, "480k")) else 1


if __name__ == "__main__":
    sys.exit(main())
