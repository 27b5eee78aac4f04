"""Lists without OBIS codes: recognised by types and plausible values, and called unknown in doubt."""
from han.meter.decoder import Decoder
from han.wire.framer import Framer
from han.wire.layers.unwrap import APDU

from tests.support import inputs
from tools.fields import fields

CLOCK = b"\x07\xe9\x02\x12\x02\x15\x07\x02\xff\x80\x00\x00"


def text(content):
    return b"\x09" + bytes((len(content),)) + content


def byte(number):
    return b"\x11" + bytes((number,))


def short(*numbers):
    return b"".join(b"\x12" + number.to_bytes(2, "big") for number in numbers)


def long(*numbers):
    return b"".join(b"\x06" + number.to_bytes(4, "big") for number in numbers)


def wide(*numbers):
    return b"".join(b"\x15" + number.to_bytes(8, "big") for number in numbers)


class Reader:
    """A decoder and its result for the last list."""

    def __init__(self):
        self.got = None
        self.decoder = Decoder(self.take)

    def take(self, reading):
        self.got = fields(reading)

    def read(self, n, content):
        """The fields of a list of n values without those of the clock; None if it is rejected."""
        self.got = None
        data = bytearray(b"\x0f\0\0\0\0\x0c" + CLOCK + b"\x02" + bytes((n,)) + content)
        self.decoder.telegram(APDU, data, 0, len(data))
        if self.got is None:
            return None
        return {name: value for name, value in self.got.items() if not name.startswith("ts")}


def read(n, content):
    return Reader().read(n, content)


def unknown(n, content):
    reader = Reader()
    return reader.read(n, content) is None and reader.decoder.reason == "unknown list"


NAME = text(b"ISK1030787123456")
POWERS = {"import_power_w": 2399, "export_power_w": 0, "import_reactive_var": 4, "export_reactive_var": 264}
P4 = long(2399, 0, 4, 264)
U3 = {"l1_voltage_v": 231.4, "l2_voltage_v": 230.3, "l3_voltage_v": 234.8}
I3 = {"l1_current_a": 4.51, "l2_current_a": 5.25, "l3_current_a": 0.88}
U, A = short(2314, 2303, 2348), short(451, 525, 88)
U1, I1 = {"l1_voltage_v": 231.4}, {"l1_current_a": 10.61}
TARIFFS = {"import_energy_wh": 12789950, "import_energy_t1_wh": 5732902, "import_energy_t2_wh": 7057048,
           "export_energy_wh": 250, "export_energy_t1_wh": 112, "export_energy_t2_wh": 138}
T6 = long(12789950, 5732902, 7057048, 250, 112, 138)
COUNTERS = {"import_energy_wh": 222813, "export_energy_wh": 13818, "import_reactive_varh": 10442,
            "export_reactive_varh": 116328}
C4 = long(222813, 13818, 10442, 116328)
ISKRA = {"meter_id": "ISK1030787123456"}


def all_of(*parts):
    found = {}
    for part in parts:
        found.update(part)
    return found


def phases(way, *watts):
    return {"l%d_%s_power_w" % (i + 1, way): watt for i, watt in enumerate(watts)}


def test_iskraemeco_of_three_phases_and_of_one():
    for second in (text(b"16820005"), text(b"")):
        head = NAME + second
        flows = all_of(phases("import", 1043, 1200, 156), phases("export", 0, 0, 0))
        assert read(18, head + P4 + U + A + long(1043, 1200, 156, 0, 0, 0)) == all_of(ISKRA, POWERS, U3, I3, flows)
        flows = all_of(phases("import", 2399), phases("export", 0))
        assert read(10, head + P4 + short(2314, 1061) + long(2399, 0)) == all_of(ISKRA, POWERS, U1, I1, flows)
        assert read(12, head + U + A + P4) == all_of(ISKRA, U3, I3, POWERS)
        assert read(8, head + short(2314, 1061) + P4) == all_of(ISKRA, U1, I1, POWERS)
        assert read(9, head + P4 + short(2314) + long(0, 0)) == all_of(ISKRA, POWERS, U1)


def test_iskraemeco_each_quarter():
    said = all_of(ISKRA, TARIFFS, {"import_reactive_varh": 4531, "export_reactive_varh": 0})
    for second in (text(b"16820006"), text(b"")):
        for state in (b"\x16\x01", b"\x03\x01", byte(1)):
            assert read(12, NAME + second + state + text(b"\0\x02") + T6 + long(4531, 0)) == said
    assert read(9, NAME + long(625, 0) + T6) == all_of(ISKRA, TARIFFS, {"import_power_w": 625, "export_power_w": 0})
    # A meter that does not use its tariffs.
    assert read(9, NAME + long(625, 0, 12789950, 0, 0, 250, 0, 0))["import_energy_wh"] == 12789950
    # Its number is another one than in the list of the other seconds: no meter changes for it.
    assert read(4, text(b"84605887") + byte(0) + long(7924641, 12)) == {
        "import_energy_wh": 7924641, "export_energy_wh": 12}


def test_iskraemeco_of_hep():
    limits = long(17250) + b"\x01\x01" + short(9400) + b"\x01\0" + b"\x01\x02" + short(9400, 9400) + b"\x03\x01"
    head = text(b"92123456") + text(b"\x0f\x35\x1e\0") + text(b"\x07\xe9\x0c\x03\x03") + T6
    flows = long(1043, 1200, 156, 0, 0, 0)
    said = all_of({"meter_id": "92123456"}, TARIFFS, {"import_power_w": 2399, "export_power_w": 0}, U3, I3,
                  phases("import", 1043, 1200, 156), phases("export", 0, 0, 0))
    for n, middle in ((33, long(1, 2, 3, 4) + long(2399, 0) + short(746)), (28, long(2399, 0))):
        assert read(n, head + middle + flows + U + A + limits) == said
        assert read(n - 5, head + middle + flows + U + A) == said  # and without limits
    one = all_of({"meter_id": "92123456"}, TARIFFS, {"import_power_w": 2399, "export_power_w": 0}, U1, I1,
                 phases("import", 2399), phases("export", 0))
    assert read(20, head + long(2399, 0) + long(2399, 0) + short(2314, 1061) + limits) == one


def test_carinthia_and_wels():
    head = text(b"\0\x06\x19\x09\0\xff") + text(b"1121273201353")
    head += text(b"\x13\x01\x0e\0") + text(b"\x07\xe5\x03\x19\x04")
    said = all_of({"meter_id": "1121273201353"}, COUNTERS, {"import_power_w": 2399, "export_power_w": 0})
    assert read(10, head + C4 + long(2399, 0)) == said
    assert read(12, head + C4 + long(2399, 0) + text(b"") + text(b"")) == said


def test_wiener_netze():
    assert read(9, text(CLOCK) + C4 + P4) == all_of(COUNTERS, POWERS)
    name = text(b"SMS1030788000020")
    assert read(10, name + text(CLOCK) + C4 + P4) == all_of({"meter_id": "SMS1030788000020"}, COUNTERS, POWERS)


def test_burgenland():
    said = {"import_power_w": 2399, "export_power_w": 0, "import_energy_wh": 40091000, "export_energy_wh": 7619,
            "meter_id": "30137181"}
    u3 = {"l1_voltage_v": 236, "l2_voltage_v": 237, "l3_voltage_v": 236}
    head = short(236, 237, 236) + A + long(2399, 0, 40091000, 7619)
    assert read(11, head + text(b"30137181")) == all_of(said, u3, I3)
    assert read(14, head + short(400, 53, 295) + text(b"30137181")) == all_of(said, u3, I3)
    head = short(231, 1061) + long(2399, 0, 40091000, 7619)
    one = all_of(said, {"l1_voltage_v": 231}, I1)
    assert read(7, head + text(b"30137181")) == one
    assert read(8, head + short(400) + text(b"30137181")) == one


def test_kaifa():
    head = text(b"KFM_001") + text(b"6970631403275928") + text(b"MA304H3E") + P4
    said = all_of({"list_version": "KFM_001", "meter_id": "6970631403275928", "meter_type": "MA304H3E"}, POWERS)
    three = all_of(said, U3, {"l1_current_a": 4.512, "l2_current_a": 5.25, "l3_current_a": 0.88})
    values = long(4512, 5250, 880, 2314, 2303, 2348)
    assert read(13, head + values) == three
    assert read(18, head + values + text(CLOCK) + C4) == all_of(three, COUNTERS)
    assert read(18, head + values + text(CLOCK) + wide(222813, 13818, 10442, 116328)) == all_of(three, COUNTERS)
    one = all_of(said, U1, {"l1_current_a": 10.61})
    assert read(9, head + long(10610, 2314)) == one
    assert read(14, head + long(10610, 2314) + text(CLOCK) + C4) == all_of(one, COUNTERS)
    assert read(1, long(4117)) == {"import_power_w": 4117}


def test_recorded_lists_without_codes():
    for name, said in (
        ("e450-11.bin", {
            "ts": "2025-02-18T21:07:02", "ts_dst": False, "meter_id": "30000000", "import_power_w": 5432,
            "export_power_w": 0, "l1_voltage_v": 228, "l2_voltage_v": 226, "l3_voltage_v": 230, "l1_current_a": 7.81,
            "l2_current_a": 14.82, "l3_current_a": 6.43, "import_energy_wh": 40091000, "export_energy_wh": 0}),
        ("wienernetze-9.bin", all_of(COUNTERS, {
            "ts": "2023-09-19T22:44:01", "ts_dst": True, "import_power_w": 2765, "export_power_w": 0,
            "import_reactive_var": 0, "export_reactive_var": 428})),
    ):  # fmt: skip
        reader = Reader()
        data = inputs(name)
        Framer(reader.decoder.telegram).feed(data, len(data))
        assert reader.got == said, name


def test_recorded_values_of_no_use():
    for name in "dlms_empty_array.hex", "dlms_compact_array.hex":
        reader = Reader()
        data = bytearray(inputs(name))
        reader.decoder.telegram(APDU, data, 0, len(data))
        assert reader.got == {"ts": "2026-11-28T12:00:00", "ts_dst": False, "ts_deviation_min": -60,
                              "list_version": "AIDON_V0001", "import_power_w": 1280, "import_energy_wh": 123456780}


def test_no_guess():
    # Types that no list has.
    assert unknown(12, NAME + text(b"") + short(2314) + U + A + long(2399, 0, 4))
    assert unknown(12, NAME + text(b"") + long(2314, 2303, 2348, 451, 525, 88) + P4)
    assert unknown(9, long(1) + C4 + P4)
    assert unknown(3, long(1, 2, 3))
    assert unknown(0, b"")
    # The same types, but no voltage of any mains, none at all.
    assert unknown(12, NAME + text(b"") + short(23, 2303, 2348) + A + P4)
    assert unknown(12, NAME + text(b"") + short(9000, 2303, 2348) + A + P4)
    assert unknown(12, NAME + text(b"") + short(0, 0, 0) + A + P4)
    # Amperes and volts the other way round.
    assert unknown(11, A + short(236, 237, 236) + long(2399, 0, 40091000, 7619) + text(b"30137181"))
    # Much more power than voltage and current make.
    assert unknown(12, NAME + text(b"") + U + short(4, 5, 0) + long(222813, 0, 4, 264))
    # Tariffs that make more than their total, or less.
    assert unknown(9, NAME + long(625, 0) + long(12789950, 5732902, 7157048, 250, 112, 138))
    assert unknown(9, NAME + long(625, 0) + long(12789950, 5732902, 0, 250, 112, 138))
    assert unknown(9, NAME + long(625, 0, 12, 40) + C4)
    # Counters where the power has to be.
    assert unknown(9, text(CLOCK) + P4 + long(40091000, 13818, 10442, 116328))


def test_a_meter_at_rest_and_one_that_lacks_phases():
    flows = all_of(phases("import", 0, 0, 0), phases("export", 0, 0, 0))
    still = all_of(ISKRA, {name: 0 for name in POWERS},
                   {"l1_voltage_v": 0, "l2_voltage_v": 0, "l3_voltage_v": 234.6},
                   {"l1_current_a": 0, "l2_current_a": 0, "l3_current_a": 0}, flows)
    head = NAME + text(b"ISK87123456")
    assert read(18, head + long(0, 0, 0, 0) + short(0, 0, 2346, 0, 0, 0) + long(0, 0, 0, 0, 0, 0)) == still


def test_lists_by_turns():
    reader = Reader()
    quick = NAME + text(b"") + U + A + P4
    quarter = NAME + text(b"") + b"\x03\x01" + text(b"\0\x02") + T6 + long(4531, 0)
    for _ in range(5):
        assert reader.read(12, quick) == all_of(ISKRA, U3, I3, POWERS)
        assert reader.read(12, quarter)["import_energy_t2_wh"] == 7057048
        assert reader.read(1, long(4117)) == {"import_power_w": 4117}
        assert reader.read(4, text(b"84605887") + byte(0) + long(7924641, 12))["import_energy_wh"] == 7924641
        assert reader.read(12, quick + b"\0") is None
        assert reader.read(9, text(CLOCK) + C4 + P4) == all_of(COUNTERS, POWERS)
        # More kinds than are kept.
        assert reader.read(11, U + A + long(2399, 0, 1, 2) + text(b"30137181"))
        assert reader.read(10, text(b"SMS1030788000020") + text(CLOCK) + C4 + P4)
        assert reader.read(13, text(b"KFM_001") + text(b"1") + text(b"MA304") + P4 + long(1, 2, 3, 2300, 2300, 2300))


def test_a_list_taken_for_another_is_found_out():
    # At rest nothing tells; as soon as it cannot be, it is no list that is known.
    reader = Reader()
    assert reader.read(9, NAME + long(0, 0, 0, 0, 0, 0, 0, 0))
    assert reader.read(9, NAME + long(625, 0, 3, 12, 40, 1, 2, 3)) is None
    assert reader.decoder.reason == "unknown list"
    assert reader.read(9, NAME + long(625, 0) + T6)["import_energy_wh"] == 12789950


def test_currents_of_64_bits_are_whole_amperes():
    currents = [b"\x09\x06\x01\0" + bytes((c, 7, 0)) + b"\xff" for c in (31, 51, 71)]
    for value, unit, expected in (
        (wide(400), b"", 400), (b"\x14" + bytes(6) + b"\x01\x90", b"", 400), (short(400), b"", 4), (long(400), b"", 4),
        (wide(400), b"\x02\x02\x0f\xfe\x16\x21", 4),
    ):  # fmt: skip
        got = read(3, b"".join(b"\x02" + bytes((3 if unit else 2,)) + code + value + unit for code in currents))
        assert got == {"l%d_current_a" % n: expected for n in (1, 2, 3)}, value
    # Each by itself, whatever came before it.
    reader = Reader()
    for value, expected in ((wide(400), 400), (b"\x19" + bytes(12), None), (wide(400), 400)):
        got = reader.read(1, b"\x02\x02" + currents[0] + value)
        assert got is None or got.get("l1_current_a") == expected
    assert reader.read(2, b"\x02\x02" + currents[0] + short(400) + b"\x02\x02" + currents[1] + wide(400)) == {
        "l1_current_a": 4, "l2_current_a": 400}
    # Of a maker whose scale is known they are what his always are.
    kamstrup = read(3, b"\x0a\x0eKamstrup_V0001" + currents[0] + wide(400))
    assert kamstrup == {"list_version": "Kamstrup_V0001", "l1_current_a": 4}
