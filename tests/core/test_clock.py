"""Corrections of the clock, and the conversion of a meter's clock to UTC."""

from han.core.clock import EPOCH, Clock
from han.core.zone import Zone, days

DAY = 86400


class Board:
    def __init__(self, utc=None):
        self.now = 5000
        self.utc = utc

    def ticks_ms(self):
        return self.now

    def ticks_diff(self, a, b):
        return a - b

    def utc_ms(self):
        return self.utc


def at(*date_and_time):
    year, month, day, hour, minute = (date_and_time + (0, 0))[:5]
    return days(year, month, day) * DAY + hour * 3600 + minute * 60


def unix(utc):
    return (utc + EPOCH) * 1000


NOON = at(2026, 7, 1, 12)


def set_clock(utc=NOON, source="ntp", zone=None):
    board = Board()
    clock = Clock(board)
    if zone:
        clock.zone = Zone(zone)
    if utc is not None:
        clock.take(unix(utc), source)
    return board, clock


# --- corrections


def test_the_first_word_sets_the_clock_and_is_no_step():
    board, clock = set_clock()
    assert (clock.utc(), clock.source, clock.steps, clock.step) == (NOON, "ntp", 0, None)
    board.now += 1500
    assert clock.unix_ms() == unix(NOON) + 1500


def test_small_corrections_are_made_little_by_little():
    for off in (1000, 300, 1, -1, -999, -1000):
        board, clock = set_clock()
        clock.take(unix(NOON) + off, "ntp")
        before = clock.unix_ms()
        assert before == unix(NOON)
        for _ in range(2100):
            board.now += 100
            now = clock.unix_ms()
            assert 99 <= now - before <= 101
            before = now
        assert before == unix(NOON) + 210000 + off and clock.steps == 0


def test_large_ones_at_once_and_the_reason_is_told():
    board, clock = set_clock()
    clock.take(unix(NOON) + 3600001, "ntp")
    assert clock.unix_ms() == unix(NOON) + 3600001
    assert clock.steps == 1 and clock.step == "set forward by 3600.001 s, told by ntp"
    clock.take(unix(NOON) - 1500, "meter")
    assert clock.steps == 2 and clock.step == "set back by 3601.501 s, told by meter"
    assert clock.source == "meter"


def test_doubt_is_no_reason_to_correct():
    board, clock = set_clock()
    clock.take(unix(NOON) + 2500, "meter", 3000)
    board.now += 10000
    assert clock.unix_ms() == unix(NOON) + 10000 and clock.source == "meter"


def test_a_correction_replaces_the_one_before():
    board, clock = set_clock()
    clock.take(unix(NOON) + 1000, "ntp")
    board.now += 20000
    assert clock.unix_ms() == unix(NOON) + 20100
    clock.take(unix(NOON), "ntp")
    board.now += 60000
    assert clock.unix_ms() == unix(NOON) + 80000


def test_the_boards_clock_is_corrected_too():
    board = Board(unix(NOON))
    clock = Clock(board)
    clock.take(unix(NOON) + DAY * 1000, "ntp")
    assert clock.utc() == NOON + DAY and clock.steps == 1


# --- the meter's clock


def test_the_zone_outranks_the_deviation():
    # Norwegian Aidon: local time, deviation 0.
    _, clock = set_clock(None, zone="Europe/Oslo")
    assert clock.of_meter(at(2026, 7, 1, 14), 0, None) == NOON
    assert clock.of_meter(at(2026, 1, 1, 13), 0, None) == at(2026, 1, 1, 12)
    assert clock.of_meter(at(2026, 7, 1, 14), -120, True) == NOON
    assert clock.of_meter(None, 0, None) is None


def test_without_a_zone_only_a_deviation_tells():
    _, clock = set_clock(None)
    assert clock.of_meter(at(2026, 7, 1, 14), -120, True) == NOON
    for deviation in (None, 0):
        assert clock.of_meter(at(2026, 7, 1, 14), deviation, True) is None


def test_without_a_zone_true_time_tells_how_far_the_meter_is_from_it():
    _, clock = set_clock()
    for hours in (-10, -3, 0, 1, 2, 14):
        for late in (-290, 0, 7, 290):
            assert clock.of_meter(NOON + hours * 3600 + late, 0, None) == NOON + late
    assert clock.of_meter(NOON + 20700, None, None) == NOON  # Kathmandu
    assert clock.of_meter(NOON + 7600, 0, None) is None  # too far from any offset
    assert clock.of_meter(NOON + 3 * DAY, 0, None) is None


def test_the_hour_that_comes_twice():
    local = at(2026, 10, 25, 3, 30)
    first, second = at(2026, 10, 25, 0, 30), at(2026, 10, 25, 1, 30)
    _, clock = set_clock(None, zone="Europe/Helsinki")
    assert clock.of_meter(local, None, True) == first and clock.of_meter(local, None, False) == second
    assert clock.of_meter(local, None, None) == first
    # Once the time is known, it decides, not the flag, which some meters never set.
    for source in ("ntp", "meter"):
        for dst in (True, False, None):
            for utc in (first, second):
                _, clock = set_clock(utc + 20, source, "Europe/Helsinki")
                assert clock.of_meter(local, 0, dst) == utc, (source, dst)


def test_a_meter_that_stays_at_winter_time():
    _, clock = set_clock(zone="Europe/Stockholm")
    assert clock.of_meter(at(2026, 7, 1, 13), None, False) == NOON
    assert clock.of_meter(at(2026, 7, 1, 14), None, True) == NOON
    # A clock that is simply wrong stays wrong.
    assert clock.of_meter(at(2026, 7, 1, 15, 30), None, True) == NOON + 5400
    assert clock.of_meter(at(2026, 7, 1, 13, 10), None, False) == NOON - 3000
    # Without the true time there is no way to know.
    _, clock = set_clock(NOON, "meter", "Europe/Stockholm")
    assert clock.of_meter(at(2026, 7, 1, 13), None, False) == NOON - 3600
