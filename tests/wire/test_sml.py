"""SML telegrams, built from the specification, and the parity of 7E1 lines."""
from han.meter.decoder import Decoder
from han.meter.obis import EXPORT_ENERGY, EXPORT_POWER, IMPORT_ENERGY, IMPORT_POWER, L1_EXPORT_POWER, L1_VOLTAGE
from han.meter.reading import METER_ID
from han.wire.framer import SML, Framer
from han.wire.loops import crc_x25

from tests.support import Random
from tests.wire.test_framer import ONE, p1


def octets(data):
    return bytes((len(data) + 1,)) + data


def integer(value, size=4, signed=True):
    return bytes(((0x50 if signed else 0x60) | size + 1,)) + (value & (1 << 8 * size) - 1).to_bytes(size, "big")


def entry(code, value, unit=None, scaler=None, status=b"\x01"):
    return (b"\x77" + octets(bytes(code) + b"\xff") + status + b"\x01"
            + (b"\x01" if unit is None else bytes((0x62, unit)))
            + (b"\x01" if scaler is None else bytes((0x52, scaler & 0xFF))) + value + b"\x01")


def message(body):
    return b"\x76" + octets(b"abcd") + b"\x62\0\x62\0\x72\x63\x07\x01" + body + b"\x63\x12\x34\0"


def telegram(*entries):
    items = b"".join(entries)
    count = bytes((0x70 | len(entries),)) if len(entries) < 16 else bytes((0xF0 | len(entries) >> 4, len(entries) & 15))
    server = octets(b"\x0a\x01EMH\0\0\x01\x02\x03")
    body = message(b"\x77\x01" + server + b"\x01\x72\x62\x01\x65\0\0\0\x05" + count + items + b"\x01\x01")
    pad = -len(body) % 4
    body = body.replace(b"\x1b" * 4, b"\x1b" * 8) + bytes(pad)
    out = b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01" + body + b"\x1b\x1b\x1b\x1b\x1a" + bytes((pad,))
    return out + crc_x25(out, 0, len(out)).to_bytes(2, "little")


GOOD = telegram(
    entry((1, 0, 96, 50, 1), octets(b"EMH")),
    entry((1, 0, 0, 0, 9), octets(b"\x0a\x01EMH\0\0\x01\x02\x03")),
    entry((1, 0, 1, 8, 0), integer(123456789012, 8, False), 30, -1, b"\x65\0\x01\x02\x03"),
    entry((1, 0, 2, 8, 0), integer(5, 1), 30, 3),
    entry((1, 0, 16, 7, 0), integer(-2601, 4), 27, 0),
    entry((1, 0, 36, 7, 0), integer(-26015, 4), 27, -1),
    entry((1, 0, 32, 7, 0), integer(2304, 2, False), 35, -1),
    entry((1, 0, 129, 7, 0), octets(bytes(60))),
)


def decoded(data, chunk=None):
    readings = []

    def keep(reading):
        readings.append([reading.get(field) for field in range(38)] + [reading.text(METER_ID)])

    decoder = Decoder(keep)
    framer = Framer(decoder.telegram)
    step = chunk or len(data)
    for at in range(0, len(data), step):
        part = bytearray(data[at:at + step])
        framer.feed(part, len(part))
    framer.gap()
    return readings, decoder, framer


def test_values_scales_and_signs():
    for chunk in (None, 1, 7):
        readings, decoder, _ = decoded(b"xx" + GOOD + GOOD, chunk)
        assert len(readings) == 2, decoder.reason
        one = readings[0]
        assert one[IMPORT_ENERGY] == 12345678901
        assert one[EXPORT_ENERGY] == 5000
        assert (one[IMPORT_POWER], one[EXPORT_POWER]) == (0, 2601)
        assert one[L1_EXPORT_POWER] == 2602
        assert one[L1_VOLTAGE] == 2304
        assert one[-1] == "0A01454D480000010203"


def test_a_wrong_checksum_is_rejected_and_the_next_is_taken():
    broken = bytearray(GOOD)
    broken[40] ^= 1
    readings, _, framer = decoded(bytes(broken) + GOOD)
    assert len(readings) == 1
    assert framer.counters.checksum_errors == 1
    assert len(decoded(GOOD[:90] + GOOD)[0]) == 1


def test_escapes_inside_are_undone():
    data = telegram(entry((1, 0, 1, 8, 0), integer(0x1B1B1B1B, 4, False), 30, 0))
    assert b"\x1b" * 8 in data
    assert decoded(data)[0][0][IMPORT_ENERGY] == 0x1B1B1B1B


def test_long_lists():
    entries = [entry((1, 0, 99, i, 0), integer(i)) for i in range(40)] + [entry((1, 0, 1, 7, 0), integer(42), 27, 0)]
    assert decoded(telegram(*entries))[0][0][IMPORT_POWER] == 42


def test_malformed_lists_raise_nothing():
    random = Random(30)
    for _ in range(300):
        inner = bytearray(GOOD[8:-8])
        for _ in range(random.between(1, 4)):
            inner[random.below(len(inner))] = random.choice((random.bits(8), 0xFF, 0x7F, 0x77, 0x00))
        out = GOOD[:8] + bytes(inner) + GOOD[-8:-2]
        readings, decoder, framer = decoded(out + crc_x25(out, 0, len(out)).to_bytes(2, "little") + ONE)
        assert framer.counters.frames >= 1


def test_framings_side_by_side():
    found = []
    framer = Framer(lambda kind, buf, start, end: found.append(kind))
    data = GOOD + ONE + p1() + GOOD
    framer.feed(data, len(data))
    assert found.count(SML) == 2 and len(found) == 4


def even(data):
    """What an 8N1 receiver gets of a 7E1 line."""
    return bytes(byte | (bin(byte).count("1") & 1) << 7 for byte in data)


def test_a_7e1_line_read_as_8n1_is_recognised_by_its_first_telegram():
    line = even(p1())
    for chunk in (None, 1, 50):
        readings, _, framer = decoded(line, chunk)
        assert readings == []
        assert framer.counters.parity == 1
        readings, _, framer = decoded(line * 4, chunk)
        assert [reading[IMPORT_ENERGY] for reading in readings] == [9621983] * 3, chunk


def test_the_parity_is_left_alone_where_it_is_none():
    readings, _, framer = decoded(even(p1()) * 3 + ONE * 8 + p1(), 71)
    assert len(readings) == 3
    assert framer.counters.frames > 8
