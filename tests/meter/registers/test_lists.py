"""The registers of DLMS lists, against a walk that shares nothing with the reader's (tests/fuzz/walk.py)."""
from han.meter.obis import EXPORT_ENERGY, IMPORT_ENERGY
from han.meter.registers.lists import registers

from tests.fuzz import lists, walk
from tests.meter.registers.taps import copies, same
from tests.support import Random, telegrams

#: Lists that the walk cannot read: attribute descriptors without tags; tag and length of codes swapped.
_ODD = "dlmsp-egd", "lg-zmf100-embriq"
_UNITS = {27: "W", 28: "VA", 29: "var", 30: "Wh", 32: "varh", 33: "A", 35: "V", 255: None}


def text_of(code):
    text = "%d-%d:%d.%d.%d" % tuple(code[:5])
    return text if code[5] == 255 else text + "*%d" % code[5]


def coded(items):
    """[code, (tag, content), (scaler, unit) or None] of what a list says, by its codes."""
    if not walk._has_names(items):
        return list(walk._entries(items))
    # The names are those of the last values; the first may be that of the names themselves.
    named = []
    for name, value in zip(items[0][1], items[len(items) - len(items[0][1]) :]):
        if value is not items[0]:
            named.append((name[1][1][1], name[1][2][1][0], value))
    units = {code: walk._unit(value) for code, number, value in named if number == 3 and walk._is_unit(value)}
    return [[code, value, units.get(code)] for code, attribute, value in named if attribute == 2]


def wrong(register, code, value, unit):
    """What is wrong with a register, None where nothing is."""
    tag, content = value
    if register.obis != text_of(code):
        return "code"
    if tag in walk._INTEGERS:
        number, _ = walk._fraction(tag, content)
        if not same(register.value, number, unit[0] if unit else 0):
            return "number"
        places = len(register.value.partition(".")[2])
        if places != max(0, -(unit[0] if unit else 0)):
            return "places"
    elif tag in (23, 24):
        number = walk._fraction(tag, content)
        if number is None:
            return None if register.value in ("NaN", "Infinity", "-Infinity") else "no number"
        ten = unit[0] if unit else 0
        whole, _, rest = register.value.partition(".")
        above = abs(number[0]) * 10 ** (max(ten, 0) + len(rest))
        if abs(int(whole + rest)) * number[1] * 10 ** max(-ten, 0) != above:
            return "float"
        if (whole[:1] == "-") != (number[0] < 0):
            return "sign"
    elif tag in (9, 10, 12):
        plain = content.rstrip(b"\0 ")
        if all([0x20 <= byte < 0x7F for byte in plain]):
            if register.value != plain.decode():
                return "text"
        elif tag == 9 and len(content) == 12 and content[0] == 7:
            if register.value[:19] != "%04d-%02d-%02dT%02d:%02d:%02d" % (
                content[0] << 8 | content[1], content[2], content[3], content[5], content[6], content[7]):  # fmt: skip
                return "time"
        elif len(content) == 6 and content[5] == 255:
            if register.value != text_of(content):
                return "code as a value"
        elif register.value != "".join(["%02X" % byte for byte in content]):
            return "hex"
    if tag in walk._INTEGERS or tag in (23, 24):
        if unit and unit[1] in _UNITS and register.unit != _UNITS[unit[1]]:
            return "unit"
        if not unit and register.unit is not None:
            return "no unit"
    return None


def test_every_recorded_list():
    found = values = 0
    def readable(entry):
        return entry["framing"] not in ("p1", "sml") and entry["id"] not in _ODD

    for entry in telegrams(readable, expect="decode"):
        told = copies(entry)
        assert told, entry["id"]
        for copy in told:
            if copy.form() != "DLMS":
                continue
            found += 1
            got = list(copy.registers())
            (_, items), end = walk.decode(copy.buf, copy._start)
            assert end == len(copy.buf)
            want = coded(items)
            named = [r for r in got if r.obis and not r.assumed and r.attribute is None]
            assert len(named) == len([one for one in want if one[1][0] not in (1, 2)]), entry["id"]
            for register, (code, value, unit) in zip(named, want):
                problem = wrong(register, code, value, unit)
                assert not problem, (entry["id"], register.obis, register.value, problem)
                values += 1
            if not want:
                leaves = [item for item in items if item[0] not in (1, 2)]
                assert len(got) >= len(leaves), entry["id"]
                for register, (tag, content) in zip(got, leaves):
                    assert not register.unit
                    if tag in walk._INTEGERS:
                        assert register.value == str(walk._fraction(tag, content)[0])
    assert found > 80 and values > 700


def test_what_a_list_without_codes_is_known_to_say():
    for entry in telegrams(id="amshan-kaifa-no-l3"):
        (copy,) = copies(entry)
        got = list(copy.registers())
        assert [r.obis for r in got[:5]] == ["1-1:0.2.129", "0-0:96.1.0", "0-0:96.1.7", "1-0:1.7.0", "1-0:2.7.0"]
        assert all([r.assumed and r.unit is None for r in got])
        assert got[13].obis == "0-0:1.0.0" and got[13].local and got[-1].obis == "1-0:4.8.0"
    data = b"\x02\x03\x06\0\0\0\x01\x01\x01\x12\0\x05\x06\0\0\0\x02"
    got = list(registers(data, 0, len(data), bytes((IMPORT_ENERGY, EXPORT_ENERGY))))
    assert [(r.obis, r.value, r.assumed) for r in got] == [
        ("1-0:1.8.0", "1", True),
        (None, "5", False),
        ("1-0:2.8.0", "2", True),
    ]
    got = list(registers(data, 0, len(data)))
    assert [(r.obis, r.value) for r in got] == [(None, "1"), (None, "5"), (None, "2")]


def test_an_unknown_list_is_told_as_well():
    from han.meter.decoder import Decoder
    from han.wire.layers.unwrap import APDU

    from tests.meter.registers.taps import Tap

    apdu = bytearray(b"\x0f\x40\0\0\0\0\x02\x02\x06\0\0\0\x01\x12\0\x07")
    decoder = Decoder(lambda reading: None)
    decoder.tap = tap = Tap()
    decoder.telegram(APDU, apdu, 0, len(apdu))
    assert decoder.reason == "unknown list"
    assert [(r.obis, r.value) for r in tap.copies[0].registers()] == [(None, "1"), (None, "7")]
    # What cannot be read is no register.
    decoder.telegram(APDU, apdu, 0, len(apdu) - 1)
    assert decoder.reason == "list malformed" and len(tap.copies) == 1


def test_attributes_without_tags():
    for entry in telegrams(id="dlmsp-egd"):
        (copy,) = copies(entry)
        got = [(r.obis, r.value, r.attribute) for r in copy.registers()]
        assert got[:6] == [
            (None, "1", None),
            ("0-0:42.0.0", "EGD012345", None),
            ("0-2:25.9.0", "0-2:25.9.0", 1),
            ("0-0:96.1.0", "0123456789", None),
            ("0-0:96.3.10", "1", 3),
            ("0-0:17.0.0", "0", 3),
        ]
        assert got[-2:] == [("1-0:2.8.0", "4", None), ("0-0:96.13.0", "", None)] and len(got) == 28


def test_codes_whose_tag_and_length_are_swapped():
    for entry in telegrams(id="lg-zmf100-embriq"):
        (copy,) = copies(entry)
        got = [(r.obis, r.value, r.unit) for r in copy.registers()]
        assert got[0] == ("1-1:0.2.129", "EMBRIQ_V1_1", None) and got[7] == ("1-0:31.7.0", "2.44", "A")
        assert got[-1] == ("0-0:4.8.0", "1499", "varh") and len(got) == 18


def test_an_extended_register_has_its_time():
    code = bytes((9, 6, 0, 1, 24, 2, 1, 255))
    unit = b"\x02\x02\x0f\xfd\x16\x0d"
    stamp = b"\x09\x0c\x07\xea\x0b\x1c\x06\x0c\0\0\0\xff\xc4\0"
    gas = b"\x06\0\0\x30\x39"
    said = ("0-1:24.2.1", "12.345", "m3", "2026-11-28T12:00:00+01:00")
    for body in (code + gas + unit + stamp, code + gas + stamp + unit):
        data = b"\x01\x01\x02\x04" + body
        if body.endswith(stamp):
            assert [(r.obis, r.value, r.unit, r.time) for r in registers(data, 0, len(data))] == [said]
        else:
            assert [r.time for r in registers(data, 0, len(data))] == [said[3]]
    # The same of a push list: attributes 2, 5 and 3.
    names = b"".join([b"\x02\x04\x12\0\x04" + code + bytes((15, n)) + b"\x12\0\0" for n in (2, 5, 3)])
    data = b"\x02\x04\x01\x03" + names + gas + stamp + unit
    got = list(registers(data, 0, len(data)))
    assert [(r.obis, r.value, r.unit, r.time) for r in got] == [said]
    assert got[0].local == (218030400, -60, False)


def test_lists_of_every_type():
    """Made lists; see tests/fuzz/lists.py."""
    maker = lists.Maker(21)
    checked = 0
    for kind in sorted(lists.LONG):
        for _ in range(250):
            data = getattr(maker, kind)()
            (_, items), _ = walk.decode(data)
            want = coded(items)
            if any([walk._is_unit(value) for _, value, _ in want]):
                continue  # whose unit it is, only the order tells
            got = [r for r in registers(data, 0, len(data)) if r.obis and r.attribute is None and not r.assumed]
            at = 0
            for code, value, unit in want:
                if value[0] in (1, 2):
                    while at < len(got) and got[at].obis == text_of(code) and at + 1 < len(got):
                        at += 1
                    break  # as many as it has values in it
                assert at < len(got), (kind, data.hex())
                problem = wrong(got[at], code, value, unit)
                assert not problem, (problem, kind, got[at].obis, got[at].value, data.hex())
                at += 1
                checked += 1
    assert checked > 2000


def test_garbage_is_no_crash():
    random = Random(31)
    maker = lists.Maker(32)
    for kind in sorted(lists.LONG):
        for _ in range(150):
            data = bytearray(getattr(maker, kind)())
            for _ in range(1 + random.below(3)):
                data[random.below(len(data))] = random.below(256)
            data = bytes(data[: random.below(len(data)) + 1])
            for register in registers(data, 0, len(data), bytes(range(20))):
                assert register.value is None or isinstance(register.value, str)
    for _ in range(300):
        data = random.bytes(random.below(60))
        assert len(list(registers(b"\x02" + data, 0, len(data) + 1))) <= 60
