"""Compiles the simulator for MicroPython's unix port beside the staged application.

Only CPython runs this. MicroPython would compile the sources itself, but in the heap that is being measured.
"""

import os
import sys

from staging import rom, stage, unix

_TARGET = stage.BUILD / "host_sim"
# The modules that the board's process imports.
_MODULES = (
    "__init__", "board", "clock", "jump", "run", "start", "uart", "line/__init__", "line/feed", "line/serial",
    "hardware/__init__", "hardware/cable", "hardware/chip", "hardware/console", "hardware/esp32", "hardware/espimage",
    "hardware/flash", "hardware/loader", "hardware/machine", "hardware/otadata", "hardware/plug",
    "radio/__init__", "radio/air", "radio/softap", "radio/station",
    "services/__init__", "services/outages", "services/timeserver",
)  # fmt: skip


def stage_all():
    """Compile the application and the simulator; ends with status 1 and a message if a module does not compile."""
    _, failed = stage.stage(stage.UNIX)
    sources = [stage.ROOT / "boot.py", *(stage.ROOT / "host_sim" / (name + ".py") for name in _MODULES)]
    found = {path.relative_to(stage.ROOT): path for path in sources}
    with stage.locked(_TARGET.name):
        failed.update(stage.bring_up_to_date(found, _TARGET, stage.UNIX))
        stage.keep_only(_TARGET, {_TARGET / path.with_suffix(".mpy") for path in found})
    for source, message in failed.items():
        print("%s: %s" % (source, message), file=sys.stderr)
    if failed:
        sys.exit(1)


def command(heap, frozen, module):
    """(command line, environment, working folder) for a module of the simulator under MicroPython.

    heap    size as MicroPython's -X heapsize takes it, such as "400k"
    frozen  True: the ROM also holds the application, compiled from the sources
    module  name of the module
    """
    stage_all()
    folders = [_TARGET] + ([stage.BUILD / stage.UNIX] if frozen else [])
    path = rom.write("frozen" if frozen else "board", *folders)
    return unix.rom_command(path, module, heap=heap), dict(os.environ), _TARGET
