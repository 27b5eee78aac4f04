"""A few days of `make year`: the whole reader, restarted, cut off, lied to, its meter replaced."""

import pytest

from tools import year

pytestmark = pytest.mark.timeout(300)


def test_six_days_are_what_the_meter_counted(capsys):
    assert year.main(["--days", "6"]) == 0, capsys.readouterr().out


def test_two_days_of_a_meter_that_sends_its_counters_once_an_hour(capsys):
    assert year.main(["--days", "2", "--meter", "aidon"]) == 0, capsys.readouterr().out
