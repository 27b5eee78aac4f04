"""The simulated chip between two resets: its loader, and boot.py, unmodified, on look-alikes of the port's modules."""

import sys

from host_sim import loader
from host_sim.esp32 import Esp32

LABELS = ("slot1", "slot2")


class ChipReset(BaseException):
    """machine.reset(): nothing after it runs, and no `except Exception` sees it."""


class Machine:
    """What `import machine` gives before the board exists."""

    PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

    def __init__(self, memory=b"", cause=PWRON_RESET):
        self.rtc_memory = memory
        self.cause = cause
        self.watchdog = None  # its time, ms, once it runs

    def reset_cause(self):
        """Why the chip has started."""
        return self.cause

    def reset(self):
        """Start again."""
        raise ChipReset()

    def RTC(self):
        """The real-time clock, for its memory."""
        return self

    def memory(self, data=None):
        """Read, or with `data` write what outlives all but a loss of power."""
        if data is None:
            return self.rtc_memory
        if len(data) > 2048:
            raise ValueError("buffer too long")
        self.rtc_memory = bytes(data)

    def WDT(self, id=0, timeout=5000):
        """Start the watchdog, or give it another time."""
        self.watchdog = timeout
        return self


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


def boot(parts, running, machine, vfs, code):
    """Run boot.py in the slot `running`; (its globals, what it has put on the path). ChipReset: it restarts the chip.

    code  its source, or that compiled
    vfs   what `import vfs` gives it
    """
    stand_ins = {"machine": machine, "esp32": Esp32(parts, running), "vfs": vfs, "os": Os()}
    before = {name: sys.modules.get(name) for name in stand_ins}
    path = list(sys.path)
    space = {"__name__": "__main__"}
    try:
        sys.modules.update(stand_ins)
        exec(code, space)
        added = sys.path[: len(sys.path) - len(path)]
    finally:
        sys.path[:] = path
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
    return space, added
