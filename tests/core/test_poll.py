"""The system has no memory to wait for sockets: asyncio's loop goes on."""

import asyncio
import io
import sys

from han.core import poll
from tests.support import free_port, skip

if sys.implementation.name != "micropython":
    skip("CPython's event loop is another, whose poll takes no memory of a system's")

import socket

from asyncio import core


class Poller:
    """A poller that fails so many times."""

    def __init__(self, poller, times):
        self._poller = poller
        self.times = times

    def __getattr__(self, name):
        return getattr(self._poller, name)

    def ipoll(self, ms):
        if self.times:
            self.times -= 1
            raise OSError(5)
        return self._poller.ipoll(ms)


async def answered(faults, times):
    """The answer of a server to a client, while waiting fails so many times."""

    async def serve(reader, writer):
        writer.write(await reader.read(4))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    where = "127.0.0.1", free_port()
    server = await asyncio.start_server(serve, *where)
    reader, writer = await asyncio.open_connection(*where)
    core._io_queue.poller = poller = Poller(core._io_queue.poller, times)
    writer.write(b"ping")
    await writer.drain()
    said = await reader.read(4)
    assert not poller.times
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()
    return said


async def test_waiting_that_fails_is_counted_and_survived():
    faults = poll.Faults()
    relieved = []
    faults.relieve = lambda: relieved.append(1)
    poll.guard(faults)
    assert await answered(faults, 3) == b"ping"
    assert (faults.count, faults.dead, len(relieved)) == (3, 0, 3)


async def test_a_second_application_is_told_what_the_first_was():
    first, second = poll.Faults(), poll.Faults()
    poll.guard(first)
    poll.guard(second)
    assert await answered(second, 2) == b"ping"
    assert (first.count, second.count) == (0, 2)


class Dead(io.IOBase):
    """A socket that can neither be polled nor read."""

    broken = False

    def ioctl(self, request, flags):
        return -9 if self.broken or request != 3 else 0  # MP_STREAM_POLL; it has no number

    def read(self, count):
        raise OSError(9)


def listening():
    found = socket.socket()
    found.bind(socket.getaddrinfo("127.0.0.1", free_port())[0][-1])
    found.listen(1)
    return found


async def test_a_dead_socket_is_its_tasks_alone():
    faults = poll.Faults()
    poll.guard(faults)
    good, dead = listening(), Dead()

    async def read(line):
        return await asyncio.StreamReader(line).read(1)

    waiting, hurt = asyncio.create_task(read(good)), asyncio.create_task(read(dead))
    await asyncio.sleep(0)
    dead.broken = True
    poll._check(core._io_queue, faults)
    assert faults.dead == 1 and [entry[2] for entry in core._io_queue.map.values()] == [good]
    try:
        await hurt
        raise AssertionError("nothing can be read from it")
    except OSError:
        pass
    assert not waiting.done()
    waiting.cancel()
    good.close()


async def test_where_no_socket_can_be_looked_at_none_is_dead():
    faults = poll.Faults()
    poll.guard(faults)
    dead = Dead()
    task = asyncio.create_task(asyncio.StreamReader(dead).read(1))
    await asyncio.sleep(0)
    dead.broken = True
    poll._check(core._io_queue, faults)
    assert faults.dead == 0 and core._io_queue.map
    dead.broken = False
    task.cancel()
