"""A chip in memory with small images in its slots, from which boot.py starts; for both interpreters."""

import hashlib
import io
import json
import struct
import sys
from binascii import crc32

from host_sim.hardware import chip
from host_sim.hardware.esp32 import Esp32
from host_sim.hardware.flash import Partition
from host_sim.hardware.machine import ChipReset, Machine
from host_sim.hardware.powercut import Power

SECTOR = 4096
SIZES = {"otadata": 2, "slot1": 16, "slot2": 16, "state": 16}
ROOT = __file__.rsplit("/", 3)[0]

with open(ROOT + "/boot.py") as file:
    CODE = compile(file.read(), "boot.py", "exec")


def esp_image(code=b"MicroPython"):
    """A valid ESP-IDF application image with one segment."""
    code += bytes(-len(code) % 4)
    image = struct.pack("<BBBBI", 0xE9, 1, 2, 0x20, 0x40081000) + bytes(15) + b"\1"
    image += struct.pack("<II", 0x3F400020, len(code)) + code
    checksum = 0xEF
    for byte in code:
        checksum ^= byte
    image += bytes(15 - len(image) % 16) + bytes((checksum,))
    return image + hashlib.sha256(image).digest()


def image(version="1.0.0.0", files=b"the files", block=SECTOR, **changes):
    """The image of a slot. files None: frozen; changes: of manifest values. The signature sector is blank."""
    app = esp_image(version.encode())
    body = app + b"\xff" * (-len(app) % SECTOR)
    manifest = {"product": "han-reader", "version": version, "min_version": "1.0.0.0", "chip": "sim",
                "flavour": "frozen" if files is None else "appended", "built_with": "1.27.0"}  # fmt: skip
    if files is not None:
        files += b"\xff" * (-len(files) % SECTOR)
        digest = hashlib.sha256(files).digest()
        manifest["files"] = {"offset": len(body), "size": len(files), "block": block, "sha256": digest.hex()}
        body += files
    manifest["size"] = len(body) + 2 * SECTOR
    manifest.update(changes)
    text = json.dumps(manifest).encode()
    sector = struct.pack("<4sHHI", b"HANM", 1, len(text), crc32(text)) + text
    return body + sector + b"\xff" * (2 * SECTOR - len(sector))


class Vfs:
    """The module vfs, which notes what is mounted. broken: mounting fails."""

    broken = False

    def __init__(self):
        self.mounted = []

    def VfsLfs2(self, device):
        if self.broken:
            raise OSError(19)
        return device

    def mount(self, fs, path, readonly=False):
        assert readonly
        self.mounted.append((path, fs))


class Chip:
    """The flash and the RTC memory of a chip, and its start after a reset."""

    sizes = SIZES  # of the partitions, sectors

    def __init__(self, *images, seed=1):
        self.power = Power(seed)
        self.parts = {}
        self.files = {}
        for label, sectors in self.sizes.items():
            self.files[label] = io.BytesIO(b"\xff" * (sectors * SECTOR))
            self.parts[label] = Partition(self.files[label], sectors * SECTOR, label, self.power)
        for label, content in zip(("slot1", "slot2"), images):
            if content:
                self.flash(label, content)
        self.rtc = b""
        self.own = chip.FILES
        self.psram = True
        self.resets = []  # slots whose boot.py has restarted the chip

    def copy(self, seed):
        """A copy with the same flash and RTC memory, as after a reset. seed: of its power cuts."""
        other = type(self)(seed=seed)
        for label in self.sizes:
            other.flash(label, self.content(label))
        other.rtc = self.rtc
        other.psram = self.psram
        return other

    def flash(self, label, content):
        """Write a slot, as a tool does."""
        self.files[label].seek(0)
        self.files[label].write(content)

    def flip(self, label, at, mask=0x10):
        """Bits of a byte change by themselves."""
        file = self.files[label]
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes((byte ^ mask,)))

    def started(self, count, sector=4, number=0):
        """Record so many healthy starts of slot 1 in a sector of `state`."""
        file = self.files["state"]
        file.seek(sector * SECTOR)
        file.write(struct.pack("<4sHH", b"HANB", number, number ^ 0xFFFF) + b"\x10\xf0\xff\xef" * count)

    def content(self, label):
        self.files[label].seek(0)
        return self.files[label].read()

    def start(self, cause=Machine.HARD_RESET, vfs=None, restore=True):
        """Reset the chip and run loader and boot.py until an application may start; returns BOOT.

        cause    of module machine; 1 is a loss of power
        restore  False: a planned power cut may happen in this start
        """
        self.resets = []
        if restore:
            self.power.restore()
        if cause == Machine.PWRON_RESET:
            self.rtc = b""
        for _ in range(6):
            label = chip.load(self.parts) if cause != Machine.SOFT_RESET else self.esp32.running
            assert label, "the loader finds nothing"
            self.machine = Machine(cause, self.rtc)
            self.vfs = vfs or Vfs()
            self.esp32 = Esp32(self.parts, label)
            try:
                self.boot, self.path = chip.boot(
                    self.parts, label, self.machine, self.vfs, self._run, self.own, self.psram
                )
                return self.boot
            except ChipReset:
                self.resets.append(label)
                cause = Machine.HARD_RESET
            finally:
                self.rtc = self.machine.rtc_memory
        raise AssertionError("restarts without end: %s" % self.resets)

    def _run(self):
        self.space = {"__name__": "__main__"}
        sys.modules["gc"].collect = list  # collecting the large heap of a test run would take too long
        exec(CODE, self.space)
        return self.space["BOOT"]

    def healthy(self):
        """Confirm the application, as the board's confirm() does."""
        if self.boot["pending"]:
            self.boot["pending"] = False
            self.esp32.Partition.mark_app_valid_cancel_rollback()
        self.boot["healthy"]()
        self.rtc = self.machine.rtc_memory

    def activate(self, label):
        """Activate a slot, as an update does."""
        self.esp32.Partition(label).set_boot()
        self.boot["activating"]()
