"""Bad updates and failing updates: the reader goes on with a complete, signed application and reports what happened.

If that application does not become healthy afterwards, boot.py looks for another one in the other slot.
"""

import asyncio

from han.ota import proof
from han.ota.state import busy, closed
from host_sim.hardware.machine import ChipReset
from host_sim.hardware.powercut import PowerCut
from tests.ota.test_proof import Links
from tests.ota.world import SECTOR, SECTORS, image
from tests.support import Random
from tests.sweep.update import NEW, NEWER, OLD, POWER, RESET, WATCHDOG, PlainChip, Reader, Update, new_chip

# Wrong in one respect each, see tests/ota/images.py; what the API then says.
WRONG = {
    "plain": "invalid_firmware", "unsigned": "bad_signature", "stranger": "bad_signature", "swapped": "bad_signature",
    "product": "wrong_product", "chip": "wrong_chip", "esp32": "wrong_chip", "digest": "invalid_firmware",
    "checksum": "invalid_firmware", "files": "invalid_firmware", "app": "invalid_firmware", "large": "too_large",
    "old": "too_old", "flip-code": "invalid_firmware", "flip-files": "invalid_firmware",
    "flip-manifest": "invalid_firmware", "flip-signature": "bad_signature", "flip-modulus": "bad_signature",
}  # fmt: skip


def runs(chip, version):
    """The application that runs is this one, to the last byte."""
    assert chip.boot["manifest"]["version"] == version, chip.boot
    expected = chip.image(version)
    assert chip.content(chip.boot["slot"])[: len(expected)] == expected


def goes_on(chip, *versions):
    """However often it does not become healthy, and wherever that leads, nothing but these ever starts."""
    for cause in (RESET, WATCHDOG, POWER, RESET, RESET):
        version = chip.start(cause)["manifest"]["version"]
        assert version in (versions or (OLD,)), chip.boot
        runs(chip, version)
    assert chip.boot["safe"]
    chip.healthy()
    Update(chip, NEWER).run()


async def refused(reader, data, error):
    assert not await reader.upload(data)
    state = reader.state
    assert state.status == "FAILED" and state.staged is None and state.reason, state.status
    assert error is None or state.error == error, (state.error, state.reason)


def test_everything_that_can_be_wrong_with_an_image():
    for name, error in WRONG.items():
        chip = new_chip()
        asyncio.run(refused(Reader(chip), image(name), error))
        goes_on(chip)


def test_without_psram_nothing_is_touched_for_an_image_with_files():
    chip = new_chip(kind=PlainChip)
    before = chip.content("slot2")
    chip.power.restore(0)  # fails in the first operation on the flash: there is none
    asyncio.run(refused(Reader(chip), image("good"), "wrong_product"))
    assert chip.content("slot2") == before
    chip.start(POWER)
    runs(chip, OLD)
    # Where any release is asked for, its manifest tells, and whatever happens until then what runs goes on.
    for number in range(100):
        chip.power.restore(number)
        reader = Reader(chip)
        try:
            asyncio.run(refused_any(reader, image("good")))
            break
        except PowerCut:
            chip.start(POWER)
            runs(chip, OLD)
    assert number > 5
    chip.start(POWER)
    runs(chip, OLD)


async def refused_any(reader, data):
    assert not await reader.upload(data, ())
    assert reader.state.error == "wrong_product", reader.state.reason


def test_one_bit_is_wrong_anywhere():
    good = image("good")
    random = Random(11)
    chip = new_chip()
    for _ in range(60):
        data = bytearray(good)
        data[random.below(len(data))] ^= 1 << random.below(8)
        if bytes(data[-SECTOR:-2880]) != good[-SECTOR:-2880] or bytes(data[:-SECTOR]) != good[:-SECTOR]:
            asyncio.run(refused(Reader(chip), data, None))
    goes_on(chip)


def test_it_ends_anywhere():
    good = image("good")
    chip = new_chip()
    for size in [1, 23, 24, 4095, 4096, 4097] + list(range(8000, len(good), 1777)) + [len(good) - 1]:
        asyncio.run(refused(Reader(chip), good[:size], None))
    goes_on(chip)


def test_an_older_image_again():
    chip = new_chip()
    Update(chip, NEW).run()
    asyncio.run(refused(Reader(chip), image("same"), "too_old"))
    goes_on(chip, NEW)


def test_power_fails_while_a_forged_one_comes():
    for name in ("flip-signature", "unsigned", "stranger"):
        number = 0
        while True:
            chip = new_chip(seed=number)
            chip.power.restore(number)
            try:
                asyncio.run(refused(Reader(chip), image(name), "bad_signature"))
                break
            except PowerCut:
                pass
            number += 1
            chip.start(POWER)
            goes_on(chip)
        assert number > 5


def test_two_uploads_at_once():
    async def both():
        chip = new_chip()
        reader = Reader(chip)
        first = asyncio.create_task(reader.upload(image("good")))
        await asyncio.sleep(0)
        assert busy(reader.state) and "on its way" in closed(reader.state)
        assert await first
        return chip, reader

    chip, reader = asyncio.run(both())
    assert reader.state.status == "READY_TO_REBOOT"
    chip.start(POWER)
    runs(chip, OLD)
    assert chip.boot["rolled_back"] is None


def test_the_client_vanishes():
    async def vanish(chip, turns):
        reader = Reader(chip)
        task = asyncio.create_task(reader.upload(image("good")))
        for _ in range(turns):
            await asyncio.sleep(0)
        assert not task.done(), turns
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        assert reader.state.status == "FAILED" and reader.state.error == "truncated" and reader.state.staged is None

    for turns in range(1, 18, 2):
        chip = new_chip()
        asyncio.run(vanish(chip, turns))
        goes_on(chip)


class Failing:
    """The driver's answer to each write and erasure: in the operation `number` an error, or nothing is done at all."""

    def __init__(self, chip, number, silent):
        self.failed = False
        self._number = number
        self._silent = silent
        for label in ("otadata", "slot2"):
            part = chip.parts[label]
            part.writeblocks = self._around(part.writeblocks, lambda *_: True)
            part.ioctl = self._around(part.ioctl, lambda op, n=0: op == 6)

    def _around(self, real, counts):
        def call(*arguments):
            if counts(*arguments):
                self._number -= 1
                if self._number == -1:
                    self.failed = True
                    if self._silent:
                        return 0
                    raise OSError(-0x105)
            return real(*arguments)

        return call


def test_the_flash_refuses_or_does_not_hold_what_is_written():
    for silent in (False, True):
        for number in range(14):
            chip = new_chip()
            # A slot that was in use: what is not erased is seen.
            chip.parts["slot2"].store(0, b"\0" * (SECTOR * SECTORS))
            failing = Failing(chip, number, silent)
            reader = Reader(chip)
            try:
                done = asyncio.run(reader.upload(image("good"))) and asyncio.run(reader.activate())
            except ChipReset:
                done = True
            if not failing.failed:
                break
            if not done:
                assert reader.state.error == "write_failed", (silent, number, reader.state.reason)
            restored = chip.copy(number)
            boot = restored.start(RESET)
            runs(restored, boot["manifest"]["version"])
            if not done:
                assert boot["manifest"]["version"] == OLD
                goes_on(restored, *((OLD, NEW) if reader.state.version == NEW else (OLD,)))
        assert number > 9, number


def new_one_starts():
    """NEW runs, and has not been confirmed."""
    chip = new_chip()

    async def activate():
        reader = Reader(chip)
        assert await reader.upload(image("good")) and await reader.activate()

    asyncio.run(activate())
    assert chip.start(RESET)["manifest"]["version"] == NEW
    return chip


def test_the_new_application_crashes_hangs_or_loses_power():
    for cause in (RESET, WATCHDOG, POWER):
        chip = new_one_starts()
        boot = chip.start(cause)
        runs(chip, OLD)
        assert boot["rolled_back"] == "slot2: restarted before it was confirmed" and not boot["safe"]
        state = Reader(chip).state
        assert (state.status, state.error) == ("FAILED", "rolled_back") and "slot2" in state.reason
        chip.healthy()
        Update(chip, NEWER).run()


class Impatient:
    """What proof.py needs of asyncio, in no time."""

    waited = 0

    async def sleep(self, seconds):
        Impatient.waited += seconds


def test_the_new_application_never_gets_a_network():
    chip = new_one_starts()
    reader = Reader(chip)
    reports = []
    waits = proof.asyncio
    proof.asyncio = Impatient()
    try:
        told = proof.prove(reader.state, lambda: None, Links("0.0.0.0"), lambda: 80, lambda *row: reports.append(row))
        asyncio.run(told)
        raise AssertionError("it was confirmed")
    except ChipReset:
        pass
    finally:
        proof.asyncio = waits
    assert 300 < Impatient.waited < 1000
    assert "no network" in reports[-1][2]
    boot = chip.start(RESET)
    runs(chip, OLD)
    assert boot["rolled_back"]


def test_nothing_is_installed_before_the_new_one_is_proven():
    chip = new_one_starts()
    reader = Reader(chip)
    assert not reader.state.proven and "proven" in closed(reader.state)


def test_staged_and_not_activated_does_not_start():
    chip = new_chip()
    assert asyncio.run(Reader(chip).upload(image("good")))
    for _ in range(3):
        chip.start(POWER)
        runs(chip, OLD)
    # Until the one that runs never becomes healthy: what was verified is better than safe mode.
    assert chip.start(POWER)["rolled_back"] == "slot1: 3 starts without becoming healthy"
    runs(chip, NEW)
