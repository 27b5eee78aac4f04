"""The simulated house and its calendar."""

from host_sim.house import House, isqrt, noise
from host_sim.localtime import civil_from_days, days_from_civil, is_summer, local, weekday

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
