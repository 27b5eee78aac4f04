"""Runs boot.py in the board's own process after a reset, unmodified as on the chip."""

import sys

from host_sim.hardware import chip, flash
from host_sim.hardware.machine import Machine

CPYTHON = sys.implementation.name == "cpython"
_SIZES = {"otadata": 0x2000, "slot1": 0x1B0000, "slot2": 0x1B0000, "state": 0x10000}


def rtc_memory(path):
    """The contents of the RTC memory (bytes); empty after a loss of power."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def parts(folder):
    """{label: partition}: the partitions that boot.py reads."""
    return {label: flash.partition(folder + "/" + label + ".bin", size, label) for label, size in _SIZES.items()}


def boot(config):
    """Run boot.py in the slot that the parent's loader has chosen; returns its BOOT.

    Afterwards the files that it has mounted are first on sys.path. ChipReset: boot.py restarts the chip.
    """
    folder = config["state"]
    machine = Machine(config["cause"], rtc_memory(folder + "/rtc.bin"), folder)
    if CPYTHON:
        from host_sim.hardware.littlefs import Vfs

        vfs = Vfs(folder + "/mounted")
    else:
        import vfs
    found, added = chip.boot(parts(folder), config["slot"], machine, vfs, _run, psram=config["psram"])
    for path in reversed(added):
        # An image for the simulated board has the sources for CPython in an archive, py.zip.
        sys.path.insert(0, folder + "/mounted" + path + "/py" if CPYTHON else path)
    return found


def _run():
    module = __import__("boot")
    del sys.modules["boot"]
    return module.BOOT
