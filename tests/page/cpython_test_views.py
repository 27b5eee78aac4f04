"""Every view of the page in a real browser, on a reader with a past."""

import datetime
import re
from urllib.parse import urlparse

import pytest

from tests.page.conftest import VIEWS, Page, show, violations

@pytest.fixture(scope="module")
def page(browser, reader):
    with Page(browser, reader) as page:
        yield page


def loaded(page):
    """The history's answer is drawn."""
    page.until("!document.querySelector('main > [role=status]').textContent")


def test_every_view_shows_what_it_is_for(page):
    for view in VIEWS:
        tab = show(page, view)
        assert tab.title().endswith("HAN reader") and tab.locator("h1").count() == 1
        assert tab.locator(".nav a[aria-current]").count() == 1
    assert not page.errors, page.errors


def test_live_values_are_the_readers(page, reader):
    tab = show(page, "live")
    meter = reader.get("/meter")
    page.see("live, WebSocket")
    counters = tab.locator(".card", has_text="Meter counters")
    assert "%s kWh" % format(round(meter["ec"], 1), ",") in counters.inner_text().replace("\u00a0", " ")
    assert tab.locator(".pill").inner_text() == "Live"
    assert tab.get_by_role("meter").count() == 3
    shown = tab.get_by_role("meter").first
    assert shown.get_attribute("aria-valuemax") == str(reader.get("/configuration")["m"]["f"])
    # A later telegram is shown without anybody asking.
    page.until("/Age of the reading[^\\d]*[5-9]/.test(document.querySelector('main').innerText)")
    page.until("/Age of the reading[^\\d]*[0-2]\\s/.test(document.querySelector('main').innerText)")


@pytest.mark.parametrize("closed, mode", (("/ws", "live, event stream"), ("/ws /sse", "asked every 5 s")))
def test_without_a_stream_it_takes_the_next_best(browser, desktop, closed, mode):
    with Page(browser, desktop) as page:
        page.tab.route_web_socket(re.compile("/ws"), lambda socket: socket.close())
        if "/sse" in closed:
            page.tab.route("**/sse", lambda route: route.fulfill(status=503, body="too many streams"))
        show(page, "live")
        page.see(mode)
        page.tab.locator(".pill.good").wait_for()


def test_both_heaps_of_a_chip_are_told(browser, desktop):
    def chip(route):
        health = route.fetch().json()
        health["system_heap"] = {"size": 250 << 10, "free": 77 << 10, "minimum": 66 << 10, "largest": 40 << 10}
        route.fulfill(json=health)

    with Page(browser, desktop) as page:
        show(page, "settings/diagnosis")
        assert not page.tab.get_by_text("Free memory of WiFi").count()  # a desktop has it to spare
        page.tab.route("**/health", chip)
        show(page, "settings/diagnosis")
        page.see("77 kB, 66 kB at its lowest")


def test_every_register_is_shown_as_a_table(browser, desktop):
    with Page(browser, desktop, bypass_csp=True) as page:
        tab = show(page, "settings/diagnosis")
        tab.get_by_role("button", name="Read", exact=True).click()
        region = tab.get_by_role("region", name="What the meter says")
        region.wait_for()
        rows = [row.inner_text().split("\t") for row in region.get_by_role("row").all()]
        assert rows[0] == ["OBIS", "Name", "Value", "Time"]
        told = {row[0]: row for row in rows[1:]}
        assert told["1-0:1.7.0"][1] == "Active power import" and told["1-0:1.7.0"][2].split()[1] == "kW"
        assert len(rows) > 8 and tab.get_by_role("button", name="Read", exact=True).is_enabled()
        assert violations(tab) == []
        # Why there is none.
        page.tab.route("**/meter/registers", lambda route: route.fulfill(status=503, body="no bytes on the HAN port"))
        tab.get_by_role("button", name="Read", exact=True).click()
        tab.locator(".said.bad", has_text="no bytes").wait_for()
        assert not region.count()


@pytest.fixture(scope="module")
def looked(browser, desktop):
    with Page(browser, desktop) as page:
        yield page


def test_charts_tell_values_to_pointer_and_keyboard(looked, desktop):
    tab = show(looked, "history")
    for view in ("week", "hour", "month", "year"):
        tab.click("#view-" + view)
        chart = tab.get_by_role("slider").first
        loaded(looked)
        link = urlparse(tab.get_by_role("link", name="This view").get_attribute("href"))
        data = desktop.get(link.path + "?" + link.query.replace("format=csv&", ""))
        assert 0 <= len(data["t"]) - 1 - int(chart.get_attribute("aria-valuemax")) <= 2, view
        chart.focus()
        tab.keyboard.press("Home")
        first = chart.get_attribute("aria-valuetext")
        tab.keyboard.press("ArrowRight")
        assert first != chart.get_attribute("aria-valuetext") and "Import" in first
        box = chart.bounding_box()
        tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
        assert tab.locator(".read b").first.is_visible()
        tab.mouse.move(0, 0)


def test_days_are_the_houses_own(looked, desktop):
    """40 days before today there was a change of the clock or there was none: each bar is a local day."""
    tab = show(looked, "history")
    tab.click("#view-month")
    loaded(looked)
    starts = desktop.get("/history/monthly")["t"]
    chart = tab.get_by_role("slider").first
    chart.focus()
    tab.keyboard.press("End")
    for start in reversed(starts[-20:]):
        day = datetime.datetime.fromtimestamp(start + 43200, datetime.timezone.utc)
        assert day.strftime(" %-d %B") in chart.get_attribute("aria-valuetext")
        tab.keyboard.press("ArrowLeft")


def test_history_is_taken_along_as_csv(looked):
    tab = show(looked, "history")
    with tab.expect_download() as download:
        tab.get_by_role("link", name="All that is kept").click()
    lines = open(download.value.path(), newline="").read().split("\r\n")
    assert lines[0].startswith("t,time,f,import_k") and len(lines) > 2 and lines[-1] == ""


def test_csv_has_commas_where_numbers_do(browser, desktop):
    with Page(browser, desktop, locale="fi-FI") as page:
        tab = show(page, "history")
        with tab.expect_download() as download:
            tab.get_by_role("link", name="Tämä näkymä").click()
        lines = open(download.value.path(), newline="").read().split("\r\n")
        assert lines[0].startswith("t;time;f;import_k") and "," in lines[1] and "." not in lines[1]


def test_both_charts_of_a_view_have_their_times_at_the_same_places(looked):
    tab = show(looked, "history")
    for view in ("week", "month"):
        tab.click("#view-" + view)
        loaded(looked)
        ticks = ("chart => Array.from(chart.querySelectorAll('text[text-anchor=middle]'),"
                 " each => [each.textContent, each.getAttribute('x')])")
        flows, currents = [chart.evaluate(ticks) for chart in tab.get_by_role("slider").all()]
        assert flows and flows == currents, view


def test_the_main_fuse_is_a_line_across_the_currents(browser, desktop):
    def small(route):
        configuration = route.fetch().json()
        configuration["m"]["f"] = 1  # less than flows at any time
        route.fulfill(json=configuration)

    with Page(browser, desktop) as page:
        page.tab.route_web_socket(re.compile("/ws"), lambda socket: socket.close())
        page.tab.route("**/sse", lambda route: route.fulfill(status=503))
        page.tab.route("**/configuration", small)  # which it asks for without a stream
        tab = show(page, "history")
        for view in ("hour", "week", "month", "year"):
            tab.click("#view-" + view)
            loaded(page)
            flows, currents = tab.get_by_role("slider").all()
            assert (flows.locator(".limit").count(), currents.locator(".limit").count()) == (0, 1), view


def test_costs_say_what_is_not_in_them(looked):
    for view in ("live", "history", "prices"):
        show(looked, view)
        looked.see("without VAT and fees")


def test_earlier_times_can_be_looked_at(looked):
    tab = show(looked, "history")
    tab.click("#view-week")
    loaded(looked)
    before = tab.locator(".head b").first.inner_text()
    tab.get_by_role("button", name="Earlier").click()
    looked.until("before => document.querySelector('.head b').innerText !== before", before)
    assert tab.get_by_role("button", name="Later").is_enabled()


def test_prices_mark_the_slot_that_is_on(looked, desktop):
    tab = show(looked, "prices")
    assert tab.locator("path.here").count() == 1
    price = desktop.get("/prices")["price"]
    shown = float(tab.locator(".sums").first.inner_text().split()[1])
    assert abs(shown - price) < 0.0051  # halves are rounded away from zero, which "%.2f" does not
