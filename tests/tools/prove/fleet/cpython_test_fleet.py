"""`make fleet` with few readers, and what it counts."""

import pytest

from tools.prove.fleet import __main__ as fleet
from tools.prove.fleet.broker import missing
from tools.prove.fleet.tally import Tally


@pytest.mark.skipif(missing() is not None, reason="no %s here (Debian: apt-get install %s)" % (missing(), missing()))
def test_a_small_house_loses_no_message(capsys):
    assert fleet.main(["--n", "3", "--seconds", "6", "--period", "2"]) == 0, capsys.readouterr().out
    shown = capsys.readouterr().out
    assert "3 simulated readers" in shown and "lost 0, twice 0, of nobody 0" in shown and "ms median" in shown


def house():
    """A tally of two readers that are there, with two quantities each."""
    tally = Tally()
    tally.stopped(0)
    tally.runs(10)
    for reader in "a", "b":
        come(tally, reader, 10, 11)
    return tally


def come(tally, reader, clock, now, names=("power", "voltage_l1")):
    """A telegram is read, and its messages come."""
    tally.sent(reader, clock, now - 0.5)
    tally.reading(reader, clock, now)
    for name in names:
        tally.quantity(reader, name)


def test_all_is_there():
    tally = house()
    for clock in 20, 30:
        come(tally, "a", clock, clock + 1)
        come(tally, "b", clock, clock + 2)
    assert (tally.lost(), tally.duplicates, tally.unknown, tally.messages) == (0, 0, 0, 18)
    assert tally.complete() and tally.delays() == [0.5] * 4  # the first ones ended before anybody listened


def test_what_is_lost_comes_twice_or_from_nowhere_is_counted():
    tally = house()
    tally.sent("a", 20, 21)  # the reading and two quantities
    come(tally, "b", 20, 21, ("power",))  # one quantity
    assert tally.lost() == 4 and not tally.complete()
    come(tally, "a", 30, 31, ("power", "voltage_l1", "power"))
    tally.reading("a", 30, 32)
    assert tally.duplicates == 2
    tally.reading("a", 25, 33)
    assert tally.unknown == 1 and tally.lost() == 4


def test_a_stop_is_counted_apart_for_each_reader():
    tally = house()
    tally.stopped(100)
    tally.sent("a", 97, 97.5)  # this one should have come before
    tally.sent("a", 99, 99.5)
    tally.sent("b", 110, 110)
    tally.runs(120)
    tally.sent("a", 120, 121)
    tally.heard("b", 122)
    tally.sent("b", 130, 130)
    assert tally.lost() == 3 + 3  # the one of a before it, the one of b after it
    tally.heard("a", 125)
    assert tally.meanwhile(1) == (3, 0, {"a": 5, "b": 2})
    tally.reading("b", 110, 123)
    assert tally.meanwhile(1)[:2] == (3, 1)


def test_a_reader_that_does_not_know_the_time_yet_sends_no_telegram_that_counts():
    tally = house()
    tally.reading("a", None, 12)
    tally.quantity("a", "power")
    assert (tally.unknown, tally.duplicates, tally.lost()) == (0, 0, 0)
