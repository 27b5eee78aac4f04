"""Runs the test files on MicroPython's unix port: `python -m tools.dev.unixtests [PATH …]`.

It stages the application first. Each file runs in its own process with a fresh heap: a test that hangs or crashes the
interpreter ends only its file.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import threading

from staging import stage, unix

HEAP = "64M"
#: Small heaps, for files whose tests collect garbage all the time: each collection has to look at the whole heap.
HEAPS = {"test_links.py": "4M", "test_api_history.py": "16M", "test_store_history.py": "16M"}
SILENCE = 1200  # seconds without a line of output count as a hang of the last test
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")


def find(paths):
    files = []
    for path in paths or ["tests"]:
        path = pathlib.Path(path).resolve()
        files += sorted(path.rglob("test_*.py")) if path.is_dir() else [path]
    return files


def run_file(path, rom):
    """Run one file on a ROM; returns (its output, [passed, failed, skipped])."""
    script = unix.ROOT / "tests" / "run.py"
    process = subprocess.Popen(
        unix.rom_command(rom, script, path, heap=HEAPS.get(path.name, HEAP)),
        cwd=unix.ROOT,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines = []
    hung = threading.Event()

    def end():
        hung.set()
        process.kill()

    while True:
        timer = threading.Timer(SILENCE, end)
        timer.start()
        line = process.stdout.readline()
        timer.cancel()
        if not line:
            break
        lines.append(line)
    code = process.wait()
    text = "".join(lines)
    summary = SUMMARY.match(lines[-1].strip()) if lines else None
    if summary and code in (0, 1):
        return "".join(lines[:-1]), [int(n) for n in summary.groups()]
    # There is no summary: count the finished tests, and one failure for the end of the process.
    passed = sum(line.rstrip().endswith(" ok") for line in lines)
    failed = sum(line.rstrip().endswith(" FAILED") for line in lines)
    skipped = sum(" skipped: " in line for line in lines)
    how = "no end after %d s" % SILENCE if hung.is_set() else "MicroPython ended with %d" % code
    name = path.relative_to(unix.ROOT)
    return "%s\n%s FAILED: %s\n" % (text, name, how), [passed, failed + 1, skipped]


def prepared():
    """(path of the ROM for the tests, {source that did not compile: mpy-cross's message})."""
    from tests.ota import images  # only CPython can sign them

    images.write()
    _, broken = stage.stage()
    return unix.staged_rom(), broken


def main(arguments):
    rom, broken = prepared()
    totals = [0, len(broken), 0]
    for source, message in broken.items():
        print("%s FAILED: %s" % (source, message))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for text, counts in pool.map(lambda path: run_file(path, rom), find(arguments)):
            totals = [a + b for a, b in zip(totals, counts)]
            print(text, end="", flush=True)
    print("%d passed, %d failed, %d skipped" % tuple(totals))
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
