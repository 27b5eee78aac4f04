"""The simulated meters: they send the right lists at the right times, and our own decoder reads the right values.

cpython_test_encoders.py does the same with the decoders of others.
"""

from host_sim.clock import Clock
from host_sim.house import House
from host_sim.meters import DEFAULT, NAMES, create
from host_sim.meters.parts.dlms import fcs16, hdlc, mbus
from host_sim.meters.p1 import crc16, decimal, telegram
from host_sim.meters.parts.submeters import gas, water
from host_sim.line.metersource import MeterSource
from host_sim.uart import Uart
from tests.sim.meters.expected import expected, sub_meters
from tests.sim.meters.sent import HOUR, check, check_day, decoded, state, sub_meters_of
from tests.support import raises

# Telegrams in the 25 s from two seconds before a full hour, by the meters' own periods.
DUE = {"aidon": 10, "kaifa": 12, "kamstrup": 4, "mbus": 5, "p1": 3, "dsmr5": 25, "belgian": 25, "swedish": 3}


def test_sub_meters():
    for name, numbers in (
        ("dsmr5", ("G0099000000024026", "8SIM0099000026")),
        ("belgian", ("7SIM0099000024", "8SIM0099000025")),
    ):
        for second in (0, 299, 300, 3599, 3600, 70000, 200 * 86400 + 5):
            now = state(HOUR + second, [0] * 3, [0] * 3, [2300] * 3, [0] * 3, [0, 0], [0, 0])
            gas, water = sub_meters_of(create(name).encode(now))
            assert (gas.channel, gas.kind, gas.id, gas.unit) == (1, 3, numbers[0], "m3")
            assert (water.channel, water.kind, water.id, water.unit) == (2, 7, numbers[1], "m3")
            assert ((gas.value, water.value), gas.places, water.places) == (sub_meters(now), 3, 3)
            utc = HOUR + second - 1577836800
            ahead = 7200 if gas.dst else 3600
            assert (gas.time - ahead, water.time - ahead) == (utc - utc % 300, utc - utc % 3600)


def test_sub_meters_count_forwards():
    for meter in (gas, water):
        before, at = 0, 1766000000
        while at < 1766000000 + 800 * 86400:
            read, litres = meter(at)
            assert litres >= before and read <= at
            if before:
                assert litres - before < 1200
            before, at = litres, at + 7000


def test_names():
    assert DEFAULT in NAMES and set(DUE) == set(NAMES)
    with raises(ValueError):
        create("ferraris")


def test_what_is_sent_is_what_was_meant():
    for name in NAMES:
        check_day(name)


def test_extremes():
    for name in NAMES:
        # Nine digits are all that a Dutch or a Belgian meter shows.
        most = 999999999 if name in ("dsmr5", "belgian") else 4 * 10**9
        for moment in (
            state(HOUR, [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0], [0, 0]),
            state(HOUR + 10, [17000, 16999, 20001], [9999, 1, 0], [2599, 2600, 9], [65000, 1, 9999], [most, 1], [9, 3]),
            state(HOUR + 3610, [-5, -20000, 3], [-1, -2, -3], [2300] * 3, [49, 50, 51], [999, 999999999], [999, 1]),
        ):
            check(name, moment)


def test_bytes_that_look_like_frames_are_sent_plainly():
    # 0x7E, 0x7D and 0x68 in the values: nothing is escaped.
    moment = state(HOUR, [0x7E7E, 0, 0], [0x7D, 0, 0], [0x7E7] * 3, [0x7E0] * 3, [0x7E7E7E, 0x68], [0x16, 0x16])
    for name in NAMES:
        check(name, moment)


def record(source, line, ms):
    """What a UART with the line's settings hears in that time, without the beginning of a further telegram."""
    now_us = 0
    uart = Uart(lambda: now_us, source)
    uart.configure(*line)
    got = bytearray()
    buf = bytearray(200)
    while True:
        now_us += 50000
        n = uart.readinto(buf)
        got += buf[:n]
        if now_us >= ms * 1000 and not n:
            return got, now_us // 1000


def test_each_list_in_its_time():
    start = HOUR - 2
    for name in NAMES:
        meter = create(name)
        source = MeterSource(meter, House(start, 5, meter.ZONE_MIN), Clock(1, start * 1000000000 + 500000000))
        heard, ms = record(source, meter.LINE, 24500)
        want = []
        twin = House(start, 5, meter.ZONE_MIN)
        for moment in range(start * 1000 + 500, start * 1000 + 500 + ms, 500):
            now = twin.state(moment)
            if meter.encode(now):
                want.append(expected(name, now))
        messages = decoded(heard)
        assert messages == want[: len(messages)], name
        assert len(want) - len(messages) <= 1
        assert abs(len(messages) - DUE[name]) <= 1, (name, len(messages))


def test_counters_come_on_the_hour_where_the_meter_does_so():
    for name, second in (("aidon", 0), ("kaifa", 10), ("kamstrup", 5)):
        meter = create(name)
        house = House(HOUR - 100, 5, meter.ZONE_MIN)
        for moment in (HOUR - 10, HOUR, HOUR + 5, HOUR + 10, HOUR + 20):
            seen = decoded(meter.encode(house.state(moment * 1000)))
            has = bool(seen) and "import_energy_wh" in seen[0]
            assert has == (moment == HOUR + second), (name, moment)


def test_summer_time_is_told():
    for utc, summer in ((1743296390, False), (1743296400, True), (1761440390, True), (1761440400, False)):
        for name in ("p1", "dsmr5", "belgian", "mbus", "swedish"):
            meter = create(name)
            moment = House(utc, 5, meter.ZONE_MIN).state(utc * 1000)
            seen = decoded(meter.encode(moment))[0]
            assert seen["ts_dst"] == (summer and name != "swedish")
            check(name, moment)


def test_known_check_sequences():
    assert fcs16(b"123456789") == 0x906E  # CRC-16/X-25
    assert crc16(b"123456789") == 0xBB3D  # CRC-16/ARC
    assert telegram(["/"]) == b"/\r\n!%04X\r\n" % crc16(b"/\r\n!")
    assert hdlc(b"\x01\x02\x01", 0x10, b"")[1:3] == b"\xa0\x0a"


def test_long_apdus_are_segmented():
    apdu = bytes([n & 255 for n in range(600)])
    frames = mbus(apdu)
    parts, numbers = b"", []
    while frames:
        length = frames[1]
        assert frames[0] == frames[3] == 0x68 and frames[2] == length
        body = frames[4 : 4 + length]
        assert frames[4 + length] == sum(body) & 255 and frames[5 + length] == 0x16
        numbers.append(body[2])
        parts += body[5:]
        frames = frames[6 + length :]
    assert parts == apdu and numbers == [0, 1, 0x12]


def test_decimal():
    assert decimal(0, 5, 1) == "000.0"
    assert decimal(2317, 5, 1) == "231.7"
    assert decimal(12345678, 12, 3) == "00012345.678"
