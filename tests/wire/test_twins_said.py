"""The viper loops over texts and clocks of a telegram against their twins."""
from array import array

from tests.support import Random, skip

try:
    from han.meter import fill_fast, said_fast
except ImportError:
    skip("no viper on this interpreter: the twins are what runs")

from han.meter import fill_plain, reading, said_plain
from han.meter.obis import CODES, KEYS, KNOWN, TEXTS

MOST = 24
ROUNDS = 300


def filled(module, buf, rows, n, texts):
    one = reading.Reading()
    one.texts = list(texts)
    more = module.fill(rows, n, buf, one, reading.COMMON)
    return more, bytes(one.special), bytes(one.said)


def test_texts_that_are_known():
    random = Random(26)
    words = b"AB  ", b"AB", b"\0\0", b"\x01B ", b"\x20", b"X" * 70, b"X" * 64, b"", b"CD\0"
    keys = [KEYS[i] for i in range(KNOWN) if TEXTS <= CODES[i] < TEXTS + 8]
    seen = set()
    for _ in range(2 * ROUNDS):
        data = bytearray()
        rows = array("i", bytes(32 * MOST))
        n = random.between(1, 6)
        for i in range(n):
            word = random.choice(words)
            row = random.choice(keys), len(data), len(word), 0, 0, 64, 255, 2
            data += word
            for k in range(8):
                rows[8 * i + k] = row[k]
        texts = [random.choice((b"AB", b"X" * 64, b"\x01B ", b"CD", b"")) for _ in range(6)]
        one, two = [filled(module, data, rows, n, texts) for module in (fill_fast, fill_plain)]
        assert one == two, (bytes(data), texts, one, two)
        seen.add(one[2])
        made = reading.Reading()
        made.texts = texts
        made.fill(data, rows, n, reading.COMMON)
        for source in range(8):
            one, two = [module.heard(made, data, rows, source) for module in (said_fast, said_plain)]
            assert one == two
    assert len(seen) > 8


def test_date_times():
    random = Random(27)
    good = 0
    for _ in range(4 * ROUNDS):
        year = random.choice((1969, 1970, 2000, 2019, 2020, 2024, 2099, 2100, random.between(1970, 2099)))
        data = bytearray(year.to_bytes(2, "big") + bytes((random.below(14), random.below(33), 0, random.below(25),
                                                         random.below(61), random.below(62), 0)) + random.bytes(3))
        one, two = array("i", bytes(16)), array("i", bytes(16))
        found = [module.date_time(b"x" + data, 1, when) for module, when in ((said_fast, one), (said_plain, two))]
        assert found[0] == found[1] and one == two, (bytes(data), one, two)
        good += found[0]
        if found[0]:
            assert one[0] * 86400 + one[1] == reading.seconds(year, data[2], data[3], data[5], data[6], data[7])
    assert good > ROUNDS


def test_times_of_p1():
    random = Random(32)
    good = 0
    for _ in range(4 * ROUNDS):
        numbers = [random.below(most) for most in (100, 14, 33, 25, 61, 62)]
        text = b"".join([b"%02d" % number for number in numbers]) + random.choice((b"S", b"W", b"", b"x", b"Sx"))
        data = bytearray(b"(" + text + b")")
        if random.below(8) == 0:
            data[random.between(1, 12)] = random.bits(8)
        one, two = array("i", bytes(16)), array("i", bytes(16))
        found = [module.p1_time(data, 1, len(text), when) for module, when in ((said_fast, one), (said_plain, two))]
        assert found[0] == found[1] and (not found[0] or one == two), (bytes(data), one, two)
        good += found[0]
    assert good > ROUNDS


def test_what_p1_says():
    random = Random(33)
    seen = set()
    line = b"/XMX5LGBBFG"
    for _ in range(4 * ROUNDS):
        data = bytearray(random.choice((line, line, line[:4], b"/XMX5LGBBFH", line + b"x", b"/AMX5LGBBFG", b"")))
        data = bytearray(b"--") + data + random.choice((b"\r\n", b"\n", b""))
        rows = array("i", bytes(32 * 3))
        special = bytearray(11)
        for i, texts in enumerate((
            (b"240407122854S", b"241307122854W", b"240407122854"),
            (b"12:28:54", b"122854", b"25:00:00", b"12-28:54", b"12 28 54"),
            (b"2024-04-07", b"20240407", b"240407", b"20-04-07", b"2x240407", b"24-04-32", b"7"),
        )):  # fmt: skip
            text = random.choice(texts)
            rows[8 * i + 1], rows[8 * i + 2] = len(data), len(text)
            special[8 + i] = random.choice((0, i + 1, i + 1))
            data += text
        results = []
        known = random.choice((line, line, b"/XMX5LGBBFH", b""))
        kind = random.choice((known[4:], known[4:], b"x", b""))
        stop = random.choice((len(data), len(data), 2, 8))
        for module in said_fast, said_plain:
            one = reading.Reading()
            one.special[8:11] = special[8:]
            one.texts = [b"", kind, known[1:4], b"", known, b""]
            found = module.p1_said(one, data, array("i", (0, stop, 2)), rows)
            results.append((found, list(one.when), bytes(one.said)))
        assert results[0] == results[1], (bytes(data), list(rows), bytes(special), known, kind, stop, results)
        seen.add((results[0][0] & 1, results[0][1][1] < 0, special[8] > 0))
    assert len(seen) == 8, seen


def test_the_rest_of_a_list_and_its_kind():
    random = Random(28)
    seen = set()
    times = bytes.fromhex("07e70718011328190 0ff8880".replace(" ", "")), bytes(12), b"\x07\xe9" + b"\xff" * 10
    for _ in range(2 * ROUNDS):
        data = bytearray(random.choice(times) + random.choice(times) + b"KFM_00123456")
        front = random.below(13)
        rows = array("i", bytes(32 * 3))
        n = random.below(4)
        for i in range(n):
            key, at, size = random.choice((0, 0x10100)), random.choice((0, 12, 24)), random.choice((0, 2, 8, 9, 12))
            row = key, at, size, 0, 0, 64, 255, random.choice((0, 1, 2, 2))
            for k in range(8):
                rows[8 * i + k] = row[k]
        results = []
        for module in said_fast, said_plain:
            one = reading.Reading()
            one.special[8] = n and random.below(1) + n
            one.said[0] = front & 1
            one.texts = [b"KFM_0012", b"KFM_0013", bytes(data[:12]), b""][n % 4 :][:1] * 6
            found = module.rest(one, data, array("i", (random.below(1) + 24, 40, front)), rows, array("i", (n,)))
            results.append((found, list(one.when), bytes(one.said)))
        assert results[0] == results[1]
        info = array("i", (n, random.below(2), 0, random.below(2)))
        text = random.choice((b"", b"KFM_0012", b"KF", bytes(data[:8]), bytes(data[12:20])))
        mark = array("i", (random.choice((0x7FFE, 0x7FFF, n, n + 1)), random.below(2), len(text)) + tuple(text))
        one, two = [module.alike(data, rows, info, mark) for module in (said_fast, said_plain)]
        assert one == two, (n, list(rows), list(info), list(mark), text)
        seen.add((results[0][0], results[0][1][1] < 0, one))
    assert len(seen) == 8, seen
