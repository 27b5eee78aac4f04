"""The registers of SML telegrams, against a walk that shares nothing with the reader's (tests/fuzz/smlwalk.py)."""
from han.meter.registers.entries import registers

from tests.fuzz import files, smlwalk
from tests.meter.registers.taps import copies, of_bytes, same
from tests.support import Random, raw, telegrams


def test_every_entry_of_every_recorded_telegram():
    found = 0
    for entry in telegrams(framing="sml", expect="decode"):
        (copy,) = copies(entry)
        assert copy.form() == "SML" and copy.head() is None
        got = list(copy.registers())
        want = list(smlwalk._lists(raw(entry)))
        assert len(got) == len(want) > 2
        for register, (code, status, _, unit, scaler, value, _) in zip(got, want):
            name = tuple(code[1])
            text = "%d-%d:%d.%d.%d" % name[:5]
            assert register.obis == (text if name[5] == 255 else "%s*%d" % (text, name[5]))
            number = smlwalk._number(value)
            if number is not None:
                assert same(register.value, number, smlwalk._number(scaler) or 0), (entry["id"], register.value)
                assert register.unit == {27: "W", 30: "Wh", 35: "V", 33: "A"}.get(smlwalk._number(unit))
            else:
                content = bytes(value[1])
                plain = content.rstrip(b"\0 ").decode() if max(content) < 127 else ""
                assert register.value in (plain, content.hex().upper())
            said = smlwalk._number(status)
            assert register.status == (None if said is None else str(said))
            found += 1
    assert found > 15


def test_made_telegrams():
    """See tests/fuzz/files.py."""
    maker = files.Maker(51)
    found = 0
    for _ in range(150):
        data = maker.file()
        (copy,) = of_bytes(data)
        got = list(copy.registers())
        want = list(smlwalk._lists(data))
        assert len(got) == len(want), data.hex()
        for register, (code, _, _, _, scaler, value, _) in zip(got, want):
            number = smlwalk._number(value)
            if number is not None:
                ten = 0 if smlwalk._absent(scaler) else smlwalk._number(scaler)
                if ten is not None and -128 <= ten < 128:
                    assert same(register.value, number, ten), (register.value, data.hex())
                    found += 1
    assert found > 500


def element(kind, raw):
    return bytes((kind | len(raw) + 1,)) + raw


def listed(*items):
    return bytes((0x70 | len(items),)) + b"".join(items)


def entry(value, time=b"\x01", unit=b"\x01", scaler=b"\x01", status=b"\x01", name=b"\x01\0\x01\x08\0\xff"):
    return listed(element(0, name), status, time, unit, scaler, value, b"\x01")


def message(*entries):
    response = listed(b"\x01", b"\x01", b"\x01", b"\x01", listed(*entries), b"\x01", b"\x01")
    body = listed(element(0x60, b"\x07\x01"), response)
    return listed(b"\x01", b"\x01", b"\x01", body, b"\x01", b"\0")


def said(*entries):
    data = message(*entries)
    return list(registers(data, 0, len(data)))


def test_values():
    values = (
        (element(0x50, b"\xff\xfe"), b"\x52\xff", "-0.2"),
        (element(0x60, b"\xff" * 8), b"\x52\xfd", "18446744073709551.615"),
        (element(0x60, b"\x05"), b"\x52\x03", "5000"),
        (element(0x60, b"\x00"), b"\x52\xff", "0.0"),
        (element(0x50, b"\x80"), b"\x01", "-128"),
        (element(0x40, b"\x01"), b"\x01", "true"),
        (element(0, b"ABC\0"), b"\x01", "ABC"),
        (element(0, b"\x0a\x01"), b"\x01", "0A01"),
        (b"\x01", b"\x01", None),
        (listed(element(0x60, b"\x01")), b"\x01", "6201"),
    )
    got = said(*[entry(value, scaler=scaler) for value, scaler, _ in values])
    assert [r.value for r in got] == [text for _, _, text in values]


def test_times():
    one = element(0x60, b"\x01")
    assert said(entry(one, element(0x60, b"\x00\x10")))[0].time == "16 s"
    assert said(entry(one, listed(b"\x62\x01", element(0x60, b"\x10"))))[0].time == "16 s"
    (register,) = said(entry(one, listed(b"\x62\x02", element(0x60, (1795867200).to_bytes(4, "big")))))
    assert (register.time, register.utc) == ("2026-11-28T12:00:00Z", 1795867200 - 1577836800)
    local = listed(element(0x60, (1795867200).to_bytes(4, "big")), element(0x50, b"\0\x3c"), element(0x50, b"\0\0"))
    assert said(entry(one, listed(b"\x62\x03", local)))[0].time == "2026-11-28T12:00:00Z"
    for odd in (listed(b"\x62\x07", one), listed(one), listed(b"\x62\x03", one), listed(b"\x62\x02", listed(one))):
        (register,) = said(entry(one, odd))
        assert (register.value, register.time, register.utc) == ("1", None, None)


def test_names_and_units():
    one = element(0x60, b"\x01")
    got = said(
        entry(one, name=b"\x81\x81\xc7\x82\x03\xff"),
        entry(one, name=b"\x01\0\x01\x08\0\x01"),
        entry(one, name=b"abc"),
        entry(one, name=b"", unit=b"\x62\x0d"),
        entry(one, unit=b"\x62\xc8"),
        entry(one, unit=b"\x62\x00"),
        b"\x72\x01\x01",
    )
    assert [r.obis for r in got] == ["129-129:199.130.3", "1-0:1.8.0*1", "616263", None, "1-0:1.8.0", "1-0:1.8.0"]
    assert [r.unit for r in got] == [None, None, None, "m3", "unit 200", None]


def test_garbage_is_no_crash():
    random = Random(41)
    time = listed(b"\x62\x02", element(0x60, b"\x01\x02\x03\x04"))
    good = message(*[entry(element(0x60, b"\x01"), time, b"\x62\x1e")] * 5)
    for _ in range(1000):
        data = bytearray(good)
        for _ in range(1 + random.below(3)):
            data[random.below(len(data))] = random.below(256)
        data = bytes(data[: random.below(len(data)) + 1])
        for register in registers(data, 0, len(data)):
            assert register.value is None or isinstance(register.value, str)
