"""The simulated chip after a reset: its loader, then the unmodified boot.py on look-alikes of the port's modules."""

import gc
import sys

from host_sim.hardware import loader
from host_sim.hardware.esp32 import Esp32

LABELS = ("slot1", "slot2")
#: Number of the first of two sectors of `state` in which boot.py keeps its record.
STARTS = 4
#: The files in the chip's own file system.
FILES = ("/boot.py", "/main.py")


class Os:
    """The part of os that boot.py uses: stat() of the files in the chip's own file system."""

    def __init__(self, files):
        self._files = files

    def stat(self, path):
        """(mode,) of a file; OSError if there is no such file."""
        if path not in self._files:
            raise OSError(2)
        return (0x8000,)


class Gc:
    """The part of gc that boot.py uses: the size of the heap, with PSRAM or without."""

    collect = staticmethod(gc.collect)

    def __init__(self, psram):
        self._size = 4000000 if psram else 160000

    def mem_alloc(self):
        """Bytes in use."""
        return 20000

    def mem_free(self):
        """Free bytes."""
        return self._size - 20000


def load(parts):
    """Label of the slot that the chip's loader starts; None if neither can be started. parts: {label: partition}."""
    number = loader.choose(parts["otadata"], [parts[label] for label in LABELS])
    return None if number is None else LABELS[number]


def boot(parts, running, machine, vfs, run, files=FILES, psram=True):
    """Run boot.py in the slot `running`; returns (its BOOT, the entries that it added to sys.path).

    Raises ChipReset if boot.py restarts the chip.
    parts   {label: partition}
    run()   executes boot.py and returns its BOOT
    vfs     the module that `import vfs` gives boot.py
    files   paths of the files in the chip's own file system
    psram   True if the chip has PSRAM
    """
    stand_ins = {
        "machine": machine, "esp32": Esp32(parts, running), "vfs": vfs, "os": Os(files), "gc": Gc(psram),
    }  # fmt: skip
    before = {name: sys.modules.get(name) for name in stand_ins}
    path = list(sys.path)
    try:
        sys.modules.update(stand_ins)
        left = run()
        return left, sys.path[: len(sys.path) - len(path)]
    finally:
        sys.path[:] = path
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
