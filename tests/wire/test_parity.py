"""P1 from a 7E1 line that is read as 8N1: the parity in bit 7 is the check of each character."""
from han.meter.decoder import Decoder
from han.meter.obis import FIELDS, IMPORT_ENERGY
from han.wire.framer import Framer

from tests.support import Random, inputs
from tests.wire.test_framer import P1_TELEGRAM, hdlc, mbus, p1

BARE = P1_TELEGRAM + b"\r\n"  # no checksum, as most of these meters


def even(data):
    """The bytes that an 8N1 receiver gets from a 7E1 line."""
    return bytes(byte | (bin(byte).count("1") & 1) << 7 for byte in data)


def read(stream, chunk=None):
    """(all numbers of each reading, counters) of a stream that comes in chunks."""
    found = []
    decoder = Decoder(lambda reading: found.append([reading.get(field) for field in range(FIELDS)]))
    framer = Framer(decoder.telegram)
    step = chunk or len(stream)
    for at in range(0, len(stream), step):
        part = stream[at:at + step]
        framer.feed(part, len(part))
    framer.gap()
    return found, framer.counters


def test_a_telegram_without_a_checksum_is_read_at_once():
    for chunk in (None, 1, 50):
        found, counters = read(even(BARE), chunk)
        assert [reading[IMPORT_ENERGY] for reading in found] == [9621983], chunk
        assert (counters.parity, counters.checksum_errors, counters.truncated) == (0, 0, 0)


def test_the_first_telegram_with_a_checksum_shows_what_line_it_is():
    # Meters that send one send eight bits, by their standard.
    line = even(p1())
    for chunk in (None, 1, 50):
        found, counters = read(line, chunk)
        assert (found, counters.parity) == ([], 1)
        found, counters = read(line * 4, chunk)
        assert [reading[IMPORT_ENERGY] for reading in found] == [9621983] * 3, chunk
        assert counters.parity == 1


def test_the_recorded_telegrams():
    good, bit = inputs("7e1-good.bin"), inputs("7e1-bit.bin")
    (want,), counters = read(good)
    assert counters.parity == 0
    for stream, readings, refused in ((bit, 0, 1), (good + bit + good, 2, 1), (bit + good + bit + bit + good, 2, 3)):
        for chunk in (None, 1, 100):
            found, counters = read(stream, chunk)
            assert found == [want] * readings
            assert (counters.parity, counters.checksum_errors, counters.truncated) == (refused, 0, 0)


def test_any_one_wrong_bit_refuses_its_telegram_and_no_other():
    good = even(BARE)
    (want,), _ = read(good)
    for bit in range(8 * len(good) - 16):  # but for the line end
        damaged = bytearray(good)
        damaged[bit >> 3] ^= 1 << (bit & 7)
        found, counters = read(good + bytes(damaged) + good, 41)
        assert found == [want] * 2, bit
        assert counters.checksum_errors == counters.truncated == 0, bit
        # Damage in the four characters that a telegram is known by may leave nothing to count.
        assert counters.parity == 1 or bit < 32 and not counters.parity, bit
    # The same with a checksum.
    good = even(p1())
    random = Random(6)
    for _ in range(300):
        damaged = bytearray(good)
        damaged[random.between(4, len(good) - 7)] ^= 1 << random.below(8)
        found, counters = read(good * 2 + bytes(damaged) + good, 41)
        assert found == [want] * 2 and counters.parity == 2 and not counters.checksum_errors


def test_a_telegram_that_is_cut_off_is_no_wrong_parity():
    good = even(BARE)
    for cut in (40, len(good) - 4):
        for chunk in (None, 1, 7):
            found, counters = read(good[:cut] + good, chunk)
            assert len(found) == 1 and counters.parity == 0
            assert counters.truncated + counters.checksum_errors == 1


def test_other_lines_are_left_alone():
    other = hdlc(bytes(range(0xA0, 0xF0))) + mbus(bytes(range(0x80, 0xC0))) + p1(P1_TELEGRAM.replace(b"KAM", b"ISK"))
    found, counters = read(even(BARE) * 2 + other * 2 + even(BARE) + BARE, 71)
    assert len(found) == 6 and counters.frames == 10 and counters.parity == 0


def test_a_flipped_bit_7_of_eight_bits_is_no_parity():
    for telegram in (BARE, p1()):
        for at in range(4, len(BARE) - 2):
            damaged = bytearray(telegram)
            damaged[at] |= 0x80
            found, counters = read(telegram + bytes(damaged) + telegram)
            assert len(found) == 2 and counters.parity == 0 and counters.checksum_errors == 1, at


def test_noise_counts_as_no_telegram():
    random = Random(8)
    counters = read(b"".join([random.bytes(500) + b"\xaf\xc1\x42" + random.bytes(40) for _ in range(40)]), 100)[1]
    assert counters.parity == 0
