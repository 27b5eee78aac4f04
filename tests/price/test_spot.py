"""Prices from look-alikes of the services: they are right or missing, and /health reports it."""

import asyncio
import gc

from han.api.routes.prices import slots
from han.core.clock import EPOCH
from han.price.keep import load
from host_sim.services.prices import market, sites
from tests.price.house import BERLIN, House, at
from tests.support import skip

#: Forms in which the right prices may come as well.
GOOD = sites.FAULTS[:5]
BAD = [fault for fault in sites.FAULTS[5:] if fault not in ("silent", "drip", "other", "units")]


async def test_today_and_tomorrow_when_they_are_out():
    async with House(at(2025, 11, 20, 9)) as house:
        await house.turn()
        assert house.told == ("running", "ok", None)
        # Midnight in Helsinki is 23:00 of yesterday in Berlin.
        house.right(at(2025, 11, 19), at(2025, 11, 21))
        assert house.book.price(at(2025, 11, 21)) is None
        known = list(slots(house.book, house.clock))
        assert known[0][0] == at(2025, 11, 19, 23) and known[-1][0] == at(2025, 11, 20, 23, 45)
        assert len(known) == 100
        asked = len(house.sites.requests)
        for _ in range(3):
            await house.turn()
        assert len(house.sites.requests) == asked

        house.clock.now = at(2025, 11, 20, 12, 43)
        await house.turn()
        assert len(house.sites.requests) == asked
        await house.turn()
        assert house.told == ("running", "ok", None)
        house.right(at(2025, 11, 19, 23), at(2025, 11, 22))
        assert len(list(slots(house.book, house.clock))) == 196
        # Midnight in Helsinki: the day before is of no use any more.
        house.clock.now = at(2025, 11, 20, 23, 30)
        assert list(slots(house.book, house.clock))[0][0] == at(2025, 11, 20, 23)
        house.clock.now = at(2025, 11, 21, 13)
        await house.turn()
        house.right(at(2025, 11, 20), at(2025, 11, 23))
        assert len(house.book.days) == 3 and house.told[1] == "ok"


async def test_currencies():
    for area, currency, factor in (
        ("SE3", "SEK", 10937), ("FI", "SEK", 10937), ("NO2", "NOK", 11635.5),
        ("DK1", "DKK", 7468.9), ("DE-LU", "DKK", 7468.9), ("DK2", "SEK", 10937),
    ):  # fmt: skip
        async with House(at(2025, 11, 20, 15), area, currency, zone=1) as house:
            await house.turn()
            assert house.told == ("running", "ok", None), house.told
            house.right(at(2025, 11, 20), at(2025, 11, 22), factor, False)
            own = {"SE3": "SEK", "NO2": "NOK", "DK1": "DKK"}.get(area) == currency
            assert own != any(["/ecb/" in path for path in house.sites.requests])
    for currency, rate in market.RATES[1:] + (("BGN", "1.95583"),):
        async with House(at(2025, 11, 20, 9), "EE", currency) as house:
            await house.turn()
            assert house.told == ("running", "ok", None), house.told
            assert house.book.currency == currency
            whole, _, fraction = rate.partition(".")
            micro = int(whole + (fraction + "000000")[:6])
            for utc in range(at(2025, 11, 20), at(2025, 11, 21), 900):
                expected = market.price("EE", utc + EPOCH) * 1000 * micro
                assert abs(house.book.price(utc) * 1000000 - expected) <= 500000


async def test_days_of_23_and_25_hours():
    for month, day, quarters in ((3, 29, 92), (10, 25, 100), (6, 1, 96)):
        for area, currency in (("FI", "EUR"), ("SE4", "SEK")):
            for form in (None, "hourly"):
                async with House(at(2026, month, day, 11), area, currency) as house:
                    for name in sites.NAMES[:-1]:
                        house.sites.faults[name] = form
                    await house.turn()
                    assert house.told == ("running", "ok", None), house.told
                    today = [each for each in house.book.days if each[0] == at(2026, month, day)][0]
                    assert today[1] * len(today[2]) == quarters * 900
                    assert len(today[2]) == (quarters // 4 if form else quarters)
                    if not form and currency == "EUR":
                        house.right(at(2026, month, day), BERLIN.next_day(at(2026, month, day)))
                        assert min(today[2]) < 0


async def test_other_good_forms():
    for form in GOOD:
        for area in ("FI", "SE1"):
            async with House(at(2025, 11, 20, 9), area) as house:
                for name in sites.NAMES[:-1]:
                    house.sites.faults[name] = form
                await house.turn()
                assert house.told == ("running", "ok", None), (form, house.told)
                if form != "hourly":
                    house.right(at(2025, 11, 20), at(2025, 11, 21))


async def test_a_fault_costs_only_the_provider_that_has_it():
    for fault in BAD:
        for area, currency, name in (("FI", "EUR", "energycharts"), ("EE", "EUR", "elering"),
                                     ("SE2", "EUR", "elprisetjustnu")):  # fmt: skip
            async with House(at(2025, 11, 20, 9), area, currency) as house:
                house.sites.faults[name] = fault
                await house.turn()
                assert house.told[:2] == ("running", "degraded"), (fault, name, house.told)
                assert house.told[2].startswith(name + ": "), house.told
                house.right(at(2025, 11, 20), at(2025, 11, 21))


async def test_faults_everywhere_give_no_price():
    for fault in BAD:
        for area, currency in (("FI", "EUR"), ("SE2", "SEK")):
            async with House(at(2025, 11, 20, 9), area, currency) as house:
                for name in sites.NAMES[:-1]:
                    house.sites.faults[name] = fault
                await house.turn()
                assert house.told[:2] == ("running", "failed"), (fault, house.told)
                assert house.book.days == () and list(slots(house.book, house.clock)) == []
                assert house.book.price(house.clock.now) is None
                # It gets well, and is asked again after a while.
                house.sites.faults.clear()
                await house.turn(300)
                assert house.told == ("running", "ok", None), (fault, house.told)


async def test_slow_services_end_in_time():
    import han.net.http as http

    before = http.Client.patience, http.Client.seconds
    try:
        for fault in ("silent", "drip"):
            async with House(at(2025, 11, 20, 9)) as house:
                http.Client.patience, http.Client.seconds = 0.3, 0.6
                house.sites.faults["energycharts"] = fault
                await house.turn()
                assert house.told == (
                    "running", "degraded", "energycharts: too slow; energycharts: too slow"
                ), house.told  # fmt: skip
                house.right(at(2025, 11, 20), at(2025, 11, 21))
    finally:
        http.Client.patience, http.Client.seconds = before


async def test_providers_that_disagree_are_not_believed():
    for fault in ("other", "units"):
        async with House(at(2025, 11, 20, 9)) as house:
            house.sites.faults["elering"] = fault
            await house.turn()
            assert house.told[1] == ("failed" if fault == "other" else "degraded"), house.told
            if fault == "other":
                assert "disagree" in house.told[2] and house.book.days == ()


async def test_no_exchange_rate_means_no_converted_price():
    for fault in ("500", "html", "format", "unit", "date", "cut", "empty"):
        async with House(at(2025, 11, 20, 9), "FI", "SEK") as house:
            house.sites.faults["ecb"] = fault
            await house.turn()
            assert house.told[:2] == ("running", "failed") and "ecb: " in house.told[2], house.told
        # Where prices come in kronor it is not needed.
        async with House(at(2025, 11, 20, 9), "SE3", "SEK") as house:
            house.sites.faults["ecb"] = fault
            await house.turn()
            assert house.told == ("running", "ok", None), house.told
            house.right(at(2025, 11, 20), at(2025, 11, 21), 10937, False)


async def test_a_known_rate_serves_for_ten_days():
    async with House(at(2025, 11, 20, 9), "FI", "NOK") as house:
        await house.turn()
        again = House(house.clock.now, "FI", "NOK", house.flash)
        load(again.book)
        assert again.book.rate[:2] == ("NOK", 11635500)
        async with again:
            again.sites.faults["ecb"] = "500"
            again.clock.now = at(2025, 11, 28, 9)
            await again.turn()
            assert again.told[1] == "degraded" and again.book.price(again.clock.now) is not None
            again.clock.now = at(2025, 12, 2, 9)
            await again.turn()
            assert again.told[1] == "failed" and again.book.price(again.clock.now) is None


async def test_after_a_restart_without_network_the_last_good_ones_are_there():
    async with House(at(2025, 11, 20, 15), "SE1", "SEK") as house:
        await house.turn()
        flash = house.flash
    async with House(at(2025, 11, 21, 9), "SE1", "SEK", flash) as house:
        for name in sites.NAMES:
            house.sites.faults[name] = "reset"
        assert house.book.price(house.clock.now) is None
        await house.turn()
        assert house.told == ("running", "ok", None) and house.sites.requests == []
        house.right(at(2025, 11, 21), at(2025, 11, 22), 10937, False)
        house.clock.now = at(2025, 11, 21, 13)
        await house.turn()
        assert house.told[:2] == ("running", "degraded"), house.told
        house.clock.now = at(2025, 11, 22, 1)
        await house.turn(3600)
        assert house.told[:2] == ("running", "failed"), house.told
        assert house.book.price(house.clock.now) is None
    async with House(at(2025, 11, 20, 9)) as house:

        def broken(*_):
            raise OSError(5, "EIO")

        house.flash.partition.readblocks = broken
        house.book.region = house.flash.region()
        await house.turn()
        assert house.told[:2] == ("running", "degraded") and "saved" in house.told[2], house.told
        house.right(at(2025, 11, 20), at(2025, 11, 21))


async def test_late_prices_are_waited_for_and_said_to_be_late():
    async with House(at(2025, 11, 20, 9)) as house:
        await house.turn()
        house.sites.clock = lambda: at(2025, 11, 20, 9) + EPOCH  # the auction is late
        house.clock.now = at(2025, 11, 20, 12, 50)
        before = len(house.sites.requests)
        await house.turn()
        assert house.told == ("running", "ok", None)
        for _ in range(110):
            await house.turn()
        assert house.clock.now > at(2025, 11, 20, 14, 40)
        assert house.told == ("running", "ok", None)
        assert 8 <= len(house.sites.requests) - before <= 16  # two a time, with growing pauses
        for _ in range(60):
            await house.turn()
        assert house.told[:2] == ("running", "degraded") and "tomorrow" in house.told[2], house.told
        house.right(at(2025, 11, 20), at(2025, 11, 21))


async def test_the_configuration_decides():
    async with House(at(2025, 11, 20, 9)) as house:
        house.config.values["s"] = False
        house.config.values["p"] = 8123456
        await house.turn()
        assert house.told == ("stopped", "disabled", None)
        assert house.book.price(house.clock.now) == house.book.price(None) == 8123456
        assert list(slots(house.book, house.clock)) == [] and house.sites.requests == []
        house.config.values["s"] = True
        assert house.book.price(None) is None
        house.bus.publish("configuration", None)
        await house.turn(0)
        house.right(at(2025, 11, 20), at(2025, 11, 21))
        # Another area or currency: the prices of the one before are none of it.
        house.config.values["pa"] = "SE1"
        assert house.book.price(house.clock.now) is None and list(slots(house.book, house.clock)) == []
        house.bus.publish("configuration", None)
        await house.turn(0)
        house.right(at(2025, 11, 20), at(2025, 11, 21))
        # The time is not known.
        house.clock.now = None
        house.clock.utc = lambda: None
        house.bus.publish("configuration", None)
        await house.spot.turn()
        assert house.told[1] == "degraded" and list(slots(house.book, house.clock)) == []


async def test_fetching_waits_for_memory_and_in_the_end_others_have_to_make_room():
    async with House(at(2025, 11, 20, 9)) as house:
        house.memory = False
        for _ in range(house.spot.waits + 1):
            await house.turn()
            assert house.told == ("running", "failed", "not enough memory to fetch")
        assert house.urgent == [False] * house.spot.waits + [True] and not house.sites.requests
        house.memory = True
        await house.turn(2)  # at once, before those that made room are back
        assert house.told == ("running", "ok", None)
        house.right(at(2025, 11, 19), at(2025, 11, 21))
        house.clock.now = at(2025, 11, 20, 15)
        house.memory = False
        await house.turn()
        assert house.urgent[-1] is False and house.told == ("running", "degraded", "not enough memory to fetch")


async def test_a_heap_that_never_has_enough_is_tried_with_what_it_has_and_nobody_is_driven_out_for_ever():
    async with House(at(2025, 11, 20, 9)) as house:
        house.memory = False
        for _ in range(house.spot.waits + 1):
            await house.turn()
        assert house.urgent.count(True) == 1 and not house.sites.requests
        await house.turn(2)
        assert house.told == ("running", "ok", None) and house.urgent.count(True) == 1
        house.clock.now = at(2025, 11, 20, 15)
        house.sites.faults["energycharts"] = house.sites.faults["elering"] = "500"
        for _ in range(2 * house.spot.waits + 10):
            await house.turn(61)
        # The streams went twice more, half an hour each after what was tried before.
        assert house.urgent.count(True) == 3 and house.told == ("running", "degraded", house.told[2])


async def test_a_board_without_services_of_its_own_asks_the_real_ones():
    from han.net.http import HttpError
    from han.price import fetch

    asked = []

    class Nobody:
        def __init__(self, roots):
            pass

        async def get(self, url, feed):
            asked.append(url)
            raise HttpError("nobody")

    real, fetch.Client = fetch.Client, Nobody
    try:
        async with House(at(2025, 11, 20, 9), "SE3", "SEK") as house:
            day = fetch.Fetch("SE3", "SEK", house.book, None)
            try:
                await day.day(at(2025, 11, 20), at(2025, 11, 21), at(2025, 11, 20, 9))
            except fetch.Wrong as error:
                assert str(error) == "no provider"
    finally:
        fetch.Client = real
    assert asked[0].startswith("https://api.energy-charts.info/price?bzn=SE3&start=") and len(asked) == 2
    assert asked[1] == "https://www.elprisetjustnu.se/api/v1/prices/2025/11-20_SE3.json"


async def test_a_year_of_fetching_leaves_no_garbage():
    if not hasattr(gc, "mem_alloc"):
        skip("CPython does not tell what is allocated")
    async with House(at(2025, 11, 20, 15), "SE3", "SEK") as house:
        sizes = []
        for _ in range(12):
            house.sites.faults["energycharts"] = ("html", None, "hole")[len(sizes) % 3]
            await house.turn(86400)
            house.right(house.clock.now, BERLIN.next_day(house.clock.now) + 86400, 10937, False)
            del house.sites.requests[:]
            await asyncio.sleep(0.02)  # the services' last words
            gc.collect()
            sizes.append(gc.mem_alloc())
        assert max(sizes[6:]) - max(sizes[:6]) < 1000, sizes
