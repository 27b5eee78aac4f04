"""A new reader is set up on a phone, through the page that its access point shows."""

import pytest

from tests.page.conftest import RUNTIMES, Page, violations
from tools.measure.simulator import Simulator


@pytest.fixture(params=list(RUNTIMES))
def page(request, browser):
    with Simulator("--port", "0", "--network", "setup", *RUNTIMES[request.param]) as simulator:
        with Page(browser, simulator, viewport={"width": 390, "height": 780}) as page:
            yield page


def test_a_phone_finds_the_way_to_a_network(page):
    tab = page.tab
    tab.goto(page.url + "/")  # as a portal opens it: nothing but the address
    # It has nothing to show but the way to a network, and has looked for one.
    home = tab.locator(".nets button", has_text="Home")
    home.wait_for()
    assert page.reader.get("/han")["state"] == "SETUP"
    with Page(page.context.browser, page.reader, viewport={"width": 390, "height": 780}, bypass_csp=True) as other:
        other.tab.goto(page.url + "/")
        other.tab.locator(".nets button").first.wait_for()
        assert not violations(other.tab)
    home.click()
    assert tab.input_value("#f-ss") == "Home" and tab.evaluate("document.activeElement.id") == "f-sp"
    tab.fill("#f-sp", "short")
    tab.get_by_role("button", name="Join").click()
    tab.locator("#f-sp[aria-invalid=true]").wait_for()
    assert tab.locator("#f-sp-error").inner_text() == "must have 8 to 63 characters, or 64 hex digits"
    # The reader knows what is wrong, and so does who has typed it.
    tab.fill("#f-sp", "wrong horses")
    tab.get_by_role("button", name="Join").click()
    tab.get_by_text("Not connected to Home:").wait_for()
    told = tab.locator(".banner").inner_text()
    assert "wrong password" in told and "previous network" not in told
    tab.fill("#f-sp", "correct horse")
    tab.get_by_role("button", name="Join").click()
    page.see("Joining Home.")
    tab.get_by_text("Connected to Home.").wait_for()
    state = page.reader.get("/han")
    assert state["wifiIp"] != "0.0.0.0"
    assert tab.locator(".banner.good a").get_attribute("href") == "http://%s/" % state["wifiIp"]
