"""Setup mode: when it opens and closes, its name server, scans, the button and the light."""

import io
import socket
import time

from han.net.join import dns
from han.net.join.scan import Scan
from han.store.config import defaults
from han.store.flash import COUNTERS, Region
from host_sim.hardware.flash import Partition
from host_sim.radio.air import AccessPoint
from host_sim.hardware.powercut import Power
from tests.net.air import WIFI, World
from tests.support import Random, raises


def question(name, kind=1, number=b"\x12\x34", flags=b"\1\0"):
    labels = b"".join([bytes((len(part),)) + part.encode() for part in name.split(".")])
    return number + flags + b"\0\1\0\0\0\0\0\0" + labels + b"\0" + bytes((0, kind)) + b"\0\1"


ADDRESS = b"\xc0\xa8\x04\x01"


def test_every_name_leads_to_the_reader():
    for name in ("captive.apple.com", "connectivitycheck.gstatic.com", "x", "a.b.c.d.e.f"):
        asked = question(name)
        reply = dns.answer(asked, ADDRESS)
        assert reply[:2] == b"\x12\x34"
        assert reply[2:4] == b"\x85\x80"  # an answer, authoritative, recursion asked for and there, no error
        assert reply[4:12] == b"\0\1\0\1\0\0\0\0"
        assert reply[12 : len(asked)] == asked[12:]
        assert reply[len(asked) :] == b"\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4" + ADDRESS


def test_there_are_no_other_records_and_no_other_server_is_tried():
    for kind in (28, 15, 16, 65):
        asked = question("www.example.com", kind)
        assert dns.answer(asked, ADDRESS) == b"\x12\x34\x85\x80\0\1\0\0\0\0\0\0" + asked[12:]


def test_what_is_no_question_gets_no_answer_of_its_own():
    asked = question("www.example.com")
    assert dns.answer(b"", ADDRESS) is None
    assert dns.answer(asked[:11], ADDRESS) is None
    assert dns.answer(asked[:2] + b"\x81\x80" + asked[4:], ADDRESS) is None  # or servers could talk for ever
    assert dns.answer(asked + bytes(500), ADDRESS) is None
    for broken in (asked[:-1], asked[:20], question("x" * 64), asked[:4] + b"\0\2" + asked[6:]):
        assert dns.answer(broken, ADDRESS)[3] & 15 == 1 and len(dns.answer(broken, ADDRESS)) == 12
    assert dns.answer(asked[:2] + b"\x28\0" + asked[4:], ADDRESS)[3] & 15 == 4  # an update
    # With an additional record, as with EDNS, the question counts.
    extended = asked[:11] + b"\1" + asked[12:] + b"\0\0\x29\x10\0\0\0\0\0\0\0"
    assert dns.answer(extended, ADDRESS)[-4:] == ADDRESS


def test_random_datagrams():
    random = Random(3)
    good = question("connectivitycheck.gstatic.com")
    for _ in range(2000):
        data = bytearray(good[: random.between(0, len(good))] + random.bytes(random.below(8)))
        for _ in range(random.below(4)):
            if data:
                data[random.below(len(data))] = random.below(256)
        reply = dns.answer(bytes(data), ADDRESS)
        assert reply is None or len(reply) >= 12 and reply[2] & 0x80


def ask(world, data):
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        line.setblocking(False)
        line.connect(socket.getaddrinfo("127.0.0.1", world.board.names[1], 0, socket.SOCK_DGRAM)[0][-1])
        line.send(data)
        for _ in range(100):
            world.links.turn()
            try:
                return line.recv(600)
            except OSError:
                time.sleep(0.005)
    finally:
        line.close()


def test_a_new_reader_opens_its_access_point():
    world = World()
    world.run(9)
    assert world.links.setup is None
    world.run(3)
    assert world.ap.active() and world.links.portal() == "127.0.0.1"
    assert world.ap.config("ssid") == "HAN-Reader-ABCD" and world.ap.config("security") == 0
    assert world.told == ("failed", "no network is set; setup is open: HAN-Reader-ABCD")
    assert ask(world, question("captive.apple.com"))[-4:] == b"\x7f\0\0\1"
    assert ask(world, b"nonsense") is None
    world.run(86400, 60)
    assert world.links.setup
    world.close()


def test_without_memory_for_an_access_point_it_waits_for_some():
    world = World()
    world.board.system = 250000, 15000, 9000, 12000
    world.run(120)
    assert world.links.setup is None and not world.ap.active()
    assert "no memory for an access point: 15000 bytes of the system's heap are free" in str(world.log.entries())
    world.board.system = 250000, 45000, 9000, 30000
    world.run(70)
    assert world.links.setup and world.ap.active()
    world.close()


def test_one_with_a_cable_does_not():
    world = World(cable=True)
    world.run(3600, 10)
    assert world.links.setup is None and not world.ap.active()
    # Nor is it open ten seconds after that is pulled.
    world.board.cable.cable = False
    world.run(590, 5)
    assert world.links.setup is None
    world.run(15)
    assert world.links.setup
    world.board.cable.cable = True
    world.run(90)
    assert world.links.setup is None and world.idle()


def test_a_reader_is_set_up():
    world = World()
    world.run(15)
    world.ap.stations = [b"\2phone"]
    world.change(w=WIFI)
    world.run(10)
    assert world.addresses() == ("192.168.7.20", None)
    assert world.links.setup  # the phone still shows the page
    world.run(70)
    assert world.links.setup is None and not world.ap.active() and world.told == ("ok", None)


def test_while_somebody_sets_it_up_the_radio_is_his():
    world = World(w=dict(WIFI, s="Nowhere"))
    world.run(700, 5)
    world.ap.stations = [b"\2phone"]
    world.run(60)
    before = world.sta.attempts
    world.run(600)
    assert 0 < world.sta.attempts - before <= 3 * 9
    world.close()


def test_it_may_stay_visible():
    world = World(w=dict(WIFI, b=True, z=11))
    world.run(3600, 10)
    assert world.links.setup and world.addresses()[0]
    assert world.ap.config("security") == 0  # at the start nobody knew yet that it would work
    world.close()


def test_an_access_point_that_cannot_be_had_is_tried_again():
    world = World()
    config = world.ap.config

    def refuse(**values):
        raise OSError("Wifi Internal Error")

    world.ap.config = refuse
    world.run(30)
    assert world.links.setup is None and not world.ap.active()
    assert "setup does not open" in world.log.entries()[-1][-1]
    world.ap.config = config
    world.run(60)
    assert world.links.setup
    world.close()


# --- scan


def scanned(world, scan):
    for _ in range(200):
        world.links.turn()
        if scan.status != "SCAN_RUNNING":
            return scan
        time.sleep(0.005)
        world.board.now += 100
    return scan


class Unreadable:
    """A network whose name is bytes, but no text."""

    key, channel, rssi = "", 3, -20

    def __init__(self, name, number):
        self.ssid = self
        self.bssid = bytes((2, 0, 0, 0, 0, number))
        self.encode = lambda: name


def test_a_scan_runs_beside_everything_else():
    world = World()
    world.air.points += [
        AccessPoint('Other "quoted"', "", 1, -80),
        AccessPoint("Zoo", "battery staple", 11, -30),
    ]
    for number, name in enumerate((b"Caf\xe9", b"\xc0\x80", b"\xed\xa0\x80")):  # nobody could type these
        world.air.points.append(Unreadable(name, number))
    world.run(2)
    scan = world.links.scan = Scan(world.links, world.clock)
    assert scan.body == b'{"status":"SCAN_RUNNING"}'
    assert scanned(world, scan).status == "SCAN_SUCCESS"
    assert scan.body == (
        b'{"status":"SCAN_SUCCESS","networks":['
        b'{"ssid":"Zoo","bssid":"02:41:50:5A:6F:6F","rssi":-30,"channel":11,"auth":"WPA2_PSK"},'
        b'{"ssid":"Home","bssid":"02:41:50:48:6F:6D","rssi":-50,"channel":6,"auth":"WPA2_PSK"},'
        b'{"ssid":"Other \\"quoted\\"","bssid":"02:41:50:4F:74:68","rssi":-80,"channel":1,"auth":"OPEN"}]}'
    )
    assert not world.sta.active()  # it was on for that only
    world.run(130)
    assert world.links.scan is None  # forgotten
    world.close()


def test_a_scan_while_connected_and_while_connecting():
    world = World(w=WIFI)
    world.run(20)
    scan = world.links.scan = Scan(world.links, world.clock)
    assert scanned(world, scan).status == "SCAN_SUCCESS" and world.addresses()[0]
    world = World(w={"s": "Nowhere"})
    world.run(3)
    before = world.sta.attempts
    scan = world.links.scan = Scan(world.links, world.clock)
    assert scanned(world, scan).status == "SCAN_SUCCESS", scan.body
    world.run(20)
    assert world.sta.attempts > before


def test_a_scan_that_fails_or_never_ends():
    world = World()
    world.run(2)

    def refuse():
        raise OSError("Wifi Internal State Error")

    world.sta.scan = refuse
    scan = world.links.scan = Scan(world.links, world.clock)
    assert scanned(world, scan).body == b'{"status":"SCAN_FAILED","message":"Wifi Internal State Error"}'
    world.board.wlan = lambda kind: None
    world.links.wlan = None
    assert Scan(world.links, world.clock).status == "SCAN_FAILED"
    world = World()
    world.run(2)
    world.sta.scan = lambda: time.sleep(0.3)
    scan = world.links.scan = Scan(world.links, world.clock)
    world.run(25, 5)
    assert scan.status == "SCAN_FAILED"
    time.sleep(0.4)


# --- button and light


def held(world, seconds):
    world.board.pressed = True
    world.run(seconds)
    world.board.pressed = False
    world.run(2)


def test_a_press_opens_setup_for_ten_minutes():
    world = World(cable=True)
    world.run(60)
    held(world, 1)
    assert world.links.setup and world.ap.config("security") == 0
    assert world.told == ("ok", "setup is open: HAN-Reader-ABCD")
    world.run(590, 5)
    assert world.links.setup
    world.run(20)
    assert world.links.setup is None and world.idle()
    assert world.restarts == []


def test_held_it_resets():
    world = World(cable=True, w=WIFI, pw="secret words")
    world.run(5)
    held(world, 9)
    assert world.restarts == [] and world.config.get("w", "s") == "Home"
    held(world, 12)
    assert world.restarts == ["USER"] and world.board.resets == []
    assert world.config.values == defaults()
    # Also where it is kept, with no old secret left behind.
    assert World(memory=world.board.flash).config.values == defaults()
    assert b"horse" not in world.board.flash.getvalue() and b"secret" not in world.board.flash.getvalue()


def test_held_longer_it_erases_what_was_recorded():
    world = World(cable=True, w=WIFI)
    history = io.BytesIO(b"\0" * 4 * 4096)
    counters = Region(world.board.partition("state"), *COUNTERS)
    counters.program(0, 0, b"counters")
    partition = world.board.partition
    world.board.partition = lambda name: (
        partition(name) if name == "state" else Partition(history, 4 * 4096, name, Power())
    )
    world.run(5)
    held(world, 40)
    assert world.board.resets == ["USER"]  # at thirty, at once, and not again at the release
    assert world.config.values == defaults() and history.getvalue() == b"\xff" * 4 * 4096
    assert b"counters" in world.board.flash.getvalue()  # which never fall


def test_a_button_that_is_stuck_does_nothing():
    world = World(cable=True)
    world.board.pressed = True
    world.links.policy().begin()
    world.run(60)
    world.board.pressed = False
    world.run(1)
    assert world.restarts == [] and world.links.setup is None
    held(world, 12)
    assert world.restarts == ["USER"]


def shown(world, ms=2000):
    """What the light shows in that time, each 250 ms."""
    seen = ""
    for _ in range(ms // 250):
        world.board.now += 250
        world.links.turn()
        seen += "#" if world.board.lights[-1] else "."
    return seen


def same(seen, pattern):
    """True where the pattern, repeated, starts somewhere."""
    return seen in pattern * 3


def test_the_light():
    world = World(cable=True)
    world.run(10)
    assert same(shown(world), "###.###."), shown(world)

    class Live:
        received = 0

    live = Live()
    live.received = world.board.now
    world.bus.publish("meter", live)
    assert shown(world) == "########"
    world.board.cable.cable = False
    assert same(shown(world), "####....")
    world.run(600, 5)
    assert world.links.setup and same(shown(world), "#.#.#.#.")
    world.board.pressed = True
    assert shown(world, 8000) == "#" * 32
    world.run(3)
    assert same(shown(world), "#.#.#.#.")
    world.close()


def test_ports_of_the_name_server_are_freed():
    world = World()
    world.run(15)
    with raises(OSError):
        dns.Service(world.board.names, "1.2.3.4")
    world.close()
    again = dns.Service(world.board.names, "1.2.3.4")
    again.close()
