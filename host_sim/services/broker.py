"""A small MQTT 3.1.1 broker for one kind of client: it takes messages, and hands none out. For both interpreters.

It does what the standard says, unless it is told not to.
"""

import asyncio

CONNECT, PUBLISH, PINGREQ, DISCONNECT = 1, 3, 12, 14


class Broker:
    """Listens while it is open.

    code     its answer to CONNECT; 0: accepted (3.2.2.3)
    user, password   only who has these is accepted, where they are set
    answers  False: it answers nothing any more
    reads    False: it takes nothing any more
    """

    def __init__(self):
        self.code = 0
        self.user = self.password = None
        self.answers = self.reads = True
        self.hellos = []  # dicts of what clients said in CONNECT
        self.messages = []  # (topic, payload) in their order
        self.retained = {}  # topic -> payload, bytes
        self.sure = 0  # messages with QoS 1
        self.clients = 0
        self.faults = []  # what no client should send
        self._server = None
        self._tasks = []

    async def open(self, port, host="127.0.0.1"):
        """Listen. OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, host, port)

    async def close(self):
        """Stop listening, and cut all connections off without the last words of their clients."""
        server, self._server = self._server, None
        if server:
            server.close()
            task = getattr(server, "task", None)  # MicroPython's closes its socket only when it runs
            while task and not task.done():
                await asyncio.sleep(0)
        self.cut()

    def cut(self):
        """Cut all connections off."""
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    # Lives as long as a connection.
    async def _serve(self, reader, writer):
        self._tasks.append(asyncio.current_task())
        self.clients += 1
        will = None
        try:
            will = await self._connected(reader, writer)
            while will is not False:
                kind, flags, body = await self._packet(reader)
                if kind == PUBLISH:
                    await self._take(flags, body, writer)
                elif kind == PINGREQ:
                    await self._say(writer, b"\xd0\0")
                elif kind == DISCONNECT:
                    will = None
                    break
                else:
                    self.faults.append("packet %d" % kind)
                    break
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self.clients -= 1
            if will:
                self._keep(will[0], will[1], True)
            try:
                writer.close()
                await writer.wait_closed()
            except OSError:
                pass

    async def _packet(self, reader):
        while not self.reads:
            await asyncio.sleep(0.02)
        first = (await reader.readexactly(1))[0]
        size = shift = 0
        while True:
            byte = (await reader.readexactly(1))[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        return first >> 4, first & 15, await reader.readexactly(size) if size else b""

    async def _say(self, writer, data):
        if self.answers:
            writer.write(data)
            await writer.drain()

    async def _connected(self, reader, writer):
        """The client's last will, (topic, payload), or None; False where it is not accepted."""
        kind, _, body = await self._packet(reader)
        if kind != CONNECT or body[:7] != b"\0\4MQTT\4":
            self.faults.append("no CONNECT")
            return False
        flags = body[7]
        texts, at = [], 10
        while at < len(body):
            size = body[at] << 8 | body[at + 1]
            texts.append(body[at + 2 : at + 2 + size])
            at += 2 + size
        hello = {"id": texts.pop(0).decode(), "keepalive": body[8] << 8 | body[9], "flags": flags}
        will = (texts.pop(0).decode(), texts.pop(0)) if flags & 4 else None
        hello["user"] = texts.pop(0).decode() if flags & 0x80 else None
        hello["password"] = texts.pop(0).decode() if flags & 0x40 else None
        self.hellos.append(hello)
        code = self.code
        if self.user is not None and (hello["user"], hello["password"]) != (self.user, self.password):
            code = 4
        await self._say(writer, bytes((0x20, 2, 0, code)))
        return False if code else will

    async def _take(self, flags, body, writer):
        size = body[0] << 8 | body[1]
        topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
        if not flags & 6:
            self._keep(topic, rest, flags & 1)
            return
        self._keep(topic, rest[2:], flags & 1)
        self.sure += 1
        await self._say(writer, b"\x40\2" + rest[:2])

    def _keep(self, topic, payload, retain):
        self.messages.append((topic, payload))
        if retain:
            self.retained.pop(topic, None)
            if payload:
                self.retained[topic] = payload
