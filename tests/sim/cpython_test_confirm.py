"""Confirmation and rollback of a new version with the whole simulated reader, in time that jumps.

Uploads, flash, otadata, boot.py and restarts are real, and power fails at any time; see tools/prove/jumping.py.
"""

import http.client
import pathlib
import time
from types import SimpleNamespace

import pytest

from host_sim.line.sender import Ahead
from staging import stage
from tests.sim.cpython_test_update import NEW, image, upload
from tools.image import otadata
from tools.measure.simulator import PATIENCE
from tools.prove import jumping

RUNTIMES = (("cpython", None), ("micropython", "416k"))  # 400 kB, and 16 kB for what makes time jump
RESTART = 75  # host_sim.supervisor.RESTART
RESET = 2
PENDING, VALID, ABORTED = 1, 2, 4  # ESP_OTA_IMG_*


class Reader(jumping.Board):
    """A reader and its meter; its process is started again by the test."""

    def __init__(self, folder, runtime, heap):
        folder.mkdir()
        zero = jumping.midnight("2026-01-01")
        super().__init__(SimpleNamespace(runtime=runtime, heap=heap), str(folder), zero)
        self.meter = jumping.Meter("p1", zero, 10, 1)
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.cut()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def on(self, **how):
        """Power, or a reset."""
        self.start(self.meter.next_s - jumping.BEFORE, self.meter.line, [], **how)

    def live(self, seconds):
        """Let so many seconds pass with telegrams, or less if the reader restarts."""
        self.meter.until = self.meter.next_s + seconds
        sender = Ahead(self.meter)
        try:
            while not sender.done:
                sender.send(self.process.stdin.fileno())
                time.sleep(0.002)
            self.wait()
        except (OSError, http.client.HTTPException):  # no answer, or half of one
            self.restarts()

    def restarts(self):
        """Wait until it ends to be started again."""
        assert self.process.wait(PATIENCE) == RESTART
        self.process.stdin.close()
        self.process.stdout.close()

    def update(self, data):
        """Upload, as released clients do, and restart."""
        status, answer = upload(self.url, data)
        assert status == 200 and answer["status"] == "REBOOT_PENDING", answer
        self.restarts()

    def state(self):
        """(version, reason of the start, active slot, error, its reason) from the API."""
        han, ota = self.get("/han"), self.get("/ota")
        return han["version"], han["rebootReason"], ota["activeSlot"], ota["error"], ota["reason"]

    def entries(self):
        """States of the slots in otadata."""
        found = otadata.entries(pathlib.Path(self.folder, "otadata.bin").read_bytes())
        return {"slot%d" % ((sequence - 1) % 2 + 1): state for sequence, state in filter(None, found)}


@pytest.fixture(params=RUNTIMES, ids=lambda runtime: runtime[0])
def reader(request, tmp_path):
    with Reader(tmp_path / "state", *request.param) as made:
        made.on()
        # Set up, so that setup mode proves nothing.
        made.put({"np": "eth", "m": jumping.chosen(made.meter.line)})
        made.live(90)  # its own start is a good one
        yield made


def test_a_version_is_kept_after_a_minute_and_for_good(reader):
    old, _, _, _, _ = reader.state()
    new = image(NEW)
    reader.update(new)
    reader.on(cause=RESET)
    assert reader.state()[:4] == (NEW, "OTA_UPDATE", "slot2", None) and reader.entries()["slot2"] == PENDING
    assert upload(reader.url, new)[0] == 409  # the way back stays as it is
    reader.live(30)
    assert reader.entries()["slot2"] == PENDING
    reader.cut()  # before its minute is over
    reader.on()
    assert reader.entries() == {"slot1": VALID, "slot2": ABORTED}
    why = "slot2: restarted before it was confirmed"
    assert reader.state() == (old, "OTA_ROLLBACK", "slot1", "rolled_back", why)
    # The same once more, and time enough.
    reader.live(90)
    reader.update(new)
    reader.on(cause=RESET)
    reader.live(90)
    assert reader.entries() == {"slot1": VALID, "slot2": VALID}
    for seconds in (0, 10, 90):
        reader.cut()
        reader.on()
        assert reader.state()[0] == NEW and reader.state()[2:] == ("slot2", None, None)
        reader.live(seconds)
    assert reader.entries() == {"slot1": VALID, "slot2": VALID}


def test_a_version_that_finds_no_network_goes_back_and_says_so(reader):
    old = reader.state()[0]
    reader.update(image(NEW))
    reader.on(cause=RESET, network="none")
    assert reader.state()[0] == NEW
    reader.live(500)
    assert reader.entries()["slot2"] == PENDING
    reader.live(200)
    assert reader.process.poll() == RESTART
    reader.on(cause=RESET)
    why = "slot2: restarted before it was confirmed: no network"
    assert reader.state() == (old, "OTA_ROLLBACK", "slot1", "rolled_back", why)
    # Told until a start was a good one.
    reader.cut()
    reader.on()
    assert reader.state()[2:] == ("slot1", "rolled_back", why)
    reader.live(90)
    reader.cut()
    reader.on()
    assert reader.state()[2:] == ("slot1", None, None) and reader.entries() == {"slot1": VALID, "slot2": ABORTED}


def test_a_version_that_does_not_read_the_meter_goes_back_and_says_so(tmp_path):
    with Reader(tmp_path / "state", *RUNTIMES[0]) as reader:
        reader.on()
        old = reader.state()[0]
        reader.live(90)
        text = (stage.ROOT / "lib/han/meter/link.py").read_text()
        marker = "    async def run(self):\n"
        assert marker in text
        broken = text.replace(marker, marker + "        raise ValueError('a bug')\n")
        reader.update(image(NEW, **{"meter/link": broken}))
        reader.on(cause=RESET)
        reader.live(600)
        assert reader.process.poll() == RESTART
        reader.on(cause=RESET)
        assert reader.state()[:4] == (old, "OTA_ROLLBACK", "slot1", "rolled_back")
        assert reader.state()[4].startswith("slot2: restarted before it was confirmed: "), reader.state()
        assert "meter" in reader.state()[4]
