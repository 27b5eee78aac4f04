"""Checksums by another convention than the framing's: learned from telegrams in a row, refused until then."""
from han.wire.framer import Framer
from han.wire.loops import crc_x25

from tests.support import Random, inputs
from tests.wire.test_framer import P1_TELEGRAM, hdlc, p1
from tests.wire.test_sml import GOOD as SML_TELEGRAM, energy, power, telegram


def crc(name, data, swapped=False):
    """A checksum, bit by bit."""
    first, polynomial, last = {
        "X25": (0xFFFF, 0x8408, 0xFFFF), "KERMIT": (0, 0x8408, 0), "ARC": (0, 0xA001, 0), "MODBUS": (0xFFFF, 0xA001, 0),
    }[name]  # fmt: skip
    for byte in data:
        first ^= byte
        for _ in range(8):
            first = first >> 1 ^ (polynomial if first & 1 else 0)
    first ^= last
    return first >> 8 | (first & 0xFF) << 8 if swapped else first


def text(name, number=0, swapped=False):
    """A P1 telegram with another checksum, and a number that tells it from others."""
    data = P1_TELEGRAM[:-1] + b"1-0:1.7.0(%d*W)\r\n!" % number
    return data + b"%04X\r\n" % crc(name, data, swapped)


def sml(name, number=0, swapped=False):
    data = telegram(energy(1), power(number))[:-2]
    return data + crc(name, data, swapped).to_bytes(2, "little")


class Line:
    def __init__(self, **more):
        self.taken = 0
        self.spans = []
        self.framer = Framer(self._take, trace=self._trace, **more)

    def _take(self, *what):
        self.taken += 1

    def _trace(self, what, start, end):
        self.spans.append(what)

    def hear(self, *telegrams):
        """How many of these are taken, one after the other."""
        before = self.taken
        for data in telegrams:
            self.framer.feed(bytearray(data), len(data))
        return self.taken - before


def test_crcs_are_what_their_names_say():
    assert [crc(name, b"123456789") for name in ("X25", "KERMIT", "ARC", "MODBUS")] == [0x906E, 0x2189, 0xBB3D, 0x4B37]
    assert crc("X25", SML_TELEGRAM) == crc_x25(SML_TELEGRAM, 0, len(SML_TELEGRAM))


def test_the_fifth_in_a_row_is_taken_and_each_behind_it():
    for make, names in ((text, ("X25", "KERMIT", "MODBUS")), (sml, ("KERMIT", "ARC", "MODBUS"))):
        for name in names:
            for swapped in (False, True):
                line = Line()
                assert line.hear(*[make(name, i, swapped) for i in range(4)]) == 0
                found = line.framer.conventions
                assert (found.name, found.count, found.learned) == (name, 4, False)
                assert line.framer.counters.checksum_errors == 4
                assert line.spans == ["checksum: " + name] * 4
                assert [line.hear(make(name, i, swapped)) for i in range(3)] == [1, 1, 1]
                assert (found.name, found.learned, found.heard) == (name, True, 7)
                assert line.spans[4:] == ["telegram: " + name] * 3


def test_one_at_a_time():
    line = Line()
    stream = b"".join([text("X25", i) for i in range(6)])
    assert line.hear(*[stream[i:i + 1] for i in range(len(stream))]) == 2


def test_another_one_garbage_or_the_usual_one_begin_anew():
    for make, usual, name, other in ((text, p1(), "X25", "MODBUS"), (sml, SML_TELEGRAM, "KERMIT", "ARC")):
        broken = bytearray(make(name))
        broken[30] ^= 1
        for between in (bytes(broken), make(other), make(name, 0, True), usual):
            line = Line()
            four = [make(name, i) for i in range(4)]
            assert line.hear(*four) == 0
            assert line.hear(between) == (1 if between is usual else 0)
            assert line.hear(*four) == 0, between
            assert line.hear(make(name)) == 1


def test_what_is_known_stays_known_through_damage():
    for make, name, other in ((text, "X25", "MODBUS"), (sml, "KERMIT", "ARC")):
        line = Line(enough=1)
        broken = bytearray(make(name))
        broken[30] ^= 1
        assert line.hear(make(name), bytes(broken), make(name), bytes(broken), bytes(broken), make(name)) == 3
        # With another one it begins anew, be it known or not.
        line = Line()
        assert line.hear(*[make(name, i) for i in range(6)]) == 2
        assert line.hear(*[make(other, i) for i in range(4)]) == 0
        assert line.hear(*[make(other, i) for i in range(4)]) == 4


def test_other_framings_are_nothing_to_it():
    line = Line()
    data = hdlc(b"\xe6\xe7\x00\x0f" + bytes(30))
    assert line.hear(*[data + sml("KERMIT", i) for i in range(5)]) == 6


def test_damage_is_never_taken_for_one():
    random = Random(12)
    line = Line()
    for i in range(1500):
        data = bytearray(random.choice((p1(), SML_TELEGRAM)))
        for _ in range(random.between(1, 3)):
            data[random.below(len(data))] ^= 1 << random.below(7)
        line.hear(data)
    assert line.framer.counters.checksum_errors > 500
    assert line.framer.conventions.count < 2


def test_the_recorded_one():
    data = inputs("sml_kermit.hex")
    line = Line()
    assert line.hear(*[data] * 5) == 1 and line.framer.conventions.name == "KERMIT"
    assert Line(enough=1).hear(data) == 1
