"""Damages telegrams with knowledge of their structure, so that damage gets past the checksums to the layers above.

Everything follows from the random numbers: the same seed gives the same bytes on both interpreters.
"""
from han.meter.obis import KEYS, KNOWN
from han.wire.framer import GLO, HDLC, MBUS, P1, SML

from tests.fuzz import frames
from tests.fuzz.sources import AUTH_KEY, KEY, grouped
from tests.wire import test_sml

LONGEST = 6000  # bytes of a stretch

_BYTES = b"\0\1\2\3\4\5\6\x09\x0a\x0c\x0f\x10\x12\x14\x15\x16\x19\x7f\x80\x81\x82\x83\x84\xfe\xff/!\n\r(1b~\x1b"
_OBIS = b"\x09\x06\x01\x00\x01\x07\x00\xff"
_CLOCK = b"\x09\x0c\x07\xea\x01\x01\x04\x0c\x00\x00\xff\x80\x00\x00"
_DESCRIPTOR = b"\x02\x04\x12\x00\x03\x09\x06\x01\x00\x02\x07\x00\xff\x0f\x02\x12\x00\x00"
_APDU_PIECES = (
    _OBIS, b"\x06\x09\x01\x00\x02\x07\x00\xff", _CLOCK, _DESCRIPTOR, b"\x01\x03" + 3 * _DESCRIPTOR,
    b"\x02\x02\x0f\xff\x16\x1b", b"\x02\x02\x0f\x80\x16\x23",
    b"\x02\x02\x00\x03\x01\x00\x01\x07\x00\xff\x02\x06\0\0\0\x2a",
    b"\x06\xff\xff\xff\xff", b"\x05\x80\0\0\0", b"\x14\x80" + bytes(7), b"\x14" + b"\xff" * 8, b"\x15" + b"\xff" * 8,
    b"\x15\x00\x3f" + b"\xff" * 6, b"\x10\x80\x00", b"\x00", b"\xff", b"\x04\x82\xff\xff", b"\x04\x09\x55\xaa",
    b"\x01\xff", b"\x02\x82\xff\xff", b"\x01\x81\x80", b"\x02\x00", b"\x01\x80", b"\x02\x83\x01\x00\x00",
    b"\x09\x81\xff", b"\x0a\x82\x07\xff", b"\x09\x00", b"\x0c\x84\xff\xff\xff\xff", b"\x19\x07\xea\x01\x01" + bytes(8),
    frames.LLC, b"\x0f\x40\0\0\0\x00", b"\x0f\0\0\0\0\x09\x0c", b"\xdb\x08KAM12345", b"\xe0\xc0\x00\x01\x00\x00\x05",
)
_TEXT_PIECES = (
    b"!", b"\r\n!", b"\n", b"/ABC5x\r\n", b"1-0:1.8.0(", b"1-0:2.7.0(00001.5*kW)\r\n", b"9" * 20, b"*kWh)", b"*MVArh)",
    b"(-", b".", b",", b"0-0:96.1.1(", b"0-0:1.0.0(2401", b"(240101120000W)", b"(\r\n", b"255.255.255(",
    b"\x00\x82\x01\x00", b"\xdb\x08KAM", b"0" * 90, b"1-0:32.7.0(2", b"*255(", b")(", b"!ABCD\r\n", b"\xaf\xc1\x42\xc3",
    b"1-0:99999999999999999999(", b"\x021-0:1.7.0(", b"*96(", b"&12(", b"1-0:1.8.8*255(",
    b"0.9.1(14:52:39)\r\n", b"*k)", b"(+",
)
_SML_PIECES = (
    b"\x77\x07\x01\x00\x01\x08\x00\xff", b"\x77\x07\x01\x00\x10\x07\x00\xff\x01\x01\x62\x1b\x52\xff\x55\0\0\0\x01\x01",
    b"\x7f", b"\xff\x8f\x8f\x0f", b"\xf1\x0f", b"\x81\x82\x01", b"\x59" + b"\x7f" * 8, b"\x69" + b"\xff" * 8,
    b"\x5f\xff", b"\x1b" * 4, b"\x1b" * 8, frames.SML_OPENS, b"\x1b\x1b\x1b\x1b\x1a\x00", b"\x76", b"\x00", b"\x01",
    b"\x42\x01", b"\x0f", b"\x63\x07\x01\x77\x01", b"\x72\x63\x07\x01", b"\x76\x05abcd\x62\0\x62\0",
    b"\x07" + b"\xff" * 6,
)
_PIECES = {HDLC: _APDU_PIECES, MBUS: _APDU_PIECES, P1: _TEXT_PIECES, GLO: _TEXT_PIECES, SML: _SML_PIECES}
# Bytes that open a container one level down, to any depth.
_NESTS = {
    HDLC: (b"\x02\x01", b"\x01\x01", b"\x02\x82\x00\x01"),
    SML: (b"\x71", b"\x77\x07", b"\xf0\x01"),
    P1: (b"(", b"1-0:", b"/abc"),
}
# First bytes of telegrams, and bytes that announce a long one.
_OPENINGS = (
    b"\x7e\xa0", b"\x7e\xa7\xff", frames.hdlc(bytes(2030))[:20], b"\x68\xfa\xfa\x68", b"\x68\x01\x01\x68", b"/ABC5\r\n",
    b"\xdb\x08ABC12345\x82\x0f\x00\x30\0\0\0\x01", b"/ABC5\r\n\x00\x82\x0e\xff\x20\0\0\0\x01", b"/ABC5\r\n\xdb\xff",
    frames.SML_OPENS, b"\xaf\xc1\x42\xc3", b"\x7e" * 9, b"h" * 9, b"/" * 9, b"\x1b" * 11,
)


def _even(data):
    """The bytes that an 8N1 receiver gets from a 7E1 line."""
    out = bytearray(data)
    for i in range(len(out)):
        x = out[i] & 0x7F
        y = x ^ x >> 4
        y ^= y >> 2
        out[i] = x | ((y ^ y >> 1) & 1) << 7
    return bytes(out)


class Mutator:
    """Makes stretches of damaged telegrams out of sources."""

    def __init__(self, random, sources):
        self.random = random
        self._groups = grouped(sources)
        self._sealer = frames.Sealer(KEY, AUTH_KEY)
        self._counter = 0

    def stretch(self, near):
        """Bytes made of one to four damaged telegrams, many of them of the Source `near`."""
        random = self.random
        out = b""
        for _ in range(random.choice((1, 1, 1, 2, 2, 4))):
            source = near if random.below(3) == 0 else self._source()
            out += self._telegram(source)
        way = random.below(12)
        if way == 0 and out:
            out = out[random.below(len(out)):]  # begins inside a telegram
        elif way == 1 and out:
            out = out[:random.below(len(out))]
        elif way == 2:
            out += random.choice(_OPENINGS)
        elif way == 3:
            at = random.below(len(out) + 1)
            out = out[:at] + random.bytes(random.below(40)) + out[at:]
        elif way == 4 and random.below(6) == 0:
            out = _even(out) if random.bits(1) else out + _even(self._source().data + b"/ABC5\r\n" + b"U" * 70)
        elif way == 5 and out:
            at = random.below(len(out))
            out = out[:at] + random.choice(_OPENINGS) * random.choice((1, 3, 10, 40, 900)) + out[at:]
        return out[:LONGEST]

    def _source(self):
        return self.random.choice(self.random.choice(self._groups))

    def _telegram(self, source):
        way = self.random.below(16)
        if way < 3 or not source.content:
            return self._raw(source.data)
        if way == 3:
            other = self._source().data
            return source.data[:self._at(source.data)] + other[self._at(other):]
        if way == 4:
            return source.data * self.random.between(1, 3)
        content = source.content if way > 6 else self._made(source.kind)
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 4))):
            content = self._damaged(content[:2400], source.kind)
        if source.kind in (P1, GLO):
            return self._text(content)
        if source.kind == SML:
            return frames.sml(content)
        return self._framed(self._wrapped(content))

    def _at(self, data):
        return self.random.below(len(data) + 1)

    def _raw(self, data):
        """Damage of the raw bytes, without new checksums."""
        random = self.random
        way = random.below(5)
        at, to = self._at(data), self._at(data)
        if way == 0:
            return data[:min(at, to)] + data[max(at, to):]
        if way == 1:
            return data[:at] + random.bytes(random.below(20)) + data[at:]
        out = bytearray(data)
        for _ in range(random.between(1, 6)):
            i = random.below(len(out))
            out[i] = out[i] ^ 1 << random.below(8) if way < 4 else random.choice(_BYTES)
        return bytes(out)

    def _damaged(self, data, kind):
        """Content with one error."""
        random = self.random
        way = random.below(10)
        at = self._at(data)
        to = min(len(data), at + random.below(40))
        if way == 0:
            return data[:at] + data[to:]
        if way == 1:
            return data[:to] + data[at:]  # a piece twice
        if way == 2:
            return data[:at]
        if way < 5:
            return data[:at] + random.choice(_PIECES[kind]) + data[at if way == 3 else to:]
        if way == 5:
            nest = random.choice(_NESTS.get(kind) or _NESTS[HDLC])
            return data[:at] + nest * random.choice((2, 7, 8, 9, 12, 13, 60, 300)) + data[at:]
        if way == 6 and kind in (HDLC, MBUS):
            return data[:at] + b"".join(self._coded()) + data[at:]
        out = bytearray(data)
        for _ in range(random.between(1, 3)):
            if not out:
                break
            i = self._field(out, kind) if way < 9 else random.below(len(out))
            out[i] = random.choice(_BYTES) if random.bits(1) else out[i] ^ 1 << random.below(8)
        return bytes(out)

    def _field(self, data, kind):
        """Index of what is probably a tag or a length: from a random place on, the next byte that may be one."""
        i = self.random.below(len(data))
        heads = b"(\n.*:!" if kind in (P1, GLO) else b"\x01\x02\x04\x09\x0a\x0c\x0f\x52\x62\x77\x76\x72"
        for k in range(i, min(i + 12, len(data) - 1)):
            if data[k] in heads:
                return k + self.random.bits(1)
        return i

    def _made(self, kind):
        """Valid content with any codes and with numbers up to the largest."""
        random = self.random
        count = random.between(1, 70)
        if kind in (P1, GLO):
            return b"/ABC5\r\n\r\n" + b"".join([self._line() for _ in range(count)]) + b"!"
        if kind == SML:
            return test_sml.message(test_sml.listed(*[self._entry() for _ in range(count)]))
        items = [self._coded() for _ in range(count)]
        head = b"\x0f\x40\0\0\0" + random.choice((b"\x00", _CLOCK, _CLOCK[1:]))
        if random.bits(1):
            return head + b"\x01" + frames.ber(count) + b"".join([frames.structure(*item) for item in items])
        return head + frames.structure(*sum(items, []))

    def _code(self):
        """A, C, D, E of an OBIS code, usually a known one."""
        random = self.random
        key = KEYS[random.below(KNOWN)]
        code = [key >> 24, key >> 16 & 255, key >> 8 & 255, key & 255]
        if random.below(8) == 0:
            code[random.below(4)] = random.bits(8)
        return code

    def _coded(self):
        """[code, number, mostly scaler and unit] as A-XDR."""
        random = self.random
        a, c, d, e = self._code()
        tag, size = random.choice(((5, 4), (6, 4), (6, 4), (0x10, 2), (0x12, 2), (0x14, 8), (0x15, 8), (0x0F, 1)))
        number = bytes(random.choice((0, 0, size - 1, size >> 1))) + random.bytes(8)
        items = [bytes((9, 6, a, random.below(2), c, d, e, 255)), bytes((tag,)) + number[:size]]
        if random.below(4):
            scaler = random.between(-4, 4) & 255 if random.below(8) else random.bits(8)
            items.append(b"\x02\x02\x0f" + bytes((scaler, 0x16, random.choice(b"\x1b\x1d\x1e\x20\x21\x23"))))
        return items

    def _line(self):
        random = self.random
        a, c, d, e = self._code()
        number = str(random.bits(32))[:random.between(1, 9)]
        number += random.choice(("", ".", ".1", ".123", "00000000", "0" * 30 + ".5"))
        unit = random.choice(("*W", "*kW", "*kWh", "*V", "*A", "*kvar", "*kvarh", "*MWh", "", "*", "*m3", "`W", "W"))
        sign = random.choice(("", "", "", "-"))
        return ("%d-%d:%d.%d.%d(%s%s%s)\r\n" % (a, random.below(2), c, d, e, sign, number, unit)).encode()

    def _entry(self):
        random = self.random
        a, c, d, e = self._code()
        unit, scaler = random.choice((27, 30, 35, 33, None)), random.choice((0, -1, -4, 3, 127, None))
        value = test_sml.integer(random.bits(32) << random.below(32), random.between(1, 8), random.bits(1))
        if random.below(8) == 0:
            value = test_sml.octets(random.bytes(random.below(15)))
        status = random.choice((b"\x01", b"\x63\x01\x82", b"\x63\x01\xa2", b"\x64\x1c\x79\x04"))
        return test_sml.entry((min(a, 1), 2 if a == 3 else 0, c, d, e), value, unit, scaler, status)

    def _seal(self, content):
        random = self.random
        self._counter += 1
        title = random.choice((b"KAM\x01\x02\x03\x04\x05", b"KFM12345", b"LGZ\0\0\0\0\1", b"", b"SAG12"))
        control = random.choice((0x30, 0x30, 0x30, 0x20, 0x21, 0x31, 0x10, 0x30 | random.below(16), random.bits(8)))
        counter = self._counter if random.bits(3) else random.bits(32)
        sealed = self._sealer.seal(content, title, control, counter, 0xDB if random.bits(3) else 0xDC)
        if random.below(6) == 0:  # lengths that lie, and whatever else the header says
            out = bytearray(sealed)
            out[random.below(min(20, len(out)))] = random.choice(_BYTES)
            sealed = bytes(out)
        return sealed

    def _blocks(self, apdu):
        """One block APDU for each frame."""
        random = self.random
        found = frames.blocks(apdu, random.between(20, 150))
        way = random.below(9)
        i = random.below(len(found))
        if way == 0:
            del found[i]
        elif way == 1:
            found.append(found.pop(i))
        elif way == 2:
            found.insert(i, found[i])
        elif way < 6:
            out = bytearray(found[i])
            out[random.below(8)] = random.choice(_BYTES)
            found[i] = bytes(out)
        elif way == 6:
            found.insert(0, found.pop(i))
        return found

    def _wrapped(self, apdu):
        """The information fields that carry an APDU, with any layers around it."""
        random = self.random
        found = [apdu]
        for _ in range(random.choice((0, 0, 0, 1, 1, 2, 3, 5))):
            if random.bits(1):
                found = [self._seal(content) for content in found]
            else:
                found = sum([self._blocks(content) for content in found[:4] if content], [])
        return found[:20]

    def _framed(self, contents):
        random = self.random
        out = b""
        way = random.below(8)
        head = random.choice(frames.HDLC_HEADS)
        for content in contents:
            lie = random.choice((0,) * 12 + (1, -1, 2, -2, 7, -7, 60, -60, 256, -256, random.below(2000)))
            if way < 3:
                out += frames.hdlc(frames.LLC + content[:2000], head, random.below(12) == 0, lie)
            elif way == 3:
                out += self._some(frames.segments(frames.LLC + content[:4000], random.between(1, 9), head))
            elif way < 6:
                out += frames.mbus(content[:500], random.choice((0x10, 0x10, 0, 1, 0x11, random.bits(5))), lie)
            else:
                out += self._some(frames.mbus_segments(content[:4000], random.between(30, 245)))
        return out

    def _some(self, found):
        """The frames; in a third of the cases one is missing, repeated or out of place."""
        i = self.random.below(len(found) or 1)
        way = self.random.below(9)
        if way == 0 and found:
            del found[i]
        elif way == 1 and found:
            found.insert(0, found[i])
        elif way == 2 and found:
            found.append(found.pop(i))
        return b"".join(found)

    def _text(self, text):
        """P1 text as a telegram, mostly with its checksum, sometimes encrypted."""
        random = self.random
        way = random.below(9)
        if way == 0 and text[-1:] == b"!":
            return text + b"\r\n"
        telegram = frames.p1(text)
        if way == 1:
            return telegram[:-random.between(1, 7)]
        if way == 2:
            return self._seal(telegram)
        if way == 3:
            at = telegram.find(b"\n") + 1
            return telegram[:at] + self._seal(telegram[at:])[random.choice((0, 1, 9)):] + b"!\r\n"
        if way == 4:
            return self._framed(self._wrapped(telegram))
        return telegram
