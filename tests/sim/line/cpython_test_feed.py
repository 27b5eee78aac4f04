"""The pipe between the simulated meter and the board's process."""

import os

from host_sim.clock import Clock
from host_sim.line.feed import Feed
from host_sim.line.sender import Sender
from host_sim.uart import Uart

LINE = (2400, 8, 0, 1, False)


class Stepped:
    """A clock to turn by hand."""

    now = 0

    def ticks_us(self):
        return self.now


class Endless:
    """Sends and sends, as a continuous recording does."""

    line = LINE

    def __init__(self, size=256):
        self.sent = bytearray()
        self._size = size

    def next(self, now_us, free_us):
        data = bytes((len(self.sent) + n) & 255 for n in range(self._size))
        self.sent += data
        return free_us, data


class Wire:
    """Both ends of a line, and a UART on one of them."""

    def __init__(self, source, speed=1):
        self.clock = Stepped()
        out, self.pipe = os.pipe()
        os.set_blocking(self.pipe, False)
        self.sender = Sender(source, self.clock, speed)
        self.feed = Feed(open(out, "rb", buffering=0), source.line)
        self.uart = Uart(self.clock.ticks_us, self.feed)
        self.uart.configure(*LINE)

    def read(self):
        buf = bytearray(9000)
        return bytes(buf[: self.uart.readinto(buf)])

    def close(self):
        os.close(self.pipe)
        self.feed._pipe.close()


def test_what_is_sent_arrives_at_its_pace():
    for size in (1, 256, 5000):
        wire = Wire(Endless(size))
        got = b""
        for ms in range(10, 3000, 10):
            wire.clock.now = ms * 1000
            wire.sender.send(wire.pipe)
            got += wire.read()
            # 218 characters a second, and never one that has not been on the line
            assert ms * 2400 // 11000 - 1 <= len(got) <= ms * 2400 // 11000
        assert got == wire.sender._source.sent[: len(got)]
        wire.close()


def test_a_reader_that_is_late_misses_nothing_before_its_buffer_is_full():
    wire = Wire(Endless())
    for ms in range(10, 30000, 10):
        wire.clock.now = ms * 1000
        wire.sender.send(wire.pipe)
    assert wire.read() == wire.sender._source.sent[: 29990 * 2400 // 11000]
    wire.close()


def test_nobody_reading_does_not_stop_the_meter():
    wire = Wire(Endless(2000))
    for second in range(1, 1000):
        wire.clock.now = second * 1000000
        wire.sender.send(wire.pipe)  # far more than a pipe holds
    got = wire.read()
    assert len(got) == 8192 and wire.uart.lost > 20000
    os.close(wire.feed._pipe.fileno())
    wire.clock.now += 100000000
    try:
        wire.sender.send(wire.pipe)
    except BrokenPipeError:
        pass
    else:
        raise AssertionError("a closed pipe was not noticed")


def test_the_end_is_seen_with_something_left_to_read():
    wire = Wire(Endless())
    wire.clock.now = 5000000
    wire.sender.send(wire.pipe)
    wire.feed.look()
    assert not wire.feed.ended
    os.close(wire.pipe)
    wire.feed.look()
    assert wire.feed.ended


def test_two_clocks_from_one_zero_agree():
    first = Clock(50)
    second = Clock(50, first.utc_us(0) * 1000)
    apart = second.ticks_us() - first.ticks_us()
    assert abs(apart) < 50 * 5000  # 5 ms of the host's time
    assert first.utc_us(0) == second.utc_us(0)
