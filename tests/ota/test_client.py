"""The client of the update server with good, bad and missing servers; the policy decides what it does."""

import asyncio
import json
import os
from binascii import b2a_base64

from han.ota.client import Visit
from han.ota.state import begin, clear
from host_sim.services.updatesite import Site
from tests.net.test_http import ANOTHER, CERTIFICATE, server_context
from tests.ota.world import SECTOR, SECTORS, World, image, sha256

_NAME = "/release/han-reader-sim.bin"


class Config:
    def __init__(self, up):
        self.up = up

    def get(self, name):
        assert name == "up"
        return self.up


class Server:
    """`async with Server() as server`: serves one release."""

    tls = None

    def __init__(self, name="good", **told):
        self.image = image(name)
        self.told = {
            "version": "0.3.0.0" if name == "newer" else "0.2.0.0", "url": _NAME.rsplit("/", 1)[1],
            "size": len(self.image), "sha256": sha256(self.image), "releaseNotes": "What is new", "critical": False,
            "forced": False, "min_version": "0.1.0.0",
        }  # fmt: skip
        self.told.update(told)
        self.reports = []

    def files(self, path):
        if path == "/release/manifest.json":
            return json.dumps(self.told).encode()
        return self.image if path == _NAME else None

    async def __aenter__(self):
        for attempt in range(50):
            self.site = Site(self.files, port=20000 + (int.from_bytes(os.urandom(2), "big") + attempt * 997) % 12000)
            self.site.tls = self.tls
            try:
                await self.site.open()
                return self
            except OSError:
                pass
        raise OSError("no free port")

    async def __aexit__(self, *exception):
        await self.site.close()

    async def visit(self, world, up="automatic", asked=False, **limits):
        """Seconds until the next visit."""
        world.updates = self.site.base
        visit = Visit(world.state, Config(up), lambda *report: self.reports.append(report))
        visit.pauses = (0, 0)
        for name, value in limits.items():
            setattr(visit, name, value)
        return await asyncio.wait_for(visit.run(asked), 20)

    @property
    def fetched(self):
        """Where each request for the image began."""
        return [start for path, start in self.site.requests if path.endswith(_NAME)]


async def test_the_policy_decides_what_follows():
    for up, status in (
        ("manual", "UPDATE_AVAILABLE"), ("download", "READY_TO_REBOOT"), ("automatic", "REBOOT_PENDING"),
    ):  # fmt: skip
        async with Server() as server:
            world = World()
            assert await server.visit(world, up) == 86400
            state = world.state
            assert state.status == status and state.version == "0.2.0.0" and state.source == "cloud"
            assert state.notes == "What is new" and state.error is None
            assert state.allowed == (status != "REBOOT_PENDING")
            assert world.flash.next == ("slot2" if up == "automatic" else "slot1")
            assert world.restarts == ([("OTA_UPDATE",)] if up == "automatic" else [])
            assert server.reports == [("running", "ok", None)]


async def test_a_critical_one_is_fetched_and_a_forced_one_activated_by_any_policy():
    async with Server(critical=True) as server:
        world = World()
        await server.visit(world, "manual")
        assert world.state.status == "READY_TO_REBOOT" and world.state.critical
    for up in ("manual", "download"):
        async with Server(forced=True) as server:
            world = World()
            await server.visit(world, up)
            assert world.state.status == "REBOOT_PENDING" and world.state.forced


async def test_who_asks_gets_it():
    for up, status in (("manual", "READY_TO_REBOOT"), ("automatic", "REBOOT_PENDING")):
        async with Server() as server:
            world = World()
            await server.visit(world, "manual")
            begin(world.state, "DOWNLOAD_IN_PROGRESS", "cloud", 1)  # as POST /ota/download has it
            await server.visit(world, up, asked=True)
            assert world.state.status == status


async def test_what_is_not_newer_is_no_update():
    for version in ("0.2.0.0", "0.2.0.1", "1.0.0.0"):
        async with Server() as server:
            world = World(version)
            await server.visit(world)
            assert world.state.status == "IDLE" and not server.fetched and not world.state.allowed
            assert (world.state.server, world.state.visits) == ("answered", 1)
            await server.visit(world, asked=True)
            assert (world.state.status, world.state.error) == ("FAILED", "no_update")
    # One that was offered may be withdrawn.
    async with Server() as server:
        world = World()
        await server.visit(world, "manual")
        server.told["version"] = "0.1.0.0"
        await server.visit(world, "manual")
        assert world.state.status == "IDLE" and world.state.version is None and world.state.notes is None


async def test_an_image_with_files_is_not_offered_where_none_runs():
    async with Server(flavour="appended", critical=True, forced=True) as server:
        for asked in (False, True):
            world = World()
            world.no_files = lambda: "needs a certain something"
            if asked:
                begin(world.state, "DOWNLOAD_IN_PROGRESS", "cloud", 1)
            assert await server.visit(world, asked=asked) == 86400
            state = world.state
            assert (state.status, state.error, state.offer) == ("FAILED", "wrong_product", None)
            assert state.reason == "0.2.0.0 of the update server needs a certain something"
            assert state.version is None and not (state.critical or state.forced or state.allowed or server.fetched)
            assert server.reports[-1] == ("running", "ok", None)
        assert clear(state) and state.status == "IDLE"
        # What is staged, and what has been rolled back, is not forgotten for it.
        state.staged, state.status = "0.1.5.0", "READY_TO_REBOOT"
        await server.visit(world)
        assert state.status == "READY_TO_REBOOT" and state.staged == "0.1.5.0" and not server.fetched
        world = World(rolled_back="slot2: restarted before it was confirmed")
        world.no_files = lambda: "needs a certain something"
        await server.visit(world)
        assert world.state.error == "rolled_back" and not server.fetched
        # It is no news where it is not newer, and it is an update where such images run.
        for world, status in ((World("0.2.0.0"), "IDLE"), (World(), "REBOOT_PENDING")):
            if status == "IDLE":
                world.no_files = lambda: "needs a certain something"
            await server.visit(world)
            assert world.state.status == status and world.state.error is None
    # Servers of before say nothing of it, and frozen ones are for all.
    for name, told, error in (
        ("good", {}, "wrong_product"), ("frozen", {}, "wrong_product"), ("marked", {}, None),
        ("marked", {"flavour": "frozen"}, None), ("marked", {"flavour": None}, None), ("marked", {"flavour": 7}, None),
    ):  # fmt: skip
        async with Server(name, **told) as server:
            world = World()
            world.no_files = lambda: "needs a certain something"
            await server.visit(world, "download")
            assert world.state.error == error and len(server.fetched) == 1, (name, world.state.reason)
            assert world.state.status == ("FAILED" if error else "READY_TO_REBOOT")
            await server.visit(world, "download")
            assert len(server.fetched) == 1


async def test_a_cut_download_goes_on_where_it_was():
    async with Server() as server:
        world = World()
        server.site.cuts = 3  # the first of the manifest is too short to be cut
        await server.visit(world, "download", pauses=(0, 0, 0, 0))
        assert world.state.status == "READY_TO_REBOOT"
        starts = server.fetched
        assert len(starts) == 4 and starts[0] == 0 and starts == sorted(starts) and starts[1] > 0
        assert world.flash.content(len(server.image)) == server.image


async def test_a_server_without_ranges_sends_all_of_it_again():
    async with Server() as server:
        world = World()
        server.site.cuts = 1
        server.site.fault = "norange"
        await server.visit(world, "download")
        assert world.state.status == "READY_TO_REBOOT" and len(server.fetched) == 2
        assert world.flash.content(len(server.image)) == server.image


async def test_good_servers_of_other_kinds():
    for fault in ("redirect", "slow"):
        async with Server() as server:
            world = World()
            server.site.fault = fault
            server.site.pause = 0.01
            await server.visit(world, "download")
            assert world.state.status == "READY_TO_REBOOT", (fault, world.state.reason)
    async with Server() as server:
        server.told["url"] = _NAME
        world = World()
        await server.visit(world, "download")
        assert world.state.status == "READY_TO_REBOOT"
        server.told["url"] = server.site.base + _NAME
        world = World()
        await server.visit(world, "download")
        assert world.state.status == "READY_TO_REBOOT"


async def test_bad_servers_change_nothing():
    for fault, error, attempts in (
        ("cut", "download_failed", 3), ("404", "download_failed", 1), ("500", "download_failed", 3),
        ("reset", "download_failed", 3), ("short", "download_failed", 3), ("long", "download_failed", 1),
        ("elsewhere", "download_failed", 3), ("flip", "invalid_firmware", 1),
        ("other", "invalid_firmware", 1),
    ):  # fmt: skip
        async with Server() as server:
            world = World()
            server.site.fault = fault
            await server.visit(world)
            state = world.state
            assert (state.status, state.error) == ("FAILED", error), (fault, state.error, state.reason)
            assert len(server.fetched) == attempts, (fault, server.fetched, state.reason)
            assert world.flash.next == "slot1" and not world.restarts and not state.staged
            assert state.offer  # it can be tried again
            server.site.fault = ""
            await server.visit(world, "download", asked=True)
            assert state.status == "READY_TO_REBOOT", (fault, state.reason)


async def test_a_restart_in_the_middle_of_a_download_begins_it_again():
    # What lies in the slot then has no beginning yet, and nobody says whose it is: it is fetched anew, all of it.
    async with Server() as server:
        for visits in (1, 3):
            world = World()
            server.site.cuts = visits
            await server.visit(world, "download", pauses=(0,) * (visits - 1))
            assert (world.state.status, world.state.error) == ("FAILED", "download_failed")
            assert world.state.written >= 4096 and world.flash.content(32) == b"\xff" * 32
            del server.site.requests[:]
            again = World()
            again.flash.put(world.flash.content(SECTOR * SECTORS))
            await server.visit(again, "download")
            assert again.state.status == "READY_TO_REBOOT" and server.fetched == [0]
            assert again.flash.content(len(server.image)) == server.image


async def test_an_https_server_has_to_prove_itself_where_its_authority_is_known():
    class Secure(Server):
        tls = server_context()

    for authority, status in ((CERTIFICATE, "READY_TO_REBOOT"), (ANOTHER, "IDLE")):
        async with Secure() as server:
            world = World()
            world.authority = b2a_base64(authority).decode()
            assert await server.visit(world, "download") == (86400 if status != "IDLE" else 3600)
            assert world.state.status == status, (status, world.state.reason)
            assert server.reports[-1][1] == ("degraded" if status == "IDLE" else "ok")
            assert bool(server.site.requests) == (status != "IDLE")


async def test_a_range_that_is_another_is_refused():
    async with Server() as server:
        world = World()
        server.site.cuts = 1
        server.site.fault = "wrongrange"
        await server.visit(world)
        assert world.state.error == "download_failed" and "another part" in world.state.reason


async def test_a_silent_server_is_given_up():
    async with Server() as server:
        world = World()
        server.site.fault = "silent"
        await server.visit(world, seconds=0.3)
        assert world.state.error == "download_failed" and len(server.fetched) == 3


async def test_no_server_or_another_is_told_in_health_only():
    async with Server() as server:
        world = World()
        for fault in ("manifest404", "html"):
            server.site.fault = fault
            assert await server.visit(world) == 3600
            assert world.state.status == "IDLE" and server.reports[-1][1] == "degraded"
            assert world.state.server == "failed" and world.bus.count["ota"]
        server.site.fault = ""
        for key, value in (
            ("version", "new"), ("version", None), ("size", "1"), ("size", 7), ("sha256", "00"), ("url", None),
            ("sha256", None), ("version", 3),
        ):  # fmt: skip
            kept = server.told[key]
            server.told[key] = value
            assert await server.visit(world) == 3600, (key, value)
            assert world.state.status == "IDLE" and "manifest" in server.reports[-1][2], (key, value)
            server.told[key] = kept
        server.told = [1]
        assert await server.visit(world, asked=True) == 3600
        assert (world.state.status, world.state.error) == ("FAILED", "download_failed")


async def test_release_notes_are_text():
    async with Server() as server:
        world = World()
        files = server.files
        notes = b""

        def other(path):
            return files(path).replace(b"What is new", notes) if "manifest" in path else files(path)

        server.site.files = other
        for notes, told in (
            (b"\xf0\x9f\x8e\x89 caf\xc3\xa9", "\U0001f389 café"), (b"\\ud83c\\udf89", "\U0001f389"), (b"\\ud83c", None),
            (b"\xc0\x80", None), (b"\xed\xa0\x80", None), (b"\xff", None),
        ):  # fmt: skip
            world.state.notes = None
            await server.visit(world, "manual")
            assert world.state.notes == told, (notes, world.state.notes)
            assert server.reports[-1][1] == ("ok" if told else "degraded"), (notes, server.reports[-1])


async def test_an_image_that_is_wrong_is_not_fetched_again_by_itself():
    for name, error in (("stranger", "bad_signature"), ("chip", "wrong_chip"), ("old", "too_old")):
        async with Server(name, version="0.2.0.0") as server:
            world = World()
            await server.visit(world)
            assert world.state.error == error and len(server.fetched) == 1
            await server.visit(world)
            assert len(server.fetched) == 1 and world.state.status == "FAILED"
            await server.visit(world, asked=True)
            assert len(server.fetched) == 2 and world.state.error == error
    async with Server(size=17 * 4096) as server:
        world = World()
        await server.visit(world)
        assert world.state.error == "too_large" and not server.fetched


async def test_what_lies_in_the_other_slot_is_not_fetched_nor_activated_by_itself():
    async with Server() as server:
        world = World()
        world.flash.put(server.image)
        await server.visit(world)
        assert world.state.status == "READY_TO_REBOOT" and world.state.staged == "0.2.0.0" and not server.fetched
        assert world.flash.next == "slot1" and not world.restarts
        await server.visit(world)
        assert world.flash.next == "slot1" and world.state.status == "READY_TO_REBOOT"


async def test_what_was_rolled_back_is_not_tried_again_by_itself():
    async with Server() as server:
        world = World(rolled_back="slot2: restarted before it was confirmed")
        world.flash.put(server.image)
        await server.visit(world)
        state = world.state
        assert (state.status, state.error) == ("FAILED", "rolled_back") and state.allowed and not server.fetched
        clear(state)
        assert state.status == "UPDATE_AVAILABLE"
        await server.visit(world)
        assert state.status == "READY_TO_REBOOT" and world.flash.next == "slot1" and not world.restarts
        # Whoever asks for it gets it once more.
        world = World(rolled_back="slot2: restarted before it was confirmed")
        world.flash.put(server.image)
        await server.visit(world, asked=True)
        assert world.state.status == "REBOOT_PENDING" and world.flash.next == "slot2"


async def test_nothing_is_done_while_an_upload_is_on_its_way_or_this_version_is_unproven():
    async with Server() as server:
        world = World()
        begin(world.state, "INSTALL_IN_PROGRESS", "local", 1)
        assert await server.visit(world) == 3600 and not server.site.requests
        world = World(pending=True)
        assert await server.visit(world) == 3600 and not server.site.requests


async def test_a_newer_one_replaces_what_is_staged():
    async with Server() as server:
        world = World()
        await server.visit(world, "download")
    async with Server("newer") as server:
        await server.visit(world, "manual")
        assert world.state.staged == "0.2.0.0" and world.state.allowed
        await server.visit(world, "download")
        assert world.state.staged == "0.3.0.0" and world.state.status == "READY_TO_REBOOT"
