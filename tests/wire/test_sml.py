"""SML telegrams, built from the specification."""
from han.meter.decoder import Decoder
from han.meter.obis import (
    EXPORT_ENERGY,
    EXPORT_POWER,
    FIELDS,
    IMPORT_ENERGY,
    IMPORT_POWER,
    L1_EXPORT_POWER,
    L1_IMPORT_POWER,
    L1_VOLTAGE,
)
from han.meter.reading import MANUFACTURER, METER_ID
from han.wire.framer import SML, Framer
from han.wire.loops import crc_x25

from tests.support import Random
from tests.wire.test_framer import ONE, p1


def octets(data):
    return bytes((len(data) + 1,)) + data


def integer(value, size=4, signed=True):
    return bytes(((0x50 if signed else 0x60) | size + 1,)) + (value & (1 << 8 * size) - 1).to_bytes(size, "big")


def entry(code, value, unit=None, scaler=None, status=b"\x01", f=255):
    return (b"\x77" + octets(bytes(code) + bytes((f,))) + status + b"\x01"
            + (b"\x01" if unit is None else bytes((0x62, unit)))
            + (b"\x01" if scaler is None else bytes((0x52, scaler & 0xFF))) + value + b"\x01")


def message(body, tag=b"\x63\x07\x01"):
    return b"\x76" + octets(b"abcd") + b"\x62\0\x62\0\x72" + tag + body + b"\x63\x12\x34\0"


def listed(*entries, client=b"\x01"):
    """An SML_GetList.Res of these entries."""
    count = bytes((0x70 | len(entries),)) if len(entries) < 16 else bytes((0xF0 | len(entries) >> 4, len(entries) & 15))
    server = octets(b"\x0a\x01EMH\0\0\x01\x02\x03")
    return b"\x77" + client + server + b"\x01\x72\x62\x01\x65\0\0\0\x05" + count + b"".join(entries) + b"\x01\x01"


def transported(body):
    """A telegram of these messages."""
    pad = -len(body) % 4
    body = body.replace(b"\x1b" * 4, b"\x1b" * 8) + bytes(pad)
    out = b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01" + body + b"\x1b\x1b\x1b\x1b\x1a" + bytes((pad,))
    return out + crc_x25(out, 0, len(out)).to_bytes(2, "little")


def telegram(*entries):
    return transported(message(listed(*entries)))


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
        readings.append([reading.get(field) for field in range(FIELDS)] + [reading.text(METER_ID)])

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


def power(value, **more):
    return entry((1, 0, 16, 7, 0), integer(value), 27, 0, **more)


def energy(c, status=b"\x01", size=4):
    return entry((1, 0, c, 8, 0), integer(7000, size, False), 30, 0, status)


def test_a_client_of_six_bytes_is_no_entry():
    for client in (b"\x01", octets(b"\xff" * 6), octets(b"\x01\0\x01\x08\0\xff"), b"\x82\x0a" + bytes(40)):
        for tag in (b"\x63\x07\x01", b"\x65\0\0\x07\x01"):
            data = transported(message(listed(power(321), client=client), tag))
            assert decoded(data)[0][0][IMPORT_POWER] == 321, client


def test_what_is_no_list_is_stepped_over():
    # The same entry in other messages, or where a list response has something else, is none.
    hidden = listed(power(999))
    others = (
        message(hidden, b"\x63\x05\x01"),
        message(hidden, b"\x63\x01\x01"),
        message(b"\x76" + power(999) + b"\x01" * 5),
        message(b"\x77" + power(999) + b"\x01" * 6),
        message(b"\x77\x01\x0b0123456789" + power(999) + b"\x01\x01\x01\x01"),
        message(listed(b"\x76" + power(999)[1:-1])),
        message(listed(b"\x71" + power(999))),
        message(listed(b"\x72\x01" + power(999))),
        b"\0\0\0",
    )
    for other in others:
        readings, decoder, _ = decoded(transported(other + message(listed(power(42))) + other))
        assert [reading[IMPORT_POWER] for reading in readings] == [42], (other, decoder.reason)
    # Lists one after the other add up.
    readings, _, _ = decoded(transported(message(listed(power(42))) + message(listed(energy(1), power(43)))))
    assert (readings[0][IMPORT_POWER], readings[0][IMPORT_ENERGY]) == (42, 7000)


def test_lengths_of_several_bytes():
    for wide in (
        b"\xf0\x07" + power(5)[1:],
        b"\xf0\x80\x07" + power(5)[1:],
        entry((1, 0, 16, 7, 0), b"\xd0\x04\0\x05", 27, 0),
        entry((1, 0, 16, 7, 0), b"\xe0\x80\x80\x0c" + bytes(7) + b"\x05", 27, 0),
        b"\x77\x80\x08" + power(5)[2:],
        power(5)[:-1] + b"\x83\x02" + bytes(48),
    ):
        assert decoded(telegram(wide, energy(1)))[0][0][IMPORT_POWER] == 5, wide


def test_times_and_statuses_of_any_form():
    forms = (
        b"\x01",
        b"\x72\x62\x01\x65\0\0\0\x05",
        b"\x65\0\0\0\x05",
        b"\x72\x62\x03\x73\x65abcd\x53\0\x3c\x53\0\x3c",
        b"\x72\x62\x02\x65abcd",
    )
    for time in forms:
        for status in forms[:3]:
            whole = entry((1, 0, 1, 8, 0), integer(7000), 30, 0)
            strange = whole[:8] + status + time + whole[10:]
            reading = decoded(telegram(strange, power(-3)))[0][0]
            assert (reading[IMPORT_ENERGY], reading[EXPORT_POWER]) == (7000, 3), (time, status)


def test_numbers_of_every_size():
    for size in range(1, 9):
        for signed in (False, True):
            top = (1 << min(8 * size - signed, 49)) - 1
            for value in (0, 1, top, top // 3):
                entries = entry((1, 0, 1, 8, 0), integer(value, size, signed), 30, 0), power(0)
                assert decoded(telegram(*entries))[0][0][IMPORT_ENERGY] == value, (size, signed, value)
            if signed:
                low = min(1 << 8 * size - 1, 1 << 30)
                assert decoded(telegram(entry((1, 0, 16, 7, 0), integer(-low, size), 27, 0)))[0][0][EXPORT_POWER] == low


def test_the_past_is_not_the_counter():
    entries = [entry((1, 0, 1, 8, 0), integer(9), 30, 3, f=f) for f in (96, 97, 1, 0)]
    assert decoded(telegram(*entries, power(1)))[0][0][IMPORT_ENERGY] is None
    assert decoded(telegram(*entries, energy(1), power(1)))[0][0][IMPORT_ENERGY] == 7000
    # Of names it is no period.
    maker = entry((1, 0, 96, 50, 1), octets(b"EMH"), f=1)
    assert decoded(telegram(power(1), maker))[1].reading.text(MANUFACTURER) == "EMH"


def test_the_makers_own_code_and_the_second_measurement():
    own = entry((0x81, 0x81, 199, 130, 3), octets(b"ESY"))
    other = entry((0x81, 0x81, 199, 130, 5), octets(b"XXX"))
    _, decoder, _ = decoded(telegram(other, own, power(1)))
    assert decoder.reading.text(MANUFACTURER) == "ESY" and decoder.reading.text(METER_ID) is None
    second = [entry((1, 2, c, 8, 0), integer(c, 4), 30 if c < 3 else 32, 3) for c in (1, 2, 3, 4)]
    reading = decoded(telegram(*second, power(1)))[0][0]
    assert reading[IMPORT_ENERGY:IMPORT_ENERGY + 4] == [1000, 2000, 3000, 4000]
    # Where there is a first one it counts, wherever it stands.
    reading = decoded(telegram(*second, energy(1), power(1)))[0][0]
    assert reading[IMPORT_ENERGY:IMPORT_ENERGY + 2] == [7000, 2000]
    assert decoded(telegram(entry((1, 3, 1, 8, 0), integer(5), 30, 0), power(1)))[0][0][IMPORT_ENERGY] is None


def test_numbers_of_the_meter():
    server, printed = entry((1, 0, 0, 0, 9), octets(b"\x06EMH\x01\x02")), entry((1, 0, 0, 0, 0), octets(b"1EMH0012"))
    for entries, number in (
        ((printed, server), "06454D480102"),
        ((server, printed), "06454D480102"),
        ((printed,), "1EMH0012"),
        ((entry((0, 0, 96, 1, 255), octets(b"0012")),), "0012"),
        ((server, entry((1, 0, 96, 1, 0), octets(b"\x0a\x01EMH\0\0\0\0 "))), "0A01454D480000000020"),
    ):
        assert decoded(telegram(power(1), *entries))[0][0][-1] == number


def absolute(value, *entries):
    return decoded(telegram(entry((1, 0, 15, 7, 0), integer(value), 27, 0), *entries))[0][0][:2]


def test_power_without_a_sign():
    imports, exports = b"\x63\x01\x82", b"\x63\x01\xa2"
    assert absolute(5, energy(1)) == [5, 0]
    assert absolute(5, energy(2)) == [0, 5]
    assert absolute(5, energy(1), energy(2)) == [None, None]
    assert absolute(5, entry((1, 0, 32, 7, 0), integer(2300), 35, -1)) == [None, None]
    for size in (2, 3, 4, 8):
        wide = bytes((0x61 + size,)) + bytes(size - 2)
        assert absolute(5, energy(1, wide + imports[1:]), energy(2)) == [5, 0]
        assert absolute(5, energy(1, wide + exports[1:]), energy(2)) == [0, 5]
        assert absolute(5, energy(1), energy(2, wide + exports[1:])) == [0, 5]
        assert absolute(5, energy(1, wide + exports[1:])) == [0, 5]
        assert absolute(5, energy(2, wide + imports[1:])) == [0, 5]
    # The status of today's basic meters says it in another bit.
    assert absolute(5, energy(1, b"\x64\x1c\x01\x04"), energy(2)) == [5, 0]
    assert absolute(5, energy(1, b"\x65\0\x1c\x79\x04"), energy(2)) == [0, 5]
    # Of other entries it says nothing of this.
    assert absolute(5, energy(1), energy(2), entry((1, 0, 32, 7, 0), integer(2300), 35, -1, exports)) == [None, None]
    # What the meter sends itself counts.
    assert absolute(5, energy(1), entry((1, 0, 16, 7, 0), integer(-6), 27, 0)) == [0, 6]
    assert absolute(0, energy(1), energy(2)) == [0, 0]


def dzg(serial, value, width, status=b"\x64\x1c\x01\x04", c=16, export=True):
    number = entry((1, 0, 96, 1, 0), octets(b"\x0a\x01DZG\0" + serial.to_bytes(4, "big")))
    entries = [number, energy(1, status), entry((1, 0, c, 7, 0), integer(value, width), 27, -2)]
    reading = decoded(telegram(*entries, *([energy(2)] if export else [])))[0][0]
    return tuple(reading[:2]) if c == 16 else (reading[L1_IMPORT_POWER], reading[L1_EXPORT_POWER])


def test_a_sign_that_dzg_sends_wrong():
    for serial in (42000000, 45000000, 48999999, 55000000, 58999999):
        assert dzg(serial, 0x8B28, 2) == (356, 0)
        assert dzg(serial, 0xFFFF, 2) == (655, 0)
        assert dzg(serial, 0xFF, 1) == (3, 0)
        assert dzg(serial, 0x7FFF, 2) == (328, 0)
        assert dzg(serial, -0x8B28, 4) == (0, 356)
        assert dzg(serial, -12345, 3) == (0, 123)
        assert dzg(serial, 0x8B28, 2, c=36) == (356, 0)
    for serial in (0, 41999999, 49000000, 54999999, 59000000, 60000000):
        assert dzg(serial, 0x8B28, 2) == (0, 299)
        assert dzg(serial, 0x8B28, 2, export=False, status=b"\x64\x1c\x79\x04") == (0, 299)
        # It counts import alone, and says that this is what it does.
        assert dzg(serial, 0xC60C, 2, export=False, status=b"\x64\x04\x01\x04", c=36) == (507, 0)
    # A serial number may end like padding.
    assert dzg(0x0282_8B20, 0x8B28, 2) == dzg(0x0282_8B00, 0x8B28, 2) == (356, 0)
    other = entry((1, 0, 96, 1, 0), octets(b"\x0a\x01ISK\0" + (45000000).to_bytes(4, "big")))
    assert decoded(telegram(other, entry((1, 0, 16, 7, 0), integer(0x8B28, 2), 27, -2)))[0][0][EXPORT_POWER] == 299


def test_imported_power_with_a_sign():
    code = (1, 0, 1, 7, 0)
    assert decoded(telegram(entry(code, integer(-500), 27, 0)))[0][0][:2] == [0, 500]
    nothing = entry((1, 0, 2, 7, 0), integer(0), 27, 0)
    assert decoded(telegram(entry(code, integer(-500), 27, 0), nothing))[0][0][:2] == [0, 500]
    assert decoded(telegram(entry(code, integer(500), 27, 0)))[0][0][:2] == [500, None]


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
