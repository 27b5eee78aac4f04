"""Cuts power in every flash operation of a week, of the ledger and of updates, and starts a reader afterwards.

`make sweep` does it. It also goes from the version before the ledger to this one and back, with power cuts.

Then it runs a year with summer time, another meter, power cuts and wrong clocks; the months must match the counters.

An interrupted program operation leaves some bits unprogrammed; an interrupted erase leaves any bits. Seeds decide
which; see tests/sweep/week.py and update.py.
"""

import concurrent.futures
import contextlib
import io
import sys
import time

from staging import stage

sys.path[:0] = [str(stage.ROOT / "lib"), str(stage.ROOT)]

from tests.ota import images  # noqa: E402  needs the path above

# (seconds between telegrams, seeds for each program operation, seeds for each erase). More telegrams mean more
# operations in the week.
RUNS = ((600, (1, 2), range(1, 11)), (150, (3,), range(11, 17)))
DAYS = 7
# Seeds for each operation of the ledger, and its days.
LEDGER = range(1, 7)
LEDGER_DAYS = 6
# Number of stories of updates from the version before the ledger and back, half of them with a meter without counters,
# and of power cuts in each of their steps.
STORIES, FORKS = 12, 6
# Number of seeds for a cut in an update of 1.7 MB.
REAL = 10
# (history of otadata and of the record of starts before the update, see tests/sweep/update.py; number of seeds for one
# cut; number of seeds for a second cut in the start after the first).
UPDATES = (("first", 60, 12), ("second", 40, 8), ("after one given up", 40, 8), ("record full", 20, 4))
YEAR_TELEGRAM = 60


def sweep(run):
    from tests.sweep.week import Sweep

    telegram, programs, erasures = run
    week = Sweep(lambda number, erasure: erasures if erasure else programs, DAYS, telegram)
    try:
        week.run()
    except AssertionError as error:
        return telegram, week, repr(error)
    return telegram, week, None


def figures(run):
    telegram, week, error = sweep(run)
    return telegram, week.operations, week.erasures, week.cuts, error


def update(run):
    """(history, operations in an update, cuts, text of the failure or None) of a row of UPDATES."""
    from tests.sweep import update as updates

    name, once, twice = run
    cuts = operations = 0
    quiet = contextlib.redirect_stdout(io.StringIO())  # boot.py prints what it does
    try:
        with quiet:
            for seeds, again in ((range(once), 0), (range(once, once + twice), 8)):
                sweep = updates.Sweep(*updates.HISTORIES[name](), again)
                operations = sweep.operations
                for number in range(operations):
                    for seed in seeds:
                        sweep.at(number, seed)
                sweep.at_changes()
                cuts += sweep.cuts
    except AssertionError as error:
        return name, operations, cuts, repr(error)
    return name, operations, cuts, None


def real(seed):
    """(operations, cuts, text of the failure or None) of an update as big as a chip's, for one seed."""
    from tests.sweep import update as updates

    try:
        with contextlib.redirect_stdout(io.StringIO()):
            found = updates.real(lambda number: (seed,))
    except AssertionError as error:
        return 0, 0, repr(error)
    return found.operations, found.cuts, None


def ledger(seed):
    """(operations, cuts, text of the failure or None) of the ledger's days, for one seed."""
    from tests.sweep.ledger import DAY, Sweep

    sweep = Sweep(lambda number, erasure: (seed,))
    try:
        sweep.run(LEDGER_DAYS * DAY)
    except AssertionError as error:
        return sweep.operations, sweep.cuts, repr(error)
    return sweep.operations, sweep.cuts, None


def stories(counters):
    """(operations, cuts, text of the failure or None) of updates and returns. counters: the meter tells them."""
    from tests.sweep import versions

    operations = cuts = 0
    try:
        with versions.Readers() as readers:
            whole = versions.whole(readers, counters)
            for seed in range(STORIES // 2):
                found = versions.tell(readers, counters, whole, 100 + seed, FORKS)
                operations += found[0]
                cuts += found[1]
    except AssertionError as error:
        return operations, cuts, repr(error)
    return operations, cuts, None


def main():
    started = time.monotonic()
    failed = 0
    images.write()
    images.write_real()
    print("%-22s %10s %9s %7s" % ("updates", "operations", "", "cuts"))
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for name, operations, cuts, error in pool.map(update, UPDATES):
            print("%-22s %10d %9s %7d %s" % (name, operations, "", cuts, error or ""), flush=True)
            failed += error is not None
        found = list(pool.map(real, range(REAL)))
        wrong = [error for _, _, error in found if error]
        print("%-22s %10d %9s %7d %s" % (
            "of 1.7 MB", found[0][0], "", sum(cuts for _, cuts, _ in found), " ".join(wrong)), flush=True)
        failed += len(wrong)
        from tests.sweep.versions import missing

        todo = [("ledger", ledger, LEDGER)]
        if missing():
            print("to the version before and back: not run, " + missing())
        else:
            todo.append(("version before", stories, (True, False)))
        for name, function, values in todo:
            found = list(pool.map(function, values))
            wrong = [error for _, _, error in found if error]
            print("%-22s %10d %9s %7d %s" % (
                name, sum(row[0] for row in found), "", sum(row[1] for row in found), " ".join(wrong)), flush=True)
            failed += len(wrong)
    print("%-22s %10s %9s %7s" % ("telegrams, every", "operations", "erasures", "cuts"))
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for telegram, operations, erasures, cuts, error in pool.map(figures, RUNS):
            print("%-22s %10d %9d %7d %s" % ("%d s" % telegram, operations, erasures, cuts, error or ""), flush=True)
            failed += error is not None
    try:
        from tests.store.series.test_store_year import check

        check(365, YEAR_TELEGRAM)
        print("a year of telegrams every %d s: its months are the counters' to the Wh" % YEAR_TELEGRAM)
    except AssertionError as error:
        print("a year: %r" % error)
        failed += 1
    print("%.0f s; %s" % (time.monotonic() - started, "FAILED" if failed else "nothing lost, nothing invented"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
