"""A-XDR of all types (IEC 62056-6-2 clause 4.1.5): the walk skips meaningless values to the exact byte."""
from array import array

from han.wire.rows.walk import axdr_walk

MOST = 24
CODE = b"\x09\x06\x01\x00\x01\x07\x00\xff"
KEY = 1 << 24 | 1 << 16 | 7 << 8
OTHER = b"\x09\x06\x01\x00\x02\x07\x00\xff"
UNIT = b"\x02\x02\x0f\x00\x16\x1b"


def walk(data):
    """[(key, kind, number)] of the rows; None where it is malformed or does not end where the data do."""
    rows = array("i", bytes(32 * MOST))
    info = array("i", bytes(64 + 4 * MOST))
    info[14] = MOST
    data = bytearray(data)
    if axdr_walk(data, 0, len(data), rows, info):
        return None
    found = []
    for i in range(info[0]):
        key, kind = rows[8 * i], rows[8 * i + 7]
        found.append((key, kind & 15, rows[8 * i + 4] << 24 | rows[8 * i + 3]))
    return found


def structure(*items):
    return b"\x02" + bytes((len(items),)) + b"".join(items)


def entry(value):
    """A list of that value with a code, and of a number with another."""
    return structure(structure(CODE, value), structure(OTHER, b"\x06\0\0\0\x07", UNIT))


BEHIND = (1 << 24 | 2 << 16 | 7 << 8, 1, 7)

# Values without a meaning as a measurement.
NOTHING = (
    b"\0", b"\xff", b"\x03\x01", b"\x0d\x12", b"\x16\x05", b"\x1a" + bytes(5), b"\x1b" + bytes(4), b"\x04\0",
    b"\x04\x01\x80", b"\x04\x08\xff", b"\x04\x09\xff\x80", b"\x04\x81\x11\xff\xff\x80", b"\x1c\1", b"\x1d\1\1",
    b"\x1e\1\1\1\1", b"\x1f\1", b"\x20\1\1", b"\x21\1\1\1\1", b"\x01\0", b"\x02\0", b"\x02\x81\0",
    b"\x01\x02\x06\0\0\0\x05\x06\0\0\0\x06", b"\x02\x01" + CODE, b"\x02\x02" + CODE + b"\x06\0\0\0\x05",
    b"\x01\x01\x02\x02" + OTHER + b"\x06\0\0\0\x05", b"\x02\x02\x0f\0\x16\x1b",
    b"\x02\x02\0\x15" + b"\xff" * 8, b"\x02\x03\x12\0\x03\x01\x01\x02\0\x13\x12\x04\0\x01\0\x02",
)  # fmt: skip
COMPACT = (
    b"\x13\0\0", b"\x13\x12\x04\0\x01\0\x02", b"\x13\x12\x81\x04\0\x01\0\x02", b"\x13\x01\0\x02\x11\x02\x01\x02",
    b"\x13\x02\x02\x06\x12\x06" + bytes(6), b"\x13\x02\x81\x02\x02\x01\x04\x01\0\x09\x19\x84\0\0\0\x03" + bytes(3),
    b"\x13\x02\0\0", b"\x13\xff\0", b"\x13\x04\x02\xff\xff",
)  # fmt: skip


def test_what_has_no_meaning_is_stepped_over():
    for value in NOTHING + COMPACT:
        assert walk(entry(value)) == [BEHIND], value
        # By turns with codes, and without one.
        assert walk(structure(CODE, value, OTHER, b"\x06\0\0\0\x07")) == [BEHIND], value


def test_a_value_without_a_code_has_its_place():
    for value in (b"\0", b"\xff", b"\x03\x01", b"\x16\x05", b"\x04\x09\xff\x80", b"\x1a" + bytes(5), COMPACT[1]):
        assert walk(structure(b"\x06\0\0\0\x05", value, b"\x12\0\x06")) == [(0, 1, 5), (0, 0, 0), (0, 1, 6)]
    # What no field has room for, too.
    assert walk(structure(b"\x15" + b"\xff" * 8, b"\x12\0\x06")) == [(0, 0, 0), (0, 1, 6)]


def test_numbers_texts_and_floating_point():
    for value, kind, number in (
        (b"\x05\xff\xff\xff\xfe", 1, 2), (b"\x06\xff\xff\xff\xfe", 1, 0xFFFFFFFE), (b"\x0f\xfe", 1, 2),
        (b"\x10\xff\xfe", 1, 2), (b"\x11\xfe", 1, 254), (b"\x12\xff\xfe", 1, 65534),
        (b"\x14" + b"\xff" * 7 + b"\xfe", 1, 2), (b"\x15\0\x1f" + b"\xff" * 6, 1, (1 << 53) - 1),
        (b"\x09\x02ab", 2, 0), (b"\x0a\x02ab", 2, 0),
        (b"\x0c\x02ab", 2, 0), (b"\x19" + bytes(12), 2, 0), (b"\x17\x43\x66\x19\x9a", 3, 0), (b"\x18" + bytes(8), 3, 0),
    ):  # fmt: skip
        assert walk(entry(value)) == [(KEY, kind, number), BEHIND], value


def test_lengths_of_one_to_four_bytes():
    for size in (0, 3, 127, 128, 255, 300):
        for wide in range(5):
            if size >> 8 * wide and wide or wide == 0 and size > 127:
                continue
            length = bytes((0x80 + wide,)) + size.to_bytes(wide, "big") if wide else bytes((size,))
            text = b"\x09" + length + b"z" * size
            assert walk(entry(text)) == [(KEY, 2, 0), BEHIND], (size, wide)
            bits = b"\x04" + length + b"z" * ((size + 7) // 8)
            assert walk(entry(bits)) == [BEHIND], (size, wide)
            if size < MOST:
                assert walk(b"\x01" + length + b"\x11\x05" * size) == [(0, 1, 5)] * size
            assert walk(entry(b"\x01" + length + b"\0" * size)) == [BEHIND]
            assert walk(entry(b"\x13\x11" + length + bytes(size))) == [BEHIND]


def test_lengths_that_are_none():
    for length in (b"\x80", b"\x85\0\0\0\0\x01", b"\x84\x01\0\0\x01", b"\x84\xff\xff\xff\xff", b"\x83\xff\xff\xff"):
        for tag in b"\x01\x02\x04\x09\x0a\x0c":
            assert walk(bytes((tag,)) + length + b"\0") is None
            assert walk(entry(bytes((tag,)) + length + b"\0")) is None
        assert walk(entry(b"\x13\x11" + length + b"\0")) is None
        assert walk(entry(b"\x13\x02" + length + b"\0")) is None


def test_types_that_are_none():
    for tag in b"\x07\x08\x0b\x0e\x22\x30\x7f\x80\xfe":
        assert walk(entry(bytes((tag,)) + bytes(9))) is None
        assert walk(entry(b"\x01\x01" + bytes((tag,)) + bytes(9))) is None
        assert walk(entry(b"\x13" + bytes((tag,)) + b"\0")) is None
    assert walk(entry(b"\x13\x13\x11\0")) is None


def test_a_list_that_is_cut_off_is_malformed_wherever():
    for value in NOTHING + COMPACT:
        whole = entry(value)
        for end in range(len(whole)):
            assert walk(whole[:end]) is None, (value, end)


def test_nesting_without_end():
    deep = b"\x05\0\0\0\x07"
    for _ in range(40):
        deep = b"\x02\x01" + deep
    assert walk(entry(deep)) == [BEHIND]
    assert walk(structure(deep, CODE, b"\x06\0\0\0\x05"))[-1] == (KEY, 1, 5)
    assert walk(b"\x02\x02" * 400) is None


def test_a_code_without_a_value_names_nothing_elsewhere():
    assert walk(structure(structure(CODE), b"\x06\0\0\0\x05")) == [(0, 1, 5)]
    rows = walk(structure(structure(CODE, UNIT), b"\x06\0\0\0\x05", structure(OTHER, b"\x06\0\0\0\x07")))
    assert rows == [(0, 1, 5), BEHIND]


def test_what_is_not_of_the_list_itself_has_no_place():
    inside = structure(b"\x06\0\0\0\x05", b"\x03\x01")
    assert walk(structure(*[inside] * 100, structure(OTHER, b"\x06\0\0\0\x07"))) == [BEHIND]
    assert walk(structure(b"\x12\0\x05", inside, b"\x12\0\x06")) == [(0, 1, 5), (0, 1, 6)]


def described(code, attribute, later=False):
    head = b"\x12\0\x03" + code + bytes((0x0F, attribute)) + b"\x12\0\0"
    return b"\x02\x06" + head + b"\x02\x02\x16\0\0\x01\0" if later else b"\x02\x04" + head


def test_values_behind_their_names():
    value, other = b"\x06\0\0\0\x05", b"\x06\0\0\0\x07"
    for later in (False, True):
        names = structure(described(CODE, 2, later), described(OTHER, 2, later))
        assert walk(structure(names, value, other)) == [(KEY, 1, 5), BEHIND]
        # The names stand for the last values; an array is one of them.
        assert walk(structure(names, b"\0", value, other)) == [(0, 0, 0), (KEY, 1, 5), BEHIND]
        assert walk(structure(names, b"\x01\x02" + value + value, other)) == [BEHIND]
        assert walk(structure(names, structure(CODE, value), other)) == [BEHIND]


def test_scaler_and_unit_behind_their_names_go_with_their_values():
    names = structure(described(CODE, 2), described(OTHER, 2), described(CODE, 3), described(OTHER, 3))
    value, unit = b"\x06\0\0\0\x05", b"\x02\x02\x0f\x03\x16\x1b"
    data = bytearray(structure(names, value, value, unit, UNIT))
    rows, info = array("i", bytes(32 * MOST)), array("i", bytes(64 + 4 * MOST))
    info[14] = MOST
    assert not axdr_walk(data, 0, len(data), rows, info)
    assert [list(rows[8 * i + 5:8 * i + 7]) for i in range(info[0])] == [[67, 27], [64, 27]]


def test_electricity_with_a_0():
    for code, key in (
        (b"\0\0\x01\x08\0\xff", 1 << 24 | 1 << 16 | 8 << 8), (b"\0\0\x1f\x07\0\xff", 1 << 24 | 31 << 16 | 7 << 8),
        (b"\0\0\x60\x01\0\xff", 96 << 16 | 1 << 8), (b"\0\0\x01\0\0\xff", 1 << 16),
    ):  # fmt: skip
        assert walk(structure(b"\x09\x06" + code, b"\x12\0\x05")) == [(key, 1, 5)]
    # A sub-meter's.
    assert walk(structure(b"\x09\x06\0\x01\x01\x08\0\xff", b"\x12\0\x05")) == []


def test_the_push_itself_names_no_value():
    text = b"\x09\x06\0\x06\x19\x09\0\xff"
    assert walk(structure(text, b"\x12\0\x05")) == [(0, 2, 0), (0, 1, 5)]
