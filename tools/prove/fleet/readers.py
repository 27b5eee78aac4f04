"""Simulated readers, each a process on MicroPython's unix port with a simulated meter, in this computer's time."""

import concurrent.futures
import os
import random
import time

from tools.prove.jumping import Board

from host_sim import meters  # after jumping, which sets the path
from host_sim.house import House
from host_sim.services import timeserver

_AHEAD = 0.05  # s by which a telegram is announced before it begins
_STARTS = os.cpu_count() or 1  # boards that start at the same time


class Reader(Board):
    """A reader, and its meter: a Nordic P1 port. period: s between two telegrams; servers: of the time."""

    def __init__(self, options, folder, zero, period, seed, servers):
        super().__init__(options, str(folder), zero)
        self.speed = 1
        self.servers = servers
        self.name = None
        self._meter = meters.create("p1")
        self._meter.PERIOD_MS = period * 1000
        self._period = period
        self._house = House(zero, seed, self._meter.ZONE_MIN)
        # Where in its period the meter sends: they do not send at once.
        self._after = random.Random(seed).random() * period
        self._clock = zero // period * period

    def begin(self):
        """Start the board."""
        self.start(self.zero, self._meter.LINE, [])
        self.name = self.get("/han")["name"]

    def skip(self, now):
        """Send nothing that was due before now."""
        while self.due() < now:
            self._clock += self._period

    def due(self):
        """When the next telegram begins, unix s."""
        return self._clock + self._after

    def send(self, now):
        """Announce the next telegram. Returns (its clock in unix s, when its last bit is on the line)."""
        data = self._meter.encode(self._house.state(self._clock * 1000))
        begins = max(self.due(), now + _AHEAD)
        at = int((begins - self.zero) * 1000000)
        os.write(self.process.stdin.fileno(), b"%d %d\n" % (at, len(data)) + data)
        baud, bits, parity, stop, _ = self._meter.LINE
        clock, self._clock = self._clock, self._clock + self._period
        return clock, self.zero + at / 1e6 + len(data) * (1 + bits + (parity is not None) + stop) / baud


class Fleet:
    """`with Fleet(options, folder, tell) as fleet:` starts `options.n` readers. tell(text): the progress."""

    def __init__(self, options, folder, tell):
        self._tell = tell
        zero = int(time.time())
        servers = timeserver.in_background(lambda: int(1000 * time.time()), [])
        self.readers = []
        for number in range(options.n):
            own = folder / ("reader%d" % number)
            own.mkdir()
            self.readers.append(Reader(options, own, zero, options.period, options.seed + number, servers))

    def __enter__(self):
        try:
            with concurrent.futures.ThreadPoolExecutor(_STARTS) as pool:
                for number, _ in enumerate(pool.map(Reader.begin, self.readers)):
                    self._tell("%d of %d readers run" % (number + 1, len(self.readers)))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        there = [reader for reader in self.readers if hasattr(reader, "process")]
        for reader in there:
            reader.process.stdin.close()
        for reader in there:
            reader.stop()

    def skip(self):
        """Meters send from now on."""
        for reader in self.readers:
            reader.skip(time.time())

    def send(self, tally):
        """Announce what begins soon."""
        now = time.time()
        for reader in self.readers:
            if reader.due() <= now + _AHEAD:
                tally.sent(reader.name, *reader.send(now))

    def dead(self):
        """Names of readers that have ended by themselves."""
        return [reader.name for reader in self.readers if reader.process.poll() is not None]
