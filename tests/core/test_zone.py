"""A sample of zones on both interpreters; cpython_test_zones.py tests all zones."""

import os

from han.core import zonefile
from han.core.zone import UTC, Zone, date, days
from tests.support import raises

DAY = 86400


def at(year, month, day, hour=0, minute=0):
    return days(year, month, day) * DAY + hour * 3600 + minute * 60


def test_dates():
    assert days(2020, 1, 1) == 0 and days(2020, 3, 1) == 60 and days(2021, 1, 1) == 366
    assert days(1970, 1, 1) == -18262 and days(2100, 3, 1) - days(2100, 2, 28) == 1
    for day in range(-1000, 20000, 13):
        assert days(*date(day)) == day
    assert date(0) == (2020, 1, 1) and date(59) == (2020, 2, 29) and date(365) == (2020, 12, 31)


def test_helsinki():
    zone = Zone("Europe/Helsinki")
    assert zone.name == "Europe/Helsinki"
    spring, autumn = at(2026, 3, 29, 1), at(2026, 10, 25, 1)
    assert [zone.offset(t) for t in (spring - 1, spring, autumn - 1, autumn)] == [7200, 10800, 10800, 7200]
    # A day of 23 hours and one of 25.
    assert (zone.day_start(spring), zone.next_day(spring)) == (at(2026, 3, 28, 22), at(2026, 3, 29, 21))
    assert (zone.day_start(autumn), zone.next_day(autumn)) == (at(2026, 10, 24, 21), at(2026, 10, 25, 22))
    assert (zone.month_start(spring), zone.next_month(spring)) == (at(2026, 2, 28, 22), at(2026, 3, 31, 21))
    assert zone.next_month(at(2026, 12, 31, 21)) == at(2026, 12, 31, 22)
    assert zone.next_month(at(2026, 12, 31, 22)) == at(2027, 1, 31, 22)
    assert zone.hour_start(spring + 5) == spring
    assert Zone("Asia/Kolkata").hour_start(at(2026, 3, 29, 1, 29)) == at(2026, 3, 29, 0, 30)
    # The hour that comes twice, and the one that is left out.
    twice = at(2026, 10, 25, 3, 30)
    assert zone.utc(twice) == zone.utc(twice, True) == at(2026, 10, 25, 0, 30)
    assert zone.utc(twice, False) == at(2026, 10, 25, 1, 30)
    assert zone.utc(at(2026, 3, 29, 3, 30)) == at(2026, 3, 29, 1, 30)
    for t in range(0, 560000000, 9999991):
        assert zone.utc(zone.local(t)) == t


def test_zones_of_other_kinds():
    for name, moment, offset in (
        ("Asia/Kathmandu", at(2026, 1, 1), 20700),
        ("Africa/Casablanca", at(2026, 3, 1), 0),  # Ramadan, for which no rule exists
        ("Africa/Casablanca", at(2026, 4, 1), 3600),
        ("Europe/Dublin", at(2026, 7, 1), 3600),  # its winter is the exception, says the rule
        ("Europe/Dublin", at(2026, 12, 1), 0),
        ("America/Nuuk", at(2022, 7, 1), -7200),
        ("America/Nuuk", at(2026, 1, 1), -7200),
        ("America/Nuuk", at(2026, 7, 1), -3600),
        ("Australia/Lord_Howe", at(2026, 1, 1), 39600),
        ("Australia/Lord_Howe", at(2026, 7, 1), 37800),
        ("Antarctica/Casey", at(2020, 10, 3, 16), 28800),
        ("Antarctica/Casey", at(2020, 10, 3, 17), 39600),
        ("Pacific/Kiritimati", 0, 50400),
        ("Zulu", 0, 0),
        ("Africa/Abidjan", 0, 0),
    ):
        assert Zone(name).offset(moment) == offset, (name, moment)
    # Midnight is left out in Cairo, and comes twice in Havana.
    zone = Zone("Africa/Cairo")
    change = at(2026, 4, 23, 22)
    assert zone.day_start(change + DAY - 7200) == change and zone.next_day(change - 1) == change
    zone = Zone("America/Havana")
    first = at(2029, 11, 4, 4)
    assert zone.day_start(first) == zone.day_start(first + 3600) == first
    assert zone.next_day(first) == first + 25 * 3600


def test_without_a_name_it_is_utc_and_no_file_is_read():
    zone = Zone()
    assert zone.name == UTC
    assert zone.offset(0) == 0 and zone.utc(12345) == zone.local(12345) == 12345
    assert (zone.day_start(DAY + 5), zone.next_day(DAY + 5)) == (DAY, 2 * DAY)
    assert (zone.month_start(DAY), zone.next_month(DAY)) == (0, 31 * DAY)


def test_unknown_names():
    for name in ("", "Europe", "Europe/Helsink", "Europe/Helsinki ", "europe/helsinki", "A", "zzz", "x" * 300, "Ä"):
        with raises(ValueError):
            Zone(name)


def test_every_name_that_is_listed_is_found():
    count = 0
    before = ""
    for name in zonefile.names():
        assert name > before
        before = name
        assert zonefile.find(name) is not None, name
        count += 1
    assert count > 590


def test_the_file_lies_beside_the_module():
    assert os.stat(zonefile.__file__.rsplit("/", 1)[0] + "/zones.bin")[6] < 16384
