"""A part of the ledger's days of `make sweep`: power fails in some of the operations."""

from tests.support import Random
from tests.sweep.ledger import DAY, HOUR, Sweep


def test_days_of_the_ledger_with_power_cuts():
    random = Random(3)
    sweep = Sweep(lambda number, erasure: (number,) if erasure or not random.below(3) else ())
    sweep.run(2 * DAY + 10 * HOUR)
    assert sweep.operations > 60 and sweep.cuts > 12, (sweep.operations, sweep.cuts)
