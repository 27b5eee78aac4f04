"""A board with two slots in memory, and images from build/images, for update tests on both interpreters."""

import hashlib
import io

from han.core.bus import Bus
from han.core.clock import Clock
from han.ota.updates import Updates
from host_sim.hardware import otadata
from host_sim.hardware.esp32 import Esp32
from host_sim.hardware.flash import Partition
from host_sim.hardware.powercut import Power

SECTOR = 4096
SECTORS = 16  # of a slot
_ROOT = __file__.rsplit("/", 3)[0]


def image(name):
    """The bytes of build/images/<name>.bin, see images.py."""
    with open(_ROOT + "/build/images/" + name + ".bin", "rb") as file:
        return file.read()


class Chip:
    """Two slots, of which slot1 runs, and otadata; its power can fail."""

    def __init__(self):
        self.power = Power()
        self.parts = {}
        for name, sectors in (("otadata", 2), ("slot1", SECTORS), ("slot2", SECTORS)):
            file = io.BytesIO(b"\xff" * (sectors * SECTOR))
            self.parts[name] = Partition(file, sectors * SECTOR, name, self.power)
        otadata.write(self.parts["otadata"], 0, otadata.entry(1, otadata.VALID))
        self.esp32 = Esp32(self.parts, "slot1")
        self.marks = []
        self.boot = {
            "slot": "slot1", "manifest": None, "rolled_back": None, "safe": False, "boots": 1, "pending": False,
            "healthy": lambda: self.marks.append("healthy"), "activating": lambda: self.marks.append("activating"),
        }  # fmt: skip

    def slots(self):
        partition = self.esp32.Partition
        return partition(partition.RUNNING), partition("slot2")

    def confirm(self):
        if self.boot["pending"]:
            self.marks.append("confirmed")
            self.boot["pending"] = False
        self.boot["healthy"]()

    @property
    def next(self):
        """Label of the slot that starts next."""
        return self.esp32.boot()

    def content(self, count, slot="slot2"):
        data = bytearray(count)
        self.parts[slot].load(0, data)
        return bytes(data)

    def put(self, data, slot="slot2"):
        """Write data to a slot before a test."""
        self.parts[slot].store(0, data)


class World:
    """A chip, its Updates, and their messages."""

    chip = "sim"
    channel = "release"
    authority = None
    listen = ("127.0.0.1", 0)

    def __init__(self, version="0.1.0.0", **boot):
        self.flash = Chip()
        self.flash.boot.update(boot)
        self.boot = self.flash.boot
        self.slots = self.flash.slots
        self.confirm = self.flash.confirm
        self.updates = None
        self.ticks = 1000
        self.restarts = []
        self.bus = Bus()
        self.state = Updates(self, self.bus, Clock(self), version, lambda *why: self.restarts.append(why))

    def no_files(self):
        return None

    def ticks_ms(self):
        return self.ticks

    def ticks_diff(self, a, b):
        return a - b

    def utc_ms(self):
        return None

    def random(self, n):
        return bytes(n)


def sha256(data):
    return "".join(["%02x" % byte for byte in hashlib.sha256(data).digest()])
