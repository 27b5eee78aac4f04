"""Every area and its providers: two that agree, one that fails, one alone, and the edges of what is the same price."""

from array import array

from han.api.config.fields import choices
from han.api.routes.prices import slots
from han.core.clock import EPOCH
from han.price.areas import providers
from han.price.day import Day, agree, alone, near
from han.price.scan import Wrong
from han.store.config import Config
from host_sim.services.prices import market, sites
from tests.price.house import BERLIN, House, at
from tests.store.nor import Flash

#: An area of each service, a currency, and the service.
SERVICES = (
    ("LV", "EUR", "elering"), ("SE4", "SEK", "elprisetjustnu"), ("NO5", "NOK", "hvakosterstrommen"),
    ("DK1", "DKK", "energidataservice"), ("DE-LU", "EUR", "awattar.de"), ("AT", "EUR", "awattar.at"),
    ("NL", "EUR", "energyzero"), ("BE", "EUR", "nordpool"), ("PL", "EUR", "energycharts"),
)  # fmt: skip
BAD = [fault for fault in sites.FAULTS[5:] if fault not in ("silent", "drip", "other")]
_NIGHT = at(2025, 11, 20, 9)


def test_the_areas_of_the_configuration_are_those_that_have_providers():
    areas = choices("pa")
    assert sorted(areas) == sorted(market.AREAS) and len(areas) == 21
    for area in areas:
        names = providers(area)
        assert len(names) == (1 if area == "CH" else 2) and names[0] == "energycharts", area
    assert providers("GB") == []
    config = Config(Flash(2).region())
    config.load()
    assert config.get("pa") in areas


async def test_every_area_has_the_prices_of_today_and_tomorrow():
    for area in market.AREAS:
        async with House(at(2025, 11, 20, 15), area) as house:
            await house.turn()
            if area == "CH":
                assert house.told == ("running", "degraded", "energycharts alone serves this area")
            else:
                assert house.told == ("running", "ok", None), (area, house.told)
            house.right(at(2025, 11, 20), at(2025, 11, 22))
            services = sorted(set([path.split("/")[1] for path in house.sites.requests]))
            assert len(services) == len(providers(area)), services


async def test_days_of_23_and_25_hours_of_every_service():
    for month, day, quarters in ((3, 29, 92), (10, 25, 100)):
        for area, currency, _ in SERVICES:
            async with House(at(2026, month, day, 11), area, currency, zone=1) as house:
                await house.turn()
                assert house.told == ("running", "ok", None), (area, house.told)
                assert [len(each[2]) for each in house.book.days] == [quarters]
                factor = {"EUR": 1000, "SEK": 10937, "NOK": 11635.5, "DKK": 7468.9}[currency]
                house.right(at(2026, month, day), BERLIN.next_day(at(2026, month, day)), factor, currency == "EUR")


async def test_other_good_forms_of_every_service():
    for form in sites.FAULTS[:5]:
        for area, currency, name in SERVICES:
            async with House(_NIGHT, area, currency, zone=1) as house:
                house.sites.faults[name] = form
                await house.turn()
                assert house.told == ("running", "ok", None), (form, area, house.told)
                assert len(house.book.days[0][2]) in (96, 24 if form == "hourly" else 96)


async def test_a_fault_of_any_service_costs_only_this_service():
    for area, currency, name in SERVICES:
        factor = {"EUR": 1000, "SEK": 10937, "NOK": 11635.5, "DKK": 7468.9}[currency]
        for fault in BAD:
            async with House(_NIGHT, area, currency, zone=1) as house:
                house.sites.faults[name] = fault
                await house.turn()
                assert house.told[:2] == ("running", "degraded"), (fault, name, house.told)
                assert house.told[2].startswith(name + ": "), house.told
                if len(house.book.days[0][2]) == 96:
                    house.right(at(2025, 11, 20), at(2025, 11, 21), factor, currency == "EUR")
                else:  # a service with hours only serves alone
                    assert name == "energycharts" or area in ("DE-LU", "AT", "NL")
        async with House(_NIGHT, area, currency, zone=1) as house:
            house.sites.faults[name] = "other"
            await house.turn()
            assert house.told == ("running", "failed", "providers disagree") and house.book.days == ()


async def test_hours_serve_where_quarters_are_gone_and_the_finer_ones_are_used_otherwise():
    for area in ("DE-LU", "AT", "NL"):
        async with House(_NIGHT, area, zone=1) as house:
            house.sites.faults["energycharts"] = "500"
            await house.turn()
            assert house.told == ("running", "degraded", "energycharts: HTTP 500")
            (day,) = house.book.days
            assert day[1] == 3600 and len(day[2]) == 24
            for hour in range(24):
                parts = [market.price(area, day[0] + EPOCH + 3600 * hour + k) for k in (0, 900, 1800, 2700)]
                assert day[2][hour] == sum(parts) // 4 * 1000
    async with House(_NIGHT, "SE2", "SEK", zone=1) as house:
        # The provider that has kronor itself has hours only: quarters at the ECB's rate are finer.
        house.sites.faults["elprisetjustnu"] = "hourly"
        await house.turn()
        assert house.told == ("running", "ok", None) and len(house.book.days[0][2]) == 96
        house.right(at(2025, 11, 20), at(2025, 11, 21), 10937, False)
    async with House(_NIGHT, "SE2", "SEK", zone=1) as house:
        house.sites.faults["elprisetjustnu"] = "hourly"
        house.sites.faults["ecb"] = "500"
        await house.turn()
        assert house.told == ("running", "degraded", "ecb: HTTP 500") and len(house.book.days[0][2]) == 24


async def test_a_provider_that_disappears_is_told_and_the_other_one_serves():
    async with House(at(2025, 11, 20, 9), "NO1", "NOK", zone=1) as house:
        await house.turn()
        assert house.told == ("running", "ok", None)
        house.sites.faults["hvakosterstrommen"] = "404"
        # One of them has tomorrow: the other one is waited for, until 15:00.
        house.clock.now = at(2025, 11, 20, 13)
        await house.turn()
        assert house.told == ("running", "ok", None) and len(house.book.days) == 1
        house.clock.now = at(2025, 11, 20, 15)
        await house.turn(7200)
        assert house.told == ("running", "degraded", "hvakosterstrommen: no prices")
        house.right(at(2025, 11, 20), at(2025, 11, 22), 11635.5, False)


async def test_where_one_provider_serves_health_says_so_also_after_a_restart():
    async with House(_NIGHT, "CH", zone=1) as house:
        await house.turn()
        assert house.told == ("running", "degraded", "energycharts alone serves this area")
        flash = house.flash
    async with House(_NIGHT, "CH", flash=flash, zone=1) as house:
        await house.turn()
        assert house.told == ("running", "degraded", "energycharts alone serves this area")
        assert house.sites.requests == []
        house.config.values["pa"] = "AT"
        house.bus.publish("configuration", None)
        await house.turn(0)
        assert house.told == ("running", "ok", None)


async def test_a_provider_alone_is_believed_within_bounds():
    for fault in BAD:
        async with House(_NIGHT, "CH", zone=1) as house:
            house.sites.faults["energycharts"] = fault
            await house.turn()
            assert house.told[:2] == ("running", "failed"), (fault, house.told)
            assert house.book.days == () and list(slots(house.book, house.clock)) == []
    for prices, good in (
        ((0, 1), True), ((-50000000, 0), True), ((-50000001, 0), False), ((400000000, -20000000, -20000000, 20), True),
        ((400000001, -20000000, -20000000, 0), False), ((100000000, 100000000), True), ((100000001,) * 96, False),
    ):  # fmt: skip
        try:
            alone(array("q", prices))
            assert good, prices
        except Wrong as error:
            assert not good and "nobody confirms" in str(error)


def test_the_edges_of_the_same_price():
    for one, other, same in (
        (0, 100000, True), (0, 100001, False), (0, -100000, True), (-50000, 50000, True), (-50000, 50001, False),
        (10000000, 9900000, True), (10000000, 10100000, True), (10000000, 9899999, False),
        (20000000, 19800000, True), (20000000, 19799999, False), (-20000000, -19800000, True),
        (-20000000, -19799999, False), (20000000, -20000000, False), (500000000, 495000000, True),
    ):  # fmt: skip
        assert near(one, other) == near(other, one) == same, (one, other)
        hours = [5000000] * 24
        hours[23] = one
        quarters = [5000000] * 96
        quarters[92:] = [other - 30000000, other + 30000000, other - 1, other + 1]
        for first in ((3600, array("q", hours)), (900, array("q", [hours[k // 4] for k in range(96)]))):
            flat = [(3600, array("q", [5000000] * 23 + [other])), (900, array("q", [5000000] * 92 + [other] * 4))]
            for second in flat:
                assert agree(first, second) == agree(second, first) == same, (one, other)
        assert agree((3600, array("q", hours)), (900, array("q", quarters))) == same
        # Quarters are compared as quarters where both have them.
        assert not agree((900, array("q", quarters)), (900, array("q", [5000000] * 92 + [other] * 4)))


def test_prices_in_two_currencies_fit_or_are_wrong():
    def day(change):
        made = Day(at(2025, 11, 20), at(2025, 11, 21))
        for k in range(96):
            euros = (k - 20) * 200000
            made.add(at(2025, 11, 20) + EPOCH + 900 * k, euros, change(k, euros * 11))
        return made

    step, prices, others = day(lambda k, other: other).finish(11)
    assert step == 900 and list(others) == [11 * price for price in prices]
    step, prices, others = day(lambda k, other: None).finish(11)
    assert others is None
    for change in (
        lambda k, other: other * 10, lambda k, other: other // 10, lambda k, other: -other,
        lambda k, other: other + 5000000 * (k == 50), lambda k, other: None if k == 95 else other,
    ):  # fmt: skip
        try:
            day(change).finish(11)
        except Wrong:
            continue
        raise AssertionError("these prices do not fit")
