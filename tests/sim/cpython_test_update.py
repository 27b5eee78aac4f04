"""Updates of the whole simulated reader as a user sees them: upload, restart into the other slot, rollback."""

import os
import time

import pytest

from host_sim.hardware import flash, otadata
from host_sim.supervisor import OwnTime, Watchdog
from tests.sim.cpython_test_simulator import Simulator
from tools.prove.trial import image, request, upload

RUNTIMES = (("cpython",), ("micropython", "--heap", "400k"))
NEW = "7.0.0.1"


@pytest.fixture(scope="module")
def good():
    return image(NEW)


def state(sim, path):
    """The answer to a GET once there is one; the reader may be restarting."""

    def ask():
        try:
            return sim.get(path)
        except (OSError, ValueError):
            return None

    return sim.wait(ask)


def becomes(sim, path, **wanted):
    """Wait until a message has these values; the message."""

    def look():
        found = state(sim, path)
        return found if all(found[key] == value for key, value in wanted.items()) else None

    return sim.wait(look)


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime[0])
def test_an_update_starts_and_goes_back_unless_it_is_confirmed(tmp_path, runtime, good):
    with Simulator(tmp_path, "--state", tmp_path / "state", runtime=runtime) as sim:
        old = state(sim, "/han")["version"]
        assert state(sim, "/ota")["activeSlot"] == "slot1"
        status, answer = upload(sim.url, good)
        assert (status, answer["status"]) == (200, "REBOOT_PENDING"), answer
        assert becomes(sim, "/han", version=NEW)["rebootReason"] == "OTA_UPDATE"
        assert state(sim, "/ota")["activeSlot"] == "slot2"
        # It is on probation: what restarts it now brings the old one back.
        assert request(sim.url + "/reboot", b"")[0] == 200
        assert becomes(sim, "/han", version=old)["rebootReason"] == "OTA_ROLLBACK"
        told = state(sim, "/ota")
        assert (told["status"], told["error"], told["activeSlot"]) == ("FAILED", "rolled_back", "slot1")


@pytest.mark.parametrize("module", ("app", "start"))
@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime[0])
def test_an_application_that_crashes_at_import_goes_back_and_says_why(tmp_path, runtime, module):
    with Simulator(tmp_path, "--state", tmp_path / "state", runtime=runtime) as sim:
        old = state(sim, "/han")["version"]
        assert upload(sim.url, image(NEW, **{module: "raise ValueError('a bug')"}))[0] == 200
        told = becomes(sim, "/ota", error="rolled_back")
        assert told["activeSlot"] == "slot1" and state(sim, "/han")["version"] == old
        why = "a bug" if runtime[0] == "cpython" else "incompatible .mpy file"
        assert why in sim.err.read_text()
        assert told["reason"] == "slot2: restarted before it was confirmed: start: ValueError: " + why


def test_both_slots_flashed_like_a_new_board(tmp_path, good):
    (tmp_path / "ota.bin").write_bytes(good)
    with Simulator(tmp_path, "--state", tmp_path / "state", "--image", tmp_path / "ota.bin") as sim:
        assert state(sim, "/han")["version"] == NEW
        assert upload(sim.url, good)[0] == 400  # the same again is not newer


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime[0])
def test_a_board_without_psram_takes_frozen_images_only(tmp_path, runtime, good):
    (tmp_path / "ota.bin").write_bytes(good)
    where = "--no-psram", "--state", tmp_path / "state"
    with Simulator(tmp_path, *where, runtime=runtime) as sim:
        status, answer = upload(sim.url, good)
        assert status == 400 and "wrong_product" in answer and "needs a board with PSRAM" in answer
        told = state(sim, "/ota")
        assert (told["status"], told["error"], told["progress"]) == ("FAILED", "wrong_product", 0)
    slot = tmp_path / "state" / "slot2.bin"
    assert slot.read_bytes() == b"\xff" * slot.stat().st_size
    # One that has been flashed with it says what is wrong.
    with Simulator(tmp_path, *where, "--image", tmp_path / "ota.bin", runtime=runtime) as sim:
        found = {row["name"]: row for row in state(sim, "/health")["services"]}
        assert found["meter"]["error"].startswith("safe mode: this image needs a board with PSRAM")
        assert found["network"]["status"] == "running" and state(sim, "/han")["version"] == NEW
    # An update that an older release has taken goes back, and the older one says why.
    slot.write_bytes(b"\xff" * slot.stat().st_size)
    (tmp_path / "state" / "slot1.bin").unlink()
    (tmp_path / "state" / "otadata.bin").unlink()
    with Simulator(tmp_path, "--state", tmp_path / "state", runtime=runtime) as sim:
        old = state(sim, "/han")["version"]
        status, answer = request(sim.url + "/auth/token")
        headers = {"Authorization": "Bearer " + answer["accessToken"]}
        assert request(sim.url + "/ota", good, headers)[1]["status"] == "READY_TO_REBOOT"
    write_boot(tmp_path / "state")
    with Simulator(tmp_path, *where, runtime=runtime) as sim:
        told = becomes(sim, "/ota", error="rolled_back")
        assert state(sim, "/han")["version"] == old and "it needs a board with PSRAM" in told["reason"]


def write_boot(folder):
    """What set_boot() of slot2 does, once slot1 has been confirmed."""
    part = flash.partition(str(folder / "otadata.bin"), otadata.SIZE, "otadata")
    otadata.write(part, 0, otadata.entry(1, otadata.VALID))
    otadata.write(part, 1, otadata.entry(2, otadata.NEW))
    part.close()


def test_the_watchdog_barks_when_nothing_new_comes(tmp_path):
    now = [100.0]
    watchdog = Watchdog(str(tmp_path), lambda: now[0])

    def after(seconds, text=None):
        if text:
            (tmp_path / "watchdog").write_text(text)
        now[0] += seconds
        return watchdog.barks()

    assert not after(1000)
    assert not after(1, "20000") and not after(19) and after(2)
    assert not after(1, "20000 1") and not after(20)
    assert not after(1, "60000 2") and not after(59) and after(2)


def test_what_a_process_waits_for_a_processor_is_not_its_time(tmp_path):
    own = OwnTime(os.getpid())
    # A line of Linux's: ns on a processor, ns in its queue, and how often it had one.
    own._path = tmp_path / "schedstat"
    own._path.write_text("5000000000 7200000000000 12\n")
    before = time.monotonic()
    assert before <= own.seconds() + 7200 <= time.monotonic()
    own._path.unlink()
    assert before <= own.seconds() + 7200
