"""The simulated chip between two resets: its loader, and boot.py, unmodified, on look-alikes of the port's modules."""

import sys

from host_sim import loader
from host_sim.esp32 import Esp32

LABELS = ("slot1", "slot2")
#: First of the two sectors of `state` that boot.py keeps its record in.
STARTS = 4


class Os:
    """What boot.py asks of os: that the chip's own file system has a boot.py."""

    def stat(self, path):
        """OSError where there is no such file."""
        if path != "/boot.py":
            raise OSError(2)
        return (0x8000,)


def load(parts):
    """Label of the slot that the chip's loader starts, None where there is none that it can."""
    number = loader.choose(parts["otadata"], [parts[label] for label in LABELS])
    return None if number is None else LABELS[number]


def boot(parts, running, machine, vfs, run):
    """Run boot.py in the slot `running`; (what it leaves, what it put on the path). ChipReset: it restarts the chip.

    run()  executes it; what it leaves
    vfs    what `import vfs` gives it
    """
    stand_ins = {"machine": machine, "esp32": Esp32(parts, running), "vfs": vfs, "os": Os()}
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
