"""Runs the test files on MicroPython, which has neither pytest nor unittest.

    python -m tools.dev.unixtests [PATH …]          stages, one process a file, with time limits
    MICROPYPATH=lib:.frozen micropython tests/run.py [PATH …]   all in this process; from
                                                sources, so that tracebacks into lib have lines

A test is a function test_* without parameters, sync or async, in a file tests/**/test_*.py.
"""

import asyncio
import io
import os
import sys

_SECONDS = 600  # for one async test; a sync one that hangs is ended by tools/dev/unixtests.py


def _absolute(path):
    return path if path.startswith("/") else os.getcwd() + "/" + path


_ROOT = _absolute(__file__).rsplit("/", 2)[0].replace("/./", "/")
sys.path.insert(0, _ROOT)

from tests import owntime  # noqa: E402  needs the path above
from tests.support import Skipped  # noqa: E402


class Totals:
    """The results so far."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def run(self, name, test):
        # Print the name first: if a test hangs, its name is the last output.
        print(name, end=" ")
        try:
            result = test()
            if hasattr(result, "send"):
                asyncio.run(asyncio.wait_for(result, _SECONDS))
        except Skipped as reason:
            self.skipped += 1
            print("skipped:", reason)
        except Exception as error:
            self.fail(error)
        else:
            self.passed += 1
            print("ok")
        finally:
            asyncio.new_event_loop()  # tasks that a test left behind end with it

    def fail(self, error):
        self.failed += 1
        print("FAILED")
        text = io.StringIO()
        sys.print_exception(error, text)
        for line in text.getvalue().rstrip().split("\n"):
            if "tests/run.py" not in line and '"asyncio/' not in line:
                print("   ", line)
                self._show_source(line)

    def _show_source(self, line):
        # 'File "x.py", line 12, in f': an assert carries no text, its source line tells most.
        parts = line.strip().split('"')
        if len(parts) != 3 or not parts[1].endswith(".py"):
            return
        try:
            number = int(parts[2].split(" ")[2].rstrip(","))
            with open(parts[1]) as file:
                for _ in range(number - 1):
                    file.readline()
                print("       ", file.readline().strip())
        except (OSError, ValueError, IndexError):
            pass


def find(path):
    """All test files at or below an absolute path, in order."""
    if path.endswith(".py"):
        return [path]
    found = []
    for entry in sorted(os.ilistdir(path)):
        name, kind = entry[0], entry[1]
        if kind == 0x4000 and not name.startswith(("_", ".")):
            found += find(path + "/" + name)
        elif name.startswith("test_") and name.endswith(".py"):
            found.append(path + "/" + name)
    return found


def run_file(path, totals):
    name = path[len(_ROOT) + 1 :]
    try:
        module_name = name[:-3].replace("/", ".")
        module = __import__(module_name)
        for part in module_name.split(".")[1:]:
            module = getattr(module, part)
    except Skipped as reason:
        totals.skipped += 1
        print(name, "skipped:", reason)
        return
    except Exception as error:
        print(name, end=" ")
        totals.fail(error)
        return
    for attribute in sorted(dir(module)):
        test = getattr(module, attribute)
        if attribute.startswith("test_") and callable(test):
            totals.run(name + "::" + attribute, test)


def main(paths):
    totals = Totals()
    owntime.install()
    for path in paths or ["tests"]:
        path = _absolute(path.rstrip("/"))
        for file in find(path):
            run_file(file, totals)
    print("%d passed, %d failed, %d skipped" % (totals.passed, totals.failed, totals.skipped))
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
