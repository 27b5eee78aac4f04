"""Updates of the whole simulated reader, as their user sees them: upload, restart into the other slot, go back."""

import time

import pytest

from host_sim.supervisor import Watchdog
from tests.sim.cpython_test_simulator import Simulator
from tools.trial import image, request, upload

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

    return sim.wait(ask, 30)


def becomes(sim, path, **wanted):
    """Wait until a message has these values; the message."""

    def look():
        found = state(sim, path)
        return found if all(found[key] == value for key, value in wanted.items()) else None

    return sim.wait(look, 60)


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


def test_the_watchdog_barks_when_nothing_new_comes(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    watchdog = Watchdog(str(tmp_path), speed=1)

    def after(seconds, text=None):
        if text:
            (tmp_path / "watchdog").write_text(text)
        now[0] += seconds
        return watchdog.barks()

    assert not after(1000)
    assert not after(1, "20000") and not after(19) and after(2)
    assert not after(1, "20000 1") and not after(20)
    assert not after(1, "60000 2") and not after(59) and after(2)
