"""One connection to a broker: CONNECT, messages, pings, and the notice that it is gone.

No wait here has a timer of its own. The connection has a number of milliseconds left. Who uses it counts them down
with tick(), and cancels the task that waits when they are used up.
"""
import asyncio

from ...net.sockets import hang_up, unbuffered
from . import packets

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_LAST_NUMBER = const(0xFFFF)
_SILENT = "the broker does not answer"


def whole(data):
    """The function for Client.keep() of a message that is there as bytes."""
    return lambda: (data,)


class Trouble(Exception):
    """There is no connection. The text says why; it has no secret in it."""


class Client:
    """A connection. Only one task at a time may send."""

    #: Time to connect, and for an answer of the broker, ms. Time for it to take a message, ms.
    patience_ms = 10000
    slow_ms = 20000
    #: Time between two pings, ms. A ping must be answered before the next one.
    ping_ms = 20000
    #: The broker takes the reader for dead after one and a half of this time without a packet, s (3.1.2.10).
    keepalive = 60

    def __init__(self, due):
        """due(): called when a ping is due, which the sending task has to send() then."""
        #: What is wrong, text; None while all is well.
        self.trouble = None
        #: An exception that is a fault of this program; None where there was none.
        self.crash = None
        #: True while it is connected; and while no packet is sent in part, so that another can follow.
        self.up = self.whole = False
        self._due = due
        self._left = self.patience_ms  # time until it is in trouble, ms; None: no limit
        self._waits = _SILENT  # that trouble
        self._quiet = 0  # time since the last ping, ms
        self._asked = False  # a ping is not answered yet
        self._number = 0  # packet identifier of the last message that has to be acknowledged
        self._after = ""  # what is said of a broker that goes now: its topic
        self._acknowledged = asyncio.Event()
        self._reader = self._writer = self._reading = None

    def tick(self, ms):
        """Note that so many ms have passed. Returns what is wrong, None where all is well."""
        if self._left is not None:
            self._left -= ms
            if self._left <= 0:
                self.fail(self._waits)
        if self.up:
            self._quiet += ms
            if self._quiet >= self.ping_ms:
                self._quiet = 0
                if self._asked:
                    self.fail("the broker does not answer any more")
                self._asked = True
                self._due()
        return self.trouble

    def fail(self, text):
        """Note what is wrong; the first text counts."""
        self.trouble = self.trouble or text

    def lost(self):
        """Note that the broker has gone, and what it was told to keep just before.

        Some brokers (mosquitto 2.0.11) go when that topic is forbidden, most do when the message is too large for them.
        """
        self.fail("the broker has closed the connection" + self._after)

    async def open(self, reader, writer, hello):
        """Send CONNECT over a new connection, and wait for the answer. Trouble, OSError or EOFError: refused."""
        self._reader, self._writer = reader, writer
        unbuffered(writer)
        self._wait(self.patience_ms, _SILENT)
        await self._write(hello)
        self.whole = True
        head = await reader.readexactly(4)
        if head[0] != packets.CONNACK or head[1] != 2:
            raise Trouble("what answers is no MQTT broker")
        if head[3]:
            raise Trouble("refused: " + packets.refusal(head[3]))
        self._wait(None)
        self.up = True
        self._reading = asyncio.create_task(self._read())

    async def send(self, data):
        """Send bytes of whole packets."""
        self.whole = False
        await self._pass(data)
        self.whole = True

    async def publish(self, topic, payload, retain=False):
        """Send a message that may be lost with the connection (QoS 0)."""
        await self.send(packets.publish(topic, len(payload), retain) + payload)

    async def keep(self, topic, pieces, again=False):
        """Send a message that the broker keeps for clients that come later, and wait until it has it (QoS 1).

        pieces: a function that returns an iterator of its bytes. It is called twice, so that they are never all in
        memory: once for their length. again: it has taken that before; if it goes, then because of the message before.
        """
        self._number = self._number % _LAST_NUMBER + 1
        if not again:
            self._after = " after " + topic
        self._acknowledged.clear()
        length = sum([len(piece) for piece in pieces()])
        self.whole = False
        await self._pass(packets.publish(topic, length, True, self._number))
        for piece in pieces():
            await self._pass(piece)
        self.whole = True
        self._wait(self.patience_ms, "the broker does not acknowledge messages")
        await self._acknowledged.wait()
        self._wait(None)

    def _wait(self, left, trouble=None):
        self._left = left
        self._waits = trouble

    async def _pass(self, data):
        self._wait(self.slow_ms, "the broker takes no messages")
        await self._write(data)
        self._wait(None)

    async def _write(self, data):
        self._writer.write(data)
        await self._writer.drain()

    # Lives as long as the connection, or until close().
    async def _read(self):
        try:
            while True:
                kind, length = await self._reader.readexactly(2)
                if length > packets.LONGEST:
                    break
                rest = await self._reader.readexactly(length) if length else b""
                if kind == packets.PINGRESP:
                    self._asked = False
                    self._after = ""
                elif kind != packets.PUBACK or length != 2:
                    break
                elif rest[0] << 8 | rest[1] == self._number:
                    self._acknowledged.set()
            self.fail("the broker sends what nobody has asked for")
        except (OSError, EOFError, ValueError):
            self.lost()

    async def part(self):
        """Send DISCONNECT, after which there is no last will, and wait until the broker has closed the connection."""
        await self.send(packets.DISCONNECT)
        while not self._reading.done():
            await asyncio.sleep(0.02)

    async def close(self):
        """Close the connection. Unsent bytes are lost."""
        self.up = False
        if self._reading:
            self._reading.cancel()
        if self._writer:
            await hang_up(self._writer)
            self._writer = None
