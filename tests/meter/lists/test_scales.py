"""The scale of Kamstrup's and Landis+Gyr's lists: found from the numbers; a single wrong number never decides."""
from array import array

from han.meter.lists import evidence
from han.meter.decoder import Decoder
from han.meter.fill import powers
from han.meter.obis import IMPORT_ENERGY, L1_CURRENT, L1_VOLTAGE
from han.meter.reading import Reading
from han.meter.lists.scales import Scale
from han.wire.framer import Framer

from host_sim.meters.parts.dlms import fcs16
from tests.api.fake import put
from tests.meter.lists.kamstrup import load, telegram
from tests.support import Random, inputs, raw, telegrams

MILLI = 1000  # what an ampere counts in mA


class Line:
    """A decoder on a line, and its result for the last telegram."""

    def __init__(self):
        self.decoder = Decoder(self._take)
        self.framer = Framer(self.decoder.telegram)

    @property
    def scales(self):
        """The decoder's scales, made now if no list was without scalers."""
        return self.decoder.scales or self.decoder.with_scales()

    def _take(self, reading):
        self.amperes = [reading.get(L1_CURRENT + i) for i in range(3)]
        self.volts = [reading.get(L1_VOLTAGE + i) for i in range(3)]
        self.energy = reading.get(IMPORT_ENERGY)

    def hear(self, data):
        """Decode a frame; its currents, mA."""
        self.amperes = self.volts = None
        self.framer.feed(data, len(data))
        return self.amperes


def near(a, b):
    return abs(a - b) <= b // 100 + 10


def said(line, watts, **more):
    """True if a line reads a load of the meter correctly; scale as for load()."""
    scale = more.pop("scale", 100)
    values = load(watts, scale)
    values.update(more)
    amperes = line.hear(telegram(**values))
    return all([near(a, b * 1000 // scale) for a, b in zip(amperes, values["amperes"])])


def test_a_telegram_that_proves_itself_is_right_at_once():
    for entry in telegrams(lambda entry: entry["id"] in ("kamstrup-ct-milliampere", "lg-e570-ampere")):
        line = Line()
        for name, a in zip(("l1", "l2", "l3"), line.hear(raw(entry))):
            assert a == round(entry["messages"][0][name + "_current_a"] * 1000), entry["id"]
    line = Line()
    assert said(line, 3000, scale=MILLI)
    line.hear(inputs("kamstrup-voltage-x100.bin"))
    assert line.volts[0] == 2220


def test_five_telegrams_are_remembered_and_four_are_not():
    for times in range(1, 8):
        line = Line()
        for _ in range(times):
            assert said(line, 3000, scale=MILLI)
        assert bool(line.scales.keep()) == (times >= 5)
        again = Line()
        again.scales.expect(line.scales.keep(), [None] * 4, 0)
        assert again.scales.keep() is line.scales.keep()
        for each in line, again:
            # 300 W prove nothing, and neither does a telegram without powers.
            known = times >= 5 or each is line and times > 1
            assert said(each, 300, scale=MILLI) == known
            assert said(each, 3000, scale=MILLI, power=None, reactive=None) == known


def test_the_makers_scale_holds_unless_the_evidence_is_clear():
    for watts in 499, 100:
        assert not said(Line(), watts, scale=MILLI)
    # 4.9 % are agreement, 5.5 % are not.
    for percent, good in ((951, True), (1049, True), (945, False), (1055, False)):
        values = load(20000, MILLI)
        values["amperes"] = [a * percent // 1000 for a in values["amperes"]]
        amperes = Line().hear(telegram(**values))
        assert (amperes == values["amperes"]) == good, percent
    # Reactive power counts as much; a current without its voltage proves nothing.
    values = load(20000, MILLI)
    assert Line().hear(telegram(0, -20000, values["volts"], values["amperes"])) == values["amperes"]
    assert Line().hear(telegram(12000, 16000, values["volts"], values["amperes"])) == values["amperes"]
    assert Line().hear(telegram(20000, 0, values["volts"][:2], values["amperes"]))[0] == 10 * values["amperes"][0]


def test_recorded_telegrams_of_ordinary_meters_keep_the_makers_scale():
    for entry in telegrams(framing="hdlc", expect="decode"):
        if "kamstrup" in entry["id"] and entry["id"] != "kamstrup-ct-milliampere" and not entry["encrypted"]:
            line = Line()
            for _ in range(6):
                line.hear(raw(entry))
            assert not line.scales.current.used and not line.scales.voltage.used, entry["id"]


def test_a_wrong_bit_does_not_change_what_is_known():
    good = [telegram(**load(watts, 100)) for watts in (700, 1500, 3100, 4300, 6000, 9100)]
    odd = [telegram(**load(watts, MILLI)) for watts in (700, 1500, 3100, 4300, 6000, 9100)]
    random = Random(3)
    for frames, known in ((good, 0), (odd, -1)):
        line = Line()
        for _ in range(5):
            line.hear(frames[2])
        assert line.scales.current.known == known
        meter = line.scales.meter
        for frame in frames:
            for _ in range(400):
                flipped = bytearray(frame[1:-3])
                flipped[random.between(50, len(flipped) - 1)] ^= 1 << random.below(8)
                line.hear(b"\x7e" + flipped + fcs16(flipped).to_bytes(2, "little") + b"\x7e")
                if line.scales.meter == meter:  # else its number was hit: what is known of another is another's
                    assert line.scales.current.used == known
            line.hear(frame)
            assert line.scales.current.known == known and line.scales.voltage.known == 0
            assert near(line.amperes[0], load(10000, 1000)["amperes"][0] * _watts(frame) // 10000)


def _watts(frame):
    at = frame.index(b"\x09\x06\x01\x01\x01\x07\x00\xff\x06") + 9
    return int.from_bytes(frame[at : at + 4], "big")


def test_a_wrong_bit_in_the_first_telegrams_is_not_remembered():
    # While nothing is known a telegram counts for itself, whatever it says; the next is judged by itself.
    values = load(9102, 100)
    line = Line()
    wrong = dict(values)
    wrong["power"] -= 8192
    line.hear(telegram(**wrong))
    assert line.scales.current.used == -1
    for watts in (100, 300, 9102, 100):
        assert said(line, watts)
    assert line.scales.current.known is None


def test_phases_that_make_up_for_each_other_are_no_evidence_against_what_is_known():
    line = Line()
    for _ in range(5):
        assert said(line, 3000)
    # L1 feeds in what L2 and L3 use, but for a tenth: for an hour.
    for minute in range(60):
        assert line.hear(telegram(600 + minute % 3, 0, (230,) * 3, (1400, 800, 410)))[0] == 14000
    # Where the phases' powers are in the list, there is no such doubt.
    assert line.hear(telegram(600, 0, (230,) * 3, (1400, 800, 410), each=(-2700, 1800, 900)))[0] == 14000
    assert line.scales.current.known == 0


def test_five_telegrams_of_different_loads_change_what_is_known():
    line = Line()
    for _ in range(5):
        assert said(line, 3000)
    for watts in (1000, 1000, 1000, 1000, 1000, 1200):
        said(line, watts, scale=MILLI)
        assert line.scales.current.known == 0
    assert said(line, 1600, scale=MILLI)
    assert line.scales.keep()["i"] == -1
    # Currents too small for the power cannot be: five are enough.
    for _ in range(4):
        assert not said(line, 3000)
    assert said(line, 3000) and line.scales.current.known == 0
    # One phase, or phases that tell their power, cannot make up for each other.
    for more in {"share": (1,)}, {}:
        line = Line()
        for times in range(10):
            values = load(2000, 100 if times < 5 else MILLI, **more)
            values["each"] = () if more else (1000, 600, 400)
            line.hear(telegram(**values))
            assert line.scales.current.known == (None if times < 4 else 0 if times < 9 else -1)


def test_phases_that_are_unlike_take_longer_and_nobody_is_told_until_then():
    # U times I is 12 % more than the power, as in many houses.
    line = Line()
    random = Random(6)
    for times in range(80):
        watts = 2000 + random.below(3000)
        values = load(watts, MILLI)
        values["power"] = watts * 100 // 112
        amperes = line.hear(telegram(**values))
        if line.scales.current.known is None:
            assert amperes == [None] * 3 and times < 59
            # One alone may be damaged; after two of them nobody knows what those are in that do not say.
            few = load(300, MILLI)
            assert line.hear(telegram(**few)) == ([None] * 3 if times else [10 * number for number in few["amperes"]])
        else:
            assert amperes == values["amperes"]
    assert line.scales.current.known == -1
    # Twelve of them and four proofs will do, but a load that never changes is no proof.
    for power, known in ((4000, None), (1500, -1)):
        line = Line()
        for _ in range(12):
            line.hear(telegram(**dict(load(4480, MILLI), power=power if power == 4000 else 4000)))
        for _ in range(4):
            line.hear(telegram(**load(power, MILLI)))
        assert line.scales.current.known == known
    for known in None, 0:
        line = Line()
        for _ in range(5 if known == 0 else 0):
            line.hear(telegram(**load(3000)))
        for _ in range(200):
            amperes = line.hear(telegram(**dict(load(4480, MILLI), power=4000)))
            assert amperes[0] == (None if known is None else 10 * load(4480, MILLI)["amperes"][0])
        assert line.scales.current.known == known
        # Nor does it last where a telegram fits the usual scale.
        assert said(line, 3000)


def test_another_meter_begins_anew_and_the_former_comes_back():
    line = Line()
    for _ in range(5):
        assert said(line, 3000, scale=MILLI)
    kept = line.scales.keep()
    assert said(line, 300, ident="5706560000067899") and line.scales.current.known is None
    assert said(line, 300, scale=MILLI)
    assert line.scales.current.known == -1
    for meter, good in ((kept["meter"], True), (kept["meter"] ^ 1, False), (0, True)):
        # Counters kept of another meter: it is hers.
        again = Line()
        again.scales.expect(kept, [5, None, None, None], meter)
        assert said(again, 300, scale=MILLI)
        assert said(again, 300, ident=None, scale=MILLI)
    again = Line()
    again.scales.expect(kept, [5, None, None, None], kept["meter"] ^ 1)
    assert not said(again, 300, ident=None, scale=MILLI)


def test_nonsense_that_was_kept_is_nothing():
    for kept in ({}, {"meter": "x", "u": "2", "i": 77, "e": None}, {"meter": None, "i": [], "u": {}}):
        line = Line()
        line.scales.expect(kept, [None] * 4, 0)
        assert said(line, 300) and said(line, 3000, scale=MILLI)


def test_voltages_are_those_of_a_mains():
    line = Line()
    for volts in ((22199, 23593, 23345), (23000, 0, 22900), (40100, 40000, 39900)):
        line.hear(telegram(600, 0, volts))
        assert line.volts == [(number + 5) // 10 for number in volts]
    # Not all in one scale, or in none of them: as ever.
    for volts in ((230, 22199, 230), (1500, 0, 0), (17900, 0, 0), (300, 0, 0)):
        line = Line()
        line.hear(telegram(600, 0, volts))
        assert line.volts == [number * 10 for number in volts]
    for times in range(6):
        line.hear(telegram(600, 0, (22199, 23593, 23345)))
    # Known by now: also for what no mains should have.
    line.hear(telegram(600, 0, (17000, 0, 0)))
    assert line.volts[0] == 1700
    line.hear(telegram(600, 0, (231, 0, 0)))
    assert line.volts[0] == 2310
    # No wrong bit makes a mains of one scale that of the other.
    for volts in tuple(range(180, 261)) + tuple(range(360, 451)):
        for bit in range(16):
            assert mains(volts ^ 1 << bit) != 2
            if volts < 261:
                assert mains(100 * volts ^ 1 << bit) != 1


def found(**fields):
    """What fill.powers makes of fields, by place in evidence.py."""
    reading = Reading()
    for field, number in fields.items():
        put(reading, int(field[1:]), number)
    out = array("i", bytes(24))
    powers(reading.values, reading.present, out)
    return out


def mains(volts):
    return found(**{"f%d" % L1_VOLTAGE: 10 * volts})[evidence.MAINS]


def test_roots_are_exact():
    random = Random(8)
    for _ in range(2000):
        a, b = random.bits(random.between(1, 24)), random.bits(random.between(1, 24))
        root = evidence.apparent(found(f0=a, f2=b))
        assert root * root <= a * a + b * b < (root + 1) * (root + 1)


def test_a_scale_is_known_after_five_in_a_row():
    scale = Scale()
    assert [scale.hear(verdict) for verdict in (None, -1, None, -1, None, 0, -1, -1, -1, -1)] == [
        0, -1, 0, -1, -1, 0, -1, -1, -1, -1,
    ]  # fmt: skip
    assert scale.known is None
    assert scale.hear(-1) == -1 and scale.known == -1
    assert [scale.hear(0) for _ in range(5)] == [-1, -1, -1, -1, 0]


def test_lists_of_others_are_left_alone():
    for entry in telegrams(lambda entry: entry["maker"] not in ("Kamstrup", "Landis+Gyr"), expect="decode"):
        if entry["framing"] in ("hdlc", "mbus", "p1") and not entry["encrypted"]:
            line = Line()
            line.hear(raw(entry))
            assert line.decoder.scales is None, entry["id"]
