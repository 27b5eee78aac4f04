"""The simulated house and its calendar."""

from host_sim.house import grid
from host_sim.house import House, isqrt, noise
from host_sim.house.localtime import civil_from_days, days_from_civil, is_summer, local, weekday

START = 1750000000  # a Sunday in June
HOUR = 3600


def test_calendar():
    assert days_from_civil(1970, 1, 1) == 0
    assert days_from_civil(2000, 3, 1) == 11017
    assert days_from_civil(2024, 2, 29) == 19782
    assert days_from_civil(2100, 3, 1) - days_from_civil(2100, 2, 28) == 1
    for days in range(0, 60000, 37):
        assert days_from_civil(*civil_from_days(days)) == days
    assert weekday(0) == 4  # a Thursday


def test_summer_time():
    # 2025: 30 March and 26 October, 01:00 UTC
    for edge, before in ((1743296400, False), (1761440400, True)):
        assert is_summer(edge - 1) == before
        assert is_summer(edge) != before
    assert local(1743296399, 60) == (2025, 3, 30, 7, 1, 59, 59, False)
    assert local(1743296400, 60) == (2025, 3, 30, 7, 3, 0, 0, True)
    assert local(1761440399, 120) == (2025, 10, 26, 7, 3, 59, 59, True)
    assert local(1761440400, 120) == (2025, 10, 26, 7, 3, 0, 0, False)


def test_isqrt():
    for n in list(range(200)) + [10**k for k in range(16)]:
        root = isqrt(n)
        assert root * root <= n < (root + 1) * (root + 1)


def test_counters_are_the_sum_of_the_seconds():
    house = House(START, 4)
    before = list(house.sums)
    sums = [0, 0, 0, 0]
    for second in range(START, START + 2000):
        imported, exported, inductive, capacitive = house.state(second * 1000).net()
        assert imported == 0 or exported == 0
        for n, power in enumerate((imported, exported, inductive, capacitive)):
            sums[n] += power
    house.advance(START + 2000)
    assert [a - b for a, b in zip(house.sums, before)] == sums
    state = house.state((START + 2000) * 1000)
    assert state.wh == [house.sums[0] // HOUR, house.sums[1] // HOUR]
    assert sum([tariff[0] for tariff in state.tariffs]) == state.wh[0]
    assert sum([tariff[1] for tariff in state.tariffs]) == state.wh[1]


def test_same_seconds_however_they_are_asked_for():
    often, once = House(START, 7), House(START, 7)
    for second in range(0, 900, 7):
        often.state((START + second) * 1000)
    a, b = often.state((START + 1000) * 1000), once.state((START + 1000) * 1000)
    assert (a.p, a.q, a.u, a.i, a.wh, a.varh, a.clock) == (b.p, b.q, b.u, b.i, b.wh, b.varh, b.clock)
    assert House(START, 8).state(START * 1000).p != a.p


def test_same_on_both_interpreters():
    # Written down once from CPython.
    assert [noise(n, 1763800000 + n) for n in range(4)] == [11069, 12993, 49021, 11991]
    state = House(START, 3).state((START + 100) * 1000)
    assert (state.p, state.q) == ([-828, -986, -115], [-38, -61, 61])
    assert (state.u, state.i) == ([2317, 2315, 2316], [3573, 4263, 561])


def test_a_day_has_all_that_a_reader_must_cope_with():
    exported = charged = 0
    lowest, highest = 10**6, 0
    house = House(START, 1)
    for second in range(START, START + 86400, 120):
        state = house.state(second * 1000)
        net = sum(state.p)
        lowest, highest = min(lowest, net), max(highest, net)
        exported += net < 0
        charged += min(state.p) > 3500
        for n in range(3):
            assert 2200 < state.u[n] < 2400
            # P = U I cos phi, so U I is never less (to the rounding of 0.1 V and 1 mA)
            assert state.u[n] * state.i[n] // 10000 + 2 >= abs(state.p[n])
    assert exported > 60 and charged > 20
    assert lowest < -2000 and 10000 < highest < 17250


def test_no_counter_of_a_tariff_goes_back():
    house = House(START, 1)
    before = house.state(START * 1000).tariffs
    for second in range(START, START + 4 * HOUR, 7):
        tariffs = house.state(second * 1000).tariffs
        assert all([tariffs[k][way] >= before[k][way] for k in (0, 1) for way in (0, 1)])
        before = tariffs


def test_a_restart_goes_on_counting():
    house = House(START, 2)
    house.advance(START + 1000)
    saved = house.save()
    for gap in (1, 59, 3000, 86400, 40 * 86400):
        again = House(START + 1000 + gap, 2, 60, saved)
        assert again.time == START + 1000 + gap
        assert all([a >= b for a, b in zip(again.sums, saved["sums"])])
        bought = (again.sums[0] - saved["sums"][0]) // HOUR
        assert bought <= 17 * gap * 1000 // HOUR + 1
    # A short gap is counted to the second, as if there had been none.
    house.advance(START + 1000 + 3000)
    assert House(START + 4000, 2, 60, saved).sums == house.sums
    # A clock that was set back does not turn the meter back.
    back = House(START, 2, 60, saved)
    assert back.sums == saved["sums"]
    assert back.state(START * 1000).wh[0] == saved["sums"][0] // HOUR


def means(house, until):
    """{end of a quarter: W} of a house that counts every second until then; the first quarter is not whole."""
    found, quarter, begun = {}, 0, house.time
    for second in range(house.time, until):
        quarter += house.state(second * 1000).net()[0]
        if (second + 1) % 900 == 0:
            found[second + 1] = quarter // 900
            quarter = 0
    found.pop((begun // 900 + 1) * 900)
    return found


def highest(found, until):
    """(end, W) of the highest quarter that has ended by then."""
    mean, at = max([(mean, -at) for at, mean in found.items() if at <= until])
    return -at, mean


def test_peaks_are_those_of_the_house():
    end = 1764543600  # the midnight at the end of November, in Central Europe
    house, twin = House(end - 7500, 6), House(end - 7500, 6)
    found = means(twin, end + 1800)
    november = highest(found, end)
    house.advance(end - 1)
    assert house.state((end - 1) * 1000).demand[1] == november
    _, peak, months = house.state(end * 1000).demand
    assert peak is None and months == [(end, november)]
    december = {at: mean for at, mean in found.items() if at > end}
    for second in (900, 1799, 1800):
        assert house.state((end + second) * 1000).demand[1] == highest(december, end + second)
    # The running value is the energy so far, shared out over the whole quarter.
    used = sum([house.state((end + 1800 + second) * 1000).net()[0] for second in range(300)])
    assert house.state((end + 2100) * 1000).demand[0] == used // 900


def test_peaks_of_strides_and_of_a_restart_and_of_another_meter():
    house = House(START + 450, 2)
    for _ in range(40 * 24 * 2):  # strides of half an hour that begin in the middle of a quarter
        house.stride(house.time + 1800)
    saved = house.save()
    assert len(house.demand.months) == 1 and house.demand.peak[1] > 10000
    again = House(house.time, 2, 60, saved)
    assert (again.demand.peak, again.demand.months) == (house.demand.peak, house.demand.months)
    long = House(house.time + 500 * 86400, 2, 60, saved)
    assert len(long.demand.months) == 13 and long.demand.months[-1][0] <= long.time
    back = House(START, 2, 60, saved)  # the clock was set back
    back.advance(START + 1800)
    assert back.demand.running(back.sums[0]) < 17000
    # A file of a simulator that kept no peaks yet.
    del saved["demand"]
    assert House(house.time, 2, 60, saved).demand.months == []
    house.replace(house.time, (100, 0, 0, 0))
    assert (house.demand.peak, house.demand.months, house.state(house.time * 1000).wh) == (None, [], [100, 0])


def test_a_failing_phase_has_no_power():
    begin, end = grid.failures(1763800000)[-1]
    assert 400 <= end - begin < 1900 and not grid.failing(begin - 1) and not grid.failing(end)
    house = House(begin - 60, 3)
    for second in range(begin - 60, end + 60):
        state = house.state(second * 1000)
        off = begin <= second < end
        assert grid.failing(second) == off
        assert ((state.p[1], state.q[1], state.u[1], state.i[1]) == (0, 0, 0, 0)) == off
    assert len(grid.failures(end)) == 1 + len(grid.failures(end - 1))
    assert grid.failures(0) == [] and grid.short(0) == 0 and grid.sags(0) == [0] * 3
    for count in (grid.sags, grid.swells):
        assert [a <= b for a, b in zip(count(1763800000), count(1793800000))] == [True] * 3


def test_the_grid_company_announces_works():
    assert grid.message((2026, 3, 9)) == "" and "15-03-2026" in grid.message((2026, 3, 10, 2, 0, 0, 0, False))
