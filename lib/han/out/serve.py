"""A TCP server with few clients, for the languages that have a port of their own.

As in the gate of the API, no wait has a timer of its own: each client has a number of milliseconds left, which run()
counts down. It cancels the task of a client that has used them up.
"""
import asyncio
import errno
import gc
import socket

from ..net.sockets import hang_up, unbuffered

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Connections that the system keeps until they are accepted.
_BACKLOG = const(16)
# Longest pause before a server listens again after it could not, ms.
_LONGEST_MS = const(30000)


class Client:
    """One client's connection."""

    def __init__(self, reader, writer, left):
        #: Time until it is ended, ms; None: no limit. talk() sets it before it waits.
        self.left = left
        self._reader = reader
        self._writer = writer
        self._task = asyncio.current_task()
        unbuffered(writer)

    async def read(self, most):
        """Up to `most` bytes that have come; b"" or OSError when the client has gone."""
        return await self._reader.read(most)

    async def send(self, data, patience):
        """Write bytes within `patience` ms, then set no limit. For one task at a time. OSError: it has gone."""
        self.left = patience
        self._writer.write(data)
        await self._writer.drain()
        self.left = None

    def end(self):
        """Cancel the client's task, wherever it waits. The task then closes the socket."""
        self._task.cancel()


class Server:
    """Listens on a port, has a task for each client, and tells `status` whether it listens and how many there are."""

    #: How often the time of the clients is counted down, and the listener looked at, ms.
    tick_ms = 250
    #: `left` of a new client, ms.
    first_ms = 10000
    #: Pause before it listens again after it could not, ms. It is doubled each time.
    again_ms = 1000

    def __init__(self, app, status, port, talk, most):
        """talk: a coroutine function that serves one Client; most: clients at a time, one more is closed at once."""
        self.clients = []
        #: What it tells the status while it listens, arguments of its tell().
        self.listening = ("listening",)
        self.port = port
        self._host = app.board.listen[0]
        self._log = app.log
        self._status = status
        self._talk = talk
        self._most = most
        self._server = None
        self._ending = False

    # Lives until it is cancelled.
    async def run(self):
        """Listen, and listen again whenever that has failed or ended."""
        pause = self.again_ms
        left = 0  # time until it listens again, ms
        try:
            while True:
                try:
                    if not self._listens():
                        left -= self.tick_ms
                        if left <= 0:
                            left = pause
                            pause = min(2 * pause, _LONGEST_MS)
                            await self._listen()
                    else:
                        left, pause = 0, self.again_ms
                    self._count_down()
                except MemoryError:
                    self._status.tell("refused: not enough memory right now", "failed", "not enough memory right now")
                except OSError as error:
                    text = self._reason(error)
                    self._status.tell("refused: " + text, "failed", text)
                await asyncio.sleep(self.tick_ms / 1000)
        finally:
            self._ending = True
            await self._close()
            for client in self.clients:
                client.end()
            while self.clients:
                await asyncio.sleep(0.01)

    def _listens(self):
        server = self._server
        if not server:
            return False
        # MicroPython's accepting task ends if there is no memory when it needs some.
        task = getattr(server, "task", None)
        return not task.done() if task else server.is_serving()

    async def _listen(self):
        await self._close()
        gc.collect()  # a listener whose task has died is closed by this
        # MicroPython's start_server() leaves its socket open where the port is taken, so try that first.
        probe = socket.socket()
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(socket.getaddrinfo(self._host, self.port)[0][-1])
            probe.listen(1)  # lwIP tells only now
        finally:
            probe.close()
        self._server = await asyncio.start_server(self._serve, self._host, self.port, backlog=_BACKLOG)
        self._status.tell(*self.listening)

    async def _close(self):
        server, self._server = self._server, None
        if server:
            server.close()
            task = getattr(server, "task", None)
            while task and not task.done():  # it closes its socket only when it runs
                await asyncio.sleep(0)

    def _reason(self, error):
        if error.errno == errno.EADDRINUSE:
            return "port %d is taken" % self.port
        if error.errno == errno.EACCES:
            return "port %d is not allowed to this program" % self.port
        return "cannot listen: %s" % error

    def _count_down(self):
        for client in self.clients:
            if client.left is not None:
                client.left -= self.tick_ms
                if client.left <= 0:
                    client.left = None
                    client.end()

    # Lives as long as one client. Ended by the client, by talk(), or by run().
    async def _serve(self, reader, writer):
        status = self._status
        client = None
        try:
            if len(self.clients) >= self._most or self._ending:
                status.dropped += 1
                return
            client = Client(reader, writer, self.first_ms)
            self.clients.append(client)
            status.clients = len(self.clients)
            await self._talk(client)
        except asyncio.CancelledError:
            pass  # its time is up, or the server ends
        except (OSError, EOFError):
            pass  # the client is gone
        except MemoryError:
            status.dropped += 1
        except Exception as error:
            self._log.crash("client", error)
        finally:
            if client in self.clients:
                self.clients.remove(client)
                status.clients = len(self.clients)
            await hang_up(writer)
