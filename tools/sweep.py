"""Power fails in every flash operation of a week, and a reader starts from what is left: `make sweep`.

Then a year with daylight saving, another meter, cuts and clock faults, whose months must be the counters'.

Half done programs leave some bits, half done erasures any bits, by chance from SEEDS; see tests/sweep/week.py.
"""

import concurrent.futures
import sys
import time

from tools import stage

sys.path[:0] = [str(stage.ROOT / "lib"), str(stage.ROOT)]

# Seconds between telegrams, with it the operations in the week; seeds for a program and for an erasure.
RUNS = ((600, (1, 2), range(1, 11)), (150, (3,), range(11, 17)))
DAYS = 7
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


def main():
    started = time.monotonic()
    failed = 0
    print("%-22s %10s %9s %7s" % ("telegrams, every", "operations", "erasures", "cuts"))
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for telegram, operations, erasures, cuts, error in pool.map(figures, RUNS):
            print("%-22s %10d %9d %7d %s" % ("%d s" % telegram, operations, erasures, cuts, error or ""), flush=True)
            failed += error is not None
    try:
        from tests.store.test_store_year import check

        check(365, YEAR_TELEGRAM)
        print("a year of telegrams every %d s: its months are the counters' to the Wh" % YEAR_TELEGRAM)
    except AssertionError as error:
        print("a year: %r" % error)
        failed += 1
    print("%.0f s; %s" % (time.monotonic() - started, "FAILED" if failed else "nothing lost, nothing invented"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
