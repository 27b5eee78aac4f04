"""JSON in pieces, numbers without floats, dates."""

import json

from han.price.day import unix
from han.price.scan import Scanner, Wrong, scaled
from tests.support import Random, raises

_TEXT = (
    b'{"a": [1, -2.50, 1e3 , null,true], "long": "x\\"]}, y%s", "b":{"c":{}, "d":[[],[{"e":"f"}]]},"":0}' % (b"z" * 90)
)


def scan(*pieces):
    """[(keys, text, quoted)] of JSON in pieces."""
    found = []
    scanner = Scanner(lambda keys, text, quoted: found.append((tuple(keys), text, quoted)))
    for piece in pieces:
        scanner.feed(piece)
    scanner.done()
    return found


def test_values_come_with_their_way():
    found = scan(_TEXT)
    assert found[0] == (("a", ""), b"1", False)
    assert [each[1] for each in found[:5]] == [b"1", b"-2.50", b"1e3", b"null", b"true"]
    assert found[5][0] == ("long",) and found[5][2] and len(found[5][1]) == Scanner.length
    assert found[6:] == [
        (("b", "c"), None, False),
        (("b", "d", "", "", "e"), b"f", True),
        (("b", "d", "", ""), None, False),
        (("b",), None, False),
        (("",), b"0", False),
        ((), None, False),
    ]
    assert scan(b" 12 ") == scan(b"12") == [((), b"12", False)]


def test_pieces_make_no_difference():
    whole = scan(_TEXT)
    for cut in range(len(_TEXT) + 1):
        assert scan(_TEXT[:cut], _TEXT[cut:]) == whole
    assert scan(*[bytes((byte,)) for byte in _TEXT]) == whole


def test_what_is_cut_short_is_wrong_at_every_place():
    for cut in range(len(_TEXT)):
        with raises(Wrong):
            scan(_TEXT[:cut])


def test_what_is_not_json_is_wrong():
    for text in (
        b"", b" ", b"<html>", b"[1,]", b"[,1]", b"{,}", b'{"a"}', b'{"a":}', b'{"a":1,}', b"{1:2}", b"[1 2]",
        b"[1}", b'{"a":1]', b"]", b"[]]", b"[] []", b"[1]2", b'["\n"]', b"[nan]x", b"[NaN]", b"[+1]",
        b"[" * 9 + b"]" * 9, b"[" + b"1" * 50 + b"]", b"\xef\xbb\xbf[]", b"{a:1}", b"['a']", b"[1;2]",
        b"\x1f\x8b\x08\x00",
    ):  # fmt: skip
        with raises(Wrong):
            scan(text)


def test_noise_never_crashes():
    random = Random(5)
    for _ in range(2000):
        text = bytearray(_TEXT)
        for _ in range(random.between(1, 4)):
            text[random.below(len(text))] = random.choice(b'{}[],:"0-e\\ \xff<')
        try:
            scan(bytes(text))
        except Wrong:
            pass


def test_numbers_are_exact():
    for text, places, number in (
        (b"43.21", 5, 4321000), (b"-0.05", 5, -5000), (b"0", 5, 0), (b"-0.0", 5, 0), (b"4000.00", 5, 400000000),
        (b"1e-05", 8, 1000), (b"1.5E+2", 5, 15000000), (b"0.123456789", 8, 12345679), (b"0.5", 0, 1), (b"-0.5", 0, -1),
        (b"0.49", 0, 0), (b"8.1234565", 6, 8123457), (b"123456789.123456", 6, 123456789123456),
    ):  # fmt: skip
        assert scaled(text, places) == number, text
    assert scaled(b"null", 5) is None
    for text in (b"", b"-", b".", b"1.2.3", b"true", b"1e", b"1e+", b"1e9999", b"--1", b"0x10", b"1_0", b"NaN", b".5"):
        with raises(Wrong):
            scaled(text, 5)
    random = Random(3)
    for _ in range(300):
        number = random.bits(32) - 2**31
        digits = "%010d" % abs(number)
        text = ("-" if number < 0 else "") + digits[:-5] + "." + digits[-5:]
        assert scaled(text.encode(), 5) == number
        assert json.loads(json.dumps(number)) == number


def test_dates():
    assert unix(b"2025-10-26T02:00:00+02:00") == 1761436800
    assert unix(b"2025-10-26T02:45:00+01:00") == 1761436800 + 3600 + 2700
    assert unix(b"2025-10-25T22:00:00Z") == unix(b"2025-10-25T22:00:00.000Z") == 1761429600
    assert unix(b"2025-10-25T17:00:00-05:00") == 1761429600
    for text in (b"", b"2025-10-26", b"2025-10-26 02:00:00+02:00", b"2025-10-26T02:00:00", b"2025-10-26T02:00:00+0200",
                 b"2025-1a-26T02:00:00Z", b"1761436800"):  # fmt: skip
        with raises(Wrong):
            unix(text)
