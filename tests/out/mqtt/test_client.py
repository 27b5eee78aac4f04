"""A connection to a broker: what it waits for, for how long, and what it makes of everything that a broker may send."""

import asyncio

from han.out.mqtt import packets
from han.out.mqtt.client import Client
from han.out.mqtt.talk import attempt
from host_sim.services.broker import Broker
from tests.support import free_port

HELLO = packets.connect("me", "", "", 60, "me/status", "offline")
TICK = 250


class Peer:
    """A Client that works with a Broker, or with a server of the test's own. Its time is that of the test."""

    def __init__(self, serve=None):
        self._serve = serve
        self.due = 0

    async def __aenter__(self):
        port = free_port()
        self.broker = Broker()
        if self._serve:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        else:
            self._server = None
            await self.broker.open(port)
        self.client = Client(self._note)
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    def _note(self):
        self.due += 1

    async def open(self):
        await self.client.open(self.reader, self.writer, HELLO)

    def work(self, coroutine):
        self.task = asyncio.create_task(attempt(self.client, coroutine))
        return self.task

    async def passes(self, ms, step=TICK):
        """Let the time pass in which peers have their turns."""
        for _ in range(ms // step):
            if self.client.tick(step) or self.task.done():
                break
            await asyncio.sleep(0.002)
        return self.client.trouble

    async def settled(self, condition):
        for _ in range(2000):
            if condition():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it does not happen")

    async def __aexit__(self, *_):
        await self.client.close()
        await self.broker.close()
        if self._server:
            self._server.close()


async def forever():
    await asyncio.sleep(1000)


async def test_messages_arrive_in_their_order():
    async with Peer() as peer:
        await peer.open()
        await peer.client.keep("a", lambda: (b"x" * 300, b"", b"y"))
        await peer.client.publish("b", b"2")
        await peer.client.publish("b", b"", True)
        await peer.client.keep("c", lambda: ())
        assert peer.broker.messages == [("a", b"x" * 300 + b"y"), ("b", b"2"), ("b", b""), ("c", b"")]
        assert peer.broker.retained == {"a": b"x" * 300 + b"y"} and peer.broker.sure == 2
        await peer.client.part()
        await peer.settled(lambda: not peer.broker.clients)
        assert "me/status" not in peer.broker.retained and not peer.broker.faults


async def test_the_last_will_is_said_for_one_that_is_lost():
    async with Peer() as peer:
        await peer.open()
        await peer.client.close()
        await peer.settled(lambda: "me/status" in peer.broker.retained)
        assert peer.broker.retained["me/status"] == b"offline"


async def test_each_refusal():
    for code in range(1, 7):
        async with Peer() as peer:
            peer.broker.code = code
            await peer.work(peer.open())
            assert peer.client.trouble == "refused: " + packets.refusal(code)


async def test_a_broker_that_does_not_answer():
    async with Peer() as peer:
        peer.broker.answers = False
        peer.work(peer.open())
        assert await peer.passes(9000) is None
        assert await peer.passes(2000) == "the broker does not answer"
        peer.task.cancel()


async def test_a_ping_must_be_answered():
    async with Peer() as peer:
        async def talk():
            await peer.open()
            done = 0
            while True:
                if peer.due > done:
                    done = peer.due
                    await peer.client.send(packets.PING)
                await asyncio.sleep(0.002)

        peer.work(talk())
        await peer.settled(lambda: peer.client.up)
        assert await peer.passes(200000, 1000) is None and peer.due == 10
        peer.broker.answers = False
        assert await peer.passes(19000, 1000) is None
        assert await peer.passes(40000, 1000) == "the broker does not answer any more"
        peer.task.cancel()


async def test_a_message_must_be_acknowledged():
    async with Peer() as peer:
        await peer.open()
        peer.broker.answers = False
        peer.work(peer.client.keep("a", lambda: (b"1",)))
        assert await peer.passes(9000) is None
        assert await peer.passes(2000) == "the broker does not acknowledge messages"
        peer.task.cancel()


async def test_one_that_takes_nothing_is_given_up():
    async with Peer() as peer:
        await peer.open()
        peer.broker.reads = False
        sent = []

        async def talk():
            while True:
                await peer.client.publish("a", bytes(100000))
                sent.append(1)
                await asyncio.sleep(0.001)

        peer.work(talk())
        before = -1
        while len(sent) != before:  # until all buffers are full
            before = len(sent)
            await asyncio.sleep(0.2)
        assert await peer.passes(19000) is None and not peer.client.whole
        assert await peer.passes(2000) == "the broker takes no messages"
        peer.task.cancel()


async def test_a_broker_that_goes():
    async with Peer() as peer:
        async def talk():
            await peer.open()
            await forever()

        peer.work(talk())
        await peer.settled(lambda: peer.client.up)
        peer.broker.cut()
        await peer.settled(lambda: peer.client.trouble)
        assert peer.client.trouble == "the broker has closed the connection"
        peer.task.cancel()


async def test_what_is_no_broker():
    for data, trouble in (
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what answers is no MQTT broker"),
        (b"\x20\x03\0\0\0", "what answers is no MQTT broker"),
        (b"\x20\2\0", "the broker has closed the connection"),
        (b"", "the broker has closed the connection"),
        (b"\x20\2\0\0\x30\x7f", "the broker sends what nobody has asked for"),
        (b"\x20\2\0\0\xd0\xff\xff\xff\x7f", "the broker sends what nobody has asked for"),
        (b"\x20\2\0\0\x90\2\0\1", "the broker sends what nobody has asked for"),
        (b"\x20\2\0\0\x40\1\0", "the broker sends what nobody has asked for"),
        (b"\x20\2\0\0" + b"\xd0\0" * 500 + b"\x40\2\0\7" * 50, "the broker has closed the connection"),
    ):
        assert await troubled_by(data) == trouble, data


async def troubled_by(data):
    """What a client is in trouble by, to which a server says this."""

    async def serve(reader, writer):
        await reader.read(1)
        writer.write(data)
        await writer.drain()
        try:
            await reader.read(1000)
        except OSError:
            pass
        writer.close()
        await writer.wait_closed()

    async with Peer(serve) as peer:
        async def talk():
            await peer.open()
            await forever()

        peer.work(talk())
        await peer.settled(lambda: peer.client.trouble)
        peer.task.cancel()
        return peer.client.trouble


async def test_a_fault_of_this_program_is_no_trouble_of_the_broker():
    async with Peer() as peer:
        async def talk():
            await peer.open()
            raise KeyError("x")

        await peer.work(talk())
        assert isinstance(peer.client.crash, KeyError) and peer.client.trouble is None
