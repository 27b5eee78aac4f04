"""The processes that `python -m host_sim` starts: the board on either interpreter, and what records its past."""

import os
import pathlib
import subprocess
import sys
import time

from host_sim import meters
from host_sim.command.options import fail
from staging import page

ROOT = pathlib.Path(__file__).resolve().parents[2]


def with_application(frozen=True):
    """The environment for CPython with the sources on its path; those of the application only if `frozen`."""
    path = os.pathsep.join([str(ROOT / "lib")] * frozen + [str(ROOT), os.environ.get("PYTHONPATH", "")])
    return dict(os.environ, PYTHONPATH=path.strip(os.pathsep))


def record_past(folder, options):
    """Write the history that a reader would have kept of the days before now.

    Ends with status 2 if the folder has a history already.
    """
    if os.path.exists(os.path.join(folder, "history.bin")):
        fail("the state in %s has a past already" % folder)
    kind = meters.create(options.meter or meters.DEFAULT)
    numbers = options.past, kind.ZONE_MIN, options.seed, int(time.time())
    line = [sys.executable, "-m", "host_sim.past", folder, *map(str, numbers)]
    subprocess.run(line, env=with_application(), cwd=ROOT, check=True)


def command(options, frozen):
    """(command line, environment, working folder) of the board's process. frozen: the application is the sources."""
    if options.runtime == "cpython":
        page.build()
        return [sys.executable, "-m", "host_sim.run"], with_application(frozen), ROOT
    from host_sim import compiled

    return compiled.command(options.heap, frozen, "host_sim.run")
