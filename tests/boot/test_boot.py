"""The unmodified boot.py on look-alikes of the chip's modules: the slot that it starts, and its messages."""

from host_sim.hardware import otadata
from host_sim.hardware.powercut import PowerCut
from tests.boot.slots import SECTOR, Chip, Vfs, image
from tests.support import raises, skip

POWER, RESET, WATCHDOG, _, SOFT = 1, 2, 3, 4, 5
OLD, NEW = "1.0.0.0", "1.1.0.0"


def version(boot):
    return boot["manifest"] and boot["manifest"]["version"]


def both():
    return Chip(image(OLD), image(OLD))


def updated():
    """A chip with a confirmed first image and an activated second one."""
    chip = both()
    chip.start(POWER)
    chip.healthy()
    chip.flash("slot2", image(NEW))
    chip.activate("slot2")
    return chip


def test_first_start():
    chip = both()
    boot = chip.start(POWER)
    assert boot["slot"] == "slot1" and version(boot) == OLD and chip.path == ["/app"]
    assert boot["rolled_back"] is None and not boot["safe"] and boot["boots"] == 1 and not boot["pending"]
    [(path, device)] = chip.vfs.mounted
    assert path == "/app" and device.ioctl(4, 0) == 1 and device.ioctl(5, 0) == SECTOR
    data = bytearray(9)
    device.readblocks(0, data)
    assert data == b"the files"
    device.readblocks(0, data, 4)
    assert data == b"files" + b"\xff" * 4
    assert chip.machine.watchdog == 120000


def test_files_are_read_only():
    chip = both()
    chip.start(POWER)
    device = chip.vfs.mounted[0][1]
    for write in (lambda: device.writeblocks(0, b"x"), lambda: device.ioctl(6, 0)):
        with raises(OSError) as caught:
            write()
        assert caught.value.args[0] == 30


class Slot:
    """A partition whose reading allocates nothing, as on the chip."""

    def readblocks(self, n, buf, off):
        buf[0] = n
        buf[1] = off


def test_reading_files_allocates_nothing():
    try:
        from micropython import heap_lock, heap_unlock
    except ImportError:
        skip("MicroPython's heap can be locked")
    chip = both()
    chip.start(POWER)
    device = type(chip.vfs.mounted[0][1])(Slot(), 5 * SECTOR, 8 * SECTOR, 512)
    buf = bytearray(2)
    heap_lock()
    try:
        device.readblocks(17, buf, 7)
        count = device.ioctl(4, 0) + device.ioctl(5, 0)
        device.readblocks(17, buf)
    finally:
        heap_unlock()
    assert buf == b"\x07\x00" and count == 64 + 512


def test_blocks_smaller_than_a_sector():
    chip = Chip(image(files=bytes(range(256)) * 32, block=512))
    chip.start(POWER)
    device = chip.vfs.mounted[0][1]
    assert device.ioctl(4, 0) == 16 and device.ioctl(5, 0) == 512
    data = bytearray(10)
    device.readblocks(9, data, 500)
    assert data == bytes(range(244, 254))


def test_frozen_has_no_files_to_mount():
    chip = Chip(image(OLD, files=None))
    boot = chip.start(POWER)
    assert version(boot) == OLD and chip.path == [] and chip.vfs.mounted == [] and chip.machine.watchdog


def test_no_manifest_and_no_other_slot_is_a_board_under_development():
    chip = Chip(image()[:SECTOR])
    boot = chip.start(POWER)
    assert boot["manifest"] is None and chip.path == ["/lib"] and chip.machine.watchdog is None
    assert boot["slot"] == "slot1" and chip.resets == []


def test_an_image_with_files_is_not_started_where_nothing_would_start_it():
    for own in ((), ("/boot.py",), ("/main.py",)):
        for files, slot in ((b"the files", "slot1"), (None, "slot2")):
            chip = Chip(image(OLD, files=None, product="?"), image(NEW, files=files))
            chip.own = own
            assert chip.start(POWER)["slot"] == slot, (own, files)
        # The same for an image that fails again and again.
        chip = Chip(image(OLD, files=None), image(NEW))
        chip.own = own
        for _ in range(3):
            assert version(chip.start()) == OLD
        boot = chip.start()
        assert version(boot) == OLD and boot["safe"] and chip.resets == [], own
        chip.own = ("/boot.py", "/main.py")
        assert version(chip.start()) == NEW


def test_an_image_with_files_is_not_fallen_back_to_without_psram():
    chip = Chip(image(OLD, files=None), image(NEW))
    chip.psram = False
    for _ in range(4):
        assert version(chip.start()) == OLD
    assert chip.boot["safe"] and chip.resets == []
    # What runs is not left for it.
    chip = both()
    chip.psram = False
    assert version(chip.start(POWER)) == OLD and chip.resets == []


def test_wrong_product_is_no_application():
    chip = Chip(image(OLD, product="washing machine"), image(NEW))
    assert version(chip.start(POWER)) == NEW


def test_damaged_files_start_the_other_slot():
    chip = both()
    chip.flip("slot1", SECTOR + 5)
    boot = chip.start(POWER)
    assert chip.resets == ["slot1"] and boot["slot"] == "slot2" and version(boot) == OLD
    assert boot["rolled_back"] == "slot1: its files are damaged" and boot["pending"]
    chip.healthy()
    boot = chip.start(POWER)
    assert chip.resets == [] and boot["slot"] == "slot2" and boot["rolled_back"] is None


def test_damaged_manifest_starts_the_other_slot():
    chip = both()
    chip.flip("slot1", 2 * SECTOR + 20)
    boot = chip.start(POWER)
    assert boot["slot"] == "slot2" and boot["rolled_back"] == "slot1: it has no manifest"


def test_files_that_do_not_mount_start_the_other_slot():
    chip = both()
    broken = Vfs()
    broken.broken = True
    boot = chip.start(POWER, vfs=broken)  # both are tried, once
    assert boot["manifest"] is None and chip.resets == ["slot1"] and boot["slot"] == "slot2"
    chip = both()
    chip.flip("slot2", SECTOR)
    boot = chip.start(POWER, vfs=broken)
    assert boot["manifest"] is None and chip.resets == []


def test_both_slots_damaged_stay_and_say_so():
    chip = both()
    chip.flip("slot1", SECTOR)
    chip.flip("slot2", SECTOR)
    boot = chip.start(POWER)
    assert boot["manifest"] is None and chip.resets == [] and boot["slot"] == "slot1"


def test_unreadable_flash_starts_the_other_slot():
    chip = both()
    read = chip.parts["slot1"].readblocks

    def fails(block, buf, offset=0):
        if block == 1:
            raise OSError(-0x10C)
        read(block, buf, offset)

    chip.parts["slot1"].readblocks = fails
    # The loader reads it too, but only the image itself.
    boot = chip.start(POWER)
    assert boot["slot"] == "slot2" and boot["rolled_back"] == "slot1: its flash cannot be read"


def test_an_update_is_confirmed():
    chip = updated()
    boot = chip.start()
    assert boot["slot"] == "slot2" and version(boot) == NEW and boot["pending"] and boot["rolled_back"] is None
    chip.healthy()
    for cause in (RESET, POWER):
        boot = chip.start(cause)
        assert version(boot) == NEW and not boot["pending"] and boot["rolled_back"] is None and boot["boots"] < 3


def test_an_update_that_is_not_confirmed_goes_back():
    for cause in (RESET, POWER, WATCHDOG):
        chip = updated()
        assert version(chip.start()) == NEW
        boot = chip.start(cause)
        assert version(boot) == OLD and boot["rolled_back"] == "slot2: restarted before it was confirmed"
        assert not boot["pending"]
        # It is reported until a start was healthy.
        assert chip.start(POWER)["rolled_back"] == boot["rolled_back"]
        chip.healthy()
        assert chip.start(POWER)["rolled_back"] is None


def test_an_update_with_damaged_files_goes_back_at_once():
    chip = updated()
    chip.flip("slot2", SECTOR + 100)
    boot = chip.start()
    assert chip.resets == ["slot2"] and version(boot) == OLD
    assert boot["rolled_back"] == "slot2: its files are damaged" and not boot["pending"]


def test_an_update_that_the_loader_cannot_start():
    chip = updated()
    chip.flip("slot2", 40)
    boot = chip.start()
    assert version(boot) == OLD and boot["rolled_back"] == "slot2: it was not started" and boot["pending"]
    chip.healthy()
    # A new image in that slot does not start by itself.
    chip.flash("slot2", image("1.2.0.0"))
    boot = chip.start(POWER)
    assert version(boot) == OLD and boot["rolled_back"] is None


def test_a_running_slot_that_rots():
    chip = both()
    chip.start(POWER)
    chip.healthy()
    chip.flip("slot1", 40)
    boot = chip.start(POWER)
    assert boot["slot"] == "slot2" and boot["rolled_back"] == "slot1: the chip could not load it"


def test_starts_that_never_become_healthy():
    chip = updated()
    chip.start()
    chip.healthy()
    for number in (1, 2, 3):
        boot = chip.start()
        assert version(boot) == NEW and boot["boots"] == number and not boot["safe"]
    boot = chip.start()
    assert chip.resets == ["slot2"] and version(boot) == OLD and not boot["safe"]
    assert boot["rolled_back"] == "slot2: 3 starts without becoming healthy"
    # The older one fails too: safe mode, in the newer one.
    boot = chip.start()
    assert version(boot) == NEW and boot["safe"]
    assert boot["rolled_back"] == "slot1: restarted before it was confirmed"
    assert chip.start()["safe"] and chip.start(POWER)["safe"]
    # Safe mode that held: the next start is an ordinary one.
    chip.healthy()
    boot = chip.start(POWER)
    assert not boot["safe"] and boot["boots"] == 1 and version(boot) == NEW


def test_safe_mode_where_there_is_no_other_slot():
    chip = Chip(image())
    for _ in range(3):
        assert not chip.start()["safe"]
    boot = chip.start()
    assert boot["safe"] and version(boot) == OLD
    # An update is tried as one, whatever was before.
    chip.flash("slot2", image(NEW))
    chip.activate("slot2")
    boot = chip.start()
    assert version(boot) == NEW and not boot["safe"] and boot["boots"] == 1


def test_the_older_application_is_good_again():
    chip = both()
    for _ in range(3):
        chip.start()
    assert chip.start()["slot"] == "slot2"
    chip.healthy()
    boot = chip.start()
    assert boot["slot"] == "slot2" and not boot["safe"] and boot["boots"] == 1


def test_without_power_the_flash_counts_without_flash_the_rtc_memory():
    chip = Chip(image())
    for _ in range(3):
        chip.start(POWER)
    assert chip.start(POWER)["safe"]
    chip = Chip(image())
    del chip.parts["state"]
    for _ in range(3):
        assert not chip.start(RESET)["safe"]
    assert chip.start(WATCHDOG)["safe"]
    chip.healthy()
    assert not chip.start(RESET)["safe"]


def test_flash_that_refuses_writes():
    chip = both()

    def refuse(block, data, offset=None):
        raise OSError(-0x10C)

    chip.parts["state"].writeblocks = refuse
    for _ in range(3):
        assert not chip.start()["safe"]
    chip.start()
    chip.healthy()


def test_the_rest_of_rtc_memory_is_kept():
    chip = both()
    chip.start()
    chip.rtc = chip.rtc[:4] + b"a note"
    chip.start()
    assert chip.rtc == b"HB\2\0a note"
    chip.healthy()
    assert chip.rtc == b"HB\0\0a note"
    chip.rtc = b"?"
    chip.start()
    assert chip.rtc == b"HB\1\0"


def test_ctrl_d_is_no_start():
    chip = updated()
    chip.start()
    for _ in range(5):
        boot = chip.start(SOFT)
        assert version(boot) == NEW and boot["boots"] == 1 and boot["pending"] and not boot["safe"]
    chip.healthy()
    assert version(chip.start()) == NEW


def erasures(chip):
    """The sectors of `state` that are erased from now on."""
    found = []
    ioctl = chip.parts["state"].ioctl
    chip.parts["state"].ioctl = lambda op, n=0: (found.append(n) if op == 6 else None, ioctl(op, n))[1]
    return found


def test_a_start_costs_one_program_and_an_erasure_once_in_a_thousand():
    chip = both()
    chip.started(1014)
    erased = erasures(chip)
    for number in range(16):
        assert chip.start()["boots"] == 1
        before = chip.power.operations
        chip.healthy()
        assert chip.power.operations == before + 1
        assert erased == ([] if number < 8 else [5])
    data = chip.content("state")
    assert data[: 4 * SECTOR] == b"\xff" * (4 * SECTOR) and data[6 * SECTOR :] == b"\xff" * (10 * SECTOR)
    assert data[5 * SECTOR :][:8] == b"HANB\1\0\xfe\xff" and data[5 * SECTOR + 8 + 24 * 4 :][:4] == b"\xff" * 4
    chip.started(1022, 5, 1)
    chip.start()
    assert erased == [5, 4] and chip.content("state")[4 * SECTOR :][:8] == b"HANB\2\0\xfd\xff"


def test_what_came_before_the_sector_was_full_is_still_known():
    for count in range(1017, 1023):
        chip = both()
        chip.started(count)
        for _ in range(3):
            assert chip.start(POWER)["slot"] == "slot1"
        assert chip.start(POWER)["slot"] == "slot2"


def test_power_fails_while_the_other_sector_is_begun():
    for cut in range(3):
        for seed in range(10):
            chip = both()
            chip.started(1020)
            chip.start()
            chip.start()
            again = chip.copy(seed)
            again.power.restore(cut)
            try:
                again.start(POWER, restore=False)
                raise AssertionError("power did not fail")
            except PowerCut:
                pass
            assert again.start(POWER)["boots"] == 3, (cut, seed)


def test_sectors_full_of_something_else():
    head = b"HANB\0\0\xff\xff"
    for content in (b"\0" * SECTOR, head + b"\x55" * (SECTOR - 8), b"\x11" * 100, b"HANB" + b"\xff" * 100):
        for sectors in ((4,), (5,), (4, 5)):
            chip = both()
            for sector in sectors:
                chip.files["state"].seek(sector * SECTOR)
                chip.files["state"].write(content)
            assert chip.start()["boots"] == 1
            chip.healthy()
            assert chip.start()["boots"] == 1 and chip.boot["rolled_back"] is None


def test_activated_and_replaced_by_a_broken_upload():
    chip = updated()
    chip.flash("slot2", b"\xff" * SECTOR)  # another upload has begun, and power fails
    boot = chip.start(POWER)
    assert version(boot) == OLD and boot["rolled_back"] == "slot2: it was not started"


def test_otadata_as_esp_idf_writes_it():
    chip = both()
    chip.start(POWER)
    # ota_seq 1, state valid, CRC of the number alone, as otatool.py computes it.
    first = b"\1\0\0\0" + b"\xff" * 20 + b"\2\0\0\0" + b"\x9a\x98\x43\x47"
    data = chip.content("otadata")
    assert data[:32] == first and data[32:] == b"\xff" * (2 * SECTOR - 32)
    chip.activate("slot2")
    second = b"\2\0\0\0" + b"\xff" * 20 + b"\0\0\0\0" + b"\x74\x37\xf6\x55"
    assert chip.content("otadata")[SECTOR : SECTOR + 32] == second
    chip.start()
    assert [entry.state for entry in otadata.read(chip.parts["otadata"])] == [otadata.VALID, otadata.PENDING_VERIFY]
    chip.start()
    assert [entry.state for entry in otadata.read(chip.parts["otadata"])] == [otadata.VALID, otadata.ABORTED]


def test_nothing_else_stays():
    chip = both()
    boot = chip.start()
    assert set(chip.space) - {"__name__", "__builtins__", "__doc__"} == {"BOOT"} and chip.space["BOOT"] is boot
