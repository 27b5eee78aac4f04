"""Whole updates on the simulated chip, and what must be true after power failed in any operation on its flash.

The chip's loader, boot.py and the application's own installer run as they are; images are those of tests/ota/images.
A step is one of `STEPS`; power fails in an operation of the flash (which is left half done), or between two of them
when the update's state changes.
"""

import asyncio

from han.core.bus import Bus
from han.core.clock import Clock
from han.ota.updates import Updates
from host_sim.hardware.machine import ChipReset, Machine
from host_sim.hardware.powercut import Power, PowerCut
from tests.boot.slots import SECTOR, SIZES
from tests.boot.slots import Chip as SmallChip
from tests.ota.world import image

OLD, NEW, NEWER = "0.1.0.0", "0.2.0.0", "0.3.0.0"
POWER, RESET, WATCHDOG = Machine.PWRON_RESET, Machine.HARD_RESET, Machine.WDT_RESET
#: How far an update has come when something happens to it.
UPLOADING, ACTIVATING, ACTIVATED, STARTED, CONFIRMED = range(5)


class Chip(SmallChip):
    """One whose slots and images are small: what happens is the same, and sooner."""

    releases = {OLD: "same", NEW: "good", NEWER: "newer"}

    def image(self, version):
        """The signed image of a version."""
        return image(self.releases[version])


class RealChip(Chip):
    """One with 4 MB of flash, and releases as tools.build makes them; tests.ota.images.write_real() has to."""

    sizes = dict(SIZES, slot1=0x1B0, slot2=0x1B0)
    releases = {OLD: "real-old", NEW: "real-new"}


class PlainChip(Chip):
    """One without PSRAM, which runs frozen releases."""

    releases = {OLD: "marked-old", NEW: "marked"}

    def __init__(self, *images, seed=1):
        super().__init__(*images, seed=seed)
        self.psram = False


class CutBus(Bus):
    """A bus whose messages are counted; power fails when the last of `left` has been sent."""

    def __init__(self, left):
        Bus.__init__(self)
        self.left = left

    def publish(self, topic, message):
        Bus.publish(self, topic, message)
        if self.left is not None:
            self.left -= 1
            if not self.left:
                raise PowerCut("at a state change")


class Reader:
    """What of the application has to do with updates, on a chip. The board, too: see host_sim/board.py."""

    chip = "sim"
    updates = None
    listen = ("127.0.0.1", 0)

    def __init__(self, chip, changes=None):
        self.flash = chip
        self.boot = chip.boot
        self.version = chip.boot["manifest"]["version"]
        self.state = Updates(self, CutBus(changes), Clock(self), self.version, self.restart)

    def ticks_ms(self):
        return 0

    def ticks_diff(self, a, b):
        return a - b

    def utc_ms(self):
        return None

    def slots(self):
        partition = self.flash.esp32.Partition
        running = partition(partition.RUNNING)
        return running, running.get_next_update()

    def no_files(self):
        return None if self.flash.psram else "needs a board with PSRAM"

    def confirm(self):
        self.flash.healthy()

    def restart(self, reason, why=None):
        raise ChipReset()

    async def upload(self, data, least=None, piece=1500):
        """Whether it was staged."""
        from han.ota.install import Installer  # each time: the application forgets it when it is done
        from han.ota.rules import lowest

        async def receive(writer):
            for at in range(0, len(data), piece):
                await writer.feed(data[at : at + piece])

        installer = Installer(self.state, lowest(self.state, True) if least is None else least)
        return await installer.take(receive, "INSTALL_IN_PROGRESS", "local", len(data))

    async def activate(self):
        """Restart into what is staged; False where it fails."""
        from han.ota.install import Installer

        try:
            return await Installer(self.state).activate()
        except ChipReset:
            return True


def new_chip(seed=1, kind=Chip):
    """One that runs OLD from slot1, confirmed; NEW is to come."""
    chip = kind(seed=seed)
    for label in ("slot1", "slot2"):
        chip.flash(label, chip.image(OLD))
    chip.start(POWER)
    chip.healthy()
    return chip


class Update:
    """One whole update to a version, step by step, so that what happens to it knows how far it came."""

    def __init__(self, chip, version, changes=None):
        self.chip = chip
        self.version = version
        self.stage = UPLOADING
        self._changes = changes

    def run(self):
        """Upload, activate, first start, confirm, and a second start. PowerCut, AssertionError."""
        asyncio.run(self.take())
        self.stage = ACTIVATED
        self._start(RESET)
        self.stage = STARTED
        self.chip.healthy()
        self.stage = CONFIRMED
        self._start(RESET)
        self.chip.healthy()

    async def take(self):
        reader = Reader(self.chip, self._changes)
        assert await reader.upload(self.chip.image(self.version)), (reader.state.error, reader.state.reason)
        self.stage = ACTIVATING
        assert await reader.activate(), (reader.state.error, reader.state.reason)

    def _start(self, cause):
        # Not Chip.start(), which has power again.
        self.chip.start(cause, restore=False)
        assert self.chip.boot["manifest"]["version"] == self.version


class Sweep:
    """Cuts in an update from `before`, which `chip` runs and has confirmed, to `version`. again: more cuts, in the
    start after the first one, in up to so many operations.
    """

    def __init__(self, chip, before, version, again=0):
        self.cuts = 0
        self.kept = {before: 0, version: 0}  # how often each ran after a cut
        self._chip = chip
        self._before = before
        self._version = version
        self._again = again
        whole = self._ready(1)
        first = whole.chip.power.operations
        whole.run()
        self.operations = whole.chip.power.operations - first

    def _ready(self, seed, changes=None):
        chip = self._chip.copy(seed)
        chip.start(RESET)
        chip.healthy()
        return Update(chip, self._version, changes)

    def at(self, number, seed):
        """Power fails in operation `number`, from 0."""
        for again in [None] + list(range(self._again)):
            update = self._ready(seed)
            update.chip.power.restore(number)
            self._cut(update.run)
            if again is not None:
                update.chip.power.restore(again)
                try:
                    update.chip.start(POWER, restore=False)
                    break  # it has no more operations
                except PowerCut:
                    self.cuts += 1
            self._check(update)

    def at_changes(self):
        """Power fails whenever the state changes."""
        changes = 1
        while True:
            update = self._ready(changes, changes)
            try:
                update.run()
                return
            except PowerCut:
                self.cuts += 1
                self._check(update)
                changes += 1

    def _cut(self, run):
        try:
            run()
        except PowerCut:
            self.cuts += 1
            return
        raise AssertionError("power did not fail")

    def _check(self, update):
        chip = update.chip
        found = check(chip, update, self._before)
        self.kept[found] += 1
        # And it goes on: what it runs is confirmed, or the update comes once more.
        chip.healthy()
        if found == self._before:
            Update(chip, self._version).run()
        boot = chip.start(POWER)
        assert boot["manifest"]["version"] == self._version and boot["rolled_back"] is None and not boot["pending"]


class Shadows(Power):
    """A supply that never fails. Before each operation it sees what a failure in it leaves, on a copy of the chip.

    An update of many operations need then not be made anew for each. pick(number) -> seeds for that operation.
    """

    def __init__(self, update, before, pick, again=200):
        Power.__init__(self)
        self.cuts = 0
        self.kept = {before: 0, update.version: 0}
        #: Some of what was left with the version before, where the update is to come once more.
        self.left = []
        self._update = update
        self._before = before
        self._pick = pick
        self._again = again
        for part in update.chip.parts.values():
            part.power = self
        update.chip.power = self

    def erase(self, partition, at, size):
        self._fails(partition, lambda part: part.ioctl(6, at // SECTOR))

    def program(self, partition, at, data):
        self._fails(partition, lambda part: part.writeblocks(at // SECTOR, data, at % SECTOR))

    def _fails(self, partition, operation):
        for seed in self._pick(self.operations):
            chip = self._update.chip.copy(self.operations * 100 + seed)
            chip.power.restore(0)
            try:
                operation(chip.parts[partition.name])
                raise AssertionError("power did not fail")
            except PowerCut:
                pass
            self.cuts += 1
            found = check(chip, self._update, self._before)
            self.kept[found] += 1
            if found == self._before and self.cuts % self._again == 1:
                self.left.append(chip)
        self.operations += 1


def real(pick):
    """What power cuts left in an update of a whole release: its Shadows. pick: see there."""
    update = Update(new_chip(kind=RealChip), NEW)
    shadows = Shadows(update, OLD, pick)
    update.run()
    for chip in shadows.left:
        chip.healthy()
        Update(chip, NEW).run()
    return shadows


def check(chip, update, before):
    """After power failed somewhere in an update from `before`: what runs, and what it says. Returns its version."""
    boot = chip.start(POWER)
    found = boot["manifest"] and boot["manifest"]["version"]
    where = "operation %d, stage %d, %s" % (chip.power.operations, update.stage, boot)
    assert found in (before, update.version), where
    whole = chip.image(found)
    assert chip.content(boot["slot"])[: len(whole)] == whole, where
    assert not boot["safe"], where
    told = boot["rolled_back"]
    status = Reader(chip).state.error
    assert status == ("rolled_back" if told else None), where
    if found == update.version:
        assert told is None and update.stage >= ACTIVATING, where
    elif update.stage == UPLOADING:
        assert told is None, where
    else:
        assert update.stage < CONFIRMED, where
        # While set_boot() was at work it had not been told yet that it would start.
        assert told or update.stage == ACTIVATING, where
    return found


def updated():
    """Its next update goes back to slot1, and otadata has two entries."""
    chip = new_chip()
    Update(chip, NEW).run()
    return chip


def gone_back():
    """Its first update was not confirmed: otadata has an entry that was given up."""
    chip = new_chip()
    update = Update(chip, NEW)
    asyncio.run(update.take())
    chip.start(RESET)
    assert chip.start(RESET)["rolled_back"]
    chip.healthy()
    return chip


def started_often(count=1020):
    """Its record of starts goes on in another sector during the update."""
    chip = new_chip()
    chip.started(count)
    return chip


#: {what came before: () -> chip, version that runs, version that comes}
HISTORIES = {
    "first": lambda: (new_chip(), OLD, NEW),
    "second": lambda: (updated(), NEW, NEWER),
    "after one given up": lambda: (gone_back(), OLD, NEW),
    "without PSRAM": lambda: (new_chip(kind=PlainChip), OLD, NEW),
    "record full": lambda: (started_often(), OLD, NEW),
}
