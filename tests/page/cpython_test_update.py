"""An update as its owner makes it: chosen, uploaded, refused or started, and what became of it."""

import subprocess
import sys

import pytest

from tests.ota import images
from tests.page.conftest import RUNTIMES, Page, show
from tools import stage
from tools.simulator import Simulator


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    """A whole release of this source, under a later version."""
    folder = tmp_path_factory.mktemp("newer")
    line = [sys.executable, "-m", "tools.build", "--arch", "sim", "--version", "0.9.0.0", "--out", str(folder)]
    subprocess.run(line, cwd=stage.ROOT, check=True, capture_output=True)
    return folder / "ota.bin"


@pytest.fixture(params=list(RUNTIMES))
def page(request, browser):
    images.write()
    with Simulator("--port", "0", *RUNTIMES[request.param]) as simulator:
        with Page(browser, simulator.url) as page:
            page.reader = simulator
            yield page


def upload(page, path):
    tab = show(page, "settings/update")
    tab.set_input_files("#image", path)
    tab.get_by_role("button", name="Upload").click()
    return tab


def start(page, version):
    tab = page.tab
    page.see("Checked and stored")
    page.see("Ready to be started")
    assert page.reader.get("/ota")["stagedVersion"] == version
    tab.get_by_role("button", name="Start the new version").click()
    page.see("The reader restarts.")


def test_refused_then_undone_then_updated(page, newer):
    tab = show(page, "settings/update")
    page.see("0.1.0.0")
    page.see("Up to date")
    tab.get_by_role("button", name="Upload").click()
    page.see("Choose a file first")
    upload(page, images.FOLDER / "stranger.bin")
    page.see("The signature is not valid (signed with a key that is not accepted here)")
    page.see("The last update failed")
    tab.get_by_role("button", name="Understood").click()
    page.see("Up to date")
    # A sound image with nothing in it that runs.
    upload(page, images.FOLDER / "good.bin")
    start(page, "0.2.0.0")
    tab.get_by_text("The update was undone.").wait_for(timeout=40000)
    page.see("version 0.1.0.0 runs again")
    page.see("slot2: restarted before it was confirmed")
    tab.get_by_role("button", name="Understood").click()
    page.see("Up to date")
    upload(page, newer)
    start(page, "0.9.0.0")
    tab.get_by_text("The update worked.").wait_for(timeout=40000)
    page.see("Version 0.9.0.0 runs.")
