"""Whether the network leads to the internet: gateways, names, time servers, and the restart that a setting allows."""

import asyncio
import socket

from han.net import check
from han.net.names import lookup
from han.net.online import errand
from host_sim.services.timeserver import TimeServer
from tests.net.air import WIFI, World
from tests.support import Random

NOW = 1_790_000_000_000  # unix ms


class House:
    """A World whose internet is one time server, which tests can silence."""

    def __init__(self, **values):
        self.world = World(w=WIFI, **values)
        self.world.home.dhcp = ("127.0.0.1", "255.0.0.0", "0.0.0.0", "127.0.0.1")
        self.world.until(lambda: self.world.links.lost is None, 20)
        board = self.world.board
        self.server = None
        for attempt in range(50):
            try:
                self.server = TimeServer(lambda: NOW + board.now, 20000 + board.random(1)[0] * 40 + attempt, None)
                break
            except OSError:
                pass
        board.time_servers = [("127.0.0.1", self.server.port)]

    @property
    def told(self):
        return self.world.internet

    @property
    def online(self):
        return self.world.links.online

    @property
    def restarts(self):
        return self.world.restarts

    async def run(self, seconds, step=60):
        """Time passes, and it is asked as often as there is a step."""
        for _ in range(seconds // step):
            self.world.run(step, step)
            turn = asyncio.create_task(errand(self.world.links))
            while not turn.done():
                await asyncio.sleep(0)
                self.server.poll()
            await turn

    def close(self):
        self.server.close()




async def test_online_while_a_time_server_answers():
    house = House()
    await house.run(60)
    assert house.online is True and house.told == ("running", "ok", None)
    await house.run(3000)
    assert 4 <= house.server.asked <= 7  # each ten minutes
    house.close()


async def test_offline_a_quarter_of_an_hour_after_the_last_answer():
    house = House()
    await house.run(60)
    house.server.fault = "rate"  # wants to be left alone, and says so at once
    await house.run(890)
    assert house.online is True
    await house.run(60)
    assert house.online is False and house.told[1] == "degraded" and "RATE" in house.told[2]
    house.server.fault = None
    await house.run(600)
    assert house.online is True
    house.close()


async def test_without_a_network_nobody_is_asked():
    house = House()
    house.world.air.points.clear()
    await house.run(60)
    asked = house.server.asked
    await house.run(3600)
    assert house.server.asked == asked and not house.online
    house.world.air.points.append(house.world.home)
    await house.run(300)
    assert house.online is True
    house.close()


async def test_nobody_to_be_asked():
    house = House()
    house.world.board.time_servers = ()
    await house.run(60)
    assert house.told == ("stopped", "disabled", None) and not house.online
    house.close()


async def test_a_restart_where_it_is_wanted_and_only_once():
    for wanted in (True, False):
        house = House(bhf=wanted)
        await house.run(60)
        assert house.online
        house.server.fault = "rate"
        await house.run(3500)
        assert house.restarts == []
        await house.run(1200)
        assert house.restarts == (["CLOUD_UNREACHABLE"] * len(house.restarts) if wanted else [])
        assert bool(house.restarts) is wanted
        house.close()
    # After it the internet is as far away as before: a restart does not help.
    house = House(bhf=True)
    house.server.fault = "rate"
    await house.run(7 * 3600, 60)
    assert house.restarts == []
    house.close()


class Nic:
    def __init__(self, gateway):
        self._gateway = gateway

    def ifconfig(self):
        return "127.0.0.1", "255.0.0.0", self._gateway, "127.0.0.1"


class Link:
    up = True
    proven = False
    missed = 0

    def __init__(self, gateway="127.0.0.1"):
        self.network = Nic(gateway)


async def test_a_gateway_answers_with_a_refusal_too():
    # Nobody listens on port 53 here; where somebody does, that is an answer as well.
    link = Link()
    await check.check(link)
    assert link.proven and link.missed == 0
    link = Link("0.0.0.0")
    await check.check(link)
    assert not link.proven


async def test_a_gateway_counts_as_silent_only_once_it_has_answered():
    kept = check.accept

    async def silence(address, port=53):
        return False

    check.accept = silence
    try:
        link = Link()
        await check.check(link)
        assert link.missed == 0
        link.proven = True
        for _ in range(3):
            await check.check(link)
        assert link.missed == 3
    finally:
        check.accept = kept


# --- names

ASKED = lookup.request("pool.ntp.org", b"\xab\xcd")
HEAD = b"\xab\xcd\x81\x80\0\1\0\2\0\0\0\0"
ALIAS = b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\6\3two\xc0\x11"
RECORD = b"\xc0\x2a\0\1\0\1\0\0\0\x3c\0\4\x0a\1\2\3"


def test_the_address_is_found_in_an_answer():
    reply = HEAD + ASKED[12:] + ALIAS + RECORD
    assert lookup.found(reply, ASKED) == "10.1.2.3"
    assert lookup.found(reply.replace(b"pool", b"POOL"), ASKED) == "10.1.2.3"
    assert lookup.found(HEAD + ASKED[12:] + b"\3two\4pool\0" + RECORD[2:] + ALIAS, ASKED) == "10.1.2.3"


def test_what_is_not_the_answer():
    reply = HEAD + ASKED[12:] + ALIAS + RECORD
    assert lookup.found(b"\xab\xce" + reply[2:], ASKED) is False
    assert lookup.found(ASKED, ASKED) is False
    assert lookup.found(reply.replace(b"pool", b"loop"), ASKED) is False
    assert lookup.found(b"", ASKED) is False
    assert lookup.found(reply[:3] + b"\x83" + reply[4:], ASKED) is None  # no such name
    for length in range(len(ASKED), len(reply)):
        assert lookup.found(reply[:length], ASKED) is None
    random = Random(5)
    for _ in range(2000):
        data = bytearray(reply)
        for _ in range(random.between(1, 5)):
            data[random.between(12, len(data) - 1)] = random.below(256)
        found = lookup.found(bytes(data), ASKED)
        assert found in (None, False) or found.count(".") == 3


async def test_a_name_is_looked_up_without_holding_up_anything():
    line, port = bound()
    task = asyncio.create_task(lookup.search("pool.ntp.org", ("127.0.0.1", port), b"\xab\xcd"))
    turns = 0
    while not task.done():
        await asyncio.sleep(0.005)
        turns += 1
        try:
            query, who = line.recvfrom(512)
        except OSError:
            continue
        assert query == ASKED
        line.sendto(b"\0\0" + HEAD[2:] + ASKED[12:] + ALIAS + RECORD, who)  # somebody guesses
        line.sendto(HEAD + ASKED[12:] + ALIAS + RECORD, who)
    assert await task == "10.1.2.3" and turns > 1
    line.close()


def bound():
    """A socket for datagrams that listens, and its port."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for attempt in range(50):
        port = 20000 + Random(id(line) + attempt).below(12000)
        try:
            line.bind(socket.getaddrinfo("127.0.0.1", port, 0, socket.SOCK_DGRAM)[0][-1])
            break
        except OSError:
            pass
    line.setblocking(False)
    return line, port


async def test_a_name_in_local_is_asked_of_all_and_anybody_may_answer():
    (line, port), (other, _) = bound(), bound()
    kept, lookup._ALL = lookup._ALL, ("127.0.0.1", port)
    try:
        task = asyncio.create_task(lookup.address("nas.local", (), lambda count: b"\xab\xcd"))
        while not task.done():
            await asyncio.sleep(0.005)
            try:
                query, who = line.recvfrom(512)
            except OSError:
                continue
            assert query == lookup.request("nas.local", b"\xab\xcd")
            other.sendto(query[:2] + b"\x84\0\0\1\0\1\0\0\0\0" + query[12:] + RECORD, who)
        assert await task == "10.1.2.3"
        # Nobody's name: that says nothing about name servers.
        assert await lookup.address("gone.local", (), lambda count: b"\xab\xcd") is None
    finally:
        lookup._ALL = kept
        line.close()
        other.close()


async def test_addresses_are_not_looked_up_and_the_system_knows_what_no_link_does():
    class Down:
        up = False
        network = None

    assert await lookup.address("10.1.2.3", (Down(),), None) == "10.1.2.3"
    assert await lookup.address("localhost", (Down(),), None) == "localhost"
