"""The viper loops over frames and their headers against their twins, on frames of all kinds and damaged ones."""
from array import array

from tests.support import Random, skip

try:
    from han.wire import texts_fast
    from han.wire.layers import frames_fast, gcm_fast, headers_fast
except ImportError:
    skip("no viper on this interpreter: the twins are what runs")

from han.wire import plain, texts_plain
from han.wire.layers import frames_plain, gcm_plain, headers_plain

ROUNDS = 300


def arrived(module, before, data, at, room=8):
    buf = bytearray(before + bytes(max(0, len(data) + room)))
    where = array("i", (at, len(before), 0, len(buf), 7))
    found = [module.arrive(buf, where, data, len(data))]
    while found[-1] > 8:
        found += [where[2], where[0], module.arrive(buf, where, data, 0)]
    return found, bytes(buf), list(where)


def test_frames():
    random = Random(29)
    seen = set()
    answers = 0
    for _ in range(8 * ROUNDS):
        size = random.choice((0, 1, 7, 30, 130))
        content = random.choice((b"", b"\xe6\xe7\0")) + random.choice((b"\x0f\0\0\0\1", b"\xdb", b"\xe0", b"/", b""))
        content += random.choice((b"\0", b"\x0c" + bytes(12), b"\x09\x0c" + bytes(12), b"\x09\0", b"\x05", b"\x0c"))
        content += random.bytes(size)
        made = random.below(4)
        if made == 0:
            body = bytes((0x53, 0xFF, random.choice((0x10, 0x10, 0, 0x11, 2)), 1, 0x67)) + content
            count = len(body) & 0xFF
            data = bytes((0x68, count, count, 0x68)) + body + bytes((sum(body) & 0xFF, 0x16))
        else:
            addresses = random.choice((b"\x41\x03", b"\xce\xff\x03", b"\2\4\6\7\3", b"\2\4\6\x08\x0a\3"))
            count = 2 + len(addresses) + 1 + (2 if content else 0) + len(content) + 2
            head = bytes((random.choice((0xA0, 0xA0, 0xA8)) | count >> 8, count & 0xFF)) + addresses + b"\x13"
            data = head + plain.crc_x25(head, 0, len(head)).to_bytes(2, "little") + content if content else head
            data = b"\x7e" + data + plain.crc_x25(data, 0, len(data)).to_bytes(2, "little")
        data = bytearray(random.choice((b"", b"\x7e", b"\x7e\x7e", b"x")) + data)
        if random.below(3) == 0:
            data[random.below(len(data))] ^= 1 << random.below(8)
        first = 0
        while data[first] not in b"\x7e\x68" and first < len(data) - 8 or data[first + 1] == 0x7E:
            first += 1
        cut = random.choice((len(data), len(data), random.between(min(6, len(data)), len(data))))
        for name in "hdlc_check", "mbus_check":
            one, two = [getattr(module, name)(data, first, cut) for module in (frames_fast, frames_plain)]
            assert one == two, (name, bytes(data), first, cut)
            answers += one > 0
        data = data + random.choice((b"", b"\x7e")) + data
        cut = random.below(len(data))
        front, room = random.choice((b"", b"", b"old", data[:9])), random.choice((8, 8, 0, -2, -9))
        one, two = [
            arrived(module, bytes(front + data[:cut]), data[cut:], len(front), room)
            for module in (frames_fast, frames_plain)
        ]
        assert one == two, (bytes(data), cut)
        start, end = 0, len(data) // 2
        layer = random.choice((4, 6, 3, 5))
        if one[0][0] > 0 and one[0][0] & 7:
            layer, start, end = one[0][0] & 7, one[0][1], one[0][2]
            data = bytearray(one[1])
        results = []
        waiting = random.choice((0, 0, 0, 2))
        for module in frames_fast, frames_plain:
            at = array("i", (0, 0, 0, 0, waiting, 0))
            results.append((module.peel(data, start, end, layer, at), list(at)))
        assert results[0] == results[1], (bytes(data), start, end, layer)
        seen.add((layer, results[0][0]))
    assert answers > ROUNDS and len(seen) > 16, (answers, seen)


def test_headers():
    random = Random(30)
    known = {0: 0, 1: 0, 2: 0}
    for _ in range(8 * ROUNDS):
        size = random.choice((0, 1, 5, 20, 127, 130, 300))
        length = bytes((size,)) if size < 128 else b"\x82" + size.to_bytes(2, "big")
        length = random.choice((length, length, length, b"\x81" + bytes((size & 0xFF,)), b"\x83\0\0\1"))
        title = random.bytes(random.choice((0, 3, 8, 8, 9)))
        control = bytes((random.choice((0x40, 0x80, 0xC0)), random.below(30) // 29, random.below(36), 0, 0))
        last = title if random.below(2) else random.choice((b"ISK12345", title[:-1], title + b"1"))
        heads = b"\xe0" + control, b"\xdb" + bytes((len(title),)) + title
        for head, name in zip(heads, ("block", "ciphered")):
            data = b"x" + head + length + random.bytes(size)
            end = random.choice((len(data), len(data), len(data), random.between(1, len(data))))
            results = []
            for module in headers_fast, headers_plain:
                at = array("i", bytes(20))
                more = (last,) if name == "ciphered" else ()
                good = getattr(module, name)(data[:end], 1, end, at, *more)
                results.append((good, list(at) if good else None))
            assert results[0] == results[1], (name, data, end)
            known[results[0][0]] += 1
    assert min(known.values()) > ROUNDS, known


def test_nonces():
    random = Random(31)
    one, two = bytearray(12) + b"\xff", bytearray(12) + b"\xff"
    replayed = 0
    for _ in range(8 * ROUNDS):
        title = random.choice((b"ISK12345", b"ISK12346", b"", b"ISK"))
        data = title + b"\x1e\x30" + bytes((0, 0, random.below(3), random.choice((1, 2, 0x80, 0xFF)))) + b"content"
        at = array("i", (0, len(title), 0x30, len(title) + 6, len(data)))
        blocks = [bytearray(48) for _ in range(2)]
        n = random.below(4)
        found = [
            module.nonce(known, at, data, made, n)
            for module, known, made in ((gcm_fast, one, blocks[0]), (gcm_plain, two, blocks[1]))
        ]
        assert found[0] == found[1] and one == two and blocks[0] == blocks[1], (data, one, two)
        replayed += found[0]
    assert ROUNDS < replayed < 4 * ROUNDS


def joined(module, data, room, first, last, what):
    told = last if what == 8 else 0xE0
    at = array("i", (2, len(data), 2, told, first, 1, room, 9 * first, first, room, 5 * first, first))
    at.extend(array("i", bytes(20)))
    whole = bytearray(100)
    known = array("h", bytes(66) + b"\xff" * 66)
    return module.join(data, whole, at, known), list(at), bytes(whole), bytes(data), list(known)


def test_pieces_that_are_joined():
    random = Random(34)
    seen = set()
    for _ in range(8 * ROUNDS):
        size, first = random.below(20), random.below(3)
        head = bytes((0xE0, random.choice((0x40, 0x80)), 0, random.choice((1, first + 1, first + 1)), 0, 0, size))
        data = bytearray(b"xy" + random.choice((b"", head)) + random.bytes(size))
        what, room, last = random.choice((8, 9)), random.choice((0, 20, 100, 100)), random.choice((0, 2))
        one, two = [joined(module, data, room, first, last, what) for module in (headers_fast, headers_plain)]
        assert one == two, (bytes(data), what, room, first, last, one, two)
        seen.add((what, one[0]))
    assert seen == {(8, 8), (8, 16), (8, 6), (9, 9), (9, 16), (9, 6)}, seen


def test_whole_p1_telegrams():
    random = Random(31)
    answers = {0: 0, 1: 0, -1: 0}
    idents = ["/ABC5abcdefghijklm"] * 9 + ["/ABC5", "/", "/A1C", "x/ABC", "/ABC\r\n!"]
    odd = "0\t1", "~", "\x02", "x\x02y", "\x7f", ""
    for _ in range(8 * ROUNDS):
        lines = ["1-0:1.8.0(000123.456*kWh)", "1/h", "!x" if random.below(9) == 0 else "x", "a!b", "\x020-0:1.0.0()"]
        if random.below(5) == 0:
            lines += odd
        text = random.choice(idents) + "\r\n"
        for _ in range(random.below(5)):
            text += random.choice(lines) + random.choice(("\r\n", "\r\n", "\n", "\r"))
        text = (text + "!").encode()
        crc = "%04X" % texts_plain.crc_arc(text, 0, len(text))
        tail = crc if random.below(6) else random.choice((crc.lower(), crc[1:], "", "", "12G4"))
        before = random.choice((b"", b"\r\n", b"\n"))
        data = bytearray(before + text + (tail + random.choice(("\r\n", "", "\n/"))).encode())
        if random.below(6) == 0:
            data[random.below(len(data))] ^= 1 << random.below(8)
        # It comes in pieces, and not always whole.
        had = -1 if random.below(2) else texts_plain.crc_arc(text, 0, 16)
        seen = [array("i", (0, 0, 0, 0, had)) for _ in range(2)]
        cuts = sorted([random.below(len(data) + 1) for _ in range(random.below(4))])
        if random.below(4):
            cuts.append(len(data))
        one = 0
        for cut in cuts:
            one, two = [module.whole(data, 0, cut, kept) for module, kept in zip((texts_fast, texts_plain), seen)]
            assert (one, seen[0][0], seen[0][4]) == (two, seen[1][0], seen[1][4]), (bytes(data), cuts)
            if one >= 0:
                assert not seen[0][0] or list(seen[0]) == list(seen[1])
            if one:
                break
        answers[min(one, 1)] += 1
        if one > 0:
            at = seen[0][3]
            assert at == len(before)
            if data[one - 1] != 0x21:
                sent = int(bytes(data[one - 4:one]).decode(), 16)
                assert texts_plain.crc_arc(data, at, one - 4) == sent
            else:
                assert seen[0][2] != had and b"/" not in data[at + 1:one]
    assert min(answers.values()) > ROUNDS, answers
