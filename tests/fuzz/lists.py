"""Makes valid DLMS lists of all types, and compares the reader's result with that of an independent walk.

    lists.py [SCALE [SEED]]        (tools/prove/fuzz.py runs it on both interpreters)

Each list goes through the decoder. The reading must have exactly the fields that the walk finds, with their values. It
prints how many lists of each kind were right and a digest of the readings; exit status 1 if one was wrong.
"""
import sys

if __name__ == "__main__":
    import project

    project.find()

from han.meter.decoder import Decoder
from han.wire.layers.unwrap import APDU

from tests.fuzz import walk
from tests.support import Random
from tools.fields import fields

#: Lists of a long run by their form: entries with codes and units (Aidon), alternating codes and values (Kamstrup),
#: all codes before all values (Landis+Gyr).
LONG = {"aidon": 20000, "kamstrup": 15000, "described": 5000}

_CODES = (
    [(1, 0, c, 7, 0) for c in (1, 2, 3, 4, 21, 22, 23, 24, 31, 32, 41, 42, 51, 52, 61, 62, 71, 72)]
    + [(1, 1, c, 8, e) for c in (1, 2) for e in range(6)]
    + [(1, 0, 3, 8, 0), (0, 0, 4, 8, 0), (0, 0, 1, 7, 0), (1, 0, 3, 8, 2)]
    + [(0, 0, 96, 1, 0), (0, 0, 96, 1, 1), (0, 0, 42, 0, 0), (1, 1, 0, 0, 5), (1, 1, 0, 2, 129), (0, 0, 96, 1, 7)]
    # codes of other meters, or of no field
    + [(0, 1, 96, 1, 0), (1, 2, 1, 8, 0), (0, 1, 24, 2, 1), (1, 0, 14, 7, 0), (0, 0, 99, 97, 0), (1, 0, 5, 8, 0)]
)
_TEXTS = (96, 42, 0)  # C of codes whose value is a text
_CLOCK = (0, 0, 1, 0, 0)
_PLAIN = ((3, 1), (13, 1), (22, 1), (26, 5), (27, 4), (28, 1), (29, 2), (30, 4), (31, 1), (32, 2), (33, 4), (0, 0),
          (255, 0))  # fmt: skip
_NUMBERS = ((5, 4), (6, 4), (15, 1), (16, 2), (17, 1), (18, 2), (20, 8), (21, 8))
_IDENTITY = {"meter_id", "meter_type", "list_version", "ts", "ts_dst", "ts_deviation_min"}
_DATE_TIME = b"\x07\xea\x0b\x1c\x06\x0c\x22\x38\xff\xff\xc4\x00"


class Maker:
    """Makes valid lists; the same seed gives the same lists."""

    def __init__(self, seed):
        self.random = Random(seed)

    def length(self, size):
        """A BER length, often with more bytes than needed (one to four)."""
        wide = self.random.below(16)
        if wide > 4 or not wide:
            wide = 0 if size < 128 else 1 if size < 256 else 2
        return bytes((0x80 + wide,)) + size.to_bytes(wide, "big") if wide else bytes((size,))

    def held(self, tag, items):
        return bytes((tag,)) + self.length(len(items)) + b"".join(items)

    def code(self, code):
        """An OBIS code in the usual encoding, or inside of entries in that of Landis+Gyr."""
        return b"\x09\x06" + bytes(code) + b"\xff"

    def unit(self):
        unit = self.random.choice((27, 28, 29, 30, 32, 33, 35, 35, 33, 30, 27, 255))
        return b"\x02\x02\x0f" + bytes((self.random.between(-4, 4) & 0xFF, 0x16, unit))

    def number(self):
        tag, size = self.random.choice(_NUMBERS)
        if size < 8:
            return bytes((tag,)) + self.random.bytes(size)
        low = self.random.bits(32) * self.random.choice((1, 1, 40))
        return bytes((tag,)) + (low if tag == 21 or self.random.below(2) else (1 << 64) - 1 - low).to_bytes(8, "big")

    def floating(self):
        """Any float32 or float64, also the special ones."""
        random = self.random
        kind = random.below(6)
        if kind == 0:
            return random.choice((b"\x17\x7f\x80\0\0", b"\x17\xff\xc0\0\0", b"\x17\x80\0\0\0", b"\x17\0\0\0\x01",
                                  b"\x18\x7f\xf0" + bytes(6), b"\x18\x7f\xf8" + bytes(6), b"\x18" + bytes(7) + b"\x01"))
        sign = random.below(2) << 31
        if kind < 4:
            # The fewer bits, the more often it is just the half of a base unit.
            fraction = random.bits(23) >> random.below(23) << 12 & 0x7FFFFF
            return b"\x17" + (sign | random.between(110, 150) << 23 | fraction).to_bytes(4, "big")
        high = sign | random.between(1005, 1060) << 20 | random.bits(20)
        return b"\x18" + high.to_bytes(4, "big") + random.choice((bytes(4), random.bytes(4)))

    def text(self):
        random = self.random
        content = bytes(random.choice(b"0123456789ABCDEFxyz -_") for _ in range(random.choice((0, 4, 8, 16, 16, 140))))
        return bytes((random.choice(b"\x09\x0a\x0c"),)) + self.length(len(content)) + content

    def bits(self):
        n = self.random.below(40)
        return b"\x04" + self.length(n) + self.random.bytes((n + 7) // 8)

    def compact(self):
        random = self.random
        kinds = b"\x12", b"\x02\x02\x06\x12", b"\x01\0\x03\x11", b"\x02\x81\x03\x02\x01\x09\x04\xff", b"\0"
        kinds = random.choice(kinds)
        content = random.bytes(random.below(30))
        return b"\x13" + kinds + self.length(len(content)) + content

    def nested(self, depth):
        """An array or structure, with codes and values in it as a profile's buffer has them, or empty."""
        items = []
        for _ in range(self.random.below(5)):
            items.append(self.any(depth + 1))
            if self.random.below(4) == 0:
                items.append(self.code(self.random.choice(_CODES)))
        return self.held(1 + self.random.below(2), items)

    def any(self, depth=0):
        kind = self.random.below(10)
        if kind < 4:
            return self.number()
        if kind == 4:
            return self.floating()
        if kind == 5:
            return self.bits()
        if kind == 6:
            return self.compact()
        if kind == 7 and depth < 6:
            return self.nested(depth)
        if kind == 9 and self.random.below(4) == 0:
            return self.unit()
        if kind == 8:
            return b"\x19" + _DATE_TIME if self.random.below(3) == 0 else self.text()
        tag, size = self.random.choice(_PLAIN)
        return bytes((tag,)) + self.random.bytes(size)

    def pairs(self):
        """[(code, value)] of a list; some codes occur twice."""
        random = self.random
        found = []
        for _ in range(random.below(16)):
            code = random.choice(_CODES)
            if random.below(5) == 0:
                value = self.any()
                if code[2] in _TEXTS and value[0] not in (0, 1, 2, 9, 10, 12, 19):
                    value = b"\0"  # a number there is shown as its bytes, which nobody sends
            elif code[2] in _TEXTS:
                value = self.text()
            else:
                value = self.floating() if random.below(8) == 0 else self.number()
            found.append((code, value))
        if random.below(4) == 0:
            found.append((_CLOCK, b"\x09\x0c" + _DATE_TIME))
        return found

    def aidon(self):
        random = self.random
        items = []
        for code, value in self.pairs():
            entry = [self.code(code), value]
            if value[0] in range(5, 25) and random.below(5):
                entry.append(self.unit())
            elif value[0] == 1 and random.below(3) == 0:
                entry.append(self.unit())
            items.append(self.held(2, entry))
            if random.below(12) == 0:
                items.append(random.choice((b"\0", b"\x01\0", b"\x02\0", b"\x03\x01", self.compact(), self.number())))
        return self.held(1 + random.below(2), items)

    def kamstrup(self):
        items = [b"\x0a\x0eKamstrup_V0001"]
        for code, value in self.pairs():
            items += [self.code(code), value]
            if value[0] in (5, 6, 16, 18) and self.random.below(12) == 0:
                items.append(self.unit())
        return self.held(2, items)

    def described(self):
        names, values = [], []
        later = self.random.below(2)
        objects = []
        for code, value in self.pairs():
            objects.append((code, 2 if self.random.below(9) else 3, value))
            if self.random.below(3) == 0:
                objects.insert(self.random.below(len(objects)) + 1, (code, 3, self.unit()))
        for code, attribute, value in objects:
            name = [b"\x12\0\x03", self.code(code), bytes((0x0F, attribute)), b"\x12\0\0"]
            if later:
                name += [b"\x02\x02\x16\0\0", b"\x01\0"]
            names.append(b"\x02" + bytes((len(name),)) + b"".join(name))
            values.append(value)
        return self.held(2, [self.held(1, names)] + values)


def told(data, decoder):
    """The fields that the decoder reads in the list, {} if it rejects it."""
    found = []
    decoder.on_reading = lambda reading: found.append(fields(reading))
    apdu = b"\x0f\x40\0\0\0\0" + data
    decoder.telegram(APDU, bytearray(apdu), 0, len(apdu))
    return found[0] if found else {}


def difference(got, want):
    """Description of a field that is read wrongly; None if there is none."""
    names = set(want) | set(got)
    if not names - _IDENTITY:
        return None  # who it is, or when, is no reading yet
    for name in names:
        if want.get(name) not in (got.get(name), walk.ANYTHING):
            return "%s: %s instead of %s" % (name, got.get(name), want.get(name))
    return None


def run(kind, count, seed):
    """(number of right lists out of `count`, description of the first wrong one, digest of all)."""
    maker = Maker(seed)
    decoder = Decoder(None)
    decoder.fixed = True, True  # what numbers prove by themselves: tests/meter/lists/test_scales.py
    first = None
    right = digest = 0
    for _ in range(count):
        data = getattr(maker, kind)()
        got = told(data, decoder)
        problem = difference(got, walk.expected(data))
        right += not problem
        if problem and not first:
            first = "%s in %s" % (problem, data.hex())
        for name in sorted(got):
            value = got[name]
            # Interpreters write a fraction in their own ways.
            said = "%s=%s" % (name, round(value * 1000) if isinstance(value, float) else value)
            for byte in said.encode():
                digest = digest * 33 + byte & 0xFFFFFFF
    return right, first, digest


def main(arguments):
    scale, seed = [int(text) for text in arguments + ["100", "1"][len(arguments):]]
    failed = False
    for kind in sorted(LONG):
        count = LONG[kind] * scale // 100
        right, first, digest = run(kind, count, seed)
        print("%d of %d %s lists right, digest %07x" % (right, count, kind, digest))
        if first:
            print("FAILED:", first)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
