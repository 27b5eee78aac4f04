"""Fees by hour, weekday and month, and VAT: against a calendar that is counted day by day."""

from han.core.zone import Zone, days
from han.store.config import defaults
from han.tariff.fees import Tariff
from tests.support import Random

_LENGTHS = 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31


def calendar(first, last):
    """Yield (days since 2020, weekday from 1, month) of each day of some years, the first of which follows 2019."""
    day, weekday = 0, 3  # 2020-01-01 was a Wednesday
    for year in range(first, last + 1):
        for month in range(12):
            for _ in range(_LENGTHS[month] + (month == 1 and year % 4 == 0)):
                yield day, weekday, month + 1
                day += 1
                weekday = weekday % 7 + 1


def tariff(zone="Etc/UTC", **values):
    return Tariff(dict(defaults(), **values), Zone(zone))


def mask(numbers):
    found = 0
    for number in numbers:
        found |= 1 << number - 1
    return found


def test_fees_of_each_hour_of_years():
    random = Random(7)
    fees = []
    for _ in range(8):
        hours = random.below(24), 1 + random.below(24)
        wanted = [sorted({1 + random.below(most) for _ in range(6)}) for most in (7, 12)]
        fees.append((random.below(10**4) - 3000, hours, wanted[0], wanted[1]))
    kept = [[price, hours[0], hours[1], mask(on), mask(months)] for price, hours, on, months in fees]
    made = tariff(fees=kept)
    for day, weekday, month in calendar(2020, 2024):
        for hour in range(day % 3, 24, 3):
            expected = 5
            for price, (first, end), on, months in fees:
                inside = [h % 24 for h in range(first, end if end > first else end + 24)]
                if hour in inside and weekday in on and month in months:
                    expected += price
            for second in (0, 3599):
                assert made.net(day * 86400 + hour * 3600 + second, 5) == expected, (day, hour)


def test_hours_are_those_of_the_local_clock():
    # Night from 22 to 7 in Helsinki, over both changes of 2026: 29 March at 3, 25 October at 4, local time.
    night = tariff("Europe/Helsinki", fees=[[1, 22, 7, 127, 4095]])
    for month, day, count in ((3, 28, 8), (10, 24, 10), (6, 1, 9), (12, 31, 9)):
        noon = days(2026, month, day) * 86400 + 10 * 3600
        quarters = "".join([str(night.net(noon + k * 900, 0)) for k in range(96)])
        assert quarters.strip("0") == "1" * 4 * count, (month, day)


def test_a_fee_of_a_month_begins_at_its_local_midnight():
    winter = tariff("Europe/Stockholm", fees=[[7, 0, 24, 127, 3079]])
    november = days(2026, 11, 1) * 86400 - 3600
    april = days(2027, 4, 1) * 86400 - 7200
    assert [winter.net(t, 1) for t in (november - 1, november, april - 1, april)] == [1, 8, 8, 1]


def test_totals_are_rounded_half_away_from_zero():
    for vat, price, total in (
        (2550, 8123456, 10194937), (2550, -8123456, -10194937), (2500, 2, 3), (2500, -2, -3), (2500, 1, 1),
        (5000, 1, 2), (5000, -1, -2), (0, 123, 123), (10000, 7, 14), (813, 1000000, 1081300),
    ):  # fmt: skip
        made = tariff(vat=vat)
        assert made.total(0, price) == total, (vat, price)
        assert made.exact(0, price) == price * (10000 + vat) and made.net(0, price) == price


def test_what_is_not_known_has_no_total():
    fees = [[5, 0, 24, 127, 4095]]
    assert tariff(vat=100, fees=fees).total(0, None) is None and tariff(vat=100).total(None, None) is None
    # Without a clock nobody knows which fees are paid, but VAT does not depend on the time.
    assert tariff(vat=100, fees=fees).total(None, 1000) is None
    assert tariff(vat=100).total(None, 1000) == 1010
