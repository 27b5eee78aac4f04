"""A house: readers and a broker, switched to each other as docs/fleet says, a subscriber, and what has come."""

import json
import queue
import subprocess
import sys
import threading
import time

from staging import stage
from tools.prove.fleet.broker import DOCS
from tools.prove.fleet.tally import Tally

_PATIENCE = 300  # s: nothing takes so long, even on a slow machine
_DOWN = 3  # s without a broker
#: The number of the stop of the broker in a tally; the first stop is the time until readers and listener are there.
RESTART = 1


class Listener:
    """The subscriber, a process of its own. take(): what it has got, [(s, topic, payload)]."""

    def __init__(self, broker, user, password, topics):
        command = [sys.executable, "-m", "tools.prove.fleet.listener", str(broker.port), user, *topics]
        self._process = subprocess.Popen(command, cwd=stage.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._process.stdin.write(password.encode() + b"\n")
        self._process.stdin.flush()
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line)

    def take(self, wait=0.01):
        """The messages so far: [(unix s, topic, payload)]; topics "ready" and "gone" are its own."""
        found = []
        try:
            line = self._lines.get(timeout=wait)
            while True:
                at, topic, *payload = line.decode().rstrip("\n").split(" ", 2)
                found.append((int(at) / 1e9, topic, payload[0] if payload else ""))
                line = self._lines.get_nowait()
        except queue.Empty:
            return found

    def close(self):
        self._process.stdin.close()
        self._process.wait()


class Trial:
    """One run: readers, a broker, a listener, and the tally of what has come."""

    def __init__(self, fleet, broker, listener, tell):
        self._fleet = fleet
        self._broker = broker
        self._listener = listener
        self._tell = tell
        self._sending = True
        self._ready = False
        self._heard = set()  # readers that have sent a reading
        self.tally = Tally()
        self.tally.stopped(0)

    def step(self):
        """Send what is due, and take what has come."""
        if self._sending:
            self._fleet.send(self.tally)
        for at, topic, payload in self._listener.take():
            if topic == "ready":
                self._ready = True
                self.tally.runs(at)
            elif topic == "gone":
                self._ready = False
            else:
                self._take(at, topic.split("/"), payload)

    def _take(self, at, parts, payload):
        _, reader, what = parts
        if what == "meter":
            clock = json.loads(payload)["mts"]
            if clock is not None:
                self._heard.add(reader)
            self.tally.reading(reader, clock and clock // 1000, at)
        elif what in ("status", "state"):
            if reader in self._heard and payload != "offline":
                self.tally.heard(reader, at)
        else:
            self.tally.quantity(reader, what)

    def until(self, condition, what):
        """Go on until a condition holds; SystemExit where it never does."""
        end = time.monotonic() + _PATIENCE
        while not condition():
            self._tell("waiting for " + what)
            self.step()
            dead = self._fleet.dead()
            if dead or time.monotonic() > end:
                sys.exit("fleet: waited in vain for %s; readers that have ended: %s\n%s" % (
                    what, ", ".join(dead) or "none", self._broker.said()))  # fmt: skip

    def last(self, seconds, what):
        """Go on for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._tell("%s, %d messages so far" % (what, self.tally.messages))
            self.step()

    def begin(self):
        """Wait for the first reading of each reader."""
        self.until(lambda: len(self._heard) == len(self._fleet.readers), "the first reading of each reader")

    def restart(self):
        """Restart the broker."""
        self.tally.stopped(time.time())
        self._broker.stop()
        self.until(lambda: not self._ready, "the end of the connection")
        self.last(_DOWN, "no broker")
        self._broker.start()
        everybody = len(self._fleet.readers)
        self.until(lambda: len(self.tally.meanwhile(RESTART)[2]) == everybody, "the readers to come back")

    def end(self):
        """Send no more telegrams, and wait for the messages that are under way."""
        self._sending = False
        end = time.monotonic() + _PATIENCE / 10
        while not self.tally.complete() and time.monotonic() < end:
            self.step()
        self.last(1, "the end")  # a message that comes twice


def provision(fleet, broker, folder):
    """Do what docs/fleet says. Returns the password of Telegraf's user."""
    rows = ["127.0.0.1:%d,A %d,25\n" % (reader.port, number + 1) for number, reader in enumerate(fleet.readers)]
    (folder / "readers.csv").write_text("address,apartment,fuse\n" + "".join(rows))
    command = ["sh", str(DOCS / "provision.sh"), "readers.csv", "127.0.0.1", str(broker.port), "false"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit("fleet: provision.sh failed:\n" + done.stderr)
    broker.users(folder / "passwords")
    users = dict(line.split(":", 1) for line in (folder / "passwords.txt").read_text().splitlines())
    return users["telegraf"]
