"""The reader's name in .local, and its services."""

import errno
import socket
import sys

from han.core.modules import forget
from han.net.names import mdns, records, responder
from tests.net.air import World
from tests.net.join.test_setup import question
from tests.support import Random

NAME = records.labels("han-reader-abcd")
ADDRESS = b"\xc0\xa8\x01\x32"
RECORD = NAME + b"\0\1\x80\1\0\0\0\x78\0\4" + ADDRESS  # type A, cache flush, 120 s
NO_AAAA = NAME + b"\0\x2f\x80\1\0\0\0\x78" + bytes((0, len(NAME) + 3)) + NAME + b"\0\1\x40"  # NSEC: only type 1
PTR, TXT, SRV, ANY = 12, 16, 33, 255
KIND = b"\x0b_hwenergy12\x04_tcp\5local\0"
INSTANCE = b"\x0eP1 Meter-10abc" + KIND
OTHER = b"\xc0\xa8\x01\x63"


def asked(name="han-reader-abcd.local", kind=1, internet=b"\0\1"):
    return question(name, kind, b"\0\0", b"\0\0")[:-2] + internet


def claim(name, address, ttl=b"\0\0\0\x78", internet=b"\x80\1"):
    return name + b"\0\1" + internet + ttl + b"\0\4" + address


def response(*answers):
    return b"\0\0\x84\0\0\0" + bytes((0, len(answers))) + b"\0\0\0\0" + b"".join(answers)


class Line:
    """The responder's socket. sent: [(data, to all?)]; what is in `heard` comes next: (data, host, port)."""

    def __init__(self):
        self.sent = []
        self.heard = []

    def poll(self, ms):
        return self.heard

    def recvfrom(self, size):
        data, host, port = self.heard.pop(0)
        return data[:size], (host, port)

    def sendto(self, data, where):
        self.sent.append((data, where == "all"))

    def close(self):
        pass


class Interface:
    def __init__(self, address):
        self.address = address
        self.up = True
        self.network = self

    def ifconfig(self):
        return self.address, "255.255.255.0", "0.0.0.0", "0.0.0.0"


class Names(mdns.Names):
    """The reader of a test, on a line of its own."""

    def __init__(self, *addresses):
        super().__init__(self, ("224.0.0.251", 5353))
        self.board = self.log = self  # it is its own Links, too
        self.hostname = "han-reader-abcd"
        self.all = [Interface(address) for address in addresses or ("192.168.1.50",)]
        self.told = []
        self.rows = []
        self.add = lambda text, level: self.told.append(text)
        self.report = lambda *row: self.rows.append(row)

    def open(self):
        self.line = self.poll = Line()
        self.everybody = "all"
        self.owns = [records.four(link.address) for link in self.all if link.up]
        responder.ask(self)

    def after(self, turns):
        """What it has sent in so many turns."""
        for _ in range(turns):
            self.turn()
        if self.line is None:
            return []
        sent, self.line.sent = self.line.sent, []
        return sent

    def hears(self, data, host="192.168.1.7", port=5353):
        self.line.heard.append((data, host, port))
        return self.after(1)

    def settle(self):
        self.after(20)
        return self


def record(name, kind, data, ttl=4500, flush=b"\x80\1"):
    return name + bytes((0, kind)) + flush + b"\0\0" + bytes((ttl >> 8, ttl & 255, 0, len(data))) + data


POINTER = record(KIND, PTR, INSTANCE, flush=b"\0\1")
PLACE = record(INSTANCE, SRV, b"\0\0\0\0\0\x50" + NAME, 120)
TEXT = record(INSTANCE, TXT, b"\x0bpath=/api/1\3x=y")


def with_service():
    names = Names().settle()
    names.announce("_hwenergy12._tcp", "P1 Meter-10abc", 80, ("path=/api/1", "x=y"))
    return names


def test_it_asks_whether_the_name_is_free_then_announces_it_twice():
    names = Names()
    probe = b"\0\0\0\0\0\2\0\0\0\1\0\0" + NAME + b"\0\xff\x80\1\xc0\x0c\0\1\x80\1" + RECORD.replace(b"\x80\1", b"\0\1")
    announced = b"\0\0\x84\0\0\0\0\1\0\0\0\1" + RECORD + NO_AAAA, True
    assert names.after(3) == [(probe, True)] * 3
    assert names.after(20) == [announced] * 2
    names.all[0].address = "192.168.1.51"
    sent = names.after(20)
    assert len(sent) == 5 and sent[3][0] == announced[0].replace(ADDRESS, b"\xc0\xa8\x01\x33"), sent


def test_a_link_that_is_down_has_no_name():
    names = Names().settle()
    names.all[0].up = False
    assert names.after(5) == []
    names.all[0].up = True
    assert len(names.after(20)) == 5


def test_who_is_asked_for():
    names = Names()
    names.after(1)
    assert not [data for data, _ in names.hears(asked()) if data[2]]  # it is not its own yet
    names.settle()
    answer = b"\0\0\x84\0\0\0\0\1\0\0\0\1" + RECORD + NO_AAAA
    for kind in (1, 28, 255):
        assert names.hears(asked(kind=kind)) == [(answer, True)]
        assert names.hears(asked(kind=kind, internet=b"\x80\1")) == [(answer, False)]  # would like to be told alone
    assert names.hears(asked("HAN-Reader-ABCD.Local")) == [(answer, True)]
    for other in (
        asked("han-reader-abcd"), asked("han-reader-abc.local"), asked("x.han-reader-abcd.local"), asked("local"),
        asked("han-reader-abcd.local.x"), asked(kind=12), asked(kind=33), asked(internet=b"\0\3"), asked("x.local"),
        b"", NAME, asked()[:-1], asked()[:2] + b"\x84\0" + asked()[4:], asked()[:2] + b"\x08\0" + asked()[4:],
        response(RECORD, NO_AAAA),
    ):  # fmt: skip
        assert names.hears(other) == [], other
    assert not names.told and not names.rows


def test_several_questions_and_names_that_point_elsewhere():
    names = Names().settle()
    service = b"\x05_http\x04_tcp\x05local\0\0\x0c\0\1"
    here = 12 + len(service) - 4 - len(b"\x05local\0")  # where "local" is
    pointing = b"\x0fhan-reader-abcd" + bytes((0xC0, here))
    both = b"\0\0\0\0\0\3\0\0\0\0\0\0" + service + pointing + b"\0\x1c\0\1" + pointing + b"\0\1\x80\1"
    assert sorted([all for _, all in names.hears(both)]) == [False, True]
    assert [all for _, all in names.hears(both[:-1])] == [True]
    alone = asked()[:4] + b"\0\2" + asked()[6:-2] + b"\x80\1\xc0\x0c\0\x1c\x80\1"
    assert [all for _, all in names.hears(alone)] == [False]
    for loop in (b"\xc0\x0c", b"\1a\xc0\x0c", b"\xc0\xff", b"\xc0", b"\x80\0", b"\1a" * 300):
        assert names.hears(b"\0\0\0\0\0\1\0\0\0\0\0\0" + loop + b"\0\1\0\1") == [], loop


def test_questions_of_one_turn_have_one_answer():
    names = Names().settle()
    names.line.heard = [(asked(kind=255), "192.168.1.%d" % n, 5353) for n in range(8)]
    assert len(names.after(1)) == 1


def test_who_does_not_know_mdns_gets_what_a_name_server_would_say():
    names = Names().settle()
    query = b"\x12\x34" + asked()[2:]
    ((data, all),) = names.hears(query, port=40000)
    assert not all
    assert data == b"\x12\x34\x84\0\0\1\0\1\0\0\0\0" + query[12:] + NAME + b"\0\1\0\1\0\0\0\x0a\0\4" + ADDRESS


def test_a_service_is_announced_found_and_taken_back():
    names = with_service()
    sent = names.after(20)
    assert len(sent) == 4  # twice, each after the name
    assert sent[1] == sent[3]
    assert sent[1] == (b"\0\0\x84\0\0\0\0\3\0\0\0\2" + POINTER + PLACE + TEXT + RECORD + NO_AAAA, True)
    browse = names.hears(asked("_HWenergy12._tcp.local", PTR))
    assert browse == [(b"\0\0\x84\0\0\0\0\1\0\0\0\4" + POINTER + PLACE + TEXT + RECORD + NO_AAAA, True)]
    kinds = names.hears(asked("_services._dns-sd._udp.local", PTR))
    assert POINTER not in kinds[0][0] and record(records.labels("_services", "_dns-sd", "_udp"), PTR, KIND,
                                                 flush=b"\0\1") in kinds[0][0]  # fmt: skip
    instance = b"\0\0\0\0\0\1\0\0\0\0\0\0" + INSTANCE
    place = names.hears(instance + b"\0\x21\0\1")[0][0]
    assert PLACE in place and RECORD in place and TEXT not in place
    text = names.hears(instance + b"\0\x10\0\1")[0][0]
    assert TEXT in text and PLACE not in text
    every = names.hears(instance + b"\0\xff\x80\1")
    assert TEXT in every[0][0] and PLACE in every[0][0] and not every[0][1]
    for other in (instance + b"\0\1\0\1", asked("_hwenergy12._tcp.local", SRV), asked("_hwenergy._tcp.local", PTR)):
        assert names.hears(other) == []
    old = names.hears(b"\x12\x34" + asked("_hwenergy12._tcp.local", PTR)[2:], port=40000)
    assert old[0][0][:12] == b"\x12\x34\x84\0\0\1\0\1\0\0\0\0"
    assert old[0][0].endswith(record(KIND, PTR, INSTANCE, 10, b"\0\1"))
    names.withdraw("_hwenergy12._tcp")
    ((data, all),) = names.after(1)
    assert all and POINTER[:-len(INSTANCE) - 6] + b"\0\0\0\0" + POINTER[-len(INSTANCE) - 2 :] in data
    assert names.hears(asked("_hwenergy12._tcp.local", PTR)) == []
    names.withdraw("_hwenergy12._tcp")
    assert names.after(2) == []


def test_a_service_that_changes_is_announced_anew_and_all_go_with_the_reader():
    names = with_service().settle()
    names.announce("_hwenergy12._tcp", "P1 Meter-10abc", 81, ())
    sent = names.after(20)
    assert len(sent) == 4 and PLACE.replace(b"\0\x50", b"\0\x51") in sent[1][0]
    assert record(INSTANCE, TXT, b"\0") in sent[1][0]
    line = names.line
    names.close()
    assert len(line.sent) == 1 and line.sent[0][1]
    # Without a network it is kept, and announced once there is one.
    names.all[0].up = False
    names.after(3)
    names.all[0].up = True
    assert len(names.after(20)) == 3 + 4


def test_a_name_that_somebody_has_gets_a_number():
    names = Names()
    names.after(2)
    sent = names.hears(response(RECORD.replace(ADDRESS, OTHER)))
    assert records.labels("han-reader-abcd-2") in sent[0][0] and not sent[0][0][2]
    assert names.told == [
        "network: 192.168.1.99 has the name han-reader-abcd.local, this is han-reader-abcd-2.local now"
    ]
    assert names.rows[0][:3] == ("names", "running", "degraded")
    names.settle()
    assert names.hears(asked()) == []
    assert ADDRESS in names.hears(asked("han-reader-abcd-2.local"))[0][0]
    # In another network the name may be free.
    names.all[0].address = "192.168.2.50"
    names.settle()
    assert names.hears(asked()) and names.rows[-1] == ("names", "running", "ok")


def test_a_name_that_somebody_claims_later_is_asked_for_again():
    names = Names().settle()
    for taken_back in (claim(NAME, OTHER, b"\0\0\0\0"), claim(NAME, OTHER, internet=b"\0\3"), claim(NAME, ADDRESS)):
        assert names.hears(response(taken_back)) == []
    sent = names.hears(response(TEXT, claim(NAME, OTHER)))
    assert len(sent) == 1 and not sent[0][0][2]
    assert names.hears(asked()) and not names.told  # the other does not defend it
    names.settle()
    assert names.hears(asked())[0][0].endswith(RECORD + NO_AAAA)


def test_of_two_that_ask_at_once_the_greater_address_wins():
    for address, wins in ((OTHER, True), (b"\xc0\xa8\x01\x31", False)):
        names = Names()
        names.after(1)
        names.hears(b"\0\0\0\0\0\1\0\0\0\1\0\0" + NAME + b"\0\xff\x80\1" + claim(NAME, address, internet=b"\0\1"))
        assert len(names.after(3)) == (0 if wins else 2)
        if wins:
            assert len(names.after(20)) == 5  # the other has not answered


def test_a_host_that_has_all_names_leaves_none():
    names = Names()
    names.turn()
    for number in range(1, 10):
        name = records.labels("han-reader-abcd" + ("-%d" % number if number > 1 else ""))
        names.hears(response(claim(name, OTHER)))
    assert names.after(30) == [] and len(names.told) == 9
    assert names.hears(asked()) == [] and names.hears(response(claim(b"\xff", OTHER))) == []


def test_each_network_is_told_its_own_address():
    names = Names("192.168.1.50", "10.0.0.3")
    assert sum([NAME + b"\0\1\x80\1\0\0\0\x78\0\4\x0a\0\0\3" in data for data, _ in names.after(20)]) == 2
    ((data, all),) = names.hears(asked())
    assert not all and RECORD in data  # the others of this network do not hear what is said to all
    ((data, all),) = names.hears(asked(), "10.0.0.9")
    assert all and RECORD not in data
    assert names.hears(response(RECORD), "10.0.0.9") == []  # its own


def test_a_port_that_another_has():
    class Taken(Names):
        fault = errno.EADDRINUSE
        times = 0

        def open(self):
            self.times += 1
            raise OSError(self.fault, "taken")

    names = Taken()
    names.after(300)
    assert names.times == 2 and not names.told  # MicroPython's own responder has the name
    names.announce("_http._tcp", "x", 80, ())
    names.after(1000)
    assert 5 < names.times < 9 and len(names.told) == 1 and names.rows[-1][2] == "degraded"
    names.withdraw("_http._tcp")
    assert names.rows[-1][2] == "ok"
    names.fault = 23
    names.after(1000)
    assert len(names.told) == 2
    names.open = lambda: Names.open(names)
    names.after(300)
    assert names.rows[-1][2] == "ok" and names.hears(asked())


def test_what_is_about_others_needs_no_module():
    names = with_service().settle()
    forget("han.net.names.responder")
    others = asked("han-reader-abce.local"), asked("_ipp._tcp.local", PTR), response(claim(b"\7printer\0", OTHER))
    for data in others + (b"\0" * 12, b"\0\0\x84" + b"\xff" * 40):
        assert names.hears(data) == [] and "han.net.names.responder" not in sys.modules
    for name in "HAN-Reader-ABCD.local", "_hwENERGY12._tcp.local", "_services._dns-sd._udp.local":
        assert names.hears(asked(name, 255)) and "han.net.names.responder" in sys.modules
        forget("han.net.names.responder")


def test_random_datagrams():
    random = Random(5)
    names = with_service().settle()
    goods = (
        asked(), asked("_hwenergy12._tcp.local", PTR), response(claim(NAME, ADDRESS)), response(TEXT, PLACE, POINTER),
        b"\0\0\0\0\0\1\0\0\0\1\0\0" + NAME + b"\0\xff\x80\1" + claim(NAME, ADDRESS),
    )  # fmt: skip
    for _ in range(3000):
        data = bytearray(random.choice(goods))
        for _ in range(random.below(4) + 1):
            data[random.below(len(data))] = random.below(256)
        names.hears(bytes(data[: random.below(len(data) + 1)]), port=random.choice((5353, 9)))
    many = b"\0\0\0\0\0\x10\0\0\0\0\0\0" + NAME + b"\0\xff\0\1" + b"\xc0\x0c\0\xff\0\1" * 15
    names.line.heard = [(many, "192.168.1.9", 5353)] * 8
    sent = names.after(1)
    assert sum([len(data) for data, _ in sent]) < 1400, sent


def test_the_reader_has_its_name_on_each_link():
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

    world.run(9)
    assert world.addresses() == (None, "192.168.1.50")
    assert ask() == ADDRESS
    world.board.cable.dhcp = ("192.168.1.77", "255.255.255.0", "192.168.1.1", None)
    world.board.cable.cable = False
    world.run(5)
    assert ask() is None
    world.board.cable.cable = True
    world.run(14)
    assert ask() == ADDRESS[:3] + b"\x4d"
    world.change(np="sta", w={"s": "Home", "p": "correct horse"})
    world.run(25)
    assert world.addresses()[1] is None and ask() == b"\xc0\xa8\x07\x14"
    client.close()
    world.close()
