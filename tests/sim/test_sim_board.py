"""The simulated board and what can be plugged into it."""

import os
import time

from host_sim import clock
from host_sim.board import Board, Reset
from host_sim.clock import Clock
from host_sim.line.replay import ReplaySource, line_of
from host_sim.uart import Uart
from tests.support import raises

P1 = (115200, 8, None, 1, True)


class Folder:
    """A new folder under build/, removed with what is in it."""

    def __enter__(self):
        root = __file__.rsplit("/", 3)[0] + "/build"
        self.path = "%s/test-%x" % (root, time.time_ns())
        for path in (root, self.path):
            try:
                os.mkdir(path)
            except OSError:
                pass
        return self.path

    def __exit__(self, *_):
        for name in os.listdir(self.path):
            os.remove(self.path + "/" + name)
        os.rmdir(self.path)


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def test_the_clock_goes_on_where_ticks_of_32_bits_begin_anew():
    period = 1 << 30
    now = period - 5_000_000
    real = clock.ticks_us, clock.ticks_diff
    clock.ticks_us = lambda: now % period
    clock.ticks_diff = lambda after, before: (after - before + period // 2) % period - period // 2
    try:
        shared = Clock(10, 0)
        start = shared.ticks_us()
        for minutes in range(1, 60):
            now = period - 5_000_000 + minutes * 60_000_000
            assert shared.ticks_us() - start == minutes * 600_000_000, minutes
    finally:
        clock.ticks_us, clock.ticks_diff = real


def test_identity_is_kept():
    with Folder() as folder:
        board = Board(folder)
        assert len(board.mac) == 6 and board.mac[0] == 2
        assert board.hostname.startswith("han-reader-")
        assert board.reset_reason == "POWER_ON"
        board.close()
        assert Board(folder).mac == board.mac
    with Folder() as folder:
        assert Board(folder).mac != board.mac


def test_damaged_settings_make_a_new_board():
    with Folder() as folder:
        for damaged in (
            b"",
            b"{",
            b"[]",
            b'{"mac": 5}',
            b'{"mac": "zz"}',
            b'{"mac": [1, 2]}',
            b'{"mac": [256, 0, 0, 0, 0, 0]}',
            b"\xff\xfe",
        ):
            write(folder + "/board.json", damaged)
            assert len(Board(folder).mac) == 6


def test_a_configuration_that_came_with_the_board_is_read_from_its_folder():
    with Folder() as folder:
        assert Board(folder).provisioned() is None
        write(folder + "/config.json", b'{"m": {"f": 35}}')
        assert Board(folder).provisioned() == '{"m": {"f": 35}}'


def test_clock_runs_at_its_speed():
    def ms():
        return time.time_ns() // 1000000

    with Folder() as folder:
        before = ms()
        board = Board(folder, clock=Clock(50))
        start, utc = board.ticks_ms(), board.utc_ms()
        began = ms()
        time.sleep(0.1)
        waited = ms() - began
        passed = board.ticks_diff(board.ticks_ms(), start)
        assert 50 * waited - 100 < passed < 50 * (ms() - before) + 100
        assert passed - 100 < board.utc_ms() - utc < 50 * (ms() - before) + 100
        assert -1000 < utc - before < 50 * (began - before) + 1000


def test_flash_is_kept():
    with Folder() as folder:
        board = Board(folder)
        state, history = board.partition("state"), board.partition("history")
        assert (state.ioctl(4), history.ioctl(4)) == (16, 64)
        assert board.partition("state") is state
        history.writeblocks(63, b"the end", 4000)
        with raises(OSError):
            board.partition("vfs")
        board.close()
        buf = bytearray(8)
        board = Board(folder)
        board.partition("history").readblocks(63, buf, 4000)
        assert buf == b"the end\xff"
        board.close()


def test_reset_tells_its_reason_to_the_next_start():
    with Folder() as folder:
        with raises(Reset) as caught:
            try:
                Board(folder).reset("CONFIGURATION")
            except Exception as error:  # no handler of the application may keep the chip from restarting
                raise AssertionError("caught") from error
        assert caught.value.args[0] == 75
        assert Board(folder).reset_reason == "CONFIGURATION"
        assert Board(folder).reset_reason == "POWER_ON"


def test_what_kept_the_application_from_being_made_is_known_to_the_next_start_alone():
    with Folder() as folder:
        board = Board(folder)
        board.died(ValueError("a bug"))
        with raises(Reset):
            board.reset("CRASH")
        board = Board(folder)
        assert (board.reset_reason, board.last_words) == ("CRASH", "? ValueError: a bug")
        assert Board(folder).last_words == ""


def test_heap_is_told():
    with Folder() as folder:
        board = Board(folder)
        total, free, least = board.heap()
        assert 0 < least <= free <= total
        assert len(board.random(16)) == 16 and board.random(16) != board.random(16)


def replayed(captures, ms):
    """[(byte count, from ms, to ms)] of what a UART with the right settings gets in bursts."""
    now = [0]
    source = ReplaySource(captures)
    uart = Uart(lambda: now[0], source)
    uart.configure(*source.line)
    buf, bursts, last = bytearray(4096), [], -1000
    while now[0] < ms * 1000:
        now[0] += 10000
        n = uart.readinto(buf)
        if n:
            at = now[0] // 1000
            if at - last > 100:
                bursts.append([b"", at, at])
            bursts[-1][0] += bytes(buf[:n])
            bursts[-1][2] = last = at
    return bursts


def test_replay_keeps_the_pace_and_goes_round():
    first = b"/KAM5\r\n\r\n" + b"1-0:1.8.0(00009621.983*kWh)\r\n" * 40 + b"!\r\n"
    second = b"/short\r\n!\r\n"
    bursts = replayed([first, second], 45000)
    assert [burst[0] for burst in bursts] == [first, second] * 2 + [first]
    # 1213 characters of 10 bits at 115200 are 105 ms
    assert 90 <= bursts[0][2] - bursts[0][1] <= 120
    for burst, following in zip(bursts, bursts[1:]):
        assert 9900 <= following[1] - burst[2] <= 10100


def test_the_line_of_a_recording():
    for data, baud in (
        (b"/ISk5\\2MT382-1000\r\n\r\n1-3:0.2.8(50)\r\n", 115200),
        (bytes([byte | 0x80 for byte in b"/ISk5\\2MT382-1000\r\n\r\n1-3:0.2.8(50)\r\n"]), 115200),
        (b"\xdb\x08SAGY\x01\x02\x03\x04\x82\x02\x03", 115200),
        (b"\x7e\xa0\x27\x01\x02\x01\x10\x5a\x87\xe6\xe7\x00\x0f", 2400),
        (b"\x68\xfa\xfa\x68\x53\xff\x00\x01\x67\xdb\x08KFM", 2400),
        (b"\x00", 2400),
    ):
        assert line_of(data)[0] == baud, data
