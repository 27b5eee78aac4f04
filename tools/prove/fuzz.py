"""Decodes damaged telegrams and random valid lists on both interpreters: `make fuzz [N=] [SEED=]`.

The same bytes go to CPython with the plain twins and to MicroPython with viper; the results must be the same. Valid
lists must also give what an independent walk finds in them: 40,000 lists of DLMS and 6,000 files of SML for each
million bytes of damaged telegrams. viper code has no bounds checks, so a crash of the interpreter is a finding, too.
Exit status 1 if there is a finding.
"""

import os
import subprocess
import sys
import threading

from staging import stage, unix

FUZZER, LISTS, FILES = (stage.ROOT / "tests" / "fuzz" / name for name in ("fuzzer.py", "lists.py", "files.py"))
SILENCE = 900  # s without a line of output count as a hang
# Small, so that garbage is collected all the time.
HEAP = "8M"


def run(name, command, environment, arguments):
    """Run a script on one interpreter; returns (its lines of progress, its exit status)."""
    print("== " + name, flush=True)
    process = subprocess.Popen(
        [*command, *arguments],
        env=environment,
        cwd=stage.ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    progress = []
    while True:
        timer = threading.Timer(SILENCE, process.kill)
        timer.start()
        line = process.stdout.readline()
        timer.cancel()
        if not line:
            break
        print(line, end="", flush=True)
        if ", digest " in line:
            progress.append(line)
    status = process.wait()
    if status < 0:
        print("FAILED: the interpreter died of signal %d" % -status)
    return progress, status


def main(arguments):
    count, seed = [int(text) for text in arguments + ["1000000", "1"][len(arguments):]]
    _, failed = stage.stage()
    if failed:
        print("does not compile: " + ", ".join(map(str, failed)))
        return 1
    damaged = both("damaged telegrams", [str(FUZZER), str(count), str(seed)])
    scale = [str(max(1, count // 10000)), str(seed)]
    valid = [both(what, [str(script)] + scale) for what, script in (("valid lists", LISTS), ("SML files", FILES))]
    return 1 if damaged or any(valid) else 0


def both(what, arguments):
    """Run a script on both interpreters; returns a true value if either fails, or if they differ."""
    plain, first = run("%s, CPython" % what, [sys.executable], dict(os.environ), arguments)
    viper, second = run("%s, MicroPython" % what, unix.command(heap=HEAP), unix.environment(), arguments)
    if plain == viper:
        print("both interpreters read the same")
    else:
        print("FAILED: the interpreters differ, first in")
        print("".join([a + b for a, b in zip(plain, viper) if a != b][:1]), end="")
    return first or second or plain != viper


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
