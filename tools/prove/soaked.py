"""The reader of soak.py: a board in time that jumps, with a bad line, bad networks, clients, and what is done to it."""

import http.client
import random
import subprocess
import time
import urllib.error
import urllib.request

from host_sim.line.sender import Ahead
from host_sim.services import outages
from host_sim.services.prices import sites
from host_sim.supervisor import RESTART
from tools.measure.accounts import Accounts
from tools.measure.simulator import PATIENCE
from tools.prove.badline import Line
from tools.prove.jumping import BEFORE, DAY, HOUR, LOOKS, ZONE, Board, Meter, chosen, midnight
from tools.prove.mosquitto import program
from tools.prove.published import Published
from tools.prove.trial import image, request, upload
from tools.prove.visitors import Visitors

_RESET = 2  # machine.reset_cause(), as in host_sim.supervisor
_DOWN = 60  # s of a restart at most; the line is not read meanwhile
_PRICE_FAULTS = ("500", "429", "silent", "reset", "truncated", "html", "format", "hole", "mad", "huge", "")
_TRIES = 5  # for an upload or a request
_AGAIN = 5  # s to wait for a busy reader, as its Retry-After says


class Soak(Board):
    """A reader, its line, its servers and its clients."""

    def __init__(self, options, folder):
        start = midnight("2026-03-10")
        super().__init__(options, folder, start)
        self._chance = chance = random.Random(options.seed)
        self._period = options.period
        self.meter = Meter("p1", start, options.period, options.seed)
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
        self.heap_s = HOUR
        self.complaints = []
        self.waited = 0  # uploads that were tried again
        self.busy = {}  # {text: number of answers 503 or missing answers}
        self.visitors = Visitors(self.port, chance)
        self.published = Published(folder, random.Random(options.seed + 2)) if program() else None
        self.sites = sites.in_background(lambda: self.zero + self.source.known, {})
        self.outages = self._planned()
        self._versions = 0

    def _planned(self):
        found = []
        for day in range(self.days):
            for way in self._chance.sample(outages.WAYS, 2):
                since = self.begin - self.zero + day * DAY + self._chance.randrange(DAY)
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
                self.start(self.meter.next_s - BEFORE, self.source.line, [], "setup", cause)
                self._accounts = Accounts(self.process.stdout)
                if self.published:
                    self.published.begin()
                return
            except AssertionError:
                tries -= 1
                if not tries or self.process.wait(PATIENCE) != RESTART:
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
            while looks < LOOKS:
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
            # The network, the prices and the broker fail on purpose.
            if row["name"] not in ("network", "spotprices", "mqtt") and row["error"]:
                self.complain("%s: %s" % (row["name"], row["error"]))
        if self.published:
            self.published.look(self.get, self.meter.next_s)

    _gone = 0  # readings lost in this run

    def complain(self, text):
        """Keep and print a finding."""
        text = "%s: %s" % (self.when(), text)
        self.complaints.append(text)
        print(text, self.heap[-1][-1:], flush=True)

    def hour(self):
        """Number of the hour since the beginning."""
        return (self.meter.next_s - self.begin) // HOUR

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
            "np": "sta", "t": str(ZONE), "s": True, "pa": "FI",
            "m": chosen(self.source.line),
            "w": {"s": "Home", "p": "correct horse"},
            "out": self.published.settings() if self.published else {},
        })  # fmt: skip

    def prices(self):
        """Give one of the price services another fault, or none."""
        name = self._chance.choice(sites.NAMES)
        where = self.sites[name].rsplit("/", 1)[0]
        fault = self._chance.choice(_PRICE_FAULTS)
        urllib.request.urlopen("%s/faults/%s/%s" % (where, name, fault), timeout=PATIENCE).close()

    def broker(self):
        """End the broker, and start it again."""
        if self.published and not self.published.restart(self):
            self.complain("MQTT: %s" % self.get("/out")["mqtt"])

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
        if self.process.wait(PATIENCE) != RESTART:
            raise OSError("it ended with %s" % self.process.returncode)
        self._again(why, _RESET, tries)

    def _again(self, why, cause, tries=1):
        self.asked[why] = self.asked.get(why, 0) + 1
        self._gone = 0
        self.on(why, cause, tries)
