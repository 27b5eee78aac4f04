"""A part of the week of `make sweep`: power fails in some of the operations, and in every erasure."""

from tests.support import Random
from tests.sweep.week import Sweep


def test_a_day_with_power_cuts():
    random = Random(1)
    sweep = Sweep(lambda number, erasure: (number,) if erasure or not random.below(6) else (), days=1, telegram=300)
    sweep.run()
    assert sweep.cuts > 50, sweep.cuts


def test_two_days_of_many_telegrams_with_power_cuts():
    random = Random(2)
    sweep = Sweep(lambda number, erasure: (number,) if not random.below(25) else (), days=2, telegram=120)
    sweep.run()
    assert sweep.cuts > 50 and sweep.erasures > 10, (sweep.cuts, sweep.erasures)
