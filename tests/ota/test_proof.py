"""The conditions under which a new application is confirmed, and the rollback if it does not meet them."""

import asyncio

from han.ota import poll, proof, updates
from han.ota.proof import look, reachable
from tests.api.fake import Running
from tests.ota.world import World
from tests.support import raises


async def test_a_new_one_is_kept_when_all_works():
    async with Running() as app:
        world = World(pending=True)
        assert not world.state.proven
        assert await look(world.state, None, True, app.port) is None
        assert world.flash.marks == ["confirmed", "healthy"] and not world.boot["pending"]


async def test_a_new_one_needs_tasks_network_and_api():
    async with Running() as app:
        world = World(pending=True)
        assert await look(world.state, "meter does not run", True, app.port) == "meter does not run"
        assert await look(world.state, None, False, app.port) == "no network"
        assert "API does not answer" in await look(world.state, None, True, 1)
        assert not world.flash.marks and world.boot["pending"]
        assert await look(world.state, None, True, app.port) is None


async def test_one_that_was_confirmed_before_needs_no_network():
    async with Running() as app:
        world = World()
        assert world.state.proven
        assert await look(world.state, "meter does not run", True, app.port) and not world.flash.marks
        assert await look(world.state, None, False, app.port) is None
        assert world.flash.marks == ["healthy"]


async def test_flash_that_refuses_the_confirmation_is_told():
    async with Running() as app:
        world = World(pending=True)

        def refuse():
            raise OSError(-1, "ESP_FAIL")

        world.confirm = refuse
        assert "flash refuses" in await look(world.state, None, True, app.port)


class Links:
    """The part of the network's task that the proof uses."""

    setup = None

    def __init__(self, lost=None, network="", policy="auto"):
        self.config = self
        self.values = {"np": policy, "w": {"s": network}}
        self.lost = lost

    def is_set(self):
        return bool(self.values["w"]["s"])


def test_setup_mode_is_a_network_only_for_who_has_not_been_set_up():
    assert reachable(Links()) and reachable(Links(network="Home"))
    for network, policy, found in (("", "auto", True), ("", "sta", True), ("Home", "auto", False), ("", "eth", False)):
        links = Links(60, network, policy)
        assert not reachable(links)
        links.setup = "open"
        assert reachable(links) is found, (network, policy)


class Hurried:
    """An asyncio with short seconds, up to a limit; counts the seconds."""

    def __init__(self, limit):
        self.slept = 0
        self._limit = limit

    create_task = staticmethod(asyncio.create_task)

    async def sleep(self, seconds):
        self.slept += seconds
        await asyncio.sleep(0 if self.slept < self._limit else 60)


async def run(world, failing, port, seconds):
    """(reports, seconds that went by) of Updates.run, ended after so many seconds of its own."""
    reports = []
    hurried = Hurried(seconds)
    updates.asyncio = proof.asyncio = hurried
    try:

        def report(*told):
            reports.append(told)

        task = asyncio.create_task(world.state.run(failing, Links(), port, None, report))
        while not task.done() and hurried.slept < seconds:
            await asyncio.sleep(0.001)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
    finally:
        updates.asyncio = proof.asyncio = asyncio
    return reports, hurried.slept


async def test_it_is_looked_at_after_a_minute_and_again_until_it_is_proven():
    async with Running() as app:
        looks = []

        def failing():
            looks.append(1)
            return "meter does not run" if len(looks) < 4 else None

        world = World(pending=True)
        reports, seconds = await run(world, failing, lambda: app.port, 900)
        assert seconds >= 90 and world.state.proven and not world.restarts
        assert reports[:3] == [("running", "degraded", "not proven yet: meter does not run")] * 3
        assert reports[-1] == ("stopped", "disabled", None)  # there is no update server


async def test_a_new_one_that_does_not_work_is_given_up_after_ten_minutes():
    world = World(pending=True)
    await run(world, lambda: None, lambda: 1, 590)
    assert not world.restarts
    world = World(pending=True)
    await run(world, lambda: None, lambda: 1, 620)
    assert world.restarts[0][0] == "OTA_ROLLBACK" and "API does not answer" in world.restarts[0][1]
    assert not world.flash.marks and not world.state.proven
    world = World()
    await run(world, lambda: "meter does not run", lambda: 1, 2000)
    assert not world.restarts and not world.flash.marks


async def test_the_update_server_is_asked_by_itself_after_the_proof_only_and_its_failure_ends_the_task():
    world = World()
    asked = []
    over = asyncio.Event()
    poll.asyncio = Hurried(100000)

    async def proving():
        await over.wait()
        if len(asked) == 2:
            raise ValueError("a bug")

    async def visit(*_):
        asked.append(poll.asyncio.slept)
        return 86400

    real, poll._visit = poll._visit, visit
    try:
        for often in 1, 2:
            over.clear()
            world.state.proof = asyncio.create_task(proving())
            task = asyncio.create_task(poll.poll(world.state, None, lambda *_: None))
            for _ in range(500):
                await asyncio.sleep(0)
            assert len(asked) == often - 1 and not task.done()
            if often == 2:
                world.state.wanted = True  # somebody asks before
                await asyncio.sleep(0.01)
                assert len(asked) == 2
            before = poll.asyncio.slept
            over.set()
            for _ in range(5000):
                await asyncio.sleep(0)
                if task.done() or len(asked) == often and often == 1:
                    break
            if often == 1:
                assert 60 <= asked[0] - before <= 362 and world.state.proof is None
                task.cancel()
        with raises(ValueError):
            await task
    finally:
        poll.asyncio, poll._visit = asyncio, real
