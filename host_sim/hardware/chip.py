"""The simulated chip between two resets: its loader, and boot.py, unmodified, on look-alikes of the port's modules."""

import gc
import sys

from host_sim.hardware import loader
from host_sim.hardware.esp32 import Esp32

LABELS = ("slot1", "slot2")
#: First of the two sectors of `state` that boot.py keeps its record in.
STARTS = 4
#: What its own file system has.
FILES = ("/boot.py", "/main.py")


class Os:
    """What boot.py asks of os: whether the chip's own file system has these files."""

    def __init__(self, files):
        self._files = files

    def stat(self, path):
        """OSError where there is no such file."""
        if path not in self._files:
            raise OSError(2)
        return (0x8000,)


class Gc:
    """What boot.py asks of gc: how much memory the chip has, with PSRAM or without."""

    collect = staticmethod(gc.collect)

    def __init__(self, psram):
        self._size = 4000000 if psram else 160000

    def mem_alloc(self):
        """Bytes in use."""
        return 20000

    def mem_free(self):
        """All others."""
        return self._size - 20000


def load(parts):
    """Label of the slot that the chip's loader starts, None where there is none that it can."""
    number = loader.choose(parts["otadata"], [parts[label] for label in LABELS])
    return None if number is None else LABELS[number]


def boot(parts, running, machine, vfs, run, files=FILES, psram=True):
    """Run boot.py in the slot `running`; (what it leaves, what it put on the path). ChipReset: it restarts the chip.

    run()  executes it; what it leaves
    vfs    what `import vfs` gives it
    files  of the chip's own file system
    psram  whether the chip has any
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
