"""What OBIS codes are called."""
from han.meter.registers.names import name
from han.meter.registers.value import floating, octets, scaled, unit


def test_names():
    for obis, text in (
        ("1-0:1.8.0", "Active energy import"),
        ("1-1:1.8.1", "Active energy import, tariff 1"),
        ("1-0:1.8.0*1", "Active energy import, billing period 1"),
        ("0-0:1.8.0", "Active energy import"),
        ("1-0:2.7.0", "Active power export"),
        ("1-0:61.7.0", "Active power import L3"),
        ("1-0:36.7.0", "Active power import less export L1"),
        ("1-0:7.8.0", "Reactive energy Q3"),
        ("1-0:9.7.0", "Apparent power import"),
        ("1-0:1.4.0", "Active power import, average of the running interval"),
        ("1-0:1.6.0", "Active power import, maximum"),
        ("1-0:1.6.2", "Active power import, maximum, tariff 2"),
        ("1-0:31.7.0", "Current L1"),
        ("1-0:31.4.0", "Fuse supervision threshold L1"),
        ("1-0:91.7.0", "Current N"),
        ("1-0:52.7.0", "Voltage L2"),
        ("1-0:52.32.0", "Voltage sags L2"),
        ("1-0:72.36.0", "Voltage swells L3"),
        ("1-0:73.7.0", "Power factor L3"),
        ("1-0:14.7.0", "Frequency"),
        ("1-0:81.7.4", "Angle from I L1 to U L1"),
        ("1-0:0.2.0", "Firmware version"),
        ("1-0:0.0.9", "Electricity number 10"),
        ("0-0:1.0.0", "Clock"),
        ("0-1:24.2.1", "Meter reading, channel 1"),
        ("0-0:96.1.5", "Device number 6"),
        ("0-2:96.1.0", "Equipment identifier, channel 2"),
        ("0-0:96.7.9", "Long power failures, any phase"),
        ("0-0:96.7.1", "Power failures, L1"),
        ("0-0:96.7.19", "Duration of a long power failure, any phase"),
        ("0-0:96.7.21", "Power failures, any phase"),
        ("1-0:99.97.0", "Log of long power failures"),
        ("129-129:199.130.3", "Manufacturer"),
        ("1-0:96.50.1*1", "Manufacturer"),
    ):
        assert name(obis) == text, (obis, name(obis))
    for obis in ("1-0:C.1.0", "1.8.0", "1-0:94.32.1", "1-0:1.99.0", "1-0:89.7.0", "1-0:31.8.0", "7-0:3.0.0",
                 "0-0:96.7.4", "0-0:96.7.99", "0-0:3.7.0.1", "", "616263", "1-0:81.7.88", "0-0:0.0.200"):  # fmt: skip
        assert name(obis) is None, (obis, name(obis))


def test_numbers():
    for number, ten, text in (
        (0, 0, "0"), (0, -2, "0.00"), (0, 3, "0"), (5, -3, "0.005"), (-5, -3, "-0.005"), (12345, -2, "123.45"),
        (12, 3, "12000"), (-(1 << 63), 0, "-9223372036854775808"), (1 << 63, -3, "9223372036854775.808"),
    ):  # fmt: skip
        assert scaled(number, ten) == text


def test_floats():
    for raw, ten, text in (
        (b"\x3f\x80\0\0", 0, "1"), (b"\xbf\0\0\0", 0, "-0.5"), (b"\x43\x66\x19\x9a", 0, "230.100006103515625"),
        (b"\x43\x66\0\0", -1, "23"), (b"\x43\x66\0\0", 2, "23000"), (b"\0\0\0\0", 0, "0"), (b"\0\0\0\0", -3, "0"),
        (b"\x7f\x80\0\0", 0, "Infinity"), (b"\xff\x80\0\0", 0, "-Infinity"), (b"\x7f\xc0\0\0", 0, "NaN"),
        (b"\x7f\xf0\0\0\0\0\0\0", 0, "Infinity"), (b"\x7f\xf8\0\0\0\0\0\0", 0, "NaN"),
        (b"\x40\x59\0\0\0\0\0\0", 0, "100"), (b"\x5f\x80\0\0", 0, "18446744073709551616"),
    ):  # fmt: skip
        assert floating(raw, ten) == text, (raw, floating(raw, ten))


def test_octets():
    assert octets(b"LGZ1030653520967") == "LGZ1030653520967"
    assert octets(b"63326413\0\0") == octets(b"63326413  ") == "63326413"
    assert octets(b"") == octets(b"\0") == ""
    assert octets(b"\x01\x02") == "0102"
    assert octets(b"\x07\xe6\x01\x02\x07\x0e\x25\x12\xff\x80\0\0") == "2022-01-02T14:37:18"
    assert octets(b"\x07\xe6\x01\x02\x07\x0e\x25\x12\x32\xff\x88\x80") == "2022-01-02T14:37:18.50+02:00"
    assert octets(b"\x07\xe6\x01\x02\x07\x0e\x25\x12\x32\0\x5a\x80") == "2022-01-02T14:37:18.50-01:30"
    # No such date: the bytes as they are.
    assert octets(b"\x07\xe6\x0d\x02\x07\x0e\x25\x12\xff\x80\0\0") == "07E60D02070E2512FF800000"


def test_units():
    assert [unit(n) for n in (27, 28, 29, 30, 32, 33, 35, 13, 44, 57, 72)] == [
        "W", "VA", "var", "Wh", "varh", "A", "V", "m3", "Hz", "Ah", "dB",
    ]  # fmt: skip
    assert unit(255) is None and unit(0) is None and unit(200) == "unit 200"
