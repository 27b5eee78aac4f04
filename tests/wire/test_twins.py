"""Every viper loop against its twin in ordinary Python, on random and on meaningful input."""
from array import array

from tests.support import Random, raw, skip, telegrams
from tests.wire import test_sml as sml

try:
    from han.ota.slot import fold_fast
    from han.wire import fast, texts_fast
    from han.wire.layers import gcm_fast
    from han.wire.rows import lines_fast, sml_fast, walk_fast
except ImportError:
    skip("no viper on this interpreter: the twins are what runs")

from han.meter import fill_fast, fill_plain, reading
from han.meter.besides import more_fast, more_plain
from han.meter.lists import profiles
from han.meter.obis import FIELDS, KEYS, KNOWN, LOG, MORE, MORE_UNITS, PEAK, SPECIALS, TEXTS
from han.ota.slot import fold_plain
from han.wire.layers import gcm, gcm_plain
from han.wire.rows import lines_plain, sml_plain, walk_plain
from han.wire import plain, tables, texts_plain

MOST = 24
ROUNDS = 300


def test_checksums_and_sums():
    random = Random(11)
    for _ in range(ROUNDS):
        data = bytearray(random.bytes(random.below(90)))
        start = random.below(len(data) + 1)
        for one, two, name in ((fast, plain, "crc_x25"), (texts_fast, texts_plain, "crc_arc"), (fast, plain, "sum8")):
            assert getattr(one, name)(data, start, len(data)) == getattr(two, name)(data, start, len(data)), name
        first = random.bits(16)
        one, two = [module.crc_by(tables.x25(), first, data, start, len(data)) for module in (fast, plain)]
        assert one == two


def test_fold():
    random = Random(25)
    for _ in range(ROUNDS):
        data = random.bytes(random.below(90))
        start = random.below(len(data) + 1)
        total = random.bits(8)
        one, two = (module.fold(data, start, len(data), total) for module in (fold_fast, fold_plain))
        assert one == two


def test_copy_same():
    random = Random(12)
    for _ in range(ROUNDS):
        data = random.bytes(60)
        start = random.below(60)
        to = random.below(start + 1)
        one, two = bytearray(data), bytearray(data)
        fast.copy(one, to, one, start, 60)
        plain.copy(two, to, two, start, 60)
        assert one == two
        source = random.bytes(20)
        to = random.below(60 - 17)
        fast.copy(one, to, source, 3, 20)
        plain.copy(two, to, source, 3, 20)
        assert one == two
        other = bytearray(data)
        other[random.below(60)] ^= random.below(2)
        size = 60 - start
        assert fast.same(other, start, data[start:], size) == plain.same(other, start, data[start:], size)


def test_hunt_and_text_end():
    random = Random(13)
    alphabet = b"\x7e\xa0\xaf\xaf\x02\x8d!\xa1\x68\x10\x10/AbC!\r\n\xdb\x08\x00\xff 7\t\x7f\xc3\x1b\x1b\x1b\x01\x01"
    for _ in range(4 * ROUNDS):
        data = bytearray(random.choice(alphabet) for _ in range(random.between(1, 40)))
        start = random.below(len(data))
        assert fast.hunt(data, start, len(data)) == plain.hunt(data, start, len(data)), bytes(data)
        mask = random.choice((0xFF, 0x7F))
        if start:
            one, two = (module.text_end(data, start, len(data), mask) for module in (fast, plain))
            assert one == two, bytes(data)


def test_digits():
    random = Random(33)
    for _ in range(ROUNDS):
        data = bytearray(random.choice(b"0189AFaf!\r\ng\xc1\xb1/:@G`") for _ in range(random.between(1, 6)))
        start, mask = random.below(len(data)), random.choice((0xFF, 0x7F))
        one, two = [module.digits(data, start, len(data), mask) for module in (fast, plain)]
        assert one == two, bytes(data)


def test_parity_and_escapes():
    random = Random(22)
    for _ in range(ROUNDS):
        data = bytearray(random.choice(b"\x1b\x1b\x1b\x1b\x1b\x01\xff") for _ in range(random.below(50)))
        start = random.below(len(data) + 1)
        end = len(data)
        assert sml_fast.find_escape(data, start, end) == sml_plain.find_escape(data, start, end), bytes(data)
        data = random.bytes(40)
        assert fast.odd_parity(data, start % 40, 40) == plain.odd_parity(data, start % 40, 40)
        one, two = bytearray(data), bytearray(data)
        fast.strip_parity(one, start % 40, 40)
        plain.strip_parity(two, start % 40, 40)
        assert one == two


def walked(module, data, start):
    rows = array("i", bytes(32 * MOST))
    info = array("i", bytes(64 + 4 * MOST))
    info[14] = MOST
    full = module.axdr_walk(data, start, len(data), rows, info)
    if full and info[15] != len(data):
        return "malformed"
    return full, info[15], list(info[:4]), [tuple(rows[8 * i:8 * i + 8]) for i in range(info[0])]


def length(random, size):
    """A BER length, some of them longer than they have to be."""
    wide = random.below(12)
    if wide > 4 or not wide and size < 128:
        return bytes((size,))
    wide = max(wide, 1)
    return bytes((0x80 + wide,)) + size.to_bytes(wide, "big")


def obis_code(random):
    if random.below(3) == 0:
        codes = (b"\x18\1\0", b"\x18\2\1", b"\x60\3\x0a", b"\x60\1\0", b"\x60\x0e\0", b"\x60\7\x15", b"\x18\x82\1")
        return bytes((random.choice(b"\0\0\0\1\2"), random.below(12))) + random.choice(codes) + b"\xff"
    return bytes((random.below(2), random.below(3), random.choice(b"\x01\x02\x20\x60\x19\x00"),
                  random.choice(b"\x07\x08\x01\x09\x00"), random.below(2), 0xFF))


def described_object(random):
    """What an object list says of one value."""
    attribute = bytes((0x0F, random.choice((2, 2, 2, 3, 3, 4, 5, 9))))
    head = b"\x12\x00\x03\x09\x06" + obis_code(random) + attribute + b"\x12\x00\x00"
    if random.below(3):
        return b"\x02\x04" + head
    return b"\x02" + random.choice((b"\x06" + head + b"\x02\x02\x16\0\0\x01\0", b"\x05" + head + b"\0", b"\x06" + head))


def described(random, depth=0):
    """The type of a compact array's elements."""
    kind = random.below(9)
    if kind == 0 and depth < 5:
        return b"\x01" + random.bytes(2) + described(random, depth + 1)
    if kind < 3 and depth < 5:
        n = random.below(5)
        return b"\x02" + length(random, n) + b"".join(described(random, depth + 1) for _ in range(n))
    return bytes((random.choice(b"\x00\x03\x04\x05\x06\x09\x0f\x10\x12\x14\x15\x16\x17\x19\xff\x21\x07\x13"),))


def axdr(random, depth=0):
    """Bytes that look like A-XDR, some of them wrong."""
    kind = random.below(16)
    if kind < 3 and depth < 10:
        n = random.below(5)
        return bytes((1 + random.below(2),)) + length(random, n) + b"".join(axdr(random, depth + 1) for _ in range(n))
    obis = obis_code(random)
    if kind == 3 or kind == 14:
        return b"\x09\x06" + obis
    if kind == 4:
        return b"\x06\x09" + obis
    if kind == 5:
        return b"\x02\x02\x0f" + random.bytes(1) + b"\x16" + random.bytes(1)
    if kind == 6:
        return described_object(random)
    if kind == 7:
        attribute = random.choice(b"\2\2\2\3\5\x09")
        value = random.choice((b"\x06" + random.bytes(4), b"\3\1", b"\x16\2"))
        return b"\x02\x02\x00\x03" + obis + bytes((attribute,)) + value
    if kind == 8:
        return b"\x09\x0c\x07\xe5\x02\x03\x04\x05\x06\x07\xff\x80\x00\x00"
    if kind == 9:
        n = random.below(20)
        return bytes((random.choice(b"\x09\x0a\x0c"),)) + length(random, n) + random.bytes(n)
    if kind == 10:
        return bytes((random.choice(b"\x14\x15"),)) + random.choice((b"\0\0", b"\xff\xff", b"\0\x3f")) + random.bytes(6)
    if kind == 11:
        n = random.below(20)
        return b"\x13" + described(random) + length(random, n) + random.bytes(n)
    if kind == 12:
        n = random.below(40)
        return b"\x04" + length(random, n) + random.bytes((n + 7) // 8)
    tag, size = random.choice(((5, 4), (6, 4), (0x10, 2), (0x12, 2), (0x0F, 1), (0x11, 1), (0x16, 1), (0, 0), (0x0D, 1),
                               (3, 1), (0x17, 4), (0x18, 8), (0x19, 12), (0x1A, 5), (0x1B, 4), (0xFF, 0), (0x30, 1),
                               (0x1C, 1), (0x1D, 2), (0x1E, 4), (0x1F, 1), (0x20, 2), (0x21, 4)))
    return bytes((tag,)) + random.bytes(size)


def test_axdr_walk_on_generated_values():
    random = Random(14)
    good = 0
    for _ in range(10 * ROUNDS):
        data = axdr(random)
        kind = random.below(4)
        if kind:
            # Codes and values by turns, as they come, or behind names.
            parts = [axdr(random, 8) for _ in range(random.below(9))]
            if kind > 2:
                names = [described_object(random) for _ in range(random.below(len(parts) + 3))]
                parts = [b"\x01" + bytes((len(names),)) + b"".join(names)] + parts
            data = b"\x02" + bytes((len(parts),)) + b"".join(parts)
        data = bytearray(b"xy" + data)
        if random.below(4) == 0:
            data = data[:random.between(2, len(data))]
        elif random.below(4) == 0 and len(data) > 3:
            data[random.between(2, len(data) - 1)] = random.bits(8)
        one, two = walked(walk_fast, data, 2), walked(walk_plain, data, 2)
        assert one == two, (bytes(data), one, two)
        good += one != "malformed"
    assert good > ROUNDS


def lines(module, data):
    rows = array("i", bytes(32 * MOST))
    n = module.p1_walk(data, 0, len(data), rows, MOST, KEYS, KNOWN)
    found = [n >> 8]
    for i in range(n & 255):
        row = tuple(rows[8 * i:8 * i + 8])
        # What a text would be as a number is nobody's business.
        found.append(row if row[7] & 15 == 1 else row[:3])
    return found


def test_p1_walk_on_generated_lines():
    random = Random(15)
    codes = ("1-0:1.8.0", "1-0:32.7.0", "0-0:1.0.0", "0-0:96.1.1", "1.7.0", "1-0:2.8.2*255", "0-1:96.1.0",
             "1-0:21.7.0.255", "1-1:1.7.0", "x", "1-0:300.7.0", "0-1:1.0.0", "1-0:1.7", "\x021-0:1.7.0", "1.8.0*01",
             "1-0:1.7.255*255", "1.8.8&12", "0.9.1", "1-0:0.9.2", "1-0:1.8.0*255*1", "1-0-1:1.7.0", "1-0:1.7:0",
             "1-0:1.6.0", "0-1:96.3.10", "0-9:96.3.10", "0-10:96.3.10", "1-2:96.3.10", "1-0:99.97.0", "0-0:96.13.0",
             "1-0:1.6.0", "1-0:0.0.0", "0-1:24.2.1",
             "\x020-2:24.1.0*255", "0-0:24.1.0", "0-3:24.2.1*300", "1-1:24.2.1", "0-4:24.2")
    values = ("000123.456*kWh", "12", "-5.25*A", "230.1*V", "9*kW", "1.2kVAr", "0*varh", "(", "", "4B3845", "1,5*W",
              "99999999999999999999", "1..2*kW", "7*kVArh", "240101120000S", "3*mA", "00.1*MWh", "8*Wh)(9*Wh",
              "1.*kW", "5*k", "5*", "5**W", "+7*W", "3*MA", "3*mW", "1.5", "1.5*m", "3.4*kW ", " 3*W", "14:52:39",
              "230109134558W)(2.5*kW", "230109134558)(2.5*kW", "230109134558W)(", "230109)(1*kW")
    for _ in range(4 * ROUNDS):
        text = ""
        for _ in range(random.between(1, 6)):
            text += random.choice(codes) + random.choice(("(", "(", "", "((")) + random.choice(values)
            text += random.choice((")", ")", "")) + random.choice(("\r\n", "\n", "\r", ""))
        data = bytearray(text.encode())
        assert lines(lines_fast, data) == lines(lines_plain, data), text


def gathered(module, data, start, room, before):
    out = bytearray(before)
    return module.gather(data, start, len(data), out, room), out


def test_gather_on_generated_lines():
    random = Random(16)
    codes = ("0-1:24.1.0", "0-2:24.2.1", "0-9:24.3.0", "0-1:96.1.0", "0-4:96.1.1", "0-1:96.3.10", "0-0:24.2.1", "",
             "\x020-1:24.2.3", "1-1:24.2.1", "0-1:2", "0-1:24.", "0-1:96.1", "0-1:96.1.", "1-0:1.8.0", "0-10:24.1.0")
    values = ("(003)", "(181106140010W)(01569.646*m3)", "()", "", "(" + "5" * 120 + ")", "(\xe9)", "(00124.477)", "!")
    before = bytearray(400)
    for _ in range(4 * ROUNDS):
        text = "".join([random.choice(codes) + random.choice(values) + random.choice(("\r\n", "\n", "\r", "\r\n\r\n"))
                        for _ in range(random.between(1, 6))])
        data = bytearray([ord(character) for character in text])
        start = random.choice((0, 0, min(5, len(data))))
        room = random.choice((0, 20, 60, 400))
        one, two = [gathered(module, data, start, room, before) for module in (lines_fast, lines_plain)]
        assert one == two, (text, start, room)
        again = gathered(lines_fast, data, start, room, one[1])
        assert again == (one[0] & ~1, one[1])
        before = one[1]


def filled(module, rows, n, profile):
    one = reading.Reading()
    one.present[3] = one.said[2] = one.special[1] = 1
    more = module.fill(rows, n, bytearray(9), one, profile)
    numbers = [(one.values[2 * i], one.values[2 * i + 1]) if one.present[i] else None for i in range(FIELDS)]
    return more, numbers, bytes(one.present), bytes(one.special), bytes(one.said)


def test_fill_on_random_rows():
    random = Random(16)
    profile = profiles.coded(b"")
    for round_ in range(3 * ROUNDS):
        rows = array("i", bytes(32 * MOST))
        n = random.between(1, MOST)
        for i in range(n):
            key = random.choice((0, KEYS[random.below(KNOWN)], KEYS[random.below(KNOWN)], random.bits(25)))
            row = (key, 0, random.choice((0, 2, 4, 8)),
                   random.bits(24), random.choice((0, 0, random.bits(8), random.bits(26))),
                   64 + random.between(-12, 12), random.choice((27, 29, 35, 33, 30, 32, 255, 255)),
                   random.choice((1, 1, 17, 2, 3)))
            for k in range(8):
                rows[8 * i + k] = row[k]
        for p in (profile, profiles.coded(b"Kamstrup"), reading.P1):
            assert filled(fill_fast, rows, n, p) == filled(fill_plain, rows, n, p)


def read_more(module, text, rows, special, how, sizes, texts, end):
    numbers = array("i", range(len(MORE_UNITS) + 1))
    module.more(text, rows, special, how, numbers)
    return list(numbers), module.unchanged(text, rows, special, end, sizes, *texts)


def test_more_on_random_rows():
    random = Random(26)
    pieces = (b"0002", b"T3", b"T", b"4.556", b"-0.5", b"0.981", b"50.00*Hz", b"0.05*kHz", b"*Hz", b"1.*Hz", b"5*xHz",
              b"7*H", b"999999999", b"00000000000000001", b"1,5", b"--1", b"", b"ER11", b"1.2.3", b"0*MHz",
              b"T-1", b"9.x")
    same = 0
    for _ in range(3 * ROUNDS):
        text = bytearray(b"1-0:99.97.0(" + b"x" * 20)
        rows = array("i", bytes(32 * MOST))
        special = bytearray(SPECIALS)
        for i in range(MOST):
            piece = random.choice(pieces)
            text += random.choice((b"(", b"(230109134558W)(", b"(230109134558)(", b"\r\n"))
            row = (random.bits(25), len(text), len(piece), random.choice((random.bits(24), random.bits(7), 1000)),
                   random.choice((0, 0, 0, random.bits(5), random.bits(26))), 64 + random.between(-5, 6),
                   random.choice((27, 28, 33, 44, 255, 255)), random.choice((1, 1, 17, 2, 2, 18, 3)))
            text += piece + random.choice((b")", b")(x)", b")\r\n", b"\n"))
            for k in range(8):
                rows[8 * i + k] = row[k]
            special[random.between(MORE - TEXTS, SPECIALS - 1)] = i + 1
        end = random.choice((0, len(text), len(text) - 3))
        texts, sizes = [], array("i", bytes(16))
        for slot in range(4):
            k = special[PEAK - TEXTS if slot == 3 else LOG - TEXTS + slot]
            at, size = (rows[8 * k - 7], rows[8 * k - 6]) if k else (0, 0)
            if k and end and not slot:
                size = min(len(bytes(text[at:end]).split(b"\r")[0].split(b"\n")[0]), max(0, end - at))
            if slot == 3:
                before = bytes(text[at - 16:at]) if k else b""
                size = 13 if before[:1] == b"(" else 12 if before[1:2] == b"(" else 0
                size = size if end and before[-2:] == b")(" else 0
                at -= size + 2
            said = bytes(text[at:at + size])
            if not random.below(12):
                said = said[:-1] + b"?"
            texts.append(said)
            sizes[slot] = len(said)
        how = random.below(4)
        given = text, rows, special, how, sizes, texts, end
        one, two = [read_more(module, *given) for module in (more_fast, more_plain)]
        assert one == two, (given, one, two)
        same += one[1]
    assert ROUNDS < same < 3 * ROUNDS, same


def test_overlay():
    random = Random(17)
    for _ in range(ROUNDS):
        data = [random.bits(24) for _ in range(4 * FIELDS)]
        over = array("i", data[2 * FIELDS:])
        there = bytes(random.choice((0, 1, 3)) for _ in range(FIELDS))
        results = []
        for module in (fill_fast, fill_plain):
            values, present = array("i", data[:2 * FIELDS]), bytearray(FIELDS)
            module.overlay(values, present, over, there)
            results.append((list(values), bytes(present)))
        assert results[0] == results[1]


def test_beyond():
    random = Random(20)
    limits = array("i", [random.bits(random.choice((20, 28))) for _ in range(22)])
    found = 0
    for _ in range(ROUNDS):
        values = array("i", [random.choice((0, random.bits(16), random.bits(24))) if i % 2 == 0 else
                             random.choice((0,) * 60 + (1, 5)) for i in range(2 * FIELDS)])
        present = bytearray(random.choice((0,) * 30 + (1, 1, 3)) for _ in range(FIELDS))
        one, two = (module.beyond(values, present, limits) for module in (fill_fast, fill_plain))
        assert one == two
        found += one >= 0
    assert 0 < found < ROUNDS


def test_walks_on_the_recorded_telegrams():
    for entry in telegrams(framing="raw-apdu"):
        data = bytearray(raw(entry))
        for start in range(0, 30):
            assert walked(walk_fast, data, start) == walked(walk_plain, data, start), entry["id"]
    for entry in telegrams(framing="p1"):
        data = bytearray(raw(entry))
        assert lines(lines_fast, data) == lines(lines_plain, data), entry["id"]


def entries(module, data, most=MOST):
    rows = array("i", bytes(32 * MOST))
    n = module.walk(data, 0, len(data), rows, most, KEYS, KNOWN)
    return n, list(rows[:8 * max(n, 0)])


def sml_number(random):
    size = random.between(1, 9)
    return sml.integer(random.choice((random.bits(32) - random.bits(32), -(1 << 8 * size - 1), random.bits(8))), size,
                       random.below(2))


def sml_entry(random):
    code = random.choice((
        b"\x01\0\x01\x08\0", b"\x01\0\x02\x08\0", b"\x01\0\x10\x07\0", b"\x01\x02\x02\x08\0", b"\x01\0\x60\x01\0",
        b"\x81\x81\xc7\x82\x03", b"\x81\x81\xc7\x82\x05", b"\x02\0\x01\x08\0", b"\xff\0\x01\x08\0", b"\0\0\0\0\0",
        bytes((random.below(3), random.below(3), random.below(3), random.below(9), random.below(2)))))
    value = random.choice((
        sml_number(random), sml_number(random), sml_number(random), sml.octets(random.bytes(random.below(14))),
        b"\x42\x01", b"\x82\x02" + bytes(32), b"\xd0\x07" + random.bytes(5), b"\x80\x80\x06abc",
        b"\x72\x62\x01\x65\0\0\0\x05", b"\x01"))
    small = (b"\x01", b"\x01", b"\x62\x1b", b"\x62\x1e", b"\x62\x1e", b"\x62\xff", b"\x52\xfe", b"\x52\x80",
             b"\x63\0\x1e", b"\x63\x01\x1e", b"\xe0\x03\x1b", b"\x42\x01", b"\x51", b"\x71\x01", b"\x80\x02")
    status = random.choice((b"\x01", b"\x65\0\0\0\1", b"\x63\x01\xa2", b"\x64\x1c\x79\x04", b"\xf0\x01\x01",
                            b"\x72\x62\x01\x65\0\0\0\x05", b"\x69" + random.bytes(8)))
    time = random.choice((b"\x01", b"\x72\x62\x01\x65\0\0\0\x05", b"\x65\0\0\0\x05",
                          b"\x72\x62\x03\x73\x65abcd\x53ab\x53ab"))
    tail = bytes((random.choice((255, 255, 255, 96, 1)),))
    opening = random.choice((b"\x77", b"\x77", b"\x77", b"\xf0\x07"))
    scaled = random.choice(small) + random.choice(small)
    signature = random.choice((b"\x01", b"\x83\x02" + bytes(48)))
    return opening + sml.octets(code + tail) + status + time + scaled + value + signature


def sml_list(count):
    return bytes((0x70 | count,)) if count < 16 else bytes((0xF0 | count >> 4, count & 15))


def test_sml_walk_on_generated_messages():
    random = Random(24)
    good = rows = 0
    for _ in range(6 * ROUNDS):
        data = b""
        for _ in range(random.between(1, 3)):
            listed = b""
            count = random.below(18)
            for _ in range(count):
                listed += sml_entry(random) if random.below(4) else b"\x76\x01\x01\x01\x01\x01\x01"
            client = random.choice((b"\x01", b"\x07abcdef"))
            last = random.choice((b"\x01", b"\x72\x62\x01\x65abcd"))
            body = b"\x77" + client + b"\x0b\x0a\x01EMH\0\0abc\x01\x72\x62\x01\x65abcd"
            body += sml_list(count) + listed + b"\x01" + last
            tag = random.choice((b"\x63\x07\x01",) * 3 + (b"\x65\0\0\x07\x01", b"\x63\x01\x01", b"\x53\x07\x01"))
            data += b"\x76\x05abcd\x62\0\x62\0\x72" + tag + body + b"\x63\x12\x34\0"
            if random.below(5) == 0:
                data += random.choice((b"\0", b"\x01", b"\x76\x01", b"\x83\x82\x81\x01", random.bytes(2)))
        data = bytearray(data)
        if random.below(3) == 0:
            data[random.below(len(data))] = random.choice((random.bits(8), 0x77, 0x62, 0x52, 0x01, 0x00, 0xF7))
        if random.below(5) == 0:
            data = data[:random.between(1, len(data))]
        most = random.choice((MOST, 3))
        one, two = entries(sml_fast, data, most), entries(sml_plain, data, most)
        assert one == two, (bytes(data), one, two)
        good += one[0] >= 0
        rows += max(one[0], 0)
    assert good > ROUNDS and rows > 2 * ROUNDS, (good, rows)


def test_gcm_loops():
    random = Random(18)
    for _ in range(40):
        data, nonce = random.bytes(64), bytearray(random.bytes(12))
        one, two = bytearray(data), bytearray(data)
        first = random.bits(15)
        gcm_fast.counters(one, 4, first, nonce)
        gcm_plain.counters(two, 4, first, nonce)
        assert one == two
        data, key = random.bytes(50), random.bytes(45)
        one, two = bytearray(data), bytearray(data)
        assert gcm_fast.xor(one, 7, key, 5, 47, 45) == gcm_plain.xor(two, 7, key, 5, 47, 45) == 47
        assert one == two
        key = random.bytes(256)
        assert gcm_fast.xor(one, 3, key, 240, 47, 256) == gcm_plain.xor(two, 3, key, 240, 47, 256) == 19
        assert one == two


def test_tags():
    random = Random(23)
    for _ in range(40):
        state = array("i", [random.bits(31) - random.bits(31) for _ in range(4)])
        mask = random.bytes(16)
        tag = bytes(state[i >> 2] >> 24 - 8 * (i & 3) & 0xFF ^ mask[i] for i in range(12))
        data = bytearray(b"xyz" + tag)
        wrong = random.below(2)
        data[3 + random.below(12)] ^= wrong << random.below(8)
        one, two = (module.differs(state, 12, 3, data, mask) for module in (gcm_fast, gcm_plain))
        assert one == two and bool(one) == bool(wrong)


def test_ghash():
    random = Random(19)
    for _ in range(20):
        cipher = gcm.Cipher(random.bytes(16), random.bytes(16))
        data = random.bytes(random.below(70))
        begun = array("i", [random.bits(31) - random.bits(31) for _ in range(4)])
        states = []
        clear = random.choice((-1, 0, 17, 700))
        for module in (gcm_fast, gcm_plain):
            state = array("i", bytes(16))
            module.ghash(state, 0, len(data), cipher.table, data, begun, clear)
            states.append(list(state))
        assert states[0] == states[1]


def test_powers():
    random = Random(21)
    sizes = (0, 230, 1799, 1800, 2300, 2600, 2601, 3600, 4500, 4501, 9999, 22199, 180000, 260000, 260001, 450000,
             0xFFFFFF)
    seen = set()
    for _ in range(4 * ROUNDS):
        values = array("i", bytes(8 * FIELDS))
        for field in range(22):
            number = random.choice((random.bits(8), random.bits(16), random.bits(24), random.choice(sizes)))
            values[2 * field] = number
            if random.below(12) == 0:
                values[2 * field + 1] = random.choice((1, 15, 16, 63, 1 << 20))
        present = bytearray(random.choice((0, 1, 1, 1, 3)) for _ in range(FIELDS))
        if random.below(2):
            for field in range(16, 19):
                values[2 * field] = random.choice((2300, 2311, 0, 221990))
                values[2 * field + 1] = 0
        one, two = array("i", bytes(24)), array("i", bytes(24))
        fill_fast.powers(values, present, one)
        fill_plain.powers(values, present, two)
        assert one == two, (values[:44], present[:22], one, two)
        seen.add((one[0] >= 0, one[1] >= 0, one[2] >= 0, one[3], one[4], one[5]))
    assert len(seen) > 60
