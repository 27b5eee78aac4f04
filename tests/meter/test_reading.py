"""Numbers, texts and times of a reading, exact to the last digit."""
from array import array

from han.meter import obis
from han.meter.lists import profiles
from han.meter.decoder import Decoder
from han.meter.live import Live
from han.meter.sense.plausible import Plausible
from han.meter.reading import COMMON, METER_ID, METER_TYPE, Reading, seconds
from han.meter.said import p1_time, rest
from han.wire.framer import P1
from han.wire.layers.unwrap import APDU

from tools.fields import fields


def row(key, low, high=0, scale=0, unit=255, negative=False):
    return key, 0, 0, low, high, 64 + scale, unit, 17 if negative else 1


def reading(*rows, profile=None):
    made = Reading()
    flat = array("i", [word for one in rows for word in one])
    made.fill(bytearray(8), flat, len(rows), profile or profiles.coded(b""))
    return made


def key(c, d, e=0, a=1):
    return a << 24 | c << 16 | d << 8 | e


def test_seconds_since_2020():
    assert seconds(2020, 1, 1, 0, 0, 0) == 0
    assert seconds(2020, 3, 1, 0, 0, 0) == 60 * 86400
    assert seconds(2021, 1, 1, 0, 0, 0) == 366 * 86400
    assert seconds(2024, 2, 29, 23, 59, 59) == 1520 * 86400 + 86399
    assert seconds(2010, 12, 9, 11, 30, 20) == 1291894220 - 1577836800
    assert seconds(2099, 12, 31, 0, 0, 0) == 4102358400 - 1577836800
    for wrong in ((2020, 0, 1, 0, 0, 0), (2020, 13, 1, 0, 0, 0), (2020, 1, 32, 0, 0, 0), (2020, 1, 1, 24, 0, 0),
                  (0xFFFF, 1, 1, 0, 0, 0), (2020, 1, 1, 0, 0xFF, 0)):
        assert seconds(*wrong) is None


def test_scaled_to_base_units_and_rounded():
    for low, scale, unit, code, expected in (
        (1661, 0, 27, key(1, 7), 1661),
        (2392, -1, 35, key(32, 7), 2392),
        (23924, -2, 35, key(32, 7), 2392),
        (23925, -2, 35, key(32, 7), 2393),
        (5, 0, 33, key(31, 7), 5000),
        (14, -4, 33, key(31, 7), 1),
        (15, -4, 33, key(31, 7), 2),
        (1453, 0, 30, key(1, 8), 1453),
        (5, 3, 30, key(1, 8), 5000),
    ):
        made = reading(row(code, low, 0, scale, unit))
        field = obis.CODES[list(obis.KEYS).index(code)]
        assert made.get(field) == expected, (low, scale)


def test_negative_values():
    made = reading(row(key(31, 7), 125, 0, -1, 33, True), row(key(51, 7), 0, 0, -1, 33, True))
    assert made.get(obis.L1_CURRENT) == -12500
    assert made.get(obis.L1_CURRENT + 1) == 0


def test_energies_beyond_31_and_32_bits():
    for wh in (2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 123456789012345):
        made = reading(row(key(1, 8), wh & 0xFFFFFF, wh >> 24, 0, 30))
        assert made.get(obis.IMPORT_ENERGY) == wh
    made = reading(row(key(1, 8), 12345678, 300, 3, 30))
    assert made.get(obis.IMPORT_ENERGY) == 1000 * (300 << 24 | 12345678)


def test_a_unit_of_another_quantity_is_no_value():
    assert reading(row(key(1, 7), 5, 0, 0, 33)).get(obis.IMPORT_POWER) is None


def test_absurd_scales_are_no_value():
    for scale in (-60, -10, 10, 60, 127):
        assert reading(row(key(1, 8), 5, 0, scale, 30)).get(obis.IMPORT_ENERGY) is None
    assert reading(row(key(1, 8), 5, 0x3FFFFFF, 9, 30)).get(obis.IMPORT_ENERGY) is None


def test_voltages_without_a_scale_tell_it_by_their_size():
    for number, expected in ((236, 2360), (2367, 2367), (23670, 2367), (0, 0)):
        assert reading(row(key(32, 7), number)).get(obis.L1_VOLTAGE) == expected


def test_texts_are_kept_between_telegrams_and_lose_their_padding():
    made = Reading()
    assert made.text(METER_ID) is None
    assert made.set_text(METER_ID, b"..12345\0\0 ", 2, 10)
    assert made.text(METER_ID) == "12345"
    made.clear()
    assert made.text(METER_ID) is None
    assert not made.set_text(METER_ID, b"\0\0\0", 0, 3)
    assert made.set_text(METER_TYPE, b"\x01\xffA", 0, 3)
    assert made.text(METER_TYPE) == "01FF41"


def finish(made, date_time):
    """Fill the reading with an empty list that has a date-time in front of its body."""
    buf = bytearray(8) + date_time
    made.fill(buf, array("i"), 0, COMMON)
    assert not rest(made, buf, array("i", (20, 20, 0)), array("i"), array("i", (0,)))


def test_date_times():
    made = Reading()
    finish(made, bytes.fromhex("07e70718011328190 0ff8880".replace(" ", "")))
    assert made.time() == (seconds(2023, 7, 24, 19, 40, 25), -120, True)
    finish(made, bytes.fromhex("07e60102070e2514ff8000ff"))
    assert made.time() == (seconds(2022, 1, 2, 14, 37, 20), None, None)
    finish(made, b"\xff" * 12)
    assert made.time()[0] is None
    for text, dst in ((b"240407122854S", True), (b"240407122854W", False), (b"240407122854", None)):
        assert p1_time(text, 0, len(text), made.when)
        assert made.time() == (seconds(2024, 4, 7, 12, 28, 54), None, dst)
    assert not p1_time(b"24040712285", 0, 11, made.when)
    assert not p1_time(b"24x407122854S", 0, 13, made.when)


def test_a_text_without_a_code_at_the_end_is_the_meters_number_a_date_time_is_not():
    power = b"\x09\x06\x01\x00\x01\x07\x00\xff\x06\0\0\x06\x7d\x02\x02\x0f\x00\x16\x1b"
    found = []
    decoder = Decoder(lambda one: found.append((one.get(0), one.text(METER_ID))))
    for last in b"\x09\x0c181220000009", b"\x09\x0c\x07\xe5\x02\x03\x04\x05\x06\x07\xff\x80\0\0":
        data = b"\x0f\x40\0\0\0\0\x02\x04" + power + last
        decoder.telegram(APDU, bytearray(data), 0, len(data))
    assert found == [(1661, "181220000009"), (1661, None)]


def test_eight_tariffs_each_for_itself():
    rows = []
    for tariff in range(1, 10):
        rows += [row(key(1, 8, tariff), 1000 + tariff, 0, 0, 30), row(key(2, 8, tariff), 2000 + tariff, 0, 0, 30)]
    made = reading(*rows)
    said = fields(made)
    for tariff in range(1, 9):
        assert said["import_energy_t%d_wh" % tariff] == 1000 + tariff
        assert said["export_energy_t%d_wh" % tariff] == 2000 + tariff
    assert len(said) == 16
    assert Plausible().check(made, None, 0)
    assert made.get(obis.IMPORT_ENERGY) == 8036 and made.get(obis.EXPORT_ENERGY) == 16036


def test_the_period_follows_the_meter_not_its_pauses():
    live = Live()
    empty = reading()
    live.take(empty, 0, 0)
    for _ in range(20):
        live.take(empty, 0, 2000)
    assert live.period_ms == 2000
    live.take(empty, 0, 60000)
    assert live.period_ms < 3000
    for _ in range(40):
        live.take(empty, 0, 10000)
    assert 9000 <= live.period_ms <= 13000


def test_a_list_longer_than_any_that_is_known_is_read_to_its_end():
    coded, names, values = b"", b"", b""
    for i in range(1, 40):
        code = b"\x09\x06\x01\x00\x63" + bytes((i, 0)) + b"\xff"
        coded += b"\x02\x03" + code + b"\x06\0\0\0" + bytes((i,)) + b"\x02\x02\x0f\x00\x16\x1b"
        names += b"\x02\x04\x12\0\x03" + code + b"\x0f\x02\x12\0\0"
        values += b"\x06\0\0\0" + bytes((i,))
    code = b"\x09\x06\x01\x00\x01\x07\x00\xff"
    coded += b"\x02\x03" + code + b"\x06\0\0\x06\x7d\x02\x02\x0f\x00\x16\x1b"
    names += b"\x02\x04\x12\0\x03" + code + b"\x0f\x02\x12\0\0"
    values += b"\x06\0\0\x06\x7d"
    found = []
    p1 = b"/ABC5\r\n\r\n"
    for c, d, e in [(c + 20 * phase, 7, 0) for phase in range(3) for c in (21, 22, 23, 24, 31, 32)] + [
            (c, 8, e) for c in (1, 2) for e in range(9)]:
        p1 += b"1-0:%d.%d.%d(000123.456)\r\n" % (c, d, e)
    p1 += b"1-0:1.7.0(1.661*kW)\r\n!"
    for kind, data in (
        ("codes", b"\x0f\x40\0\0\0\0\x01\x28" + coded),
        ("names", b"\x0f\x40\0\0\0\0\x02\x29\x01\x28" + names + values),
        ("P1", p1),
    ):
        decoder = Decoder(lambda one: found.append(one.get(obis.IMPORT_POWER)))
        before = len(decoder.rows)
        for _ in range(2):
            if kind == "P1":
                decoder.telegram(P1, bytearray(data), 0, len(data))
            else:
                decoder.telegram(APDU, bytearray(data), 0, len(data))
        assert found == [1661, 1661], (kind, found, decoder.reason)
        assert len(decoder.rows) > before
        found.clear()
