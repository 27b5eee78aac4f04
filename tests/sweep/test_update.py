"""A part of the updates of `make sweep`."""

from tests.support import Random
from tests.sweep.update import HISTORIES, Sweep, started_often


def sweep(before, seeds):
    chip, old, new = HISTORIES[before]()
    found = Sweep(chip, old, new)
    for number in range(found.operations):
        for seed in seeds:
            found.at(number, seed)
    found.at_changes()
    assert found.kept[old] > 10 and found.kept[new] > 3, found.kept
    return found.cuts


def test_power_fails_in_each_operation_of_an_update():
    assert sweep("first", (1, 2)) > 50


def test_the_same_back_into_the_first_slot():
    assert sweep("second", (3,)) > 24


def test_the_same_after_one_that_went_back():
    assert sweep("after one given up", (4,)) > 24


def test_the_same_between_frozen_releases_without_psram():
    assert sweep("without PSRAM", (5,)) > 24


def test_the_same_while_the_record_of_starts_goes_on_in_its_other_sector():
    _, old, new = HISTORIES["record full"]()
    for count in range(1019, 1022):
        found = Sweep(started_often(count), old, new)
        for number in range(found.operations):
            found.at(number, count)
        assert found.cuts >= found.operations, found.cuts


def test_power_fails_again_while_it_starts():
    found = Sweep(*HISTORIES["first"](), again=8)
    random = Random(5)
    for number in range(found.operations):
        found.at(number, random.below(1000))
    assert found.cuts > 60
