"""Every view of the page in a real browser, on a reader with a past."""

import datetime
import re
import time
import zoneinfo
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
    for view in ("week", "hour", "day", "month", "year"):
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
        # A chart has its times once it has its width, which may be a frame later.
        looked.until("Array.from(document.querySelectorAll('[role=slider]'))"
                     ".every(chart => chart.querySelector('text[text-anchor=middle]'))")
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
        for view in ("hour", "day", "week", "month", "year"):
            tab.click("#view-" + view)
            loaded(page)
            flows, currents = tab.get_by_role("slider").all()
            assert (flows.locator(".limit").count(), currents.locator(".limit").count()) == (0, 1), view


def test_costs_say_what_is_not_in_them(looked):
    for view in ("live", "history", "prices"):
        show(looked, view)
        looked.see("without VAT and fees")


def shown_as(label):
    """JavaScript that finds the large number with this label, without thousands' commas; "" where it is not there."""
    return (
        "(Array.from(document.querySelectorAll('.sums div')).filter(each => each.firstChild.textContent === '%s')"
        ".map(each => each.children[1].textContent)[0] || '').replace(/[^\\d.]/g, '')" % label
    )


def zone(reader):
    return zoneinfo.ZoneInfo(reader.get("/configuration")["t"])


def midnight(reader, days=0):
    """The midnight, unix s, that began today or was `days` days before, on the reader's clock."""
    now = datetime.datetime.now(zone(reader))
    began = now.replace(hour=0, minute=0, second=0, microsecond=0) - datetime.timedelta(days)
    return int(began.timestamp())


def test_today_is_beside_yesterday_until_the_same_time(looked, desktop):
    tab = show(looked, "live")
    card = tab.locator(".card", has_text="Yesterday by this time")
    card.wait_for()
    data = desktop.get("/history/weekly?from=%d" % midnight(desktop))
    assert abs(float(tab.evaluate(shown_as("Import"))) - sum(data["i"])) < 0.2
    past = desktop.get("/history/weekly?from=%d&to=%d" % (midnight(desktop, 1), time.time() - 86400))
    assert abs(float(tab.evaluate(shown_as("Yesterday by this time"))) - sum(past["i"])) < 0.2 + max(past["i"])


def test_a_time_is_compared_with_the_time_before(looked, desktop):
    tab = show(looked, "history")
    # Of the day that is going on: with whole quarters until the same time.
    tab.click("#view-day")
    looked.until("!!" + shown_as("The period before"))
    tab.get_by_text("counted to the same point").wait_for()
    # Of the day before: with the whole day before that.
    tab.get_by_role("button", name="Earlier").click()
    looked.until("!document.querySelector('main').innerText.includes('counted to the same point')")
    looked.until("!!" + shown_as("The period before"))
    data = desktop.get("/history/monthly?from=%d&to=%d" % (midnight(desktop, 2), midnight(desktop, 1)))
    assert abs(float(tab.evaluate(shown_as("The period before"))) - data["i"][0]) < 0.006
    tab.get_by_text(" % less this time").or_(tab.get_by_text(" % more this time")).wait_for()
    # 40 days are kept: there is no month before.
    tab.click("#view-month")
    loaded(looked)
    looked.tab.wait_for_timeout(500)
    assert tab.evaluate(shown_as("The period before")) == ""


def polling(page):
    """The page asks for all that it shows, so that a test can answer."""
    page.tab.route_web_socket(re.compile("/ws"), lambda socket: socket.close())
    page.tab.route("**/sse", lambda route: route.fulfill(status=503, body="too many streams"))


def gas_and_water(route):
    values = ((1, "gas", 12785.123), (2, "water", 5), (4, "gas", None))
    sub = [{"ch": ch, "kind": kind, "id": "1", "v": v, "unit": "m3", "ts": 1795907240000} for ch, kind, v in values]
    route.fulfill(json=dict(route.fetch().json(), sub=sub))


def test_other_meters_are_shown_where_there_are_some(browser, desktop):
    with Page(browser, desktop, bypass_csp=True) as page:
        polling(page)
        tab = show(page, "live")
        assert tab.get_by_text("Other meters").count() and not tab.get_by_text("Other meters").is_visible()
        tab.route("**/meter", gas_and_water)
        page.see("12,785.123")
        card = tab.locator(".card", has_text="Other meters")
        text = card.inner_text().replace("\u00a0", " ")
        assert "Gas 1" in text and "12,785.123 m³" in text and "Water\n5.000 m³" in text and "Gas 4\n–" in text
        assert violations(tab) == []


def test_what_else_the_meter_says_is_shown_as_far_as_it_says_it(browser, desktop):
    more = {}

    def meter(route):
        told = route.fetch().json()
        told.pop("x", None)  # of the simulated meter
        route.fulfill(json={**told, "x": more} if more else told)

    with Page(browser, desktop, bypass_csp=True, viewport={"width": 320, "height": 640}) as page:
        polling(page)
        page.tab.route("**/meter", meter)
        tab = show(page, "live")
        card = tab.locator(".card", has=tab.locator("h2", has_text="What the meter says"))
        assert card.count() == 1 and not card.is_visible()
        more.update({
            "tariff": 2, "ict": [7407.4, None, 1.25], "f": 49.98, "pf": [0.981, None, 0.5, -1],
            "s": [2210, 700, 710, 800], "breaker": "ready", "relays": ["off", None, "on"], "limit_w": 9200,
            "limit_a": 32.5, "fuse": [25, 25, 25], "fails": 0, "long_fails": 3, "sags": [1, 0, None], "demand": 1234,
        })  # fmt: skip
        card.wait_for()
        names, values = ([each.inner_text() for each in card.locator(tag).all()] for tag in ("dt", "dd"))
        told = dict(zip(names, [value.replace("\u00a0", " ") for value in values]))
        assert told["Tariff in force"] == "2" and told["Import"] == "T1 7,407.4 kWh\nT3 1.3 kWh"
        assert told["Frequency"] == "49.98 Hz" and told["Power factor"] == "0.98\nL2 0.50\nL3 -1.00"
        assert told["Apparent power"] == "2,210 VA\nL1 700 VA\nL2 710 VA\nL3 800 VA"
        assert told["Main switch"] == "ready to be switched on" and told["Relay"] == "R1 off\nR3 on"
        limits = [value for name, value in zip(names, values) if name == "Limit of the meter"]
        assert limits == ["9.20\u00a0kW", "32.5\u00a0A"]
        assert told["Limit of the phase"] == "L1 25 A\nL2 25 A\nL3 25 A"
        assert told["Power failures"] == "0" and told["Long power failures"] == "3"
        assert told["Voltage too low, times"] == "L1 1\nL2 0" and "Voltage too high, times" not in told
        assert violations(tab) == []
        for language in range(4):
            tab.select_option("#language", str(language))
            tab.locator(".pairs dd", has_text="49").first.wait_for()
            assert tab.evaluate("document.documentElement.scrollWidth") <= 320
        tab.select_option("#language", "0")


def test_what_other_meters_counted_is_shown_below_the_same_time(browser, desktop):
    asked = []

    def counted(route):
        asked.append(dict(pair.split("=") for pair in urlparse(route.request.url).query.split("&")))
        if asked[-1]["ch"] != "1":
            return route.fulfill(status=404, json={"success": False, "message": "no"})
        start = int(asked[-1]["from"])
        told = {"series": asked[-1]["series"], "unit": "m3", "t": [start, start + 86400], "f": [2, 9]}
        return route.fulfill(json={**told, "v": [100, 101.5], "used": [None, 1.5]})

    with Page(browser, desktop, bypass_csp=True) as page:
        polling(page)
        tab = page.tab
        tab.route("**/meter", gas_and_water)
        tab.route("**/history/sub?*", counted)
        show(page, "live")
        page.see("12,785.123")
        tab.locator(".nav a", has_text="History").click()
        for view, series in (("day", "hour"), ("week", "hour"), ("month", "day"), ("year", "month")):
            tab.click("#view-" + view)
            card = tab.locator(".card", has_text="Gas 1")
            card.get_by_text("1.500").first.wait_for()
            assert asked[-1]["ch"] == "4" and {each["series"] for each in asked[-3:]} == {series}
            assert not tab.locator(".card", has_text="Water").count()
        card.get_by_role("slider").focus()
        tab.keyboard.press("End")
        told = card.get_by_role("slider").get_attribute("aria-valuetext").replace("\u00a0", " ")
        assert "still running · meter changed" in told and "Used 1.500 m³, Value 101.500 m³" in told
        assert violations(tab) == []


OWN = {"src": "own", "part": False}
PEAKS = {
    "cap": {"preset": "norway"}, "billed_w": 3900, "cost": 25000, "pc": "NOK",
    "month": [{**OWN, "ts": 1795907240000, "w": 4123}, {**OWN, "ts": None, "w": 3677, "part": True}],
    "now": {
        **OWN, "ts": 1795906800000, "end": 1795910400000,
        "w": 2310, "forecast_w": 4200, "limit_w": 4123, "left_w": 3400,
    },
    "months": [{**OWN, "month": 1793491200000, "ts": 1795907240000, "w": 4123}],
}  # fmt: skip


def test_peaks_say_what_may_still_be_used(browser, desktop):
    said = dict(PEAKS)
    with Page(browser, desktop, bypass_csp=True) as page:
        tab = page.tab
        tab.route("**/peaks", lambda route: route.fulfill(json=said))
        show(page, "live")
        hour = datetime.datetime.fromtimestamp(PEAKS["now"]["end"] / 1000, zone(desktop))
        page.see("You may still use 3.40 kW until %s without a new peak." % hour.strftime("%H:%M"))
        text = tab.locator(".card", has_text="Power peaks").inner_text().replace("\u00a0", " ")
        assert "4.20 kW" in text and "3.68 kW · incomplete" in text and "3.90 kW · NOK 250.00" in text
        assert violations(tab) == []
        said["now"] = dict(PEAKS["now"], left_w=0)
        show(page, "live")
        page.see("There is a new peak until")
        show(page, "history")
        tab.click("#view-year")
        page.see("Peaks of the months")
        # Nobody set a rule, and the meter tells nothing: no card.
        said["cap"] = None
        show(page, "live")
        page.see("Yesterday by this time")
        assert not tab.get_by_text("Power peaks").is_visible()


def test_alarms_that_are_on_are_told(browser, desktop):
    on = {"on": True, "since": 1795907240000}
    alarms = {"current": {**on, "value": 24.2, "limit": 22.5, "phase": 2}, "price": {**on, "value": 1.5, "limit": 2}}
    alarms["power"] = {**on, "on": False, "value": 1, "limit": 2}

    def set_up(route):
        route.fulfill(json=dict(route.fetch().json(), alarms={"power": {"w": 1, "s": 60}}))

    with Page(browser, desktop, bypass_csp=True) as page:
        polling(page)
        page.tab.route("**/configuration", set_up)
        page.tab.route("**/alarms", lambda route: route.fulfill(json={"alarms": alarms}))
        tab = show(page, "live")
        page.see("A phase draws too much:")
        told = [each.inner_text().replace("\u00a0", " ") for each in tab.locator(".banner").all()]
        assert len(told) == 2 and "L2 24.2 A, limit 22.5 A" in told[0]
        assert "Electricity is cheap: 1.50 c/kWh, limit 2.00 c/kWh" in told[1]
        assert violations(tab) == []


def test_power_failures_and_messages_of_the_meter_are_told(browser, desktop):
    events = [{"kind": "failure", "ts": 1795907240000, "s": 240}, {"kind": "message", "ts": None, "text": "Hello <b>"}]
    with Page(browser, desktop) as page:
        page.tab.route("**/meter/events", lambda route: route.fulfill(json={"events": events}))
        show(page, "live")
        page.see("Hello <b>")
        page.see("No power for 4 min")


def test_prices_are_shown_with_and_without_vat_and_fees(browser, desktop):
    plain, more = 8, 50

    # The same price all the time, as the test may go on over the end of a slot.
    def flat(route, **taxed):
        book = route.fetch().json()
        book.update(price=plain, prices=[[start, plain] for start, _ in book["prices"]], **taxed)
        route.fulfill(json=book)

    def taxed(route):
        flat(route, total=plain + more, totals=[plain + more] * len(route.fetch().json()["prices"]))

    with Page(browser, desktop, bypass_csp=True) as page:
        page.tab.route("**/prices", flat)
        tab = show(page, "prices")
        page.until("value => Math.abs(%s - value) < 0.011" % shown_as("Now"), plain)
        assert not tab.get_by_role("button", name="With VAT and fees").count()
        tab.route("**/prices", taxed)
        show(page, "prices")
        page.until("value => Math.abs(%s - value) < 0.011" % shown_as("Now"), plain + more)
        tab.get_by_role("slider").first.focus()
        tab.keyboard.press("End")
        assert "Without VAT and fees" in tab.get_by_role("slider").first.get_attribute("aria-valuetext")
        tab.get_by_role("button", name="Without VAT and fees").click()
        page.until("value => Math.abs(%s - value) < 0.011" % shown_as("Now"), plain)
        assert violations(tab) == []


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
    tab.locator("path.here").wait_for(state="attached")  # one of them
    price = desktop.get("/prices")["price"]
    shown = float(tab.locator(".sums").first.inner_text().split()[1])
    assert abs(shown - price) < 0.0051  # halves are rounded away from zero, which "%.2f" does not
