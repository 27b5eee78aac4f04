"""Installing all kinds of images into the other slot; the slot that starts next changes only on activation."""

import asyncio

from han.ota.slot.image import Check
from han.ota.install import Installer
from han.ota.keys import KEYS
from han.ota.rules import Wrong, lowest, number
from han.ota.state import busy, clear, closed
from han.ota.slot.writer import Writer
from host_sim.hardware.powercut import PowerCut
from tests.ota.world import SECTOR, SECTORS, World, image
from tests.support import Random, raises

_WRONG = {
    "plain": ("invalid_firmware", "no manifest"),
    "unsigned": ("bad_signature", "not signed"),
    "stranger": ("bad_signature", "a key that is not accepted"),
    "swapped": ("bad_signature", "another image"),
    "product": ("wrong_product", "kettle"),
    "chip": ("wrong_chip", "ESP32-S3"),
    "esp32": ("wrong_chip", "not for sim"),
    "digest": ("invalid_firmware", "SHA-256 of its application"),
    "checksum": ("invalid_firmware", "checksum"),
    "files": ("invalid_firmware", "SHA-256 of its files"),
    "app": ("invalid_firmware", "SHA-256 of its application"),
    "outside": ("invalid_firmware", "not where"),
    "size": ("truncated", "not 1048576"),
    "fields": ("invalid_firmware", "manifest"),
    "types": ("invalid_firmware", "manifest"),
    "words": ("invalid_firmware", "manifest"),
    "half": ("invalid_firmware", "manifest"),
    "large": ("too_large", "longer"),
    "old": ("too_old", "0.0.9.0"),
    "flip-code": ("invalid_firmware", "checksum"),
    "flip-files": ("invalid_firmware", "SHA-256 of its files"),
    "flip-manifest": ("invalid_firmware", "no manifest"),
    "flip-signature": ("bad_signature", "damaged"),
    "flip-modulus": ("bad_signature", "damaged"),
}


def feeding(data, piece=1000):
    """A source for Installer.take, which returns the data piece by piece."""

    async def receive(writer):
        for at in range(0, len(data), piece):
            await writer.feed(data[at : at + piece])

    return receive


async def take(world, data, least=None, piece=1000):
    """Install the data; True if it was staged."""
    installer = Installer(world.state, least)
    return await installer.take(feeding(data, piece), "INSTALL_IN_PROGRESS", "local", len(data))


async def test_a_good_image_is_staged_and_starts_only_when_activated():
    for name, version in (("good", "0.2.0.0"), ("newer", "0.3.0.0"), ("frozen", "0.2.0.0"), ("rotated", "0.2.0.0")):
        world = World()
        data = image(name)
        assert await take(world, data, lowest(world.state, True))
        state = world.state
        assert (state.status, state.staged, state.version, state.error) == ("READY_TO_REBOOT", version, version, None)
        assert state.progress == 100 and state.source == "local"
        assert world.flash.content(len(data)) == data
        assert world.flash.next == "slot1" and not world.restarts and not world.flash.marks
        assert await Installer(state).activate()
        assert world.flash.next == "slot2" and state.status == "REBOOT_PENDING"
        assert world.restarts == [("OTA_UPDATE",)] and world.flash.marks == ["activating"]
        assert closed(state) and not clear(state)


async def test_a_wrong_image_says_what_is_wrong_and_changes_nothing():
    for name, (error, reason) in _WRONG.items():
        world = World()
        assert not await take(world, image(name), lowest(world.state)), name
        state = world.state
        assert (state.status, state.error) == ("FAILED", error), (name, state.error, state.reason)
        assert reason in state.reason, (name, state.reason)
        assert state.staged is None and world.flash.next == "slot1" and not world.restarts
        assert clear(state) and state.status == "IDLE" and state.error is None and state.version is None


async def test_an_image_that_nothing_would_start_is_refused():
    # Frozen images bring boot.py along, others find it in the board's file system.
    for name, taken in (("good", False), ("frozen", True)):
        world = World()
        world.no_files = lambda: "needs a certain something"
        assert await take(world, image(name)) is taken
        if not taken:
            assert world.state.error == "wrong_product" and world.state.reason == "it needs a certain something"
            assert world.flash.next == "slot1" and not world.state.staged
    # Also where the file system is lost between the upload and the activation.
    world = World()
    assert await take(world, image("good"))
    world.no_files = lambda: "needs a certain something"
    assert not await Installer(world.state).activate()
    assert world.state.error == "wrong_product" and world.flash.next == "slot1" and not world.restarts


async def test_where_none_runs_an_image_with_files_is_refused_before_anything_is_erased():
    for piece in (7, 1000, 4096, 9000):
        world = World()
        world.no_files = lambda: "needs a certain something"
        least = lowest(world.state, True)
        assert await take(world, image("marked"), least, piece)
        kept = world.flash.content(SECTORS * SECTOR)
        for name in ("good", "newer", "frozen", "plain", "stranger"):  # nobody has said yet who has signed it
            world.flash.power.restore(0)  # not one operation
            assert not await take(world, image(name), least, piece), name
            state = world.state
            assert (state.status, state.error) == ("FAILED", "wrong_product"), (name, state.reason)
            assert "with files needs a certain something" in state.reason and "allowDowngrade=1" in state.reason
            assert state.staged == "0.2.0.0" and world.flash.content(SECTORS * SECTOR) == kept
            world.flash.power.restore()
        assert clear(world.state) and await Installer(world.state).activate() and world.flash.next == "slot2"
    # What says that it is frozen and is not, and any that is asked for, is found out by its manifest.
    for name, least, taken in (
        ("marked-files", (0, 1, 0, 1), False), ("good", None, False), ("marked-files", None, False),
        ("frozen", None, True), ("marked-old", None, True), ("marked-old", (0, 1, 0, 1), False),
    ):  # fmt: skip
        world = World()
        world.no_files = lambda: "needs a certain something"
        assert await take(world, image(name), least) is taken, (name, world.state.reason)
        error = "too_old" if name == "marked-old" else "wrong_product"
        assert world.state.error == (None if taken else error), (name, world.state.reason)
        assert world.flash.next == "slot1"
    # Where images with files run, those that say to be frozen do, too.
    for name in ("marked", "marked-files"):
        world = World()
        assert await take(world, image(name), lowest(world.state, True))


async def test_memory_that_others_have_is_waited_for():
    class Short(World):
        """Has too little memory so many times."""

        times = 0

        def no_files(self):
            self.times -= 1
            if self.times >= 0:
                raise MemoryError
            return None

    Installer.pauses, kept = (0.01, 0.01, 0), Installer.pauses
    try:
        for times, status in ((2, "READY_TO_REBOOT"), (3, "FAILED")):
            world = Short()
            world.times = times
            await take(world, image("good"))
            assert world.state.status == status and world.flash.next == "slot1"
        assert (world.state.error, world.state.reason) == ("write_failed", "out of memory")
    finally:
        Installer.pauses = kept


async def test_nothing_is_erased_for_what_is_no_image_for_this_chip():
    for data in (image("esp32"), b"\x89PNG" + bytes(20000), bytes(9000), b"\xff" * 9000):
        world = World()
        assert await take(world, image("good"))
        assert not await take(world, data)
        assert world.state.status == "FAILED" and world.state.staged == "0.2.0.0"
        assert world.flash.content(len(image("good"))) == image("good")
        # What was staged still is, and can be activated once the failure has been seen.
        assert clear(world.state) and world.state.status == "READY_TO_REBOOT"
        assert world.state.version == "0.2.0.0"


async def test_cut_anywhere_it_is_never_staged():
    data = image("good")
    random = Random(5)
    cuts = list(range(0, len(data), SECTOR)) + [1, 23, 24, 4095, len(data) - 1]
    cuts += [random.below(len(data)) for _ in range(10)]
    for cut in cuts:
        world = World()
        assert not await take(world, data[:cut])
        assert world.state.error in ("truncated", "invalid_firmware", "bad_signature"), (cut, world.state.error)
        assert not world.state.staged and world.flash.next == "slot1"
    # With something behind it is another file, too.
    for more in (b"\0", b"\xff" * SECTOR):
        world = World()
        assert not await take(world, data + more)
        assert world.state.error == "invalid_firmware" and not world.state.staged


async def test_any_flipped_bit_is_found():
    data = image("good")
    random = Random(7)
    for _ in range(40):
        at = random.below(len(data))
        flipped = bytearray(data)
        flipped[at] ^= 1 << random.below(8)
        world = World()
        if await take(world, bytes(flipped)):
            # The signature sector has room behind its blocks that nothing is made of.
            assert at >= len(data) - SECTOR + 1200, at
        else:
            assert world.state.error and not world.state.staged


async def test_the_pieces_may_have_any_length():
    data = image("good")
    for piece in (7, 4095, 4096, 4097, 9000, len(data)):
        assert await take(World(), data, piece=piece), piece


async def test_an_image_replaces_the_one_that_was_staged():
    world = World()
    assert await take(world, image("good"))
    assert await take(world, image("newer"))
    assert world.state.staged == "0.3.0.0"
    # From its first erasure on the slot holds nothing any more.
    assert not await take(world, image("good")[:9000])
    assert world.state.staged is None and world.state.error == "invalid_firmware"
    assert "cut off" in world.state.reason


async def test_versions():
    world = World("0.2.0.0")
    assert lowest(world.state) == (0, 2, 0, 0) and lowest(world.state, True) == (0, 2, 0, 1)
    assert not await take(world, image("good"), lowest(world.state, True))
    assert world.state.error == "too_old"
    assert await take(world, image("good"), lowest(world.state))
    assert not await take(world, image("same"), lowest(world.state))
    assert world.state.error == "too_old" and world.state.staged is None
    assert await take(world, image("same"))
    # What runs may ask for more than its own version.
    world = World("0.2.0.0", manifest={"min_version": "0.2.5.0"})
    assert lowest(world.state) == (0, 2, 5, 0)
    assert not await take(world, image("good"), lowest(world.state))
    assert await take(world, image("newer"), lowest(world.state))
    assert number("10.2.3.4") > number("9.99.0.0")
    for text in ("1.2.3", "1.2.3.4.5", "1.2.3.x", "1.2.3.-4", ""):
        with raises(ValueError):
            number(text)


class Bad:
    """A slot whose flash fails from its nth sector on."""

    def __init__(self, slot, fault, sector):
        self._slot = slot
        self._fault = fault
        self._sector = sector
        self.readblocks = slot.readblocks

    def ioctl(self, operation, n):
        if operation == 6 and n == self._sector and self._fault == "erase":
            raise OSError(-0x107, "ESP_ERR_TIMEOUT")
        if operation == 6 and n == self._sector and self._fault == "stuck":
            return 0
        return self._slot.ioctl(operation, n)

    def writeblocks(self, n, buf, offset):
        if n == self._sector:
            if self._fault == "program":
                raise OSError(-1, "ESP_FAIL")
            if self._fault == "bit":
                buf = bytes(buf[:100]) + bytes((buf[100] & buf[100] - 1,)) + bytes(buf[101:])
        self._slot.writeblocks(n, buf, offset)


async def test_flash_that_fails_is_told():
    data = image("good")
    for fault in ("erase", "program", "bit", "stuck"):
        for sector in (0, 2, len(data) // SECTOR - 1):
            world = World()
            if fault == "stuck":
                world.flash.put(bytes(sector * SECTOR) + bytes(SECTOR))
            running, other = world.slots()
            bad = Bad(other, fault, sector)
            world.slots = lambda running=running, bad=bad: (running, bad)
            assert not await take(world, data)
            assert world.state.error == "write_failed", (fault, sector, world.state.reason)
            assert world.flash.next == "slot1" and not world.state.staged


async def test_a_staged_image_that_has_changed_since_is_not_activated():
    world = World()
    assert await take(world, image("good"))
    data = bytearray(image("good"))
    data[3000] ^= 1
    world.flash.put(bytes(data))
    assert not await Installer(world.state).activate()
    assert (world.state.status, world.state.error) == ("FAILED", "invalid_firmware")
    assert world.flash.next == "slot1" and not world.restarts and world.state.staged is None
    # The chip itself may refuse.
    world = World()
    assert await take(world, image("good"))

    def refuse():
        raise OSError(-0x1503, "ESP_ERR_OTA_VALIDATE_FAILED")

    running, other = world.slots()
    other.set_boot = refuse
    world.slots = lambda: (running, other)
    assert not await Installer(world.state).activate()
    assert world.state.error == "write_failed" and world.flash.next == "slot1" and not world.restarts


async def test_who_waits_for_an_activation_may_go():
    world = World()
    assert await take(world, image("good"))
    task = asyncio.create_task(Installer(world.state).activate())
    await asyncio.sleep(0)
    assert busy(world.state)
    task.cancel()
    try:
        await task
        raise AssertionError("not cancelled")
    except asyncio.CancelledError:
        pass
    assert world.state.status == "READY_TO_REBOOT" and world.flash.next == "slot1"


async def test_one_that_is_cancelled_has_failed():
    world = World()

    async def receive(writer):
        await writer.feed(image("good")[:9000])
        await asyncio.sleep(60)

    task = asyncio.create_task(Installer(world.state).take(receive, "INSTALL_IN_PROGRESS", "local", 30000))
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.state.status == "INSTALL_IN_PROGRESS" and closed(world.state)
    task.cancel()
    try:
        await task
        raise AssertionError("not cancelled")
    except asyncio.CancelledError:
        pass
    assert (world.state.status, world.state.error) == ("FAILED", "truncated")
    assert await take(world, image("good"))


async def test_power_cuts_change_nothing_that_starts():
    data = image("good")
    for count in range(2 * (len(data) // SECTOR) - 1):
        world = World()
        world.flash.power.restore(count)
        try:
            await take(world, data)
            raise AssertionError("no cut")
        except PowerCut:
            pass
        world.flash.power.restore()
        assert world.flash.next == "slot1"
        # A cut reader has forgotten all; what half lies there is never taken for an image.
        with raises(Wrong):
            await Check(world.slots()[1], "sim", bytearray(SECTOR)).all(KEYS)


async def test_progress_is_told_once_a_second_and_at_each_change():
    world = World()
    state = world.state
    seen = []
    world.bus.publish = lambda topic, value: seen.append((state.status, state.progress))

    async def receive(writer):
        data = image("good")
        for at in range(0, len(data), 2048):
            world.ticks += 300
            await writer.feed(data[at : at + 2048])

    count = len(image("good"))
    assert await Installer(state).take(receive, "INSTALL_IN_PROGRESS", "local", count)
    assert seen[0] == ("INSTALL_IN_PROGRESS", 0) and seen[-1] == ("READY_TO_REBOOT", 100)
    percents = [progress for _, progress in seen]
    assert percents == sorted(percents) and max(percents[:-1]) <= 99
    assert 3 <= len(seen) <= 3 + count // 2048 * 300 // 1000, seen


def test_a_writer_holds_one_sector():
    world = World()
    installer = Installer(world.state)
    assert SECTOR < len(installer.buf) <= SECTOR + 256
    assert Writer(world.slots()[1], "sim", world.state, installer.buf).size == SECTORS * SECTOR
