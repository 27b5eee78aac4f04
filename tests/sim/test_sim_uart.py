"""The simulated line: speed, wrong settings, overflow."""

from host_sim.house import House
from host_sim.meters import create
from host_sim.uart import RX_BUFFER, Uart
from tests.support import Random, raw, telegrams

P1 = (115200, 8, None, 1, True)
MBUS = (2400, 8, 0, 1, False)
N81 = (2400, 8, None, 1, False)


class Once:
    """Sends its pieces when it is first asked, each as soon as the line is free."""

    def __init__(self, line, *pieces):
        self.line = line
        self.pieces = list(pieces)
        self.after_us = 0

    def next(self, now_us, free_us):
        if not self.pieces or now_us < self.after_us:
            return None
        return max(free_us, self.after_us) or now_us, self.pieces.pop(0)


class Bench:
    """A UART on a line of its own, and a clock to turn."""

    def __init__(self, line, *pieces):
        self.now = 0
        self.source = Once(line, *pieces)
        self.uart = Uart(lambda: self.now, self.source)

    def read(self, until_ms):
        """What is received by then, looking every 5 ms."""
        got = bytearray()
        buf = bytearray(512)
        while self.now < until_ms * 1000:
            self.now = min(self.now + 5000, until_ms * 1000)
            n = self.uart.readinto(buf)
            assert 0 <= n <= len(buf)
            got += buf[:n]
        return bytes(got)


def heard(line, settings, data, ms=5000):
    bench = Bench(line, data)
    bench.uart.configure(*settings)
    return bench.read(ms)


def test_same_settings_copy():
    data = bytes(range(256)) * 3
    for line in (P1, MBUS, N81, (9600, 7, 1, 2, False)):
        assert heard(line, line, data) == data


def test_pace():
    bench = Bench(MBUS, bytes(range(100)))
    bench.uart.configure(*MBUS)
    # 11 bits a character: 240 bits in 100 ms are 21 whole ones.
    assert bench.read(100) == bytes(range(21))
    assert bench.read(200) == bytes(range(21, 43))
    bench = Bench(P1, bytes(2000))
    bench.uart.configure(*P1)
    assert len(bench.read(100)) == 1152


def test_pieces_follow_each_other_without_a_gap():
    for settings in (MBUS, N81):
        whole = heard(MBUS, settings, b"Hello, line")
        bench = Bench(MBUS, b"He", b"l", b"lo, ", b"line")
        bench.uart.configure(*settings)
        assert bench.read(5000) == whole


def test_seven_bits_read_as_eight_leave_parity_in_bit_7():
    text = bytes(range(32, 127))
    for parity in (0, 1):
        got = heard((9600, 7, parity, 1, False), (9600, 8, None, 1, False), text)
        assert bytes([b & 127 for b in got]) == text
        for byte in got:
            assert sum([byte >> n & 1 for n in range(8)]) % 2 == parity


def test_parity_where_none_is_expected_is_a_framing_error_only():
    # The eight bits are where they are expected; the port does not tell that the stop bit was bad.
    data = Random(3).bytes(300)
    assert heard(MBUS, N81, data) == data


def test_no_parity_where_one_is_expected_damages_what_follows():
    # The next start bit is taken for a stop bit: the character is there, the next one is cut.
    data = bytes([0x7E, 0xA0, 0xE2])
    got = heard(N81, MBUS, data)
    assert got[0] == 0x7E
    assert got != data
    lone = Bench(N81, b"\x55")
    lone.uart.configure(*MBUS)
    assert lone.read(100) == b"\x55"  # with a pause behind it nothing is lost


def test_wrong_parity_gives_what_a_real_reader_recorded():
    # A Kamstrup's 8N1 as a reader heard it with 8E1; another meter, so only what both send can be compared.
    for entry in telegrams(id="ams-kamstrup-gh355-1"):
        recorded = raw(entry)
        meter = create("kamstrup")
        got = heard(N81, MBUS, meter.encode(House(1763800000).state(1763800000000)))
        assert abs(len(got) - len(recorded)) <= 5, (len(got), len(recorded))
        assert got[:12] == recorded[:12]
        # from the middle of "Kamstrup_V0001", when both are in step again, to the code of the meter id
        start, end = recorded.find(b"\x97\xd5\x70"), recorded.find(b"\x41\x0a")
        assert 0 < start <= end - 11
        assert recorded[start:end] in got
        for voltage in (b"\x42\x50\x01\xd3\x00\x12", b"\x42\x50\x01\xea\x00\x12"):
            assert voltage in recorded and voltage in got


def test_wrong_speed_is_garbage():
    data = create("kaifa").encode(House(1763800000).state(1763800000000))
    fast = heard(MBUS, P1[:4] + (False,), data)
    assert len(fast) > len(data) and data[:4] not in fast
    # Each low phase of the slow line is one character, long or short.
    assert set(fast) <= {0, 0x80, 0xC0, 0xE0, 0xF0, 0xF8, 0xFC, 0xFE, 0xFF}
    slow = heard((9600, 8, None, 1, False), N81, data)
    assert 0 < len(slow) < len(data) // 2


def test_slightly_wrong_speed_is_heard():
    # A UART samples in the middle of bits: 3 % are no trouble in 10 of them.
    data = bytes(range(256))
    for baud in (2330, 2470):
        assert heard(N81, (baud,) + N81[1:], data) == data
    assert heard(N81, (2160,) + N81[1:], data) != data


def test_inverted():
    data = b"/SIM5 a line of text that is up where it should be down\r\n"
    bench = Bench(P1)
    bench.uart.configure(*(P1[:4] + (False,)))
    assert bench.read(100) == b"\x00"  # the line rests low: a break
    bench.source.pieces.append(data)
    got = bench.read(200)
    assert data[:4] not in got and len(got) > 5
    # A silent line that is inverted is one break, however long one listens.
    assert heard(P1, P1[:4] + (False,), b"", 60000) == b"\x00"
    assert heard(P1, P1, b"", 1000) == b""


def test_configure_drops_and_goes_on():
    data = Random(5).bytes(100)
    bench = Bench(MBUS, data)
    bench.uart.configure(*MBUS)
    bench.now = 100000
    bench.uart.configure(*MBUS)  # 21 characters were there, and the line is in the middle of another
    assert data[30:40] in bench.read(200)
    bench.uart.configure(*P1)
    bench.read(300)
    bench.uart.configure(*MBUS)
    rest = bench.read(2000)
    assert rest.endswith(data[-20:]) and len(rest) < 40


def test_who_begins_in_the_middle_has_to_find_the_step():
    # Between two starts of this character are more falling edges, each as good as the right one.
    data = b"\x4a" * 60
    found = []
    for us in range(40000, 44000, 100):
        bench = Bench(N81, data)
        bench.uart.configure(*N81)
        bench.now = us
        bench.uart.configure(*N81)
        rest = bench.read(350)
        assert 48 <= len(rest) <= 51 and len(set(rest[1:-1])) == 1
        found.append(rest[1])
        bench.source.pieces.append(data)
        bench.source.after_us = 400000
        assert bench.read(900) == data  # in the pause it is found in any case
    assert len(set(found)) > 1 and 5 < found.count(0x4A) < 20


def test_full_buffer_keeps_the_old_and_counts_the_new():
    bench = Bench(P1, bytes([n & 255 for n in range(10000)]))
    bench.uart.configure(*P1)
    bench.now = 2000000
    buf = bytearray(10000)
    assert bench.uart.readinto(buf) == RX_BUFFER
    assert bench.uart.lost == 10000 - RX_BUFFER
    assert buf[:RX_BUFFER] == bytes([n & 255 for n in range(RX_BUFFER)])
    assert bench.uart.readinto(buf) == 0


def test_small_reads():
    bench = Bench(P1, bytes([n & 255 for n in range(3000)]))
    bench.uart.configure(*P1)
    bench.now = 200000
    buf = bytearray(7)
    got = bytearray()
    while True:
        n = bench.uart.readinto(buf)
        if not n:
            break
        got += buf[:n]
    assert got == bytes([n & 255 for n in range(len(got))]) and len(got) == 2304
