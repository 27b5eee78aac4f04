"""An update as its owner makes it: chosen, uploaded, refused or started, and what became of it."""

import subprocess
import sys
import urllib.request

import pytest

from staging import stage
from tests.ota import images
from tests.page.conftest import PATIENCE, RUNTIMES, Page, show
from tools import release
from tools.measure.simulator import Simulator


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    """A whole release of this source, under a later version."""
    folder = tmp_path_factory.mktemp("newer")
    line = [sys.executable, "-m", "tools.build", "--arch", "sim", "--version", "0.9.0.0", "--out", str(folder)]
    subprocess.run(line, cwd=stage.ROOT, check=True, capture_output=True)
    return folder / "ota.bin"


@pytest.fixture(scope="module", autouse=True)
def offered(newer, tmp_path_factory):
    """A reader whose update server has something. It asks a minute after its start at the earliest: it starts first."""
    folder = tmp_path_factory.mktemp("served")
    release.publish(newer, folder, notes="Charts of last year")
    with Simulator("--port", "0", "--updates", folder) as simulator:
        body = b'{"up": "manual"}'
        change = urllib.request.Request(simulator.url + "/configuration", body, method="PUT")
        urllib.request.urlopen(change, timeout=PATIENCE).close()
        yield simulator


@pytest.fixture(params=list(RUNTIMES))
def page(request, browser):
    images.write()
    with Simulator("--port", "0", *RUNTIMES[request.param]) as simulator:
        with Page(browser, simulator) as page:
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
    page.see("No update server")
    tab.get_by_role("button", name="Upload").click()
    page.see("Choose a file first")
    upload(page, images.FOLDER / "stranger.bin")
    page.see("The signature is not valid (signed with a key that is not accepted here)")
    page.see("The last update failed")
    tab.get_by_role("button", name="Understood").click()
    page.see("No update server")
    # A sound image with nothing in it that runs.
    upload(page, images.FOLDER / "good.bin")
    start(page, "0.2.0.0")
    tab.get_by_text("The update was undone.").wait_for()
    page.see("version 0.1.0.0 runs again")
    page.see("slot2: restarted before it was confirmed")
    tab.get_by_role("button", name="Understood").click()
    page.see("No update server")
    upload(page, newer)
    start(page, "0.9.0.0")
    tab.get_by_text("The update worked.").wait_for()
    page.see("Version 0.9.0.0 runs.")


def test_what_the_update_server_has_is_told_fetched_and_started(browser, offered):
    with Page(browser, offered) as page:
        tab = show(page, "settings/update")
        page.see("The update server has not been asked yet")
        card = ".card:has(h2:text-is('New version'))"
        tab.locator(card).get_by_role("button", name="Look for a newer version").click()
        page.see("The update server is being asked", card)
        tab.get_by_text("A new version is available").wait_for()
        page.see("0.9.0.0")
        page.see("Charts of last year")
        tab.get_by_role("button", name="Download").click()
        page.see("Ready to be started")
        tab.get_by_role("button", name="Start the new version").click()
        tab.get_by_text("The update worked.").wait_for()
        page.see("Version 0.9.0.0 runs.")
        page.open("settings/diagnosis")
        tab.get_by_role("button", name="Restart").click()
        page.see("The reader restarts.")
        assert not tab.locator(".stages").count(), "what worked before a restart says nothing of now"
        # It was on probation: what restarts it now brings the old one back, and the page says so.
        page.open("settings/update")
        tab.get_by_text("The update was undone.").wait_for()
        page.see("version 0.1.0.0 runs again")


def test_without_an_update_server_the_page_says_so(browser, desktop):
    with Page(browser, desktop) as page:
        tab = show(page, "settings/update")
        page.see("No update server")
        text = tab.locator("main").inner_text()
        assert "Up to date" not in text and "Look for a newer version" not in text
