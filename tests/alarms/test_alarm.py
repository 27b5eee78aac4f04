"""One alarm: when it goes on and off, with values that swing around the limit."""

from han.alarms.alarm import Alarm, Cheap, Silent
from han.alarms.rules import fresh, names, sound
from tests.support import Random


def power(s=60, limit=8000):
    return Alarm("power", {"w": limit, "s": s}, limit, 0)


def run(alarm, values, step=10, start=0):
    """[(second, state)] of each change, for a value each `step` seconds."""
    found = []
    for i, value in enumerate(values):
        now = start + i * step
        if alarm.take(value, now * 1000):
            assert alarm.since == now * 1000 and alarm.value == value
            found.append((now, alarm.on))
    return found


def test_it_goes_on_when_every_value_of_its_time_was_above():
    assert run(power(), [8001] * 12) == [(0, False), (60, True)]
    assert run(power(), [8000] * 100) == [(0, False)]
    assert run(power(), ([8001] * 6 + [8000]) * 20) == [(0, False)]
    assert run(power(), [0, 9000, 9000] + [7999] + [9000] * 7) == [(0, False), (100, True)]
    assert run(power(0), [8000, 8001]) == [(0, False), (10, True)]
    assert run(power(0), [8001]) == [(0, True)]  # from the first value on


def test_it_goes_off_a_minute_after_the_last_value_that_was_not_5_percent_lower():
    assert run(power(0), [9000] + [7600] * 8) == [(0, True), (70, False)]
    assert run(power(0), [9000] + [7601] * 100) == [(0, True)]
    assert run(power(0), [9000] + ([7600] * 6 + [7601]) * 20 + [0] * 7) == [(0, True), (1470, False)]


def test_a_value_around_the_limit_is_one_alarm():
    values = [8100 if i % 2 else 7900 for i in range(1000)]
    assert run(power(), values) == [(0, False)]
    assert run(power(), [8100] * 10 + values) == [(0, False), (60, True)]
    # Wide swings that are faster than a minute are one alarm, too.
    assert run(power(0), [20000 if i % 5 else 0 for i in range(1000)], 10) == [(0, False), (10, True)]
    random = Random(7)
    for _ in range(20):
        found = run(power(), [random.between(7000, 9000) for _ in range(2000)])
        for i in range(2, len(found)):
            assert found[i][0] - found[i - 1][0] >= 60 and found[i][1] is not found[i - 1][1]


def test_a_value_that_is_not_known_is_neither():
    alarm = power()
    assert alarm.on is None and alarm.value is None
    assert run(alarm, [None] * 3) == []
    assert run(alarm, [9000] * 7 + [None, None], 10, 100) == [(100, False), (160, True), (170, None)]
    assert alarm.value is None
    # It begins anew: what was counted before is not known to have lasted.
    assert run(alarm, [9000] * 7, 10, 300) == [(300, False), (360, True)]
    assert run(power(), ([9000] * 5 + [None]) * 3) == [
        (0, False), (50, None), (60, False), (110, None), (120, False), (170, None)]
    alarm = Alarm("power", {"s": 0}, None, 0)
    assert run(alarm, [9000]) == [] and alarm.on is None  # nor is an alarm whose limit is not known


def test_a_price_is_exact():
    def price(limit):
        return Cheap("price", {"below": limit}, limit, 0)

    assert run(price(0), [0, -1, 0, None, -5]) == [(0, False), (10, True), (20, False), (30, None), (40, True)]
    assert run(price(-1500000), [-1499999, -1500000, -1500001]) == [(0, False), (20, True)]


def test_a_silence_ends_at_once():
    assert run(Silent("silent", {"s": 300}, 300, 0), [0, 299, 300, 5000, 0]) == [(0, False), (20, True), (40, False)]


def test_rules_that_something_else_has_stored_are_left_out():
    assert names()[:6] == ["current", "power", "selling", "silent", "price", "peak"]  # their numbers are in flash
    assert sound({}) == []
    good = {"s": 60, "w": 100}
    price = {"below": -5}
    assert sound({"power": dict(good, later=[1]), "price": price}) == [("power", good), ("price", price)]
    for bad in None, 5, "x", [], {}, {"s": 60}, {"s": 60, "w": None}, {"s": 60, "w": 1.5}, {"s": True, "w": 1}:
        assert sound({"power": bad, "later": good, "selling": good}) == [("selling", good)], bad
    for name in names():
        assert sound({name: {field: 1 for field in fresh(name)}})[0][0] == name
