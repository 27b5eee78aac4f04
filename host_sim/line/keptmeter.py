"""A simulated meter that counts on where it stopped when the simulator is started again."""

import json
import os

from host_sim import meters
from host_sim.house import House
from host_sim.line.metersource import MeterSource


class KeptMeter:
    """The simulated meter and its house, as a source of host_sim.uart. The state folder keeps its counters."""

    def __init__(self, name, clock, seed, folder):
        kind = meters.create(name)
        self.line = kind.LINE
        self._path = os.path.join(folder, "meter.json")
        now = clock.utc_us(clock.ticks_us()) // 1000000
        self._house = House(now, seed, kind.ZONE_MIN, self._load())
        self._source = MeterSource(kind, self._house, clock)

    def next(self, now_us, free_us):
        """See host_sim.uart."""
        sent = self._source.next(now_us, free_us)
        if sent:
            self.save()  # before anybody reads it: this process may be killed, and a meter never counts backwards
        return sent

    def _load(self):
        try:
            with open(self._path) as file:
                saved = json.load(file)
            return saved if set(saved) - {"demand"} == {"time", "sums", "low"} else None
        except (OSError, ValueError, TypeError):
            return None

    def save(self):
        """Keep the counters. A power cut leaves either the old file or the new one."""
        with open(self._path + ".new", "w") as file:
            json.dump(self._house.save(), file)
        os.replace(self._path + ".new", self._path)
