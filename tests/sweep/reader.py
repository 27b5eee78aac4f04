"""A reader's recording as a process of its own, by the sources of any version: python reader.py FOLDER.

The folder has the sources of a version. A line of JSON comes in for each run, and one goes out with what has become of
it. Whatever is different between versions is looked up by its name here. See versions.py.
"""

import asyncio
import base64
import json
import sys

SECTORS = 64
CHANNEL = "1"
HOUR = 3600
#: What the house uses changes each minute.
_WATTS = (700, 1900, 250, 3100, 1200, 480, 2600)


def power(true):
    """(import, export) W in the minute that ends at a time."""
    step = true // 60
    return (0, 900) if step % 120 < 9 else (_WATTS[step % 7] + step % 50 * 10, 0)


def gas(end):
    """The gas meter's counter at the end of an hour, 10^-3 m3."""
    return end // 36 - 5000000


class Reader:
    """Plays one run. order: what versions.py asks for."""

    def __init__(self, order):
        from tests.store.nor import Flash
        from tests.store.world import World

        held = Flash(SECTORS, order["seed"]), Flash(16)
        for flash, name in zip(held, ("history", "state")):
            if order[name]:
                flash.file.seek(0)
                flash.file.write(base64.b64decode(order[name]))
        self.power = held[0].power
        held[1].partition.power = self.power
        self.held = held
        self.order = order
        self.world = None
        self._config = None
        self._World = World

    def run(self):
        """Start, and read until the end or until the power fails. Returns the answer."""
        from tests.store.nor import PowerCut

        order = self.order
        self.power.restore(order["cut"])
        true, ws = order["true"], list(order["ws"])
        failed = False
        try:
            self._config = self._configuration()
            self.world = world = self._World(SECTORS, true=true, held=self.held)
            world.ws = ws
            for n in range(order["readings"]):
                watts = power(true + 60)
                world.off(60, watts)
                true, ws = world.true, list(world.ws)
                world.read(watts, (4000 + true // 60 % 9 * 100, 5000, -600 - true // 60 % 7), order["counters"])
                if true % HOUR == 0 or n in (0, 15):
                    self._close(true)
                if true % order["change"] == 0:
                    self._config.change(dict(self._config.values, p=true))
        except PowerCut:
            failed = True
        self.power.restore()
        answer = {"failed": failed, "true": true, "ws": ws, "operations": self.power.operations}
        for flash, name in zip(self.held, ("history", "state")):
            answer[name] = base64.b64encode(flash.content()).decode()
        return answer

    def look(self):
        """What a start finds: samples, the running buckets, the configuration, the ledger. It may write."""
        self._config = self._configuration()
        self.world = world = self._World(SECTORS, true=self.order["true"], held=self.held)
        world.ws = list(self.order["ws"])
        months = world.history.buckets[3]
        return {
            "samples": [world.samples(kind) for kind in range(4)],
            "running": [months.a, months.b],
            "counters": world.counters(),
            "known": world.history.counters,
            "values": self._config.values,
            "ledger": self._ledger(),
        }

    def _configuration(self):
        from han.store.config import Config
        from han.store import flash

        config = Config(flash.Region(self.held[1].partition, *flash.CONFIGURATION))
        config.load()
        return config

    def _close(self, true):
        """What the application does for the ledger after a start and at a full hour, in versions that have one."""
        try:
            from han.meter.submeters.now import Sub
            from han.store.ledger.close import days, hour, months
            from han.store.ledger.records import Ledger
        except ImportError:
            return
        history = self.world.history
        ledger = Ledger(history)
        if not ledger.free():
            return
        t, zone = history.t, self.world.zone
        taken = true // HOUR * HOUR
        subs = {1: Sub(3, "G1", "m3", gas(taken), taken)}
        _, known = hour(ledger, zone, t, subs, self._config.values.get("sub", {}), 0)
        if known is not None:
            self._config.note("sub", known)

        async def periods():
            since = await days(ledger, history, t, ())
            await months(ledger, zone, t, since, ())

        asyncio.run(periods())

    def _ledger(self):
        try:
            from han.store.ledger.records import Ledger
        except ImportError:
            return None
        ledger = Ledger(self.world.history)
        return [[[row.t, row.values[0], row.replaced] for row in ledger.rows(kind)] for kind in range(3)]


def main(folder):
    sys.path[:0] = [folder + "/lib", folder]
    for line in sys.stdin:
        order = json.loads(line)
        reader = Reader(order)
        answer = reader.look() if order["look"] else reader.run()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
