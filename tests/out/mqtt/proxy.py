"""A way to a broker that is slow, stops, or is cut: a TCP proxy in the loop of the test."""

import asyncio
import socket


class Proxy:
    """Passes bytes on between its own port and that of a broker.

    passes   an Event: cleared, nothing goes on any more, while all connections stay open
    rate     most bytes in a second from the client; None: no limit
    count    connections so far
    """

    def __init__(self, port):
        self._to = port
        self.passes = asyncio.Event()
        self.passes.set()
        self.rate = None
        self.count = 0
        self._writers = []
        self._tasks = []

    async def open(self):
        """Listen on a free port, `port`."""
        # Small buffers: what waits does so in the client.
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listening.bind(("127.0.0.1", 0))
        self._server = await asyncio.start_server(self._serve, sock=listening, limit=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        self.count += 1
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers += [writer, back]
        ways = self._pass(reader, back, True), self._pass(there, writer, False)
        self._tasks += [asyncio.ensure_future(way) for way in ways]

    async def _pass(self, reader, writer, slow):
        try:
            while data := await reader.read(128):
                await self.passes.wait()
                if slow and self.rate:
                    await asyncio.sleep(len(data) / self.rate)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    def cut(self):
        """End all connections, without a goodbye of those who have them."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers = []

    def close(self):
        """End everything."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        self.cut()
