"""Numbers as registers."""

from han.out.modbus.words import put, put_text, rounded, single
from tests.support import Random


def _exact(word):
    """(numerator, power of two of the denominator) of a positive float of single precision."""
    exponent = word >> 23
    return (word & 0x7FFFFF | 0x800000), 150 - exponent


def _off(number, tens, word):
    """Twice the distance between number / 10^tens and a float, in the float's last places, as a fraction."""
    mantissa, shift = _exact(word)
    # |number / 10^tens - mantissa / 2^shift| · 2^shift · 2
    below = 10**tens
    if shift >= 0:
        return abs((number << shift) - mantissa * below) * 2, below
    return abs(number - (mantissa << -shift) * below) * 2, below << -shift


def test_floats_are_known_bits():
    for number, tens, word in (
        (0, 0, 0), (0, 3, 0), (1, 0, 0x3F800000), (-1, 0, 0xBF800000), (5, 1, 0x3F000000), (1, 1, 0x3DCCCCCD),
        (2301, 1, 0x4366199A), (-12345, 3, 0xC145851F), (49999, 3, 0x4247FEFA), (16777216, 0, 0x4B800000),
        (123456789, 0, 0x4CEB79A3), (999999999999, 0, 0x5368D4A5),
    ):  # fmt: skip
        assert single(number, tens) == word, (number, tens)


def test_floats_are_the_nearest_ones():
    random = Random(20)
    for _ in range(3000):
        number = random.bits(random.between(1, 32)) << random.below(16) | 1
        tens = random.below(5)
        word = single(number, tens)
        off, unit = _off(number, tens, word)
        assert off <= unit, (number, tens, hex(word))
        if off == unit:
            assert not word & 1, "a half goes to the even one"
        assert single(-number, tens) == word | 0x80000000


def test_halves_go_to_the_even_one():
    assert single(16777217, 0) == single(16777216, 0)
    assert single(16777219, 0) == single(16777220, 0)
    assert single(16777215 * 2 + 1, 0) == single(33554432, 0) == 0x4C000000


def test_numbers_are_rounded_away_from_zero():
    for number, tens, wanted in (
        (0, 1, 0), (4, 1, 0), (5, 1, 1), (-4, 1, 0), (-5, 1, -1), (-15, 1, -2), (149, 2, 1), (150, 2, 2), (-150, 2, -2),
        (7, 0, 7), (-7, 0, -7), (7, -2, 700), (123456789012, 3, 123456789),
    ):  # fmt: skip
        assert rounded(number, tens) == wanted, (number, tens)


def test_registers_have_the_most_significant_byte_first():
    buf = bytearray(b"\x55" * 14)
    put(buf, 1, 0x1234, 1)
    put(buf, 2, -2, 2)
    put(buf, 4, 1 << 40, 2)
    assert buf == b"\x55\x55\x12\x34\xff\xff\xff\xfe\0\0\0\0\x55\x55"
    buf = bytearray(8)
    put(buf, 0, 0x0102030405060708, 4)
    assert buf == bytes(range(1, 9))
    buf = bytearray(6)
    put_text(buf, 1, "abcdef", 2)
    assert buf == b"\0\0abcd"
    put_text(buf, 1, "x", 2)
    assert buf == b"\0\0xbcd"
