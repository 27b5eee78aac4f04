"""The timekeeper with good and faulty time servers on loopback, and with a meter that has a clock."""

import asyncio
import os
import socket

from han.core.bus import Bus
from han.core.clock import EPOCH, Clock
from han.core.zone import Zone, days
from han.net import sntp
from han.net.names import lookup
from han.net.timekeeper import Timekeeper
from host_sim.services.timeserver import FAULTS, TimeServer
from tests.api.fake import ms
from tests.support import free_port

NOON = days(2026, 7, 1) * 86400 + 12 * 3600


def unix(utc):
    return (utc + EPOCH) * 1000


class Board:
    time_servers = ()

    def __init__(self):
        self.now = 1000
        self.utc = None

    def ticks_ms(self):
        return self.now

    def ticks_diff(self, a, b):
        return a - b

    def utc_ms(self):
        return self.utc

    def random(self, n):
        return os.urandom(n)



class Link:
    """A link that is up, with a gateway and a name server."""

    up = True

    def __init__(self, gateway="0.0.0.0", names="0.0.0.0"):
        self.network = self
        self.ifconfig = lambda: ("127.0.0.5", "255.0.0.0", gateway, names)


class World:
    """A clock and its keeper among time servers with these faults; `offset` of each from the truth, ms.

    The first `near` of them stand on the gateways of links, the others are the board's.
    """

    def __init__(self, *faults, offsets=(0, 0, 0), zone=None, near=0):
        self.board = Board()
        self.clock = Clock(self.board)
        self.bus = Bus()
        if zone:
            self.clock.zone = Zone(zone)
        self.servers = []
        for index, fault in enumerate(faults):
            self._open(fault, offsets[index])
        self.board.time_servers = [("127.0.0.1", server.port) for server in self.servers[near:]]
        self.lost = None
        self.all = [Link("127.0.0.1")] if near else []
        self.config = {"ts": []}
        self.keeper = Timekeeper(self.board, self.clock, self.bus, self, self._report)
        self.keeper.patience_ms = 100
        if near:
            self.keeper.port = self.servers[0].port
        self.board.now += 2000  # it asks only after everything else has started
        self.told = None

    def _open(self, fault, offset):
        port = free_port(socket.SOCK_DGRAM)
        self.servers.append(TimeServer(lambda: unix(NOON) + self.board.now + offset, port, fault))

    def _report(self, health, error):
        self.told = health, error

    def true(self):
        return self.clock.unix_ms() == unix(NOON) + self.board.now

    async def turn(self, later=0):
        """One turn, so many ms later, while the servers answer."""
        self.board.now += later
        task = asyncio.create_task(self.keeper.turn())
        while not task.done():
            await asyncio.sleep(0)
            for server in self.servers:
                server.poll()
        await task

    def asked(self):
        return [server.asked for server in self.servers]

    def close(self):
        for server in self.servers:
            server.close()


async def world(*faults, offsets=(0, 0, 0), zone=None):
    """A World after its first turn, closed."""
    made = World(*faults, offsets=offsets, zone=zone)
    await made.turn()
    return made


def test_the_public_servers_are_several():
    assert len(sntp.SERVERS) >= 3 and all(port == 123 for _, port in sntp.SERVERS)


async def test_two_servers_that_agree_set_the_clock():
    here = await world(None, None, None)
    assert here.true() and here.clock.source == "ntp"
    assert here.told == ("ok", None)
    assert here.asked() == [1, 1, 0]
    # And are left alone for hours.
    for _ in range(10):
        await here.turn(60000)
    assert here.asked() == [1, 1, 0]
    await here.turn(8 * 3600000)
    assert here.asked() == [2, 2, 0] and here.clock.steps == 0
    here.close()


async def test_one_that_is_wrong_is_outvoted():
    for order in ((0, 0, 3600000), (3600000, 0, 0), (0, -5000, 0)):
        here = await world(None, None, None, offsets=order)
        assert here.true(), order
        here.close()
    here = await world(None, None, None, offsets=(0, 5000, 10000))
    assert here.clock.utc() is None and here.told == ("failed", "the time is not known: time servers disagree")
    here.close()


async def test_faults_of_one_server_are_survived():
    for fault in FAULTS:
        here = await world(fault, None, None)
        assert here.true() and here.told == ("ok", None), (fault, here.told)
        here.close()


async def test_faulty_servers_alone_set_nothing():
    reasons = {
        "originate": "another question", "future": "plausible", "past": "plausible", "silent": "no answer",
        "stratum": "no time itself", "alarm": "no time itself", "deny": "DENY", "rate": "RATE",
        "short": "not an answer", "mode": "not an answer", "distance": "far from",
    }  # fmt: skip
    for fault, reason in reasons.items():
        here = await world(fault)
        assert here.clock.source is None, fault
        health, error = here.told
        assert health == "failed" and reason in error, (fault, error)
        here.close()
    # A forged answer before the right one does no harm.
    here = await world("forged")
    assert here.true()
    here.close()


async def test_a_server_alone_has_to_say_twice_that_the_time_is_quite_another():
    here = await world(None, None)
    here.servers[0].fault, here.servers[1].fault = "hour", "silent"
    await here.turn(8 * 3600000)
    assert here.true() and "alone" in here.told[1]
    here.servers[0].fault = None
    await here.turn(60000)
    assert here.true() and here.told == ("ok", None)
    here.servers[0].fault = "hour"
    await here.turn(8 * 3600000)
    assert here.true()
    await here.turn(60000)
    assert not here.true() and here.clock.steps == 1
    here.close()


async def test_nobody_there():
    here = World(None)
    here.servers[0].close()
    here.servers.pop()
    await here.turn()
    assert here.clock.source is None and here.told[0] == "failed"


async def test_asked_again_less_and_less_often_and_not_before_the_network_is_up():
    here = World("silent")
    here.lost = 1
    await here.turn()
    assert here.asked() == [0]
    here.lost = None
    await here.turn()
    assert here.asked() == [1]
    await here.turn(5000)
    assert here.asked() == [1]
    for later, asked in ((13000, 2), (15000, 2), (20000, 3), (40000, 3), (31000, 4)):
        await here.turn(later)
        assert here.asked() == [asked], later
    here.servers[0].fault = None
    await here.turn(3600000)
    assert here.true() and here.told == ("ok", None)
    here.close()


async def test_one_that_denies_is_not_asked_again():
    here = await world("deny", "silent")
    await here.turn(60000)
    await here.turn(600000)
    assert here.asked() == [1, 3]
    here.close()


async def test_steps_and_slews_are_told():
    here = World(None, None)
    here.board.utc = unix(NOON) - 86400000
    await here.turn()
    assert here.true() and here.told[0] == "ok"
    assert here.told[1].startswith("set forward by 8640") and here.told[1].endswith("told by ntp")
    here.close()


# --- whom it asks


async def test_a_network_without_internet_has_its_routers_time():
    here = World(None, "silent", "silent", near=1)
    await here.turn()
    assert here.true() and here.told == ("ok", None) and here.asked() == [1, 1, 1]
    for _ in range(3):
        await here.turn(8 * 3600000)
        assert here.true() and here.told == ("ok", None)
    assert here.clock.steps == 0
    here.close()
    # Also where names cannot be looked up, which is not tried for each of them.
    here = World(None, near=1)
    here.board.time_servers = sntp.SERVERS
    here.all.append(Link("0.0.0.0", "127.0.0.9"))  # where no name server is
    began = ms()
    await here.turn()
    assert here.true() and here.told == ("ok", None)
    assert ms() - began < 8000
    here.close()


async def test_a_gateway_without_time_holds_nothing_up():
    for fault in ("silent", "stratum", "alarm", "past", "originate"):
        here = World(fault, None, None, near=1)
        await here.turn()
        assert here.true() and here.told == ("ok", None) and here.asked() == [1, 1, 1], fault
        here.close()
    here = World(None, None, None, near=1)
    here.servers.pop(0).close()
    await here.turn()
    assert here.true() and here.told == ("ok", None)
    here.close()


async def test_a_gateway_is_asked_for_a_second_at_most():
    here = World("silent", near=1)
    here.keeper.patience_ms = 60000
    here.board.time_servers = ()
    began = ms()
    await here.turn()
    assert 500 < ms() - began < 30000
    assert here.told == ("failed", "the time is not known: 127.0.0.1: no answer")
    here.close()


async def test_a_gateway_that_agrees_with_one_of_the_others_is_enough():
    here = World(None, None, None, near=1)
    await here.turn()
    assert here.true() and here.asked() == [1, 1, 0]
    here.close()


async def test_a_gateway_that_is_wrong_is_outvoted_and_not_believed_alone():
    here = World(None, None, None, offsets=(120000, 0, 0), near=1)
    await here.turn()
    assert here.true() and here.told == ("ok", None) and here.asked() == [1, 1, 1]
    here.servers[1].fault = here.servers[2].fault = "silent"
    await here.turn(8 * 3600000)
    assert here.true() and here.told[1] == "127.0.0.1 alone answers, and has been wrong before"
    # Once it has been right beside another, it is.
    here.servers[1].fault = None
    here.close()
    here = World(None, None, None, near=1)
    here.keeper.memory["doubted"] = [("127.0.0.1", here.servers[0].port)]
    await here.turn()
    here.servers[1].fault = here.servers[2].fault = "silent"
    here.board.now += 8 * 3600000
    await here.turn()
    assert here.true() and here.told == ("ok", None)
    here.close()


async def test_those_of_the_configuration_are_asked_and_nobody_else():
    here = World(None, None, None, near=1)
    here._open(None, 0)
    own = here.servers[-1]
    here.config["ts"] = ["127.0.0.1:%d" % own.port]
    await here.turn()
    assert here.true() and here.told == ("ok", None) and here.asked() == [0, 0, 0, 1]
    # A change is taken at once.
    await here.turn(60000)
    assert here.asked() == [0, 0, 0, 1]
    here.config["ts"] = []
    await here.turn(1000)
    assert here.asked() == [1, 1, 0, 1]
    # Without a port it is the usual one.
    here.config["ts"] = ["127.0.0.1"]
    await here.turn(1000)
    assert here.asked() == [2, 1, 0, 1] and here.told == ("ok", None)
    # Several have to agree, and one alone has to say twice that the time is quite another.
    here.config["ts"] = ["127.0.0.1:%d" % server.port for server in here.servers]
    here.servers[0].fault = "hour"
    await here.turn(1000)
    assert here.true() and here.told == ("ok", None) and here.asked() == [3, 2, 1, 1]
    here.config["ts"] = ["127.0.0.1:%d" % here.servers[0].port, "127.0.0.1:%d" % own.port]
    await here.turn(1000)
    assert here.true() and here.told[1] == "time servers disagree"
    here.config["ts"] = ["127.0.0.1:%d" % here.servers[0].port]
    await here.turn(1000)
    assert here.true() and "alone" in here.told[1]
    await here.turn(60000)
    assert not here.true() and here.clock.steps == 1
    here.close()


async def test_a_name_is_looked_up_by_the_links_name_server():
    here = World(None)
    server = here.servers[0]
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.setblocking(False)
    kept = lookup.PORT
    try:
        lookup.PORT = free_port(socket.SOCK_DGRAM)
        names.bind(socket.getaddrinfo("127.0.0.1", lookup.PORT, 0, socket.SOCK_DGRAM)[0][-1])
        here.all = [Link("0.0.0.0", "127.0.0.1")]
        here.config["ts"] = ["nowhere.lan", "ntp.lan:%d" % server.port]
        here.board.now += 1000
        task = asyncio.create_task(here.keeper.turn())
        asked = []
        while not task.done():
            await asyncio.sleep(0)
            server.poll()
            try:
                question, address = names.recvfrom(512)
            except OSError:
                continue
            asked.append(question)
            if b"\3ntp\3lan\0" in question:
                record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"
                names.sendto(question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:] + record, address)
            else:
                names.sendto(question[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + question[12:], address)
        await task
        assert len(asked) == 2 and here.true() and here.told == ("ok", None)
    finally:
        lookup.PORT = kept
        names.close()
        here.close()


def telegram(here, local, deviation=None, dst=None):
    class Live:
        seq = 0

    live = Live()
    live.clock, live.deviation, live.dst = local, deviation, dst
    live.received = here.board.now
    live.seq = here.bus.count.get("meter", 0) + 1
    here.bus.publish("meter", live)


async def listen(here, local, count, period=2500, deviation=0, stuck=False):
    """So many telegrams of a meter whose clock shows local + the board's time."""
    for _ in range(count):
        here.board.now += period
        telegram(here, local + (0 if stuck else here.board.now // 1000), deviation)
        await here.turn()


async def test_the_meters_clock_serves_once_telegrams_agree():
    here = World(zone="Europe/Helsinki")
    await listen(here, NOON + 10800, 3)
    assert here.clock.source is None and here.told == ("failed", "the time is not known")
    await listen(here, NOON + 10800, 4)
    assert here.clock.source == "meter" and here.clock.utc() == NOON + here.board.now // 1000
    assert here.told == ("ok", None)


async def test_not_without_a_zone_nor_one_that_stands_still_jumps_or_dreams():
    here = World()
    await listen(here, NOON + 10800, 20)
    assert here.clock.source is None
    here = World(zone="Europe/Helsinki")
    await listen(here, NOON, 40, 1000, stuck=True)
    assert here.clock.source is None
    for _ in range(10):
        await listen(here, NOON, 2, 6000)
        await listen(here, NOON + 60, 2, 6000)
    assert here.clock.source is None
    for year in (2000, 2060):
        await listen(here, days(year, 1, 1) * 86400, 20)
    assert here.clock.source is None


async def test_a_time_server_outranks_the_meter_and_takes_over():
    here = World("silent", "silent", zone="Europe/Helsinki")
    await listen(here, NOON + 10800 + 30, 8)  # half a minute fast
    assert here.clock.source == "meter" and here.told[0] == "degraded" and "no answer" in here.told[1]
    here.servers[0].fault = here.servers[1].fault = None
    await here.turn(3600000)
    assert here.clock.source == "ntp" and here.true() and here.clock.steps == 1
    await listen(here, NOON + 10800 + 30, 20)
    assert here.clock.source == "ntp" and here.true()
    # After a week without, the meter's is better than nothing.
    here.servers[0].fault = here.servers[1].fault = "silent"
    for _ in range(40):
        await here.turn(5 * 3600000)
    assert here.told[0] == "degraded"
    await listen(here, NOON + 10800 + 30, 8)
    assert here.clock.source == "meter"
    here.close()


async def test_the_clock_does_not_step_in_the_hour_that_comes_twice():
    here = World(zone="Europe/Helsinki")
    start = days(2026, 10, 25) * 86400 - 2 * 3600
    zone = here.clock.zone
    for _ in range(6 * 240):
        here.board.now += 15000
        utc = start + here.board.now // 1000
        telegram(here, zone.local(utc), 0, False)
        await here.turn()
        if here.clock.source:
            assert here.clock.utc() == utc
    assert here.clock.source == "meter" and here.clock.steps == 0


def test_timestamps_after_2036():
    now = [0]
    server = TimeServer(lambda: now[0], free_port(socket.SOCK_DGRAM))
    nonce = b"12345678"
    for now[0] in (1704067200000, 2085978495999, 2085978496000, 4000000000001):
        answer = server.answers(b"\x23" + bytes(39) + nonce)[0]
        assert sntp.wrong(answer, nonce) is None
        assert -1 <= sntp.ms(answer, 40) - now[0] <= 0
    server.close()
