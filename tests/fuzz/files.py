"""Makes valid SML files of all forms, and compares the reader's result with that of an independent walk.

    files.py [SCALE [SEED]]        (tools/prove/fuzz.py runs it on both interpreters)

Each file goes in pieces through the framer and the decoder. The reading must have exactly the fields that the walk
finds, with their values. It prints how many files were right and a digest of the readings; exit status 1 if one was
wrong.
"""
import sys

if __name__ == "__main__":
    import project

    project.find()

from han.meter.decoder import Decoder
from han.meter.reading import MANUFACTURER, METER_ID, ROWS
from han.wire.framer import Framer

from tests.fuzz import smlwalk
from tests.fuzz.frames import sml
from tests.support import Random
from tools.fields import NUMBERS

#: Files of a long run.
LONG = 6000

_NUMBERED = (
    [(1, 0, c, 7, 0) for c in (1, 2, 3, 4, 16, 36, 56, 76, 21, 22, 23, 24, 31, 32, 41, 42, 51, 52, 61, 62, 71, 72)]
    + [(1, b, c, 8, e) for b, c, e in ((0, 1, 0), (0, 2, 0), (1, 1, 1), (0, 2, 2), (0, 3, 0), (0, 4, 1), (0, 1, 8))]
    + [(1, 0, 15, 7, 0)] * 8 + [(1, 0, 1, 8, 0)] * 4 + [(1, 2, c, 8, 0) for c in (1, 2, 3, 4)]
    # codes of no field
    + [(1, 3, 1, 8, 0), (1, 2, 1, 7, 0), (1, 2, 1, 8, 1), (2, 0, 1, 8, 0), (1, 0, 14, 7, 0), (1, 0, 81, 7, 1),
       (1, 0, 1, 8, 9), (1, 0, 16, 7, 1), (1, 0, 1, 6, 0), (1, 0, 96, 5, 0), (129, 129, 199, 130, 5), (0, 0, 1, 8, 1),
       (1, 0, 0, 2, 0), (129, 0, 1, 8, 0), (255, 255, 255, 255, 255)]
)  # fmt: skip
_NAMED = ((1, 0, 96, 1, 0), (1, 0, 0, 0, 9), (1, 0, 96, 50, 1), (129, 129, 199, 130, 3), (0, 0, 96, 1, 0))
_QUANTITIES = {1: (27, 30), 2: (27, 30), 3: (29, 32), 4: (29, 32), 11: (33, 33), 12: (35, 35)}


class Maker:
    """Makes valid files; the same seed gives the same files."""

    def __init__(self, seed):
        self.random = Random(seed)
        self.left = 0

    def element(self, kind, content):
        """Content with its tag; sometimes the length has more bytes than needed."""
        wide = 1
        while len(content) + wide >= 16 ** wide:
            wide += 1
        if self.random.below(12) == 0:
            wide += self.random.between(1, 2)
        return self.head(kind, len(content) + wide, wide) + content

    def head(self, kind, size, wide):
        head = bytearray()
        for i in range(wide):
            more = 0x80 if i < wide - 1 else 0
            head.append(more | (0 if i else kind << 4) | size >> 4 * (wide - 1 - i) & 15)
        return bytes(head)

    def listed(self, *items):
        wide = 1
        while len(items) >= 16 ** wide:
            wide += 1
        if self.random.below(12) == 0:
            wide += self.random.between(1, 2)
        return self.head(7, len(items), wide) + b"".join(items)

    def octets(self, size):
        return self.element(0, self.random.bytes(size)) if size else b"\x01"

    def unsigned(self, number, size):
        return self.element(6, number.to_bytes(size, "big"))

    def integer(self, number, kind=None):
        """A number in as many bytes as needed, or more."""
        random = self.random
        if kind is None:
            kind = 5 if number < 0 or random.below(2) else 6
        size = 1
        while not (number < 1 << 8 * size if kind == 6 else -(1 << 8 * size - 1) <= number < 1 << 8 * size - 1):
            size += 1
        if random.below(2):
            size = random.between(size, 8)
        return self.element(kind, (number & (1 << 8 * size) - 1).to_bytes(size, "big"))

    def time(self):
        random = self.random
        seconds = self.unsigned(random.bits(30), 4)
        local = self.listed(seconds, self.element(5, b"\0\x3c"), self.element(5, b"\0\x3c"))
        return random.choice((
            b"\x01", b"\x01", self.listed(b"\x62\x01", seconds), self.listed(b"\x62\x02", seconds), seconds,
            self.listed(b"\x62\x03", local), self.listed(b"\x62\x01", self.unsigned(random.bits(24), 3)),
        ))  # fmt: skip

    def status(self):
        random = self.random
        if random.below(3):
            return b"\x01"
        word = random.choice((0x182, 0x1A2, 0x10190, 0x101B0, 0x80, 0x1C0104, 0x1C7904, 0x101A2, random.bits(24)))
        if random.below(8) == 0:
            return self.listed(b"\x62\x01", self.unsigned(word, 3))
        return self.unsigned(word, random.between(3, 8))

    def small(self, number, kind):
        return self.element(kind, number.to_bytes(1, "big") if number >= 0 else bytes((number + 256,)))

    def numbered(self):
        random = self.random
        code = random.choice(_NUMBERED)
        usual = _QUANTITIES.get(code[2] % 20 if code[2] != 15 else 1, (27, 27))[code[3] == 8]
        if code[2] in (16, 36, 56, 76):
            usual = 27
        unit = b"\x01" if random.below(8) == 0 else self.small(random.choice((usual,) * 12 + (27, 30, 255)), 6)
        scaler = b"\x01" if random.below(4) == 0 else self.small(random.between(-4, 3), 5)
        kind = random.below(16)
        number = random.bits(32) >> random.below(32)
        if kind == 0:
            value = self.octets(random.between(0, 20))
        elif kind == 1:
            value = random.choice((b"\x42\x01", b"\x01", self.listed(b"\x62\x01", self.integer(5)), self.listed()))
        elif kind == 2 and code[3] == 8:
            value = self.integer(number << random.below(10))
        else:
            value = self.integer(-number if random.below(3) == 0 and code[3] != 8 else number)
        return code, unit, scaler, value

    def named(self):
        random = self.random
        name = bytes([random.choice(b"\x0a\x01EMH\0\x02 1z") for _ in range(random.choice((0, 3, 3, 10, 10, 30)))])
        return random.choice(_NAMED), b"\x01", b"\x01", self.element(0, name) if name else b"\x01"

    def entry(self):
        random = self.random
        code, unit, scaler, value = self.numbered() if random.below(6) else self.named()
        past = random.choice((255,) * 12 + (96, 97, 1, 0)) if 0 < code[2] < 96 else random.choice((255, 255, 1))
        name = self.element(0, bytes(code) + bytes((past,)))
        signature = self.octets(48) if random.below(12) == 0 else b"\x01"
        # A counter without a number has nothing to say of the direction either.
        status = self.status() if value[0] >> 4 & 7 in (5, 6) else b"\x01"
        items = [name, status, self.time(), unit, scaler, value, signature]
        if random.below(20) == 0:
            del items[random.below(7)]  # it is not one then
        return self.listed(*items)

    def response(self):
        """SML_GetList.Res."""
        random = self.random
        count = min(self.left, random.choice((0, 1, 3, 6, 9, 20, 60)))
        self.left -= count
        entries = [self.entry() for _ in range(count)]
        client = random.choice((b"\x01", self.octets(6), self.element(0, b"\x01\0\x01\x08\0\xff")))
        name = random.choice((b"\x01", self.element(0, b"\x01\0\x62\x0a\xff\xff")))
        return self.listed(client, self.octets(10), name, self.time(), self.listed(*entries),
                           self.octets(random.choice((0, 0, 48))), self.time())

    def body(self):
        """The choice of a message's body."""
        random = self.random
        kind = random.below(10)
        if kind < 6:
            tag, held = 0x0701, self.response()
        elif kind == 6:
            tag, held = 0x0101, self.listed(b"\x01", b"\x01", self.octets(4), self.octets(10), self.time(), b"\x62\x02")
        elif kind == 7:
            tag, held = 0x0201, self.listed(b"\x01")
        else:
            # Others, which may hold what looks like a list.
            tag, held = random.choice((0x0501, 0x0401, 0x0601, 0x10701)), self.response()
            if random.below(2):
                held = self.listed(self.octets(10), self.listed(self.entry(), self.entry()))
        return self.listed(self.unsigned(tag, random.choice((2, 4)) if tag < 0x10000 else 4), held)

    def message(self):
        random = self.random
        return self.listed(self.octets(random.between(1, 10)), self.integer(random.bits(8), 6), b"\x62\0", self.body(),
                           self.unsigned(random.bits(16), 2), b"\0")

    def file(self):
        random = self.random
        while True:
            messages = b""
            self.left = ROWS  # entries that a reader looks at
            for _ in range(random.between(1, 4)):
                messages += self.message() + bytes(random.choice((0, 0, 0, 3)))
            if len(messages) < 3900:
                return sml(messages)


def said(data, decoder, readings, random):
    """The fields that the decoder reads in the file, in base units."""
    del readings[:]
    framer = Framer(decoder.telegram)
    at = 0
    while at < len(data):
        piece = data[at:at + random.choice((1, 30, 256, len(data)))]
        framer.feed(piece, len(piece))
        at += len(piece)
    framer.gap()
    assert framer.counters.frames == 1, "not one telegram"
    return readings[0] if readings else {}


def run(count, seed):
    """(number of right files out of `count`, description of the first wrong one, digest of all)."""
    maker = Maker(seed)
    random = Random(seed + 1)
    readings = []

    def keep(reading):
        found = {}
        for name, field, _ in NUMBERS:
            if reading.get(field) is not None:
                found[name] = reading.get(field)
        for slot, name in (METER_ID, "meter_id"), (MANUFACTURER, "manufacturer"):
            if reading.raw(slot) is not None:
                found[name] = reading.raw(slot)
        readings.append(found)

    decoder = Decoder(keep)
    first = None
    right = digest = 0
    for _ in range(count):
        data = maker.file()
        got = said(bytearray(data), decoder, readings, random)
        want = smlwalk.expected(data)
        # Who it is is no reading yet.
        if got == want or not [name for name in set(got) | set(want) if name not in ("meter_id", "manufacturer")]:
            right += 1
        elif not first:
            names = [name for name in set(got) | set(want) if got.get(name) != want.get(name)]
            first = "%s: %s instead of %s in %s" % (names, [got.get(name) for name in names],
                                                    [want.get(name) for name in names], data.hex())
        for name in sorted(got):
            for byte in ("%s=%s" % (name, got[name])).encode():
                digest = digest * 33 + byte & 0xFFFFFFF
    return right, first, digest


def main(arguments):
    scale, seed = [int(text) for text in arguments + ["100", "1"][len(arguments):]]
    count = LONG * scale // 100
    right, first, digest = run(count, seed)
    print("%d of %d SML files right, digest %07x" % (right, count, digest))
    if first:
        print("FAILED:", first)
    return 1 if first else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
