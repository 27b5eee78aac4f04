"""Bytes to text: both interpreters give the same result, that of RFC 3629."""

from han.core.utf8 import text
from tests.support import Random

GOOD = (
    b"", b"plain", b"\0\x7f", b"\xc2\x80", b"\xdf\xbf", b"\xe0\xa0\x80", b"\xec\xbf\xbf", b"\xed\x80\x80",
    b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbf", b"\xf0\x90\x80\x80", b"\xf3\xbf\xbf\xbf", b"\xf4\x8f\xbf\xbf",
    "Ähtäri 網 \U0001f4f6".encode(),
)  # fmt: skip
BAD = (
    # not a first byte, or never one
    b"\x80", b"\xbf", b"\xc0", b"\xc1", b"\xf5", b"\xf8", b"\xfe", b"\xff", b"a\x80", b"\xc3\xa9\xa9",
    # cut off
    b"\xc3", b"\xe2\x82", b"\xf0\x9f\x93", b"\xe2", b"\xf0", b"\xc3a", b"\xe2\x82a", b"\xf0\x9f\x93a", b"\xe2\xe2\x82",
    # longer than need be
    b"\xc0\x80", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf",
    # halves of pairs
    b"\xed\xa0\x80", b"\xed\xaf\xbf", b"\xed\xb0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbc\xed\xbe\x89",
    # beyond U+10FFFF
    b"\xf4\x90\x80\x80", b"\xf7\xbf\xbf\xbf", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80",
)  # fmt: skip


def test_what_is_text_and_what_is_not():
    for kind in (bytes, bytearray):
        for data in GOOD:
            assert text(kind(data)).encode() == data, data
        for data in BAD:
            for whole in (data, b"a" + data, b"a\xc3\xa9" + data + b"z"):
                assert text(kind(whole)) is None, whole


def test_each_character_and_nothing_else_of_its_kind():
    count = 0
    for first in range(256):
        for second in range(256):
            count += text(bytes((first, second))) is not None
    assert count == 128 * 128 + 30 * 64
    count = 0
    for first in range(0xE0, 0xF0):
        for second in range(256):
            count += 64 * (text(bytes((first, second, 0x80))) is not None)
    assert count == 0x10000 - 0x800 - 0x800
    count = 0
    for first in range(0xF0, 256):
        for second in range(256):
            count += 4096 * (text(bytes((first, second, 0xBF, 0x80))) is not None)
    assert count == 0x100000


def test_random_bytes_are_never_text_that_others_cannot_read():
    random = Random(8)
    for _ in range(2000):
        data = b"".join([random.choice(GOOD + BAD) for _ in range(random.between(1, 3))])
        found = text(data)
        if found is None:
            continue
        # Each character is what its number makes: MicroPython writes it the shortest way.
        assert b"".join([chr(ord(character)).encode() for character in found]) == data
        assert not [character for character in found if 0xD800 <= ord(character) < 0xE000 or ord(character) > 0x10FFFF]
