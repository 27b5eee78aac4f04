"""Whether the API can be reached, and the restart if it cannot."""

import asyncio

from han.net.reach import Reach


class World:
    """A reader whose API the test breaks; time stands still."""

    lost = None
    reset_reason = "POWER_ON"

    def __init__(self, answer=b"HTTP/1.1 503 Service Unavailable\r\n\r\n"):
        self.answer = answer
        self.uptime = 0
        self.count = 0
        self.sheds = 0
        self.restarts = []
        self.told = []
        self.listen = "127.0.0.1", 0
        self.port = 0
        self.faults = []  # what asking raises
        self.reach = Reach(self, self, self, lambda: self.port, lambda: self.count, self.shed,
                           lambda *why: self.restarts.append(why), lambda *how: self.told.append(how))  # fmt: skip
        self.reach.patience, self.reach.again = 0.1, 0
        ask = self.reach._ask

        async def asked():
            if self.faults:
                raise self.faults.pop(0)
            return await ask()

        self.reach._ask = asked

    def shed(self):
        self.sheds += 1

    def uptime_ms(self):
        return self.uptime

    async def __aenter__(self):
        async def serve(reader, writer):
            try:
                await reader.read(100)
                if self.answer:
                    writer.write(self.answer)
                    await writer.drain()
                else:
                    await asyncio.sleep(100)
            finally:
                writer.close()

        for port in range(24700, 24730):
            try:
                self.server = await asyncio.start_server(serve, "127.0.0.1", port)
                self.port = port
                return self
            except OSError:
                pass

    async def __aexit__(self, *_):
        self.server.close()


async def test_any_answer_is_proof():
    async with World() as world:
        for _ in range(5):
            await world.reach.turn()
        assert not world.restarts and not world.sheds and world.told[-1] == ("ok", None)


async def test_whoever_else_was_served_is_proof_and_nothing_is_asked():
    async with World(answer=None) as world:
        for _ in range(5):
            world.count += 1
            await world.reach.turn()
        assert not world.restarts


async def test_three_minutes_without_an_answer_end_the_streams_and_restart_with_the_reason():
    async with World(answer=None) as world:
        await world.reach.turn()
        await world.reach.turn()
        assert not world.restarts and world.told[-1] == ("degraded", "no answer, 2 times")
        await world.reach.turn()
        assert world.restarts == [("CRASH", "unreachable")] and world.sheds


async def test_an_answer_in_between_begins_anew():
    async with World(answer=None) as world:
        await world.reach.turn()
        await world.reach.turn()
        world.answer = b"HTTP/1.1 200 OK\r\n\r\n"
        await world.reach.turn()
        world.answer = None
        await world.reach.turn()
        await world.reach.turn()
        assert not world.restarts


async def test_without_a_network_nothing_is_to_be_reached():
    async with World(answer=None) as world:
        world.lost = 5
        for _ in range(9):
            await world.reach.turn()
        assert not world.restarts


async def test_no_memory_or_socket_to_ask_with_ends_streams_and_is_tried_again():
    for fault in (OSError(12), OSError(23), MemoryError()):
        async with World() as world:
            world.faults = [fault]
            await world.reach.turn()
            assert world.sheds == 1 and world.told[-1] == ("ok", None)
            world.faults = [fault] * 6
            for _ in range(3):
                await world.reach.turn()
            assert world.restarts == [("CRASH", "unreachable")]


async def test_one_such_restart_an_hour_is_the_most():
    async with World(answer=None) as world:
        world.reset_reason = "CRASH"
        for _ in range(9):
            await world.reach.turn()
        assert not world.restarts and world.told[-1] == ("failed", "unreachable")
        world.uptime = 3600000
        await world.reach.turn()
        assert world.restarts == [("CRASH", "unreachable")]
