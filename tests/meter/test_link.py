"""The meter task: finds the line's settings, keeps them, notices a change, and reports what is wrong."""
from han.meter.besides.events import known
from han.meter.decoder import Decoder
from han.meter.link import Link
from han.meter.obis import EXPORT_POWER, IMPORT_ENERGY, IMPORT_POWER, L1_VOLTAGE
from han.meter.line.search import Search
from han.meter.line.settings import TRIED
from han.meter.line.told import checksum, describe, diagnosis, line as found, selectable, tried, trying
from han.meter.submeters.sub import meters
from han.wire.layers.unwrap import APDU

from tests.support import Random, raw, telegrams
from tests.wire.test_conventions import sml, text
from tests.wire.test_framer import P1_TELEGRAM, hdlc, p1
from tests.wire.test_parity import even

LINES = selectable()
LIST_1 = bytes.fromhex("e6e7000f40000000000101020309060100010700ff060000067d02020f00161b")


class Board:
    """A board whose time the test moves."""

    def __init__(self):
        self.now = 0

    def ticks_ms(self):
        return self.now

    def ticks_diff(self, a, b):
        return a - b


class Bus:
    def __init__(self):
        self.seen = []

    def publish(self, topic, value):
        self.seen.append((topic, value.seq))


class Uart:
    """A meter that sends a telegram each `period` ms. With settings other than the line's the reader gets garbage."""

    any_setting = False

    def __init__(self, board, line, telegram, period):
        self.board = board
        self.line = line
        self.telegram = telegram
        self.period = period
        self.next = 1000
        self.queue = b""
        self.history = []
        self.random = Random(9)

    def configure(self, *line):
        self.history.append((self.board.now, line))
        self.queue = b""

    def readinto(self, buf):
        if self.telegram and self.board.now >= self.next:
            self.next += self.period
            good = self.history[-1][1] == self.line
            self.queue += self.telegram if good else self.random.bytes(len(self.telegram) // 2)
        n = min(len(buf), len(self.queue))
        buf[:n] = self.queue[:n]
        self.queue = self.queue[n:]
        return n


def link(line, telegram=None, period=10000, option=0):
    board = Board()
    uart = Uart(board, line, telegram, period)
    bus = Bus()
    made = Link(uart, bus, board, option)
    made.start()
    return made, board, uart, bus


def run(made, board, seconds):
    end = board.now + 1000 * seconds
    while board.now < end:
        made.step()
        board.now += 20


def test_every_setting_is_found_even_if_the_bytes_of_others_tell_nothing():
    for line in LINES[:TRIED]:
        made, board, uart, bus = link(line, hdlc(LIST_1), 2500)
        run(made, board, 60)
        assert made.search.locked and made.live.seq > 1, line
        assert made.live.get(IMPORT_POWER) == 1661
        assert uart.history[-1][1] == line
        assert len(uart.history) <= TRIED + 1
        assert found(made) == describe(line) and describe(line) in tried(made)


def test_nothing_is_said_to_be_wrong_while_the_first_telegram_comes_in():
    made, board, uart, bus = link(LINES[0])
    whole = p1()
    uart.queue = whole[:100]
    run(made, board, 0.1)
    assert made.heard and diagnosis(made) is None
    uart.queue = whole[100:]
    run(made, board, 0.1)
    assert made.live.seq == 1 and diagnosis(made) is None
    # What makes no telegram is named once it is over, and at once where there is no end of it.
    for once in True, False:
        made, board, uart, bus = link(LINES[0], option=1)
        random = Random(3)
        for _ in range(1 if once else 100):
            uart.queue = bytes([byte & 0x5F for byte in random.bytes(60)])
            run(made, board, 0.02)
        run(made, board, 1 if once else 0)
        assert diagnosis(made) == "bytes but no telegrams on the HAN port: wrong speed, parity or polarity"


def test_the_slowest_meter_is_heard_at_each_setting():
    made, board, uart, bus = link(LINES[5], hdlc(LIST_1), 60000)
    run(made, board, 600)
    assert made.search.locked
    for (since, _), (until, _) in zip(uart.history, uart.history[1:]):
        assert until - since > 60000 or until // 60000 != since // 60000


def test_nothing_is_learned_from_silence():
    made, board, uart, bus = link(LINES[0])
    run(made, board, 300)
    assert len(uart.history) == 1
    assert found(made) is None
    assert diagnosis(made) == "no bytes on the HAN port"


def test_a_lock_is_kept_through_bad_telegrams_and_given_up_after_a_minute_and_a_half():
    made, board, uart, bus = link(LINES[2], p1(), 10000)
    run(made, board, 200)
    assert found(made) == "2400 8E1"
    locked = len(uart.history)
    # What opens well is this line, however bad it is.
    uart.telegram = p1()[:60] + b"\r\n"
    run(made, board, 75)
    assert found(made) == "2400 8E1" and len(uart.history) == locked
    run(made, board, 60)
    assert found(made) is None and trying(made) == "2400 8E1"
    uart.telegram = p1()
    run(made, board, 20)
    assert found(made) == "2400 8E1"
    assert set(line for _, line in uart.history[locked:]) <= {LINES[2]}
    # Another meter is plugged in.
    uart.line = LINES[7]
    run(made, board, 75)
    assert found(made) == "2400 8E1"
    run(made, board, 500)
    assert found(made) == "9600 8N1 inverted"


def test_a_bad_line_comes_back_to_the_setting_that_was_right():
    made, board, uart, bus = link(LINES[4], hdlc(LIST_1), 2500)
    run(made, board, 200)
    assert found(made) == "2400 8N1"
    good, uart.telegram = uart.telegram, Random(8).bytes(44)
    run(made, board, 200)
    assert found(made) is None
    uart.telegram = good
    run(made, board, 60)
    assert found(made) == "2400 8N1"


def test_a_meter_that_falls_silent_keeps_its_setting():
    made, board, uart, bus = link(LINES[0], p1(), 60000)
    run(made, board, 400)
    locked = len(uart.history)
    assert made.live.period_ms == 60000 and locked == 1
    uart.telegram = None
    run(made, board, 500)
    assert len(uart.history) == locked and found(made) == "115200 8N1 inverted"
    assert diagnosis(made) == "no bytes on the HAN port"


def test_a_setting_that_is_told_is_never_left():
    made, board, uart, bus = link(LINES[3], hdlc(LIST_1), 2500, option=1)
    run(made, board, 300)
    assert [line for _, line in uart.history] == [LINES[0]]
    assert diagnosis(made) == "bytes but no telegrams on the HAN port: wrong speed, parity or polarity"


def test_a_line_without_settings_is_never_configured():
    made, board, uart, bus = link(LINES[0])
    uart.any_setting = True
    uart.history = [(0, LINES[0])]
    run(made, board, 200)
    assert len(uart.history) == 1


def test_each_reading_is_published_and_counted():
    made, board, uart, bus = link(LINES[0], hdlc(LIST_1), 2500)
    run(made, board, 30)
    assert bus.seen == [("meter", n + 1) for n in range(len(bus.seen))]
    assert len(bus.seen) == 12
    c = made.counters
    assert (c.frames, c.decoded, c.rejected, c.checksum_errors) == (12, 12, 0, 0)
    assert c.bytes == 12 * len(hdlc(LIST_1))
    assert made.live.period_ms == 2500
    assert diagnosis(made) is None


def test_what_a_list_lacks_is_kept_from_the_list_that_had_it():
    made, board, uart, bus = link(LINES[0], p1(), 10000)
    run(made, board, 15)
    assert made.live.get(IMPORT_ENERGY) == 9621983
    uart.telegram = hdlc(LIST_1)
    run(made, board, 15)
    assert made.live.get(IMPORT_POWER) == 1661
    assert made.live.get(IMPORT_ENERGY) == 9621983
    assert made.live.get(L1_VOLTAGE) is None
    # It imports, and netted meters do one thing at a time.
    assert made.live.get(EXPORT_POWER) == 0


def test_broken_checksums_are_named():
    bad = bytearray(hdlc(LIST_1))
    bad[-3] ^= 1
    made, board, uart, bus = link(LINES[0], bytes(bad), 2500, option=1)
    run(made, board, 30)
    assert diagnosis(made) == "frames but wrong checksum"


def test_a_7e1_line_is_found_as_8n1_and_its_wrong_parity_is_named():
    for line in LINES:
        if line[1:4] == (8, None, 1):
            made, board, uart, bus = link(line, even(P1_TELEGRAM + b"\r\n"), 2500)
            run(made, board, 60)
            assert made.search.locked and made.live.get(IMPORT_ENERGY) == 9621983, line
            assert uart.history[-1][1] == line and made.counters.parity == 0
    bad = bytearray(even(P1_TELEGRAM + b"\r\n"))
    bad[50] ^= 1
    made, board, uart, bus = link(LINES[0], bytes(bad), 2500, option=1)
    run(made, board, 30)
    assert diagnosis(made) == "a 7E1 line, but no telegram with right parity yet"


def test_a_telegram_without_readings_is_named_unless_it_comes_between_others():
    clock, full = p1(b"/KAM5\r\n\r\n0-0:1.0.0(240407122854S)\r\n!"), p1()
    made, board, uart, bus = link(LINES[0], clock, 2500, option=1)
    run(made, board, 10)
    assert diagnosis(made) == "telegram without readings: only a clock"
    assert made.counters.decoded == 0 and made.live.seq == 0 and not bus.seen
    for _ in range(5):
        uart.telegram = full
        run(made, board, 2.5)
        assert made.live.seq and diagnosis(made) is None
        uart.telegram = clock
        run(made, board, 2.5)
        assert diagnosis(made) is None
    run(made, board, 60)
    assert diagnosis(made) == "telegram without readings: only a clock"


def test_a_setting_with_broken_telegrams_is_tried_longer():
    for opened, wanted in (False, 1), (True, 0):
        search = Search()
        search.pause(False)
        for _ in range(3):
            search.hear(Random(2).bytes(200), 200)
            search.pause(opened)
        assert search.wanted == wanted


def test_noise_between_telegrams_is_no_telegram():
    search = Search()
    search.pause(False)
    for n in range(1, 12):
        search.hear(Random(2).bytes(n), n)
        search.pause(False)
    assert search.wanted == 0


def test_the_level_at_rest_tells_the_polarity():
    made, board, uart, bus = link(LINES[1])
    uart.queue = b"\0"
    run(made, board, 1)
    assert [line for _, line in uart.history] == [LINES[0], LINES[1]]
    # Where it says so whatever the polarity, it is not believed for ever.
    search = Search()
    for _ in range(20):
        search.hear(b"\0", 1)
        search.pause(False)
        changed = search.wanted != search.index
        search.begin()
    assert not changed
    # A line that is plugged in and out may go on like this.
    for n in range(9):
        uart.queue = b"\0"
        run(made, board, 1)
        assert uart.history[-1][1] == LINES[1]


def test_a_7e1_line_by_hand_and_then_by_itself():
    option = 1 + LINES.index((9600, 7, 0, 1, True))
    telegram = even(P1_TELEGRAM + b"\r\n")
    made, board, uart, bus = link((9600, 8, None, 1, True), telegram, 2500, option)
    run(made, board, 10)
    assert uart.history == [(0, (9600, 8, None, 1, True))]
    assert found(made) == trying(made) == "9600 7E1 inverted" and tried(made) == ["9600 7E1 inverted"]
    made.use(0, None, None)
    run(made, board, 200)
    assert len(uart.history) == 1 and found(made) == "9600 7E1 inverted"
    uart.telegram = p1()
    run(made, board, 10)
    assert found(made) == "9600 8N1 inverted"
    uart.line, uart.telegram = LINES[0], hdlc(LIST_1)
    run(made, board, 300)
    assert found(made) == "115200 8N1 inverted"


def test_other_settings_are_taken_while_it_runs():
    made, board, uart, bus = link(LINES[3], hdlc(LIST_1), option=1)
    run(made, board, 30)
    assert not made.search.locked and not bus.seen
    made.use(4, None, None)
    run(made, board, 30)
    assert made.search.locked and bus.seen
    # Automatic again goes on from the setting in use.
    changes = len(uart.history)
    made.use(0, None, None)
    run(made, board, 30)
    assert made.search.locked and len(uart.history) == changes


def test_the_maker_that_is_told_outranks_the_list():
    found = []

    def keep(reading):
        found.append([reading.get(field) for field in range(26)])

    for entry in telegrams(framing="hdlc", expect="decode"):
        data = raw(entry)
        start = data.find(b"\xe6\xe7\x00")
        if start < 0 or b"Kamstrup_V" not in data or data.find(b"\x7e", start) != len(data) - 1:
            continue
        apdu = bytearray(data[start:-3].replace(b"Kamstrup_V", b"Xamstrup_V"))
        found.clear()
        for maker in (b"Kamstrup", None):
            decoder = Decoder(keep)
            decoder.maker = maker
            decoder.telegram(APDU, apdu, 0, len(apdu))
        decoder.maker = None
        apdu = bytearray(data[start:-3])
        decoder.telegram(APDU, apdu, 0, len(apdu))
        assert found[0] == found[2]
        if found[0][IMPORT_ENERGY]:  # which Kamstrup counts in 10 Wh
            assert found[1] != found[0]
            return
    raise AssertionError("no recording of a list whose energy Kamstrup would count in 10 Wh")


def test_another_convention_of_checksums_is_learned_on_a_line_that_has_to_be_found():
    for telegram, line, name in ((text("X25"), LINES[0], "X25"), (sml("KERMIT"), LINES[7], "KERMIT")):
        made, board, uart, bus = link(line, telegram, 10000)
        said = []
        while not made.live.seq and board.now < 900000:
            run(made, board, 1)
            if checksum(made) and not made.live.seq:
                assert checksum(made) in ("%s, %d of 5" % (name, i) for i in range(1, 5))
                assert diagnosis(made) == "checksum by another convention (%s), right in %s telegrams" % (
                    name, checksum(made)[-6:])
                said.append(checksum(made))
        assert made.live.seq == 1 and said[-1].endswith("4 of 5")
        assert uart.history[-1][1] == line and made.search.locked
        run(made, board, 100)
        assert checksum(made) == name and diagnosis(made) is None
        assert made.live.seq == 11 and made.counters.checksum_errors == 4


def test_one_telegram_that_another_convention_explains_is_damaged_by_chance():
    made, board, uart, bus = link(LINES[0], p1(), 10000)
    run(made, board, 30)
    uart.telegram = text("MODBUS")
    run(made, board, 10)
    assert checksum(made) == "MODBUS, 1 of 5" and diagnosis(made) is None
    uart.telegram = p1()
    run(made, board, 10)
    assert checksum(made) is None


def test_a_message_of_2_kb_costs_no_telegram():
    body = b"/ABC5\r\n\r\n1-0:1.8.0(000123.456*kWh)\r\n0-0:96.13.0(%s)\r\n" % (b"41" * 2048)
    body += b"1-0:2.8.0(000000.000*kWh)\r\n" * 40 + b"1-0:1.7.0(00.500*kW)\r\n!"
    made, board, uart, bus = link(LINES[0], p1(body), 10000)
    run(made, board, 65)
    assert made.live.seq >= 5 and made.counters.line_changes == 0 and made.counters.overrun == 0
    extra = made.live.extra
    assert [one.text() for one in known(extra)] == ["A" * 2048]


def test_a_list_of_sub_meters_alone_is_taken_beside_the_readings():
    [named] = [entry for entry in telegrams(framing="hdlc", expect="decode") if entry["id"] == "scs-lg-e450-extreg"]
    made, board, uart, bus = link(LINES[0])
    uart.queue = hdlc(LIST_1) + raw(named) + hdlc(LIST_1)
    for _ in range(40):
        made.step()
        board.now += 20
    # It has no reading, so it is none on the bus, but its values are live from then on.
    assert bus.seen == [("meter", 1), ("meter", 2)] and made.counters.decoded == 2
    assert [(one.channel, one.id, one.value) for one in meters(made.live.extra, None)] == [(1, "24521662", 30545)]
