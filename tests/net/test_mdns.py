"""Names in .local on the cable."""

import socket

from han.net import mdns
from tests.net.air import World
from tests.net.join.test_setup import question
from tests.support import Random

NAME = mdns.labels("han-reader-abcd")
ADDRESS = b"\xc0\xa8\x01\x32"
RECORD = NAME + b"\0\1\x80\1\0\0\0\x78\0\4" + ADDRESS  # type A, cache flush, 120 s
NO_AAAA = b"\xc0\x0c\0\x2f\x80\1\0\0\0\x78\0\5\xc0\x0c\0\1\x40"  # NSEC: of this name there is type 1 only


def asked(name="han-reader-abcd.local", kind=1, internet=b"\0\1"):
    return question(name, kind, b"\0\0", b"\0\0")[:-2] + internet


def test_who_is_asked_for():
    for kind in (1, 28, 255):
        assert mdns.wanted(asked(kind=kind), NAME) is False
        assert mdns.wanted(asked(kind=kind, internet=b"\x80\1"), NAME) is True  # would like to be told alone
    assert mdns.wanted(asked("HAN-Reader-ABCD.Local"), NAME) is False
    for other in (
        asked("han-reader-abcd"), asked("han-reader-abc.local"), asked("x.han-reader-abcd.local"), asked("local"),
        asked("han-reader-abcd.local.x"), asked(kind=12), asked(kind=33), asked(internet=b"\0\3"),
        b"", NAME, asked()[:-1], asked()[:2] + b"\x84\0" + asked()[4:], mdns.reply(NAME, ADDRESS),
    ):  # fmt: skip
        assert mdns.wanted(other, NAME) is None, other


def test_several_questions_and_names_that_point_elsewhere():
    service = b"\x05_http\x04_tcp\x05local\0\0\x0c\0\1"
    here = 12 + len(service) - 4 - len(b"\x05local\0")  # where "local" is
    pointing = b"\x0fhan-reader-abcd" + bytes((0xC0, here))
    both = b"\0\0\0\0\0\3\0\0\0\0\0\0" + service + pointing + b"\0\x1c\0\1" + pointing + b"\0\1\x80\1"
    assert mdns.wanted(both, NAME) is False  # one of them for all to hear
    assert mdns.wanted(both[:-1], NAME) is False
    alone = asked() [:4] + b"\0\2" + asked()[6:-2] + b"\x80\1\xc0\x0c\0\x1c\x80\1"
    assert mdns.wanted(alone, NAME) is True
    for loop in (b"\xc0\x0c", b"\1a\xc0\x0c", b"\xc0\xff", b"\xc0", b"\x80\0", b"\1a" * 300):
        assert mdns.wanted(b"\0\0\0\0\0\1\0\0\0\0\0\0" + loop + b"\0\1\0\1", NAME) is None, loop


def test_random_datagrams():
    random = Random(5)
    good = asked()
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(random.below(4) + 1):
            data[random.below(len(data))] = random.below(256)
        assert mdns.wanted(bytes(data[: random.below(len(data) + 1)]), NAME) in (None, True, False)


def test_what_is_answered():
    assert mdns.reply(NAME, ADDRESS) == b"\0\0\x84\0\0\0\0\1\0\0\0\1" + RECORD + NO_AAAA
    # Who does not know mDNS gets what a name server would say.
    query = b"\x12\x34" + asked()[2:]
    assert mdns.reply(NAME, ADDRESS, query) == (
        b"\x12\x34\x84\0\0\1\0\1\0\0\0\0" + query[12:] + b"\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4" + ADDRESS
    )


def test_the_cable_has_the_name_while_wifi_is_off():
    world = World(cable=True)
    world.board.mdns = world.board.names  # one that is asked alone, on a port of the test's own
    where = socket.getaddrinfo(world.board.mdns[0], world.board.mdns[1], 0, socket.SOCK_DGRAM)[0][-1]
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.setblocking(False)

    def ask():
        client.sendto(b"\x12\x34" + asked()[2:], where)
        world.run(2)
        try:
            return client.recv(512)[-4:]
        except OSError:
            return None

    world.run(5)
    assert world.addresses() == (None, "192.168.1.50")
    assert ask() == ADDRESS
    world.board.cable.dhcp = ("192.168.1.77", "255.255.255.0", "192.168.1.1", None)
    world.board.cable.cable = False
    world.run(5)
    assert ask() is None
    world.board.cable.cable = True
    world.run(10)
    assert ask() == ADDRESS[:3] + b"\x4d"
    world.change(np="eth_sta", w={"s": "Home", "p": "correct horse"})
    world.run(15)
    assert world.addresses()[1] and ask() is None  # the port's own answers now
    client.close()
    world.close()
