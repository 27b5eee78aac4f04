"""Some days of the ledger, and what must be true after power failed in any of its operations.

Whenever rows are due, the two partitions are copied. In a copy the power fails in one of the operations, and the reader
starts again and does what is due. Then the rows must be those of the reader whose power did not fail.
"""

import asyncio

from han.meter.submeters.now import Sub
from han.store import flash
from han.store.config import Config
from han.store.ledger.close import days, hour, months
from han.store.ledger.records import DAYS, HOURS, MONTHS, Ledger
from tests.store.nor import Flash, PowerCut
from tests.store.world import World
from tests.support import Random

HOUR, DAY = 3600, 86400
#: Monday 30 March 2026 in Helsinki: the month ends two days later.
START = (2192 + 31 + 28 + 29) * DAY - 3 * HOUR
_SECTORS = 64
# The sectors of the ledger in 64 of a partition.
_OWN = range(9, 16)


class House(World):
    """A reader with a gas meter, which is replaced on the third day, and with costs of a kind."""

    def boot(self, known=True):
        World.boot(self, known)
        self.config = Config(flash.Region(self.state.partition, *flash.CONFIGURATION))
        self.config.load()

    def close(self):
        """Do what is due. True if it is done."""
        ledger = Ledger(self.history)
        taken = self.true // HOUR * HOUR
        number = 1 if taken < START + 2 * DAY + 7 * HOUR else 2
        sub = Sub(3, "G%d" % number, "m3", taken // 36 - number * 1000000, taken)
        done, known = hour(ledger, self.zone, self.history.t, {1: sub}, self.config.get("sub"), taken // HOUR % 3)
        if known is not None:
            self.config.note("sub", known)
        asyncio.run(self._periods(ledger))
        return done

    async def _periods(self, ledger):
        since = await days(ledger, self.history, self.history.t, (self._fill,))
        await months(ledger, self.zone, self.history.t, since, (self._fill,))

    async def _fill(self, kind, row, begin, end):
        row.net, row.income, row.currency = begin - START - 1000000, end, "EUR"
        row.peaks = ((4000 + kind, 3, False),)
        if kind == MONTHS:
            row.billed = 2500

    def rows(self):
        """[[what a row tells]] of each ring."""
        ledger = Ledger(self.history)
        return [
            [(row.t, row.values, row.alarms, row.net, row.income, row.peaks, row.billed) for row in ledger.rows(kind)]
            for kind in (HOURS, DAYS, MONTHS)
        ]

    def replaced(self):
        """The starts of the hours in which the gas meter was another one than before."""
        return [row.t for row in Ledger(self.history).rows(HOURS) if row.replaced]


class Sweep:
    """wanted(number of the operation, True for an erasure) -> seeds to leave it half done with."""

    def __init__(self, wanted):
        self.operations = self.cuts = 0
        self._wanted = wanted

    def run(self, length):
        """Go through `length` s; AssertionError where a start does not find what it must."""
        house = House(_SECTORS, true=START)
        random = Random(7)
        for sector in _OWN:  # as the version before leaves them
            house.flash.partition.writeblocks(sector, random.bytes(4096))
        house.flash.power.operations = 0
        house.state.partition.power = house.flash.power
        for step in range(length // 300):
            power = (1000 + step % 7 * 300, 0)
            house.off(300, power)
            house.read(power)
            if house.true % HOUR == 300:
                self._due(house)

    def _due(self, house):
        before = house.flash.content(), house.state.content()
        power = house.flash.power
        first = power.operations
        watched = Watch(power)
        house.flash.partition.power = house.state.partition.power = watched
        house.close()
        house.flash.partition.power = house.state.partition.power = power
        rows, replaced = house.rows(), house.replaced()
        for at, erasure in enumerate(watched.erasures):
            self.operations += 1
            for seed in self._wanted(self.operations, erasure):
                self._cut(house, before, at, seed, rows, replaced)
        assert power.operations - first == len(watched.erasures)

    def _cut(self, house, before, at, seed, rows, replaced):
        self.cuts += 1
        held = Flash(_SECTORS, seed), Flash(16)
        for one, content in zip(held, before):
            one.file.seek(0)
            one.file.write(content)
        again = House(_SECTORS, true=house.true, held=held)
        held[1].partition.power = held[0].power
        again.ws = list(house.ws)
        # The copy has recorded the reading already, or its start has made up for it.
        again.read((1000, 0))
        held[0].power.restore(at)
        try:
            again.close()
        except PowerCut:
            pass
        held[0].power.restore()
        again.boot()
        again.off(60)
        again.read()
        where = "operation %d, seed %d" % (self.operations, seed)
        assert again.close(), where
        assert again.rows() == rows, where
        # A power cut between a row and the note of the sub-meter marks the next row, too, but never none.
        assert set(replaced) <= set(again.replaced()), where
        # It goes on.
        again.off(HOUR)
        again.read()
        again.close()
        after = again.rows()
        assert after[HOURS][1:] == rows[HOURS] and len(after[HOURS]) == len(rows[HOURS]) + 1, where
        assert len(again.replaced()) <= len(replaced) + 1, where


class Watch:
    """The power supply that notes for each operation whether it is an erasure."""

    def __init__(self, power):
        self._power = power
        self.erasures = []
        self.check = power.check

    def erase(self, partition, at, size):
        self.erasures.append(True)
        self._power.erase(partition, at, size)

    def program(self, partition, at, data):
        self.erasures.append(False)
        self._power.program(partition, at, data)
