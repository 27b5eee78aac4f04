"""The independent computation of costs and peaks, against examples that were worked out by hand."""

from fractions import Fraction
from zoneinfo import ZoneInfo

from tools.prove.bills import bill

ZONE = ZoneInfo("Europe/Helsinki")
#: Midnights in Helsinki.
MARCH_29, OCTOBER_25, JANUARY_31 = 1774735200, 1792875600, 1769810400
HOUR, DAY = 3600, 86400


def test_starts_of_days_and_months_where_the_clock_changes():
    assert bill.day_of(MARCH_29 - 1, ZONE) == MARCH_29 - DAY
    assert [bill.day_of(MARCH_29 + second, ZONE) for second in (0, 23 * HOUR - 1, 23 * HOUR)] == [
        MARCH_29, MARCH_29, MARCH_29 + 23 * HOUR]  # fmt: skip
    assert bill.day_of(OCTOBER_25 + 25 * HOUR - 1, ZONE) == OCTOBER_25
    assert bill.month_of(JANUARY_31 + DAY - 1, ZONE) == JANUARY_31 - 30 * DAY
    assert bill.month_of(JANUARY_31 + DAY, ZONE) == JANUARY_31 + DAY


def test_what_a_kwh_costs():
    settings = {"vat": 25.5, "fees": [{"p": 2}, {"p": 1.5, "hours": [22, 7]}, {"p": -0.1, "days": [7], "months": [3]}]}
    prices = bill.Prices(settings, ZONE, lambda quarter: 4000000)
    # Sunday the 29th of March: 2:45 is before the clock goes forward, 7:00 is 6 hours after midnight.
    for second, cents in ((0, "7.4"), (3 * HOUR - 900, "7.4"), (6 * HOUR - 900, "7.4"), (6 * HOUR, "5.9")):
        assert prices.bought(MARCH_29 + second) == Fraction(cents) * 10**6 * Fraction("1.255"), second
    assert prices.bought(MARCH_29 + 23 * HOUR) == Fraction("7.5") * 10**6 * Fraction("1.255")  # Monday
    assert prices.sold(MARCH_29) == 4000000
    assert prices.cost(MARCH_29, [250, 2000]) == (Fraction("2.32175") * 10**6, 8000000)
    # A negative price, and a price of what is sold.
    prices = bill.Prices({"vat": 10, "sell": 1.25, "monthly": 3.5}, ZONE, lambda quarter: -500001)
    assert prices.cost(MARCH_29, [1, 1]) == (Fraction("-550.0011"), 1250)
    assert prices.monthly == Fraction("3.85") * 10**6


def test_sums_are_rounded_once():
    assert [bill.half_up(Fraction(n, 2)) for n in (-3, -1, 0, 1, 3)] == [-2, -1, 0, 1, 2]
    assert bill.half_up(Fraction("-0.49")) == 0


def test_intervals():
    quarters = {MARCH_29 + 900 * n: [100 + n, 0] for n in range(92)}
    whole = set(quarters) - {MARCH_29 + 900 * 5}
    assert len(bill.intervals(quarters, whole, 15, ZONE)) == 91
    assert bill.intervals(quarters, whole, 15, ZONE)[MARCH_29 + 900] == 404
    hours = bill.intervals(quarters, whole, 60, ZONE)
    assert len(hours) == 22 and MARCH_29 + HOUR not in hours
    assert hours[MARCH_29 + 2 * HOUR] == 4 * 108 + 6


def test_peaks():
    means = {JANUARY_31: 5000, JANUARY_31 + HOUR: 5100, JANUARY_31 - HOUR: 5100, JANUARY_31 - 9 * DAY: 4000,
             JANUARY_31 + DAY: 9000}  # fmt: skip
    month = JANUARY_31 - 30 * DAY
    assert bill.peaks(means, month, {"n": 3, "days": True}, ZONE) == [
        (5100, JANUARY_31 - HOUR), (5100, JANUARY_31 + HOUR), (4000, JANUARY_31 - 9 * DAY)]  # fmt: skip
    assert [w for w, _ in bill.peaks(means, month, {"n": 3}, ZONE)] == [5100, 5100, 5000]
    assert bill.peaks(means, month, {}, ZONE) == [(5100, JANUARY_31 - HOUR)]
    assert bill.counts([(5100, 0), (5100, 1), (4000, 2)]) == 4733 and bill.counts([]) is None


def test_what_is_billed():
    assert bill.billed([3000, 1000, None, 4001], {"months": 3, "min": 2500}) == 3251
    assert bill.billed([3000], {}) == 3000 and bill.billed([None], {}) is None
