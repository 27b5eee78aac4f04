"""Measures the time from power on to the first reading on a line with unknown settings: `make lines`.

It tries every line setting of /definitions, and 7E1 at the other speeds, with every framing that the line can carry.
Telegrams come every second or every ten seconds. Power goes on at random moments between two telegrams or in the
middle of one. The line is simulated bit by bit (host_sim/uart.py); the reader is the meter task. --write puts the table
into docs/lines.md.
"""

import argparse
import concurrent.futures
import datetime
import random
import re
import statistics
import sys

from staging import stage

sys.path[:0] = [str(stage.ROOT / "lib"), str(stage.ROOT)]

from han.meter.line.told import describe, selectable  # noqa: E402  needs the path above
from tests.meter.line import lines  # noqa: E402
from tools.dev.progress import Progress  # noqa: E402

PAGE = stage.ROOT / "docs" / "lines.md"
FRAMINGS = "HDLC", "M-Bus", "SML", "P1", "P1 without checksum"
PERIODS = 1, 10
#: Requirement: all starts come to a reading, SHARE per cent of them within SECONDS.
SHARE, SECONDS = 95, 60
_TABLE = re.compile("(<!-- table -->\n).*(<!-- end -->\n)", re.DOTALL)


def settings():
    """[(baud, bits, parity, stop, invert)] of all lines: those that a user can choose, and 7E1 at the same speeds."""
    found = selectable()
    for baud in sorted({line[0] for line in found}, reverse=True):
        found += [(baud, 7, 0, 1, inverted) for inverted in (True, False) if (baud, 7, 0, 1, inverted) not in found]
    return found


def measure(line, phases, seed):
    """{(framing, period): [seconds, None for never]} of a line; the list is empty if the line cannot carry it."""
    chance = random.Random("%d %s" % (seed, line))
    found = {}
    telegrams = lines.telegrams()
    for framing in FRAMINGS:
        for period in PERIODS:
            found[framing, period] = []
            if lines.fits(line, telegrams[framing], period) and (line[1] == 8 or framing.startswith("P1")):
                for n in range(phases):
                    phase = (n + chance.random()) * 100 / phases
                    found[framing, period].append(lines.first_reading(line, telegrams[framing], period, phase))
    return found


def cell(seconds):
    if not seconds:
        return "–"
    if None in seconds:
        return "**never: %d of %d**" % (seconds.count(None), len(seconds))
    return "%.0f (%.0f)" % (statistics.median(seconds), max(seconds))


def table(rows):
    """Yields the lines of the Markdown table."""
    heads = ["%s, %d s" % (framing, period) for framing in FRAMINGS for period in PERIODS]
    yield "| line | " + " | ".join(heads) + " |"
    yield "|---" * (len(heads) + 1) + "|"
    for line, found in rows:
        cells = [cell(found[framing, period]) for framing in FRAMINGS for period in PERIODS]
        yield "| %s | " % describe(line) + " | ".join(cells) + " |"


def summary(seconds):
    """(one line about all starts, True if they meet the requirement)."""
    reached = sorted(second for second in seconds if second is not None)
    soon = len([second for second in reached if second <= SECONDS])
    text = "%d of %d starts came to a reading, %.1f %% of them within %d s; half within %.0f s, 95 %% within %.0f s" % (
        len(reached), len(seconds), 100 * soon / len(seconds), SECONDS, statistics.median(reached),
        reached[len(reached) * 95 // 100])  # fmt: skip
    text += ", the longest took %.0f s." % reached[-1]
    return text, len(reached) == len(seconds) and 100 * soon >= SHARE * len(seconds)


def main(arguments=None):
    parse = argparse.ArgumentParser("python -m tools.prove.linetimes", description=__doc__.splitlines()[0])
    parse.add_argument("--phases", type=int, default=20, help="moments of power on for each cell (20)")
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--write", action="store_true", help="put the table into docs/lines.md")
    options = parse.parse_args(arguments)
    rows = []
    with Progress() as progress, concurrent.futures.ProcessPoolExecutor() as pool:
        every = settings()
        progress.tell("0 of %d lines" % len(every))
        waiting = [pool.submit(measure, line, options.phases, options.seed) for line in every]
        for line, future in zip(every, waiting):
            rows.append((line, future.result()))
            progress.tell("%d of %d lines" % (len(rows), len(every)))
    text, good = summary([second for _, found in rows for seconds in found.values() for second in seconds])
    made = "\n".join(table(rows))
    print(made, text, sep="\n\n")
    if options.write:
        head = "%s, `make lines WRITE=1 PHASES=%d SEED=%d`, seconds: median (longest) of %d starts.\n\n" % (
            datetime.date.today().isoformat(), options.phases, options.seed, options.phases)  # fmt: skip
        page = PAGE.read_text()
        PAGE.write_text(_TABLE.sub(lambda found: found[1] + head + made + "\n\n" + text + "\n" + found[2], page))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
