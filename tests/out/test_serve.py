"""Servers with a port of their own: few clients, each with limits, and a listener that comes back."""

import asyncio
import socket

from han.core.log import Log
from han.out.serve import Server
from tests.support import free_port


class Clock:
    def uptime_ms(self):
        return 0


class Board:
    listen = ("127.0.0.1", 0)


class App:
    board = Board()

    def __init__(self):
        self.log = Log(Clock())


class Status:
    def __init__(self):
        self.clients = self.dropped = 0
        self.told = []

    def tell(self, state, health="ok", error=None):
        self.told.append((state, health, error))


class Serving:
    """`async with Serving(talk) as server`: a Server that has been started; its `status` and `log` are ours."""

    def __init__(self, talk, most=2, port=None, **limits):
        app = App()
        self.status = Status()
        self.server = server = Server(app, self.status, port or free_port(), talk, most)
        server.tick_ms = 20
        server.again_ms = 40
        for name, value in limits.items():
            setattr(server, name, value)
        server.status = self.status
        server.log = app.log

    async def __aenter__(self):
        self.task = asyncio.create_task(self.server.run())
        await until(lambda: self.status.told)
        return self.server

    async def __aexit__(self, *exception):
        await end(self.task)


async def end(task):
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


async def until(condition):
    for _ in range(12000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


async def connect(server):
    return await asyncio.open_connection("127.0.0.1", server.port)


async def closed(reader):
    """True when the server closes the connection."""
    try:
        return await asyncio.wait_for(reader.read(100), 10) == b""
    except OSError:
        return True


async def leave(writer):
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        pass


async def echo(client):
    while True:
        client.left = 5000
        data = await client.read(100)
        if not data:
            return
        await client.send(data, 1000)


async def answers(reader, writer, data=b"hello"):
    writer.write(data)
    await writer.drain()
    return await asyncio.wait_for(reader.read(100), 10) == data


async def test_one_client_too_many_is_closed_at_once():
    async with Serving(echo) as server:
        assert server.status.told == [("listening", "ok", None)]
        first, second, third = await connect(server), await connect(server), await connect(server)
        assert await answers(*first) and await answers(*second)
        assert await closed(third[0])
        assert server.status.clients == 2 and server.status.dropped == 1
        await leave(first[1])
        await until(lambda: server.status.clients == 1)
        fourth = await connect(server)
        assert await answers(*fourth) and await answers(*second)
        for _, writer in (second, third, fourth):
            await leave(writer)
        await until(lambda: server.status.clients == 0 and not server.clients)


async def test_a_client_whose_time_is_up_is_closed():
    ended = []

    async def talk(client):
        try:
            client.left = 100
            await client.read(1)
        finally:
            ended.append(client)

    async with Serving(talk) as server:
        reader, writer = await connect(server)
        assert await closed(reader)
        await until(lambda: not server.clients)
        assert len(ended) == 1
        await leave(writer)


async def test_a_client_that_says_nothing_has_a_limit_before_talk_sets_one():
    async def talk(client):
        await asyncio.sleep(3600)

    async with Serving(talk, first_ms=60) as server:
        reader, writer = await connect(server)
        assert await closed(reader)
        await leave(writer)


async def test_a_client_that_takes_nothing_is_closed():
    async def talk(client):
        while True:
            await client.send(b"x" * 10000, 200)

    async with Serving(talk) as server:
        reader, writer = await connect(server)
        await until(lambda: server.clients)
        await until(lambda: not server.clients)
        await leave(writer)


async def test_no_limit_while_there_is_none():
    async def talk(client):
        client.left = None
        await client.read(1)
        await client.send(b"still here", 1000)
        assert client.left is None

    async with Serving(talk, first_ms=40) as server:
        reader, writer = await connect(server)
        await asyncio.sleep(0.3)
        writer.write(b"?")
        await writer.drain()
        assert await asyncio.wait_for(reader.read(100), 10) == b"still here"
        await leave(writer)


async def test_errors_of_one_client_are_no_others_business():
    async def talk(client):
        data = await client.read(1)
        if data == b"m":
            raise MemoryError
        if data == b"o":
            raise OSError(5)
        if data == b"v":
            raise ValueError("a fault of ours")
        await client.send(data, 1000)
        await echo(client)

    async with Serving(talk) as server:
        good = await connect(server)
        assert await answers(*good, b"a")
        for kind in (b"m", b"o", b"v"):
            reader, writer = await connect(server)
            writer.write(kind)
            await writer.drain()
            assert await closed(reader)
            await leave(writer)
            await until(lambda: len(server.clients) == 1)
        assert server.status.dropped == 1
        assert ["a fault of ours" in text for _, _, text in server.log.entries()] == [True]
        assert await answers(*good)
        await leave(good[1])


async def test_all_ends_when_it_is_cancelled_and_the_port_is_free_at_once():
    ended = []

    async def talk(client):
        client.left = None
        try:
            await client.read(1)
        finally:
            ended.append(client)

    serving = Serving(talk)
    async with serving as server:
        clients = []
        for _ in range(2):
            clients.append(await connect(server))
        await until(lambda: len(server.clients) == 2)
    assert len(ended) == 2 and server.status.clients == 0
    for reader, writer in clients:
        assert await closed(reader)
        await leave(writer)
    async with Serving(echo, port=server.port) as again:
        assert again.status.told == [("listening", "ok", None)]
        reader, writer = await connect(again)
        assert await answers(reader, writer)
        await leave(writer)


async def test_a_port_that_is_taken_is_told_and_taken_when_it_is_free():
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port = free_port()
    taken.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
    taken.listen(1)
    async with Serving(echo, port=port) as server:
        text = "port %d is taken" % port
        assert server.status.told[0] == ("refused: " + text, "failed", text)
        await until(lambda: len(server.status.told) > 2)
        taken.close()
        await until(lambda: server.status.told[-1] == ("listening", "ok", None))
        reader, writer = await connect(server)
        assert await answers(reader, writer)
        await leave(writer)


async def test_it_listens_again_when_the_listener_dies_and_clients_stay():
    async with Serving(echo) as server:
        old = await connect(server)
        assert await answers(*old)
        listener = server._server
        if hasattr(listener, "task"):
            listener.task.cancel()
        else:
            listener.close()
        await until(lambda: server._server is not listener and server._server)
        assert await answers(*old)
        new = await connect(server)
        assert await answers(*new)
        for _, writer in (old, new):
            await leave(writer)


async def test_no_memory_for_the_listener_is_told_and_tried_again():
    async def starved():
        if len(server.status.told) < 3:
            raise MemoryError
        await listen()

    serving = Serving(echo)
    server, listen = serving.server, serving.server._listen
    server._listen = starved
    async with serving:
        await until(lambda: server.status.told[-1] == ("listening", "ok", None))
        text = "not enough memory right now"
        assert server.status.told[:-1] == [("refused: " + text, "failed", text)] * 3
        server._listen = listen
