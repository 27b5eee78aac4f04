"""What a meter cannot have said is not published; another meter is another meter."""
from array import array
from binascii import crc32

from han.meter import profiles
from han.meter.plausible import COUNTER, CURRENT, POWER, VOLTAGE, Plausible
from han.meter.reading import Reading


def reading(**said):
    made = Reading()
    codes = {"p": (1, 7, 0, 27), "pl2": (41, 7, 0, 27), "u": (32, 7, -1, 35), "i": (31, 7, -3, 33), "ic": (1, 8, 0, 30),
             "ec": (2, 8, 0, 30)}
    rows = []
    for name, number in said.items():
        c, d, scale, unit = codes[name]
        rows += [1 << 24 | c << 16 | d << 8, 0, 0, abs(number) & 0xFFFFFF, abs(number) >> 24, 64 + scale, unit,
                 1 if number >= 0 else 17]
    made.fill(bytearray(1), array("i", rows), len(said), profiles.coded(b""))
    return made


def test_limits():
    for said, reason in (
        ({"u": 23220}, VOLTAGE), ({"u": -2300}, VOLTAGE), ({"p": 300000}, POWER), ({"p": 2 ** 31 + 5}, POWER),
        ({"pl2": 120000}, POWER), ({"i": 500000}, CURRENT), ({"i": -500000}, CURRENT), ({"ic": -1}, COUNTER),
    ):
        judge = Plausible()
        assert not judge.check(reading(**said), None, 0), said
        assert judge.counts == {reason: 1}
    judge = Plausible()
    for said in ({"u": 2322}, {"u": 0}, {"p": 180000}, {"p": -20000}, {"i": -16000}, {"ic": 2 ** 40}, {}):
        judge = Plausible()
        assert judge.check(reading(**said), None, 0), said
    assert judge.counts == {}


def test_the_detail_says_what():
    judge = Plausible()
    judge.check(reading(u=23220), None, 0)
    assert judge.detail == "L1 2322.0 V"


def test_a_counter_that_runs_backwards_once_is_refused():
    judge = Plausible()
    assert judge.check(reading(ic=1000000), None, 0)
    assert not judge.check(reading(ic=999000), None, 10000)
    assert judge.check(reading(ic=1000010), None, 20000)
    assert judge.counts == {COUNTER: 1}
    assert judge.meters == 0


def test_a_counter_that_leaps_is_refused():
    judge = Plausible()
    assert judge.check(reading(ic=1000000), None, 0)
    assert not judge.check(reading(ic=1000000 + 2 ** 20), None, 10000)
    assert judge.check(reading(ic=1000010), None, 20000)
    # After a week without telegrams a lot may have been used.
    assert judge.check(reading(ic=1000010 + 2 ** 20), None, 20000 + 7 * 86400000)


def test_three_lower_counters_that_agree_are_another_meter():
    judge = Plausible()
    assert judge.check(reading(ic=1000000, ec=500), None, 0)
    assert not judge.check(reading(ic=10, ec=0), None, 10000)
    assert not judge.check(reading(ic=11, ec=0), None, 20000)
    assert judge.check(reading(ic=12, ec=0), None, 30000)
    assert judge.meters == 1
    assert judge.check(reading(ic=13, ec=0), None, 40000)


def test_lower_counters_that_do_not_agree_are_not():
    judge = Plausible()
    assert judge.check(reading(ic=1000000), None, 0)
    for now, counter in enumerate((500, 20, 400, 3, 300, 1)):
        assert not judge.check(reading(ic=counter), None, 10000 * now)
    assert judge.meters == 0


def test_a_new_number_is_a_new_meter_at_once():
    judge = Plausible()
    assert judge.check(reading(ic=1000000), b"A1", 0)
    assert judge.check(reading(p=5), None, 0)
    assert judge.check(reading(ic=10), b"B2", 10000)
    assert judge.meters == 1
    assert not judge.check(reading(ic=5), b"B2", 20000)


def test_counters_kept_over_a_restart_are_judged_against():
    judge = Plausible()
    judge.expect((1000000, None, None, None), crc32(b"A1"))
    assert not judge.check(reading(ic=10), b"A1", 0)
    assert judge.check(reading(ic=90000000), b"A1", 0)
    judge = Plausible()
    judge.expect((1000000, None, None, None), crc32(b"A1"))
    assert judge.check(reading(ic=10), b"B2", 0)
    assert judge.meters == 1
    judge = Plausible()
    judge.expect((1000000, None, None, None), 0)
    assert not judge.check(reading(ic=10), b"B2", 0)
    assert judge.meters == 0
