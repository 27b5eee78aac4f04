"""Impossible values are not published, and another meter is recognised as such."""
from array import array
from binascii import crc32

from han.meter import obis
from han.meter.lists import profiles
from han.meter.sense.plausible import COUNTER, CURRENT, NUMBER, POWER, VOLTAGE, Plausible
from han.meter.reading import Reading
from han.meter.sense.registers import rounded

from tests.support import Random

_CODES = {"p": (1, 7, 0, 27), "e": (2, 7, 0, 27), "q": (3, 7, 0, 29), "pl2": (41, 7, 0, 27), "ic": (1, 8, 0, 30),
          "ec": (2, 8, 0, 30)}
for _k in range(3):
    _CODES["u" + "123"[_k]] = (32 + 20 * _k, 7, -1, 35)
    _CODES["i" + "123"[_k]] = (31 + 20 * _k, 7, -3, 33)
_CODES.update(u=_CODES["u1"], i=_CODES["i1"])


def reading(maker=b"", **said):
    """ic, ec Wh, also of a tariff: ic_2; p, e, q, pl2 W and var; u1 … 0.1 V, i1 … mA."""
    made = Reading()
    rows = []
    for name, number in said.items():
        name, _, tariff = name.partition("_")
        c, d, scale, unit = _CODES[name]
        rows += [1 << 24 | c << 16 | d << 8 | int(tariff or 0), 0, 0, abs(number) & 0xFFFFFF, abs(number) >> 24,
                 64 + scale, 255 if maker else unit, 1 if number >= 0 else 17]
    made.fill(bytearray(1), array("i", rows), len(said), profiles.coded(maker))
    return made


def site(amperes, **more):
    """What a three-phase meter sends at 230 V and as many A in each phase."""
    said = {"p": 690 * amperes, "e": 0}
    for phase in "123":
        said["u" + phase] = 2300
        said["i" + phase] = 1000 * amperes
    said.update(more)
    return said


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
    assert judge.check(reading(ic=10000), b"B2", 10000)
    assert judge.meters == 1
    assert not judge.check(reading(ic=5000), b"B2", 20000)


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


def test_each_counter_is_judged_by_its_own_time():
    judge = Plausible()
    assert judge.check(reading(ic=1000000, ec=5000), None, 0)
    for minute in range(1, 60):
        assert judge.check(reading(ic=1000000 + 10 * minute), None, 60000 * minute)
    assert judge.check(reading(ic=1000600, ec=25000), None, 3600000)
    assert not judge.check(reading(ic=1000600, ec=45000), None, 3601000)


def test_a_meter_that_counts_in_coarse_steps_may_take_one():
    judge = Plausible()
    assert judge.check(reading(ic=1230000), None, 0)
    assert judge.check(reading(ic=1240000), None, 1000)
    assert not judge.check(reading(ic=1240000 + 65536), None, 2000)


def test_a_counter_that_was_rounded_otherwise_stays_what_it_was():
    for number, before, same in ((999, 1000, True), (990, 1000, True), (12345, 12350, True), (12300, 12345, True),
                                 (12300, 12400, False), (12399, 12400, True), (12000, 12999, True),
                                 (11999, 12999, False), (12345, 12445, False), (9, 10, True)):
        assert rounded(number, before) is same, (number, before)
    judge = Plausible()
    assert judge.check(reading(ic=12345), None, 0)
    for n in range(1, 10):
        made = reading(ic=12340)
        assert judge.check(made, None, 10000 * n)
        assert made.get(obis.IMPORT_ENERGY) == 12345
    assert judge.check(reading(ic=12350), None, 100000)
    assert judge.meters == 0 and judge.counts == {}
    # So is one that is less than what was kept over a restart.
    judge = Plausible()
    judge.expect((12345, None, None, None), 0)
    made = reading(ic=12340)
    assert judge.check(made, None, 0) and made.get(obis.IMPORT_ENERGY) == 12345


def total(judge, now, checked=True, meter=None, **said):
    """The published imported energy, Wh; False if nothing is published."""
    made = reading(**said)
    return judge.check(made, meter, now, checked) and made.get(obis.IMPORT_ENERGY)


def test_a_total_is_the_sum_of_all_tariffs_or_none():
    judge = Plausible()
    assert total(judge, 0, ic_1=100, ic_2=23) == 123
    assert total(judge, 10000, ic_1=101) is None
    assert total(judge, 20000, ic_2=24) is None
    assert total(judge, 30000, ic_1=102, ic_2=24) == 126
    # A third one that has never been heard belongs to it.
    assert total(judge, 40000, ic_1=102, ic_2=24, ic_3=0) == 126
    assert total(judge, 50000, ic_1=102, ic_2=24) is None
    # If the same registers come again and again, there are no others.
    for n in range(20):
        last = total(judge, 60000 + 1000 * n, ic_1=102, ic_2=24)
    assert last == 126


def test_a_first_telegram_that_lacks_a_tariff_has_no_total():
    for said in ({"ic_1": 100, "ec_1": 1, "ec_2": 2}, {"ic_2": 100}, {"ic_1": 5, "ic_3": 6}, {"ic_2": 100, "ec_2": 5}):
        assert total(Plausible(), 0, **said) is None, said
    for said in ({"ic_1": 100, "ec_1": 1}, {"ic_1": 100}, {"ic_1": 60, "ic_2": 30, "ic_3": 9, "ic_4": 1, "ec": 7}):
        assert total(Plausible(), 0, **said) == 100, said
    # Export may have fewer of them.
    judge = Plausible()
    for n in range(12):
        made = reading(ic_1=100, ic_2=5, ec_1=7)
        assert judge.check(made, None, 1000 * n)
    assert made.get(obis.IMPORT_ENERGY) == 105 and made.get(obis.EXPORT_ENERGY) == 7


def test_a_meter_that_sends_the_total_is_never_added_up():
    judge = Plausible()
    assert total(judge, 0, ic=1000, ic_1=400, ic_2=500) == 1000
    assert total(judge, 10000, ic_1=400, ic_2=500) is None
    assert total(judge, 20000, ic=1001, ic_1=400, ic_2=500) == 1001


def test_a_tariff_that_leaps_is_refused_by_itself():
    judge = Plausible()
    assert total(judge, 0, False, ic_1=20278246, ic_2=21622370) == 41900616
    assert total(judge, 10000, False, ic_1=21622370) is False
    assert total(judge, 20000, False, ic_1=20278246, ic_2=22622370) is False
    # Two that cancel each other are two that are wrong.
    assert total(judge, 30000, False, ic_1=21622370, ic_2=20278246) is False
    assert total(judge, 40000, False, ic_1=20278249, ic_2=21622370) == 41900619
    assert judge.meters == 0 and judge.counts == {COUNTER: 3}


def test_a_telegram_that_is_refused_tells_nothing_of_the_tariffs():
    judge = Plausible()
    assert total(judge, 0, False, ic_1=1000000, ic_2=2000000) == 3000000
    # A bit has made the total of a tariff, bytes have made a third one.
    assert total(judge, 10000, False, ic=1000000, ic_2=2000000) is False
    assert total(judge, 20000, False, ic_1=1000000, ic_2=2000000, ic_3=9000000) is False
    assert total(judge, 30000, False, ic_1=1000005, ic_2=2000000) == 3000005
    # Another meter is judged anew.
    for n in range(3):
        last = total(judge, 40000 + n, False, ic_1=5000)
    assert last is None and judge.meters == 1
    assert total(judge, 50000, False, ic_1=5001) == 5001


def test_what_was_kept_over_a_restart_judges_the_sum():
    judge = Plausible()
    judge.expect((41900616, None, None, None), 0)
    assert total(judge, 0, False, ic_1=21622370) is False
    assert total(judge, 10000, False, ic_1=20278249, ic_2=21622370) == 41900619


def test_without_a_checksum_another_number_has_to_come_three_times():
    judge = Plausible()
    assert total(judge, 0, False, b"A1", ic=1000000) == 1000000
    assert total(judge, 1000, False, b"A9", ic=1000000) is False
    assert total(judge, 2000, False, b"B1", ic=1000000) is False
    assert total(judge, 3000, False, b"A9", ic=1000000) is False
    assert total(judge, 4000, False, b"A1", ic=1000000) == 1000000
    assert judge.meters == 0 and judge.counts == {NUMBER: 3}
    for n in range(2):
        assert total(judge, 5000 + n, False, b"B2", ic=77) is False
    assert total(judge, 6000, False, b"B2", ic=77) == 77
    assert judge.meters == 1


def test_a_big_sites_telegram_that_proves_itself_is_taken_at_once():
    for said in (site(910), site(14000), site(910, p=500000, q=380000), site(910, p=0, e=627900)):
        judge = Plausible()
        assert judge.check(reading(**said), None, 0), said
    judge = Plausible()
    assert judge.check(reading(u1=63500, u2=63500, u3=63500, i1=510000, i2=510000, i3=510000, p=9700000), None, 0)
    # From then on the power alone may be as large.
    assert judge.check(reading(p=9700000), None, 2500)
    assert not judge.check(reading(p=20000000), None, 5000)


def test_what_cannot_prove_itself_comes_five_times():
    judge = Plausible()
    powers = 9700000, 9500000, 9800000, 11000000, 10400000
    assert [judge.check(reading(p=power), None, 2500 * n) for n, power in enumerate(powers)] == [False] * 4 + [True]
    assert judge.counts == {POWER: 4}
    # 1.5 times what came last is within the limit, more is held back again.
    assert judge.check(reading(p=15000000), None, 20000)
    assert not judge.check(reading(p=17000000), None, 22500)
    # Power and energy of a quarter at that power.
    assert judge.check(reading(ic=1000000000), None, 30000)
    assert judge.check(reading(ic=1002400000), None, 930000)


def test_five_that_do_not_agree_prove_nothing():
    judge = Plausible()
    for n, power in enumerate((9700000, 300000, 9700000, 500000, 9700000, 800, 9700000, 1000, 9700000) * 3):
        assert judge.check(reading(p=power), None, 2500 * n) is (power < 250000), n
    # One between that agrees with the former is no break, others are.
    judge = Plausible()
    powers = 260000, 245000, 260000, 240000, 255000, 260000, 255000
    said = [judge.check(reading(p=power), None, 0) for power in powers]
    assert said == [False, True, False, True, False, False, True]


def test_a_flipped_bit_is_no_big_site():
    random = Random(8)
    usual = site(16, ic=1234567, pl2=3680)
    for name in ("p", "e", "q", "pl2", "u1", "u2", "i1", "i3", "ic"):
        for bit in range(40 if name == "ic" else 31):
            judge = Plausible()
            assert judge.check(reading(**usual), b"A", 0)
            said = dict(usual)
            said[name] = said.get(name, 0) ^ 1 << bit
            limit = 100000 if name == "pl2" else {"u": 4500, "i": 400000}.get(name[0], 250000)
            for n in range(1, 2 + random.below(9)):
                seen = judge.check(reading(**said), b"A", 10000 * n)
                if name != "ic":
                    assert not seen or said[name] <= limit, (name, bit, n)
                elif n == 1:
                    assert seen == (-11 < said[name] - 1234567 < 1694), (name, bit)
            assert judge.check(reading(**usual), b"A", 100000) or name == "ic"


def test_numbers_that_contradict_each_other_on_a_meter_whose_fit_are_never_learned():
    judge = Plausible()
    assert judge.check(reading(**site(16)), None, 0)
    for n in range(1, 50):
        assert not judge.check(reading(**site(16, p=9700000)), None, 10000 * n)
    # A meter behind transformers may send the power of one side and the currents of the other, always.
    judge = Plausible()
    said = [judge.check(reading(**site(4, p=9700000)), None, 10000 * n) for n in range(6)]
    assert said == [False] * 4 + [True] * 2


def test_a_scale_that_was_assumed_is_not_learned_from():
    # Currents in mA taken for 0.01 A, voltages times 100.
    for wrong in ({"i1": 909990, "i2": 909990, "i3": 909990, "q": 63364}, {"u1": 222000, "u2": 222000, "u3": 222000}):
        judge = Plausible()
        said = site(91, p=2585)
        said.update(wrong)
        made = reading(**said)
        made.profile = profiles.coded(b"Kamstrup")
        for n in range(50):
            assert not judge.check(made, None, 10000 * n)
    assert reading(b"Kamstrup", p=5).assumed() and not reading(p=5).assumed()
    # What proves itself is right whatever was assumed, and power alone can only be repeated.
    made = reading(**site(910))
    made.profile = profiles.coded(b"Kamstrup")
    assert Plausible().check(made, None, 0)
    made = reading(p=9700000)
    made.profile = profiles.coded(b"Kamstrup")
    judge = Plausible()
    assert [judge.check(made, None, n) for n in range(5)] == [False] * 4 + [True]


def test_without_a_checksum_only_five_proofs_in_a_row_count():
    judge = Plausible()
    assert [judge.check(reading(**site(910)), None, n, False) for n in range(5)] == [False] * 4 + [True]
    judge = Plausible()
    for n in range(20):
        assert not judge.check(reading(p=9700000), None, n, False)
        assert not judge.check(reading(**site(910)), None, n, False)


def test_another_meter_learns_anew():
    judge = Plausible()
    assert judge.check(reading(**site(910)), b"A", 0)
    assert judge.check(reading(p=5), b"B", 1000)
    assert not judge.check(reading(p=600000), b"B", 2000)
