"""Runs all checks and tests on both interpreters: `make test`. With --quick only the fast checks: `make lint`.

Several jobs run at a time, each in its own process. For each job this prints its failures and one line, then a table
of the parts and, as the last line, `N passed, N failed`. A lint, type or compile run counts as one check. Exit status 1
if anything failed or did not run.
"""

import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

from staging import stage
from tools.dev import unixtests

TESTS = stage.ROOT / "tests"
#: Folder for the result of each pytest.
JUNIT = stage.BUILD / "pytest"
#: Rooms of tests/ that run in so many pytests, each with a browser that its tests share.
BROWSERS = {"page": 2}
#: Rooms whose cpython_test_* files run folder by folder, as most are short; those of other rooms run each alone.
FOLDERS = ("tools",)
#: Names of the files and folders that take longest. They start first, so that none runs alone at the end.
LONGEST = (
    "page-1", "page-2", "tools", "docs", "measure", "cpython_test_simulator.py", "cpython_test_confirm.py",
    "cpython_test_clients.py", "cpython_test_home_assistant.py", "cpython_test_update.py", "test_store_history.py",
    "dev", "cpython_test_year.py", "prove", "cpython_test_console.py", "net", "meter", "api",
)  # fmt: skip
CPYTHON, MICROPYTHON = "tests on CPython", "tests on MicroPython"
#: The fast checks: {part: (Python module to run, its arguments …)}.
QUICK = {
    "lint (ruff)": ("ruff", "check", "--quiet"),
    "spelling (codespell)": ("codespell_lib",),
    "types (mypy, ESP32 stubs)": ("tools.dev.typecheck",),
    "modules for the chips (mpy-cross)": ("staging",),
}
PASSED, FAILED = (1, 0, 0), (0, 1, 0)


def called(*arguments):
    """(output, exit status) of a Python module with its arguments."""
    run = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=stage.ROOT,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return run.stdout, run.returncode


def once(*arguments):
    """(output, counts) of a module that is one check."""
    output, status = called(*arguments)
    return (output, FAILED) if status else ("", PASSED)


def no(message):
    """(output, counts) of a failure that is known already."""
    return message + "\n", FAILED


def cpython(name, paths):
    """(output, (passed, failed, skipped)) of test files on CPython, one after another."""
    junit = JUNIT / (name.replace("/", "-") + ".xml")
    output, status = called("pytest", "--quiet", "-rs", "--junitxml", junit, *paths)
    try:
        suite = xml.etree.ElementTree.parse(junit).getroot().find("testsuite").attrib
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        return "%s\npytest ended with %d: %s\n" % (output, status, error), FAILED
    failed = int(suite["failures"]) + int(suite["errors"])
    skipped = int(suite["skipped"])
    passed = max(0, int(suite["tests"]) - failed - skipped)
    # Only pytest's exit status shows that no test was found, or that the run was interrupted.
    return output, (passed, failed or int(status != 0), skipped)


def together():
    """{name: paths} of the test files that one pytest runs."""
    groups = {}
    dealt = dict.fromkeys(BROWSERS, 0)
    for path in sorted(TESTS.rglob("*test_*.py")):
        room = path.relative_to(TESTS).parts[0]
        if room in BROWSERS:
            group = TESTS / ("%s-%d" % (room, dealt[room] % BROWSERS[room] + 1))
            dealt[room] += 1
        elif not path.name.startswith("cpython_"):
            group = TESTS / room
        else:
            group = path.parent if room in FOLDERS else path
        groups.setdefault(group.relative_to(stage.ROOT).as_posix(), []).append(path)
    return groups


def quick():
    """[(part, name, function, its arguments)] of the fast checks."""
    return [(part, part, once, arguments) for part, arguments in QUICK.items()]


def tests():
    """The same of all tests; also makes the files that they share."""
    shutil.rmtree(JUNIT, ignore_errors=True)
    JUNIT.mkdir(parents=True)
    rom, broken = unixtests.prepared()
    found = [(MICROPYTHON, source, no, (message,)) for source, message in broken.items()]
    found += [(CPYTHON, name, cpython, (name, paths)) for name, paths in together().items()]
    for path in unixtests.find([TESTS]):
        found.append((MICROPYTHON, path.relative_to(stage.ROOT).as_posix(), unixtests.run_file, (path, rom)))
    names = [job[1].rpartition("/")[2] for job in found]
    order = [LONGEST.index(name) if name in LONGEST else len(LONGEST) for name in names]
    return [job for _, job in sorted(zip(order, found), key=lambda each: each[0])]


def timed(function, arguments):
    """(output, counts, seconds) of a job."""
    started = time.monotonic()
    try:
        output, counts = function(*arguments)
    except Exception as error:  # a tool that is missing or died: the rest still runs
        output, counts = "%r\n" % error, FAILED
    return output, counts, time.monotonic() - started


def report(name, output, counts, seconds):
    """Print the result of a job."""
    lines = output.splitlines(True)
    if not counts[1]:
        lines = [line for line in lines if line.startswith("SKIPPED") or " skipped: " in line]
    print("".join(lines) + "%8.1f s  %4d passed  %s%s" % (
        seconds, counts[0], "%d FAILED  " % counts[1] if counts[1] else "", name), flush=True)  # fmt: skip


def main(arguments=()):
    parser = argparse.ArgumentParser(prog="python -m tools.dev.check", description="Checks and tests of the project.")
    parser.add_argument("--quick", action="store_true", help="only the checks that take seconds")
    only_quick = parser.parse_args(arguments).quick
    started = time.monotonic()
    rows = {part: [0, 0, 0, 0] for part in (*QUICK, *(() if only_quick else (CPYTHON, MICROPYTHON)))}
    jobs = quick()
    if not only_quick:
        try:
            jobs += tests()
        except Exception as error:  # the fast checks run all the same
            jobs.append((CPYTHON, "what the tests share", no, (repr(error),)))
    # More jobs than processors, as tests with processes mostly wait.
    with concurrent.futures.ThreadPoolExecutor(2 * os.cpu_count()) as pool:
        waiting = {pool.submit(timed, *job[2:]): job[:2] for job in jobs}
        try:
            for future in concurrent.futures.as_completed(waiting):
                part, name = waiting[future]
                output, counts, seconds = future.result()
                report(name if part != MICROPYTHON else name + " on MicroPython", output, counts, seconds)
                rows[part] = [a + b for a, b in zip(rows[part], (*counts, seconds))]
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    print("\n%-34s %7s %7s %7s %8s" % ("", "passed", "failed", "skipped", "seconds"))
    for part, row in rows.items():
        print("%-34s %7d %7d %7d %8.1f" % (part, *row))
    times = os.times()
    worked = times.user + times.system + times.children_user + times.children_system
    print("%.0f s, in which processors worked for %.0f s\n" % (time.monotonic() - started, worked))
    passed, failed = (sum(row[at] for row in rows.values()) for at in (0, 1))
    print("%d passed, %d failed" % (passed, failed), flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
