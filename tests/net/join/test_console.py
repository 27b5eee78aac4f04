"""Joining a network over the console: Improv's packets, and the reader's answers."""

import asyncio
import sys

from han.net.join import improv
from han.net.join.console import Console
from tests.api.fake import Board, Running
from tests.net.air import World
from tests.support import Random, raises

CURRENT = improv.packet(improv.COMMAND, b"\x02\x00")
ABOUT = improv.packet(improv.COMMAND, b"\x03\x00")
NETWORKS = improv.packet(improv.COMMAND, b"\x04\x00")


def settings(name, password):
    texts = b"".join(bytes((len(text),)) + text for text in (name, password))
    return improv.packet(improv.COMMAND, bytes((1, len(texts))) + texts)


def packets(data):
    """What is in a console's bytes."""
    reader = improv.Packets()
    return [found for found in [reader.feed(byte) for byte in data] if found is not None]


# --- packets


def test_a_packet_is_as_it_is_published():
    # The example of the published description: credentials MyWirelessAP and mysecurepassword.
    body = b"IMPROV\x01\x01\x01\x02"
    assert improv.packet(1, b"\x02") == b"\n" + body + bytes((sum(body) & 255,)) + b"\n"
    data = bytes((1, 30, 12)) + b"MyWirelessAP" + bytes((16,)) + b"mysecurepassword"
    assert improv.command(data) == (1, [b"MyWirelessAP", b"mysecurepassword"])
    assert improv.result(3, ["a", "bc"])[7:] == improv.packet(4, b"\x03\x05\x01a\x02bc")[7:]


def test_texts_that_do_not_fit_a_packet_are_left_out():
    found = packets(improv.result(4, ["x" * 200, "y" * 51, "z"]))
    assert found == [(4, bytes((4, 253, 200)) + b"x" * 200 + bytes((51,)) + b"y" * 51)]


def test_packets_are_found_between_anything():
    said = b"boot: slot1\r\nIMPRO\nIMIMPROV\x02\x03\x00IMPROIMPROV" + CURRENT + b"\xff\x00" + ABOUT + b">>> "
    assert packets(said) == [(3, b"\x02\x00"), (3, b"\x03\x00")]
    damaged = bytearray(CURRENT)
    damaged[-3] ^= 1
    assert packets(bytes(damaged) + CURRENT) == [False, (3, b"\x02\x00")]


def test_random_bytes_are_no_packet_and_leave_nothing_behind():
    random = Random(5)
    reader = improv.Packets()
    for _ in range(200):
        for byte in random.bytes(random.below(40)) + improv.HEADER[: random.below(7)]:
            reader.feed(byte)
    reader.clear()
    for data in (b"", b"\x01", b"\x01\x05", b"\x01\x01\x05", b"\x01\x02\x01", b"\x01\x03\x01a\x09"):
        assert improv.command(data) is None, data


# --- the reader


class Door:
    """A console that the test controls. typed: bytes for the reader; said: bytes that it has sent."""

    addressed = False

    def __init__(self):
        self.typed = b""
        self.said = b""
        self.calls = []

    def read(self):
        data, self.typed = self.typed[:64], self.typed[64:]
        return data

    def write(self, data):
        assert data[:1] == data[-1:] == b"\n"
        self.said += data

    def interrupts(self, on):
        self.calls.append(on)


class Reader:
    """A reader with a console in an imaginary neighbourhood; time goes on while the console waits."""

    def __init__(self, **values):
        self.world = world = World(**values)
        self.door = Door()
        self.joined = []
        about = "HAN reader", "1.2.3.4", "ESP32-C3", "han-reader-abcd"
        self.console = Console(self.door, world.links, self.join, about)

        async def pause(seconds):
            await asyncio.sleep(0.005)  # a scan runs in a thread
            world.run(1)

        self.console.pause = pause

    def join(self, name, password):
        if not 8 <= len(password) <= 63:
            raise ValueError("sp must be longer")
        self.joined.append((name, password))
        self.world.change(w={"e": True, "s": name, "p": password, "w": 2})

    async def ask(self, data):
        """[(type, data)]: the packets that the reader answers."""
        self.door.typed += data
        self.door.said = b""
        while self.door.typed:
            await self.console.turn(self.door.read())
        return packets(self.door.said)


async def test_a_new_reader_is_joined_and_says_where_its_page_is():
    reader = Reader()
    assert await reader.ask(CURRENT) == [(1, b"\x02")]
    about = b"\x0aHAN reader\x071.2.3.4\x08ESP32-C3\x0fhan-reader-abcd"
    assert await reader.ask(ABOUT) == [(4, bytes((3, len(about))) + about)]
    url = b"http://192.168.7.20/"
    found = bytes((1 + len(url), len(url))) + url
    assert await reader.ask(settings(b"Home", b"correct horse")) == [(1, b"\x03"), (1, b"\x04"), (4, b"\x01" + found)]
    assert reader.joined == [("Home", "correct horse")]
    # From then on it says so at once; the browser offers to visit it.
    assert await reader.ask(CURRENT) == [(1, b"\x04"), (4, b"\x02" + found)]
    reader.world.close()


async def test_a_wrong_password_is_told_long_before_patience_ends_and_a_second_try_works():
    reader = Reader()
    began = reader.world.clock.uptime_ms()
    assert await reader.ask(settings(b"Home", b"wrong horse")) == [(1, b"\x03"), (2, b"\x03"), (1, b"\x02")]
    assert reader.world.clock.uptime_ms() - began < 35000
    answers = await reader.ask(settings(b"Home", b"correct horse"))
    assert answers[:3] == [(2, b"\x00"), (1, b"\x03"), (1, b"\x04")]
    reader.world.close()


async def test_networks_are_listed_the_strongest_first_each_once():
    reader = Reader()
    points = reader.world.air.points
    points[0].rssi = -70
    from host_sim.radio.air import AccessPoint

    points += [AccessPoint("Home", "correct horse", 11, -50, None), AccessPoint("Caf\u00e9", "", 1, -60, None)]
    found = await reader.ask(NETWORKS)
    texts = [improv.command(data)[1] for _, data in found]
    assert texts == [[b"Home", b"-50", b"YES"], ["Caf\u00e9".encode(), b"-60", b"NO"], []]
    reader.world.close()


async def test_what_is_no_command_gets_an_error():
    reader = Reader()
    damaged = bytearray(CURRENT)
    damaged[-2] ^= 1
    assert await reader.ask(bytes(damaged)) == [(2, b"\x01")]
    assert await reader.ask(improv.packet(improv.COMMAND, b"\x77\x00")) == [(2, b"\x02")]
    none, broken = (improv.packet(improv.COMMAND, data) for data in (b"\x01\x00", b"\x01\x02\x05a"))
    for data in (settings(b"Home", b"short"), settings(b"\xff\xfe", b"correct horse"), none, broken):
        assert await reader.ask(data) == [(2, b"\x01")]
    assert await reader.ask(ABOUT) == [(2, b"\x00")] + (await reader.ask(ABOUT))
    # What only devices send is not for it.
    assert await reader.ask(improv.packet(improv.STATE, b"\x02")) == []
    assert reader.joined == []
    reader.world.close()


async def test_ctrl_c_is_switched_off_only_while_somebody_may_set_it_up():
    reader = Reader(w={"e": True, "s": "Home", "p": "correct horse", "w": 2})
    reader.world.run(30)
    await reader.ask(b"nothing of interest\r")
    assert reader.door.calls == []
    # A packet that comes in pieces: its fourth piece is Ctrl-C's byte.
    await reader.ask(CURRENT[:5])
    assert reader.door.calls == [False]
    assert await reader.ask(CURRENT[5:])
    assert reader.door.calls == [False, True]
    # One that never ends is given up.
    await reader.ask(CURRENT[:9])
    reader.world.run(3)
    await reader.ask(b"\r")
    await reader.console.turn(reader.door.read())
    assert reader.door.calls == [False, True, False, True]
    assert await reader.ask(CURRENT)
    reader.world.close()


async def test_in_setup_mode_a_ctrl_c_outside_of_packets_still_ends_the_program():
    reader = Reader()
    reader.world.run(15)
    assert reader.world.links.setup
    await reader.ask(CURRENT)
    assert reader.door.calls == [False]
    with raises(KeyboardInterrupt):
        await reader.ask(b"\r\x03")
    reader.world.close()


async def test_after_a_packet_has_ended_the_run_before_the_next_ones_are_expected():
    reader = Reader(w={"e": True, "s": "Home", "p": "correct horse", "w": 2})
    reader.door.addressed = True
    reader.console = Console(reader.door, reader.world.links, reader.join, ())
    await reader.console.turn(reader.door.read())
    assert reader.door.calls == [False]
    reader.world.run(61)
    await reader.console.turn(reader.door.read())
    assert reader.door.calls == [False, True]
    reader.world.close()


async def test_the_application_loads_it_with_the_first_bytes_and_loses_none_of_them():
    name = "han.net.join.console"
    board = Board()
    board.console = door = Door()
    sys.modules.pop(name, None)
    async with Running(board) as app:
        app.console_s = 0.01
        await asyncio.sleep(1)
        assert name not in sys.modules and not door.said
        door.typed = CURRENT[:5]
        while door.typed:
            await asyncio.sleep(0.01)
        door.typed = CURRENT[5:] + ABOUT
        while b"HAN reader" not in door.said:
            await asyncio.sleep(0.01)
        assert name in sys.modules and packets(door.said)[0][0] == 1  # the state, to the packet in two parts
