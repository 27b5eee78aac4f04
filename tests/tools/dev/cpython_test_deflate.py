"""What the page is compressed with: zlib reads it, within its window, and could not have made it as small."""

import gzip
import random
import zlib

import pytest

from staging import deflate, page

WINDOW = 12
CASES = {
    "nothing": b"", "one byte": b"a", "one byte, often": b"a" * 1000, "two": b"ab", "no matches": bytes(range(256)),
    "far": bytes(range(250)) * 40, "just too far": random.Random(1).randbytes((1 << WINDOW) + 1) * 2,
    "longest": (b"x" * 258 + b"y") * 9, "noise": random.Random(2).randbytes(3000),
    "skewed": b"".join(bytes([n]) * int(1.6**n) for n in range(22)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_went_in_comes_out(name):
    packed = deflate.gzip(CASES[name], 1 << WINDOW)
    unpacking = zlib.decompressobj(16 + WINDOW)
    assert unpacking.decompress(packed) == CASES[name] and unpacking.eof and not unpacking.unused_data
    assert gzip.decompress(packed) == CASES[name]


def test_random_texts():
    dice = random.Random(3)
    for size in (5, 50, 500, 5000):
        words = [dice.randbytes(dice.randrange(1, 9)) for _ in range(size // 5)]
        data = b"".join(dice.choice(words) for _ in range(size))
        assert zlib.decompress(deflate.gzip(data, 1 << WINDOW), 16 + WINDOW) == data


def test_it_is_smaller_than_what_zlib_makes():
    data = (page.SOURCE / "style.css").read_bytes() + (page.SOURCE / "en.json").read_bytes()
    packing = zlib.compressobj(9, zlib.DEFLATED, 16 + page.WINDOW)
    usual = len(packing.compress(data) + packing.flush())
    assert len(deflate.gzip(data, 1 << page.WINDOW)) < 0.98 * usual
