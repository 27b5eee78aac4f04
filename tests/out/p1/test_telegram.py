"""A virtual P1 telegram says what the meter has said, in a form that clients of P1 read. See strict.py for these."""

from han.core.clock import EPOCH, Clock
from han.core.zone import Zone, days
from han.meter import obis
from han.meter.decoder import Decoder
from han.meter.live import Live
from han.meter.reading import METER_ID, MANUFACTURER
from han.out.p1.telegram import Maker, crc
from han.wire.framer import Framer
from tests.api.fake import FULL, put
from tests.meter.test_telegrams import Reader, cipher
from tests.out.p1 import strict
from tests.support import telegrams

NOW = 1_790_000_000  # 2026-09-21 14:13:20 UTC, unix s


class Board:
    """A clock that stands at `now`; unix s, None: it has no time."""

    now = NOW

    def ticks_ms(self):
        return 0

    def ticks_diff(self, a, b):
        return a - b

    def utc_ms(self):
        return None if self.now is None else self.now * 1000


def clock(zone="Europe/Amsterdam", now=NOW):
    board = Board()
    board.now = now
    made = Clock(board)
    made.zone = Zone(zone)
    return made


def filled(*fields):
    live = Live()
    for field, number in fields:
        put(live, field, number)
    return live


def made(live, at=None, kept=(None,) * 4):
    energies = [told if told is not None else old for told, old in zip(live.energies(), kept)]
    return Maker().make(live, energies, at or clock())


def lines(data):
    return data.decode().split("\r\n")


def said(data):
    """{code: content} of the lines."""
    return {line[: line.find("(")]: line[line.find("(") :] for line in lines(data) if "(" in line}


def read(data):
    """The Live of a telegram, as the reader itself reads it."""
    live = Live()
    decoder = Decoder(lambda reading: live.take(reading, 0, 0))
    framer = Framer(decoder.telegram)
    framer.feed(bytearray(data), len(data))
    assert framer.counters.frames == 1 and framer.counters.checksum_errors == 0
    return live


def test_the_whole_telegram():
    live = filled(*FULL)
    live.texts[METER_ID], live.said[METER_ID] = b"7359992891560000", 1
    assert lines(made(live))[:-1] == [
        "/HAN5\\HAN-READER", "", "1-3:0.2.8(50)", "0-0:1.0.0(260921161320S)",
        "0-0:96.1.1(37333539393932383931353630303030)",
        "1-0:1.8.0(123456.789*kWh)", "1-0:1.8.1(123456.789*kWh)", "1-0:1.8.2(000000.000*kWh)",
        "1-0:2.8.0(000010.000*kWh)", "1-0:2.8.1(000010.000*kWh)", "1-0:2.8.2(000000.000*kWh)",
        "1-0:3.8.0(000001.001*kvarh)", "1-0:4.8.0(000000.000*kvarh)",
        "1-0:1.7.0(01.000*kW)", "1-0:2.7.0(00.000*kW)", "1-0:3.7.0(00.010*kvar)", "1-0:4.7.0(00.000*kvar)",
        "1-0:32.7.0(239.2*V)", "1-0:52.7.0(230.1*V)", "1-0:72.7.0(230.0*V)",
        "1-0:31.7.0(006.10*A)", "1-0:51.7.0(005.81*A)", "1-0:71.7.0(000.00*A)",
        "1-0:21.7.0(00.301*kW)", "1-0:41.7.0(00.402*kW)", "1-0:61.7.0(00.297*kW)",
        "1-0:22.7.0(00.000*kW)", "1-0:42.7.0(00.000*kW)", "1-0:62.7.0(00.000*kW)",
        "1-0:23.7.0(00.004*kvar)", "1-0:43.7.0(00.003*kvar)", "1-0:63.7.0(00.003*kvar)",
        "1-0:24.7.0(00.000*kvar)", "1-0:44.7.0(00.000*kvar)", "1-0:64.7.0(00.000*kvar)",
        "!%04X" % crc(made(live)[:-6]),
    ]  # fmt: skip


def test_the_checksum_is_that_of_the_standard():
    assert crc(b"123456789") == 0xBB3D  # the check value of CRC-16/ARC
    assert crc(b"") == 0


def test_a_checksum_keeps_its_zeros():
    for power in range(3000):
        data = made(filled((obis.IMPORT_POWER, power)))
        strict.evcc(data)
        if data[-6:-5] == b"0":
            return
    raise AssertionError("no checksum below 1000")


def test_what_is_not_known_is_not_said():
    assert list(said(made(filled((obis.IMPORT_POWER, 5)), clock(now=None)))) == ["1-3:0.2.8", "1-0:1.7.0"]
    assert "0-0:1.0.0" in said(made(filled((obis.IMPORT_POWER, 5))))
    one = filled((obis.IMPORT_ENERGY, 5), (obis.L1_VOLTAGE + 2, 2304), (obis.L1_CURRENT + 1, 995))
    assert sorted(said(made(one, clock(now=None)))) == [
        "1-0:1.8.0", "1-0:1.8.1", "1-0:1.8.2", "1-0:51.7.0", "1-0:72.7.0", "1-3:0.2.8",
    ]  # fmt: skip


def test_numbers_that_are_longer_than_the_standard_expects_are_whole():
    large = (obis.IMPORT_ENERGY, 5_000_000_123), (obis.IMPORT_POWER, 123456), (obis.L1_CURRENT, 1_234_567)
    telegram = said(made(filled(*large)))
    assert telegram["1-0:1.8.0"] == "(5000000.123*kWh)"
    assert telegram["1-0:1.7.0"] == "(123.456*kW)"
    assert telegram["1-0:31.7.0"] == "(1234.57*A)"


def test_energies_of_two_tariffs_are_told_as_they_are():
    two = (obis.IMPORT_ENERGY, 300), (obis.IMPORT_ENERGY_T1, 100), (obis.IMPORT_ENERGY_T1 + 1, 200)
    telegram = said(made(filled(*two)))
    for i, told in enumerate((300, 100, 200)):
        assert telegram["1-0:1.8.%d" % i] == "(000000.%03d*kWh)" % told
    assert "1-0:2.8.1" not in telegram


def test_tariffs_without_a_total_are_told_as_they_are():
    telegram = said(made(filled((obis.EXPORT_ENERGY_T1, 100), (obis.EXPORT_ENERGY_T1 + 2, 200))))
    assert "1-0:2.8.0" not in telegram and "1-0:2.8.2" not in telegram
    assert telegram["1-0:2.8.1"] == "(000000.100*kWh)" and telegram["1-0:2.8.3"] == "(000000.200*kWh)"


def test_what_clients_add_up_is_the_total_whatever_tariffs_there_are():
    for tariffs in ((), (0,), (0, 2), (0, 1, 2, 3), (1,)):
        live = filled((obis.IMPORT_ENERGY, 600), *[(obis.IMPORT_ENERGY_T1 + i, 150) for i in tariffs])
        data = made(live)
        assert strict.total(strict.evcc(data), 1) == 600, tariffs
        assert strict.tariffs(strict.evcc(data), 1) == 600, tariffs


def test_a_total_that_was_kept_over_a_restart_is_no_tariff():
    live = filled((obis.IMPORT_POWER, 5))
    telegram = said(made(live, kept=(300, None, None, None)))
    assert telegram["1-0:1.8.0"] == "(000000.300*kWh)" and "1-0:1.8.1" not in telegram
    put(live, obis.IMPORT_ENERGY, 301)
    assert said(made(live, kept=(300, None, None, None)))["1-0:1.8.1"] == "(000000.301*kWh)"


def test_the_time_is_local_with_its_season():
    def at(zone, year, month, day, hour, minute=0, maker=None):
        seconds = EPOCH + days(year, month, day) * 86400 + hour * 3600 + minute * 60
        live = filled((obis.IMPORT_POWER, 5))
        return said((maker or Maker()).make(live, [None] * 4, clock(zone, seconds)))["0-0:1.0.0"]

    assert at("Europe/Amsterdam", 2026, 1, 31, 23, 30) == "(260201003000W)"
    assert at("Europe/Amsterdam", 2026, 7, 1, 10) == "(260701120000S)"
    assert at("Europe/Helsinki", 2026, 7, 1, 10) == "(260701130000S)"
    assert at("Europe/Helsinki", 2026, 12, 1, 10) == "(261201120000W)"
    # The same hour twice: summer time ends at 01:00 UTC.
    assert at("Europe/Oslo", 2026, 10, 25, 0, 30) == "(261025023000S)"
    assert at("Europe/Oslo", 2026, 10, 25, 1, 30) == "(261025023000W)"
    assert at("Etc/UTC", 2026, 7, 1, 10) == "(260701100000W)"
    assert at("Asia/Dubai", 2026, 7, 1, 10) == "(260701140000W)"
    maker = Maker()
    assert at("Europe/Oslo", 2026, 7, 1, 10, maker=maker) == "(260701120000S)"
    assert at("Asia/Dubai", 2026, 7, 1, 10, maker=maker) == "(260701140000W)"
    assert at("Europe/Oslo", 2026, 1, 1, 10, maker=maker) == "(260101110000W)"


def test_a_reader_without_the_time_tells_the_meters_own():
    live = filled((obis.IMPORT_POWER, 5))
    live.clock = days(2026, 7, 1) * 86400 + 12 * 3600
    assert said(made(live, clock(now=None)))["0-0:1.0.0"] == "(260701120000S)"
    live.clock = None
    assert "0-0:1.0.0" not in said(made(live, clock(now=None)))


def test_a_number_that_is_no_text_is_told_in_hex_too():
    live = filled((obis.IMPORT_POWER, 5))
    live.texts[METER_ID], live.said[METER_ID] = b"\x0a\x01ISK\0\x04", 1
    assert said(made(live))["0-0:96.1.1"] == "(0A0149534B0004)"
    live.texts[METER_ID] = b"1" * 49
    assert "0-0:96.1.1" not in said(made(live))


def _number(live, field):
    """The number of a field; that of a current as P1 has it, in 10 mA and without a sign."""
    number = live.get(field)
    if number is not None and obis.L1_CURRENT <= field < obis.L1_CURRENT + 3:
        return (abs(number) + 5) // 10 * 10
    return number


def _compare(live, back, name):
    folded = []
    for code, first in ((1, obis.IMPORT_ENERGY_T1), (2, obis.EXPORT_ENERGY_T1)):
        there = [i for i in range(obis.TARIFFS) if live.get(first + i) is not None]
        if live.get(obis.IMPORT_ENERGY + code - 1) is not None and there != [0, 1]:
            folded += range(first, first + obis.TARIFFS)
            assert back.get(first) == live.get(obis.IMPORT_ENERGY + code - 1) and back.get(first + 1) == 0, name
    for field in range(obis.IMPORT_REACTIVE_ENERGY_T1):
        if field not in folded:
            assert _number(back, field) == _number(live, field), (name, field, back.get(field), live.get(field))
    if live.raw(METER_ID):
        assert bytes.fromhex(back.raw(METER_ID).decode()) == live.raw(METER_ID), name
    assert back.raw(MANUFACTURER) == b"HAN"


def _streams():
    """(name, Live, clock) of each recorded telegram that is no P1."""
    for entry in telegrams(lambda one: one["framing"] != "p1", expect="decode"):
        live = Live()
        reader = Reader(cipher(entry))

        def take(reading, live=live, decoder=reader.decoder):
            if reading.whole():
                live.mine = True
            if not reading.empty():
                live.take(reading, 0, 0)

        reader.decoder.on_reading = take
        reader.read(entry, lambda: 4096)
        if live.seq and not hasattr(live, "mine"):
            yield entry["id"], live


def test_it_is_read_back_as_the_same_reading_for_every_recorded_telegram():
    count = 0
    for name, live in _streams():
        data = made(live)
        _compare(live, read(data), name)
        strict.every(data)
        assert len(data) <= strict.LONGEST, name
        count += 1
    assert count > 60


def test_gas_of_a_list_is_told():
    # A list of a meter with gas and water on its M-Bus channels, as the lines that extra.py keeps of it.
    from han.meter.besides.extra import Extra

    live = filled((obis.IMPORT_POWER, 5))
    live.extra = extra = Extra()
    kept = (b"0-1:24.1.0(3)\n0-1:96.1.0(4730303939)\n0-1:24.2.1(261121110000W)(1569.646*m3)\n"
            b"0-2:24.1.0(7)\n0-2:24.2.1(77123*l)\n0-3:24.2.1(9*m3)\n0-3:24.2.1(8*m3)\n0-4:24.1.0(4)\n"
            b"0-4:24.2.1(12.34567*GJ)\n0-5:96.1.0(31)\n0-5:24.2.1(5)\n")  # fmt: skip
    extra.buf = bytearray(kept)
    extra.length = len(kept)
    data = made(live)
    assert [line for line in lines(data) if line[:2] == "0-" and line[:3] != "0-0"] == [
        "0-1:24.1.0(003)", "0-1:96.1.0(4730303939)", "0-1:24.2.1(261121110000W)(01569.646*m3)",
        "0-2:24.1.0(007)", "0-2:24.2.1(260921161320S)(00077.123*m3)",
        "0-4:24.1.0(004)", "0-4:24.2.1(260921161320S)(00012.345*GJ)",
        "0-5:96.1.0(31)",
    ]  # fmt: skip
    strict.every(data)
    assert "0-2:24.2.1" not in said(made(live, clock(now=None)))


def test_the_tariff_is_told():
    from han.meter.besides.extra import Extra

    live = filled((obis.IMPORT_POWER, 5))
    live.extra = Extra()
    live.extra._numbers[obis.TARIFF - obis.MORE] = 2
    data = made(live)
    assert said(data)["0-0:96.14.0"] == "(0002)"
    strict.every(data)
