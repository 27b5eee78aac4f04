"""Binary floating point becomes integers in base units, to the last bit and half up."""
from array import array

from han.meter.lists import floats
from han.meter import obis
from han.meter.decoder import Decoder
from han.wire.layers.unwrap import APDU


def number(value, code, unit=None):
    """What a list with that value gives of it."""
    found = []
    decoder = Decoder(lambda reading: found.append([reading.get(field) for field in range(obis.FIELDS)]))
    items = [b"\x09\x06\x01\x00" + code + b"\xff", value]
    if unit:
        items.append(b"\x02\x02\x0f" + bytes((unit[0] & 0xFF, 0x16, unit[1])))
    other = b"\x02\x02\x09\x06\x01\x00\x04\x08\x00\xff\x06\0\0\0\x09"
    data = bytearray(b"\x0f\0\0\0\0\0\x02\x02\x02" + bytes((len(items),)) + b"".join(items) + other)
    decoder.telegram(APDU, data, 0, len(data))
    assert found[0][obis.EXPORT_REACTIVE_ENERGY] == 9  # what stands behind is read in any case
    said = [one for i, one in enumerate(found[0]) if one is not None and i != obis.EXPORT_REACTIVE_ENERGY]
    return said[0] if said else None


VOLT, AMPERE, WATT, COUNTER = b"\x20\x07\0", b"\x1f\x07\0", b"\x15\x07\0", b"\x01\x08\0"


def float32(bits):
    return b"\x17" + bits.to_bytes(4, "big")


def float64(bits):
    return b"\x18" + bits.to_bytes(8, "big")


def test_measurements():
    for value, code, unit, expected in (
        (float32(0x4366199A), VOLT, None, 2301),  # 230.1 V
        (float32(0x4366199A), VOLT, (0, 35), 2301),
        (float32(0x411C28F6), AMPERE, (0, 33), 9760),  # 9.76 A
        (float32(0x40151EB8), WATT, (3, 27), 2330),  # 2.33 kW
        (float32(0xC11C28F6), AMPERE, (0, 33), -9760),
        (float64(0x4197D78400000000), COUNTER, (0, 30), 100000000),
        (float64(0x4202A05F20A00000), COUNTER, None, 10000000020),
        (float64(0x40C81CD6E631F8A1), COUNTER, (3, 30), 12345679),  # 12345.6789 kWh
        (float32(0x00000000), WATT, (0, 27), 0),
        (float32(0x80000000), WATT, (0, 27), 0),
    ):
        assert number(value, code, unit) == expected, value


def test_halves_are_rounded_up():
    for bits, expected in ((0x3F000000, 1), (0x3EFFFFFF, 0), (0x3FC00000, 2), (0x40200000, 3), (0x3F7FFFFF, 1)):
        assert number(float32(bits), WATT, (0, 27)) == expected, bits
    for bits, expected in ((0x3FE0000000000000, 1), (0x3FDFFFFFFFFFFFFF, 0), (0x3FE0000000000001, 1)):
        assert number(float64(bits), COUNTER, (0, 30)) == expected, bits
    # The double nearest to 0.0005 A is above it, that of 0.0015 A is above, of 0.0025 A above: in mA.
    for bits, expected in ((0x3F40624DD2F1A9FC, 1), (0x3F40624DD2F1A9FB, 0), (0x3F589374BC6A7EFA, 2)):
        assert number(float64(bits), AMPERE, (0, 33)) == expected, bits


def test_what_is_no_number_is_absent():
    for value in (float32(0x7F800000), float32(0xFF800000), float32(0x7FC00000), float64(0x7FF0000000000000),
                  float64(0x7FF8000000000001), float64(0xFFF0000000000000)):
        assert number(value, VOLT, (0, 35)) is None
    # Another quantity's unit, an absurd scale, more than a field has room for.
    assert number(float32(0x43660000), VOLT, (0, 27)) is None
    assert number(float32(0x43660000), VOLT, (20, 35)) is None
    assert number(float32(0x7F7FFFFF), COUNTER, (0, 30)) is None
    assert number(float64(0x7FEFFFFFFFFFFFFF), COUNTER, (0, 30)) is None


def test_the_smallest_are_nothing():
    for value in (float32(1), float32(0x007FFFFF), float64(1), float64(0x000FFFFFFFFFFFFF)):
        assert number(value, AMPERE, (6, 33)) == 0


def test_the_bits():
    for data, expected in ((b"\x3f\x80\0\0", (0, 1 << 23, -23)), (b"\x3f\xf0" + bytes(6), (0, 1 << 52, -52)),
                           (b"\x80\0\0\x01", (1, 1, -149)), (bytes(7) + b"\x01", (0, 1, -1074))):
        assert floats.parts(data, 0, len(data)) == expected
    assert floats.rounded(1, 53, 0) == 1 << 53
    assert floats.rounded(1, 54, 0) is None
    assert floats.rounded(0, 900, 0) == 0


def test_what_has_no_field_is_nothing():
    # By key, by place in an order, and a text's.
    for key, order in ((1 << 24 | 99 << 16, b""), (0, b""), (0, b"\xff"), (0, bytes((obis.ID,)))):
        rows = array("i", (key, 0, 4, 0, 0, 64, 255, 3))
        floats.settle(b"\x3f\x80\0\0", rows, 1, order)
        assert rows[7] == 0
