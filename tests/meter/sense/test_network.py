"""Values that lists leave out in networks without a neutral, and the direction of currents."""
import math

from han.meter import obis
from han.meter.decoder import Decoder
from han.meter.live import Live
from han.meter.sense.network import FOUR, ONE, THREE, Network, isqrt, third
from han.meter.reading import METER_TYPE, Reading
from han.wire.framer import Framer
from han.wire.layers.unwrap import APDU

from tests.support import Random, raw, telegrams

U, I = obis.L1_VOLTAGE, obis.L1_CURRENT  # noqa: E741  as physics has it
P, Q = obis.L1_IMPORT_POWER, obis.L1_EXPORT_POWER


def put(reading, field, number):
    reading.put(field, abs(number))
    if number < 0:
        reading.present[field] = 3


def said(live, u=None, i=None, p=None, q=None, phases=None, kind=None):
    """Pass a list to a Live: V, A, W and var. None: not sent; a None in a list of three: not sent for that phase."""
    reading = Reading()
    for first, numbers, unit in ((U, u, 10), (I, i, 1000)):
        for k, number in enumerate(numbers or ()):
            if number is not None:
                put(reading, first + k, round(number * unit))
    if p is not None:
        reading.put(obis.IMPORT_POWER, round(max(p, 0)))
        reading.put(obis.EXPORT_POWER, round(max(-p, 0)))
    if q is not None:
        reading.put(obis.IMPORT_REACTIVE, round(max(q, 0)))
        reading.put(obis.EXPORT_REACTIVE, round(max(-q, 0)))
    for k, number in enumerate(phases or ()):
        if number is not None:
            reading.put(P + k, max(number, 0))
            reading.put(Q + k, max(-number, 0))
    if kind:
        reading.set_text(METER_TYPE, kind.encode(), 0, len(kind))
    live.take(reading, 0, 0)
    return live


def amperes(live):
    return [None if number is None else number / 1000 for number in currents(live)]


def currents(live):
    return [live.get(I + k) for k in range(3)]


def voltages(live):
    return [live.get(U + k) for k in range(3)]


def lines(loads, volt=230):
    """(|I1|, |I2|, |I3|, P, Q) of loads between lines, W and var: [12, 23, 31]."""
    ends = [complex(math.cos(a), math.sin(a)) * volt / math.sqrt(3) for a in (0, -2 * math.pi / 3, 2 * math.pi / 3)]
    flows = [0j, 0j, 0j]
    total = 0j
    for k, load in enumerate(loads):
        other = (k + 1) % 3
        flow = complex(*load) / (ends[k] - ends[other])
        flow = complex(flow.real, -flow.imag)
        flows[k] += flow
        flows[other] -= flow
        total += complex(*load)
    return [abs(flow) for flow in flows] + [total.real, total.imag]


def test_integer_roots():
    random = Random(3)
    for number in [0, 1, 2, 3, 4, 15, 16, 17, 2**62, 10**24, 10**24 - 1] + [random.bits(32) for _ in range(200)]:
        root = isqrt(number)
        assert root * root <= number < (root + 1) * (root + 1)


def test_what_the_main_fuse_allows():
    network = Network()
    assert network.most(25) == 18000
    for kind, watt in ((FOUR, 18000), (THREE, 10392), (ONE, 6000)):
        network.setting = kind
        assert network.most(25) == watt
    network.setting = THREE
    for ampere in range(6, 201):
        assert network.most(ampere) == int(math.sqrt(3) * 240 * ampere)


def test_the_current_of_l2_follows_from_two_others_and_power():
    random = Random(7)
    for n in range(300):
        factor = random.between(-40, 100) / 100
        loads = [(w, w * factor) for w in [random.choice((0, random.below(7000))) for _ in range(3)]]
        sign = random.choice((1, 1, -1))
        i1, i2, i3, p, q = lines([(sign * w, sign * v) for w, v in loads])
        live = said(Live(), [230, 230, 230], [i1, None, i3], p, q)
        assert live.network.kind() == THREE and live.network.computed
        assert abs(abs(amperes(live)[1]) - i2) < 0.15 + i2 / 50, (n, loads, sign, amperes(live), i2)
    # 25 A in each line; L1-L3 alone, L1-L2 alone, nothing at all.
    for i1, i3, p, i2 in ((25, 25, 9959, 25), (10, 10, 2300, 0), (10, 0, 2300, 10), (0, 10, 2300, 10), (0, 0, 0, 0)):
        got = amperes(said(Live(), [230] * 3, [i1, None, i3], p, 0))[1]
        assert abs(got - i2) < 0.15, (i1, i3, got)


def test_what_meters_say_that_measure_it_is_near():
    # Kaifa's and Kamstrup's for such networks send a current of L2.
    seen = set()

    def compare(live, reading):
        model = (live.text(METER_TYPE) or "")[:6]
        if model not in ("MA304H", "684112") or live.network.kind() != THREE or not reading.present[I + 1]:
            return
        assert not live.network.computed
        assert (live.get(U + 1) is None) == (model == "MA304H")
        here = [number for number in voltages(live) if number]
        guess = third(reading, reading.get(I), reading.get(I + 2), sum(here) // len(here))
        assert 3 * live.get(I + 1) // 4 - 100 < guess < 5 * live.get(I + 1) // 4 + 100, (currents(live), guess)
        seen.add((live.get(I), model))

    heard(compare)
    assert len(seen) > 10 and {model for _, model in seen} == {"MA304H", "684112"}


def heard(each):
    """A Live after each recorded telegram; calls each(live, reading) for all of its readings."""
    found = []
    for entry in telegrams(lambda entry: entry["framing"] in ("hdlc", "raw-apdu"), expect="decode"):
        live = Live()

        def take(reading, live=live):
            live.take(reading, 0, 0)
            each(live, reading)

        decoder = Decoder(take)
        data = bytearray(raw(entry))
        if entry["framing"] == "hdlc":
            framer = Framer(decoder.telegram)
            framer.feed(data, len(data))
            framer.gap()
        else:
            decoder.telegram(APDU, data, 0, len(data))
        if live.seq:
            found.append(live)
    return found


def test_recorded_meters_without_neutral_and_with():
    kinds = {}
    for live in heard(lambda live, reading: None):
        if live.get(I) is None:
            continue
        model = live.text(METER_TYPE) or ""
        kinds.setdefault(live.network.kind(), set()).add(model)
        if model == "6525":
            assert live.network.kind() == THREE and live.network.computed
            assert 300 < live.get(I + 1) < 700, currents(live)  # 1.3 and 0.9 A, 280 W and 128 var
    assert {"6525", "MA304H3E", "6841121BN243101040"} <= kinds[THREE]
    assert {"6534", "MA304H4", "6841131BN243101040"} <= kinds[FOUR]
    assert {"6515", "MA105H2E"} <= kinds[ONE]
    # Three-phase meters with one phase connected.
    assert kinds[ONE] & {"MA304H4", "MA304H4D"} and "6534" not in kinds[THREE]


def test_a_current_that_does_not_fit_is_unknown():
    for i, p, q in (([10, None, 10], 6000, 0), ([20, None, 5], 1000, 0), ([10, None, 10], None, None)):
        live = said(Live(), [230, 230, 230], i, p, q)
        assert live.network.kind() == THREE and currents(live)[1] is None, (i, p)
    # Without any voltage there is no telling.
    assert currents(said(Live(), None, [3, None, 3], 1000))[1] is None


def test_l2_with_0_where_it_is_not_measured():
    live = said(Live(), [230, 0, 231], [10, 0, 6], 3000, 0)
    assert live.network.kind() == THREE and voltages(live) == [2300, None, 2310]
    assert 7200 < currents(live)[1] < 7300
    # With a voltage it is a house with nothing on L2, unless its type or the setting says otherwise.
    live = said(Live(), [230, 230, 231], [10, 0, 6], 3000, 0)
    assert live.network.kind() is None and currents(live)[1] == 0 and live.network.most(25) == 18000
    live = said(Live(), [230, 230, 231], [10, 0, 6], 3000, 0, kind="6525")
    assert live.network.kind() == THREE and currents(live)[1] > 7200
    live = Live()
    live.network.setting = THREE
    said(live, [230, 230, 231], [10, 0, 6], 3000, 0)
    assert currents(live)[1] > 7200
    # Meters that do measure it may say 0.
    said(live, [230, 0, 231], [10, 4, 10], 3000, 0)
    said(live, [230, 0, 231], [10, 0, 10], 2300, 0)
    assert currents(live) == [10000, 0, 10000] and not live.network.computed


def test_a_phase_that_is_lost_makes_no_other_network():
    live = said(Live(), [230, 231, 229], [4, 5, 6], 3400, 0)
    assert live.network.kind() == FOUR
    for u, i in (([230, 0, 229], [4, 0, 6]), ([230, 0, 0], [4, 0, 0]), ([230, None, 229], [4, None, 6])):
        said(live, u, i, 2000, 0)
        assert live.network.kind() == FOUR and not live.network.computed, u
    assert live.network.most(25) == 18000
    # A meter made for four wires, or heard first in that state, is believed when L2 comes back.
    assert said(Live(), [230, 0, 229], [4, 0, 6], 2000, 0, kind="6534").network.kind() == FOUR
    live = said(Live(), [230, 0, 229], [4, 0, 6], 2000, 0)
    assert live.network.kind() == THREE
    assert said(live, [230, 231, 229], [4, 5, 6], 3400, 0).network.kind() == FOUR
    # A list that has lost the line of a current is no list without it.
    live = said(Live(), None, [4, None, 6], 2000)
    said(live, None, [4, 0, 6], 2000)
    assert live.network.kind() is None
    assert said(live, None, [4, None, 6], 2000).network.kind() is None


def test_one_phase():
    assert said(Live(), [230, None, None], [4, None, None], 900).network.kind() == ONE
    assert said(Live(), [230, 0, 0], [4, 0, 0], 900).network.kind() == ONE
    assert said(Live(), None, [0, 0, 0], 0).network.kind() is None
    live = said(Live(), [230, 0, 0], [4, 0, 0], 900)
    assert said(live, [230, 231, 229], [4, 5, 6], 3400).network.kind() == FOUR


def test_another_meter_is_another_network():
    live = said(Live(), [230, 230, 230], [4, None, 6], 2000, 0)
    assert live.network.kind() == THREE
    live.forget()
    assert live.network.kind() is None
    assert said(live, [230, 231, 229], [4, 5, 6], 3400).network.kind() == FOUR


# --- signs


def test_currents_flow_the_way_of_their_phases_power():
    live = said(Live(), [230] * 3, [4, 5, 6], 10, 0, phases=[900, -1100, 0])
    assert currents(live) == [4000, -5000, 6000]
    # Power that is 0 with a current that is not: it is reactive, and has no direction.
    assert currents(said(live, [230] * 3, [4, 5, 6], -500, 900, phases=[0, 0, -500])) == [4000, 5000, -6000]
    assert currents(said(live, [230] * 3, [0, 0, 0], -500, 0, phases=[-1, -1, -1])) == [0, 0, 0]
    live.network.signed = False
    assert currents(said(live, [230] * 3, [4, 5, 6], -500, 0, phases=[-900, 900, -500])) == [4000, 5000, 6000]


def test_a_meter_that_sends_signs_is_believed():
    live = said(Live(), [230] * 3, [4, -5, 6], 10, 0, phases=[900, -1100, 0])
    assert currents(live) == [4000, -5000, 6000] and live.network.signs
    assert currents(said(live, [230] * 3, [4, 5, 6], 10, 0, phases=[-900, 1100, -10])) == [4000, 5000, 6000]


def test_without_the_phases_power_the_total_tells_what_it_can():
    def signs(*what, **more):
        return [number < 0 for number in currents(said(Live(), *what, **more))]

    # All of it goes out, whatever the phases do.
    assert signs([230] * 3, [5, 5, 5], -3450) == [True] * 3
    assert signs([230] * 3, [5, 5, 5], -2700) == [True] * 3
    # One of them has to, the others may do either.
    assert signs([230] * 3, [12, 3, 3], -1800) == [True, False, False]
    assert signs([230] * 3, [5, 5, 5], -1000) == [False] * 3
    assert signs([230] * 3, [5, 5, 5], 3450) == signs([230] * 3, [5, 5, 5], None) == [False] * 3
    assert signs(None, [5, 5, 5], -3450) == [False] * 3
    live = said(Live(), [230, None, None], [5, None, None], -1100)
    assert currents(live) == [-5000, None, None]
    live = said(Live(), [230, None, None], [5, None, None], 0, 1100)
    assert currents(live) == [5000, None, None]


def test_without_neutral_currents_have_signs_too():
    i1, i2, i3, p, q = lines([(-3000, 0), (-3000, 0), (-3000, 0)])
    live = said(Live(), [230] * 3, [i1, None, i3], p, q)
    assert all(number < -22000 for number in currents(live))
    i1, i2, i3, p, q = lines([(-3000, 0), (2000, 0), (2000, 0)])
    assert currents(said(Live(), [230] * 3, [i1, i2, i3], p, q, kind="6841121"))[0] > 0


def test_only_the_list_that_has_currents_says_which_way_they_flow():
    live = said(Live(), [230] * 3, [5, 5, 5], -3450)
    said(live, p=4000)
    assert currents(live) == [-5000] * 3
    said(live, [230] * 3, [6, 6, 6], 4000)
    assert currents(live) == [6000] * 3
