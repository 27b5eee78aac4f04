"""Days of 23 and 25 hours in the charts, and what such a day has cost: a reader whose meter has since gone silent."""

import datetime
import os
import re
import zoneinfo

import pytest

from tests.page.conftest import Page, lived, show
from tools.measure.simulator import Simulator

HELSINKI = zoneinfo.ZoneInfo("Europe/Helsinki")
# The day of the change, and its hours.
CHANGES = ((datetime.date(2026, 3, 29), 23), (datetime.date(2026, 10, 25), 25))

# What a chart says of each of its samples to who goes through them with the keyboard, the last first.
LEAFED = """chart => Array.from({length: +chart.getAttribute("aria-valuemax") + 1}, (_, k) => {
    chart.dispatchEvent(new KeyboardEvent("keydown", {key: k ? "ArrowLeft" : "End"}));
    return chart.getAttribute("aria-valuetext");
})"""
EDGES = "chart => Array.from(chart.querySelectorAll('line.day')).map(line => +line.getAttribute('x1'))"


def midnight(day):
    return int(datetime.datetime(day.year, day.month, day.day, tzinfo=HELSINKI).timestamp())


@pytest.fixture(scope="module", params=CHANGES, ids=lambda change: "%d hours" % change[1])
def changed(browser, tmp_path_factory, request):
    """(the page, its reader, the day of the change, its hours): recording ended three days later."""
    day, hours = request.param
    folder = tmp_path_factory.mktemp("changed")
    lived(folder, midnight(day + datetime.timedelta(3)) + 36000)
    master, slave = os.openpty()
    arguments = "--port", "0", "--state", folder, "--serial", os.ttyname(slave)
    with Simulator(*arguments) as reader, Page(browser, reader) as page:
        yield page, reader, day, hours
    os.close(master)
    os.close(slave)


def view(page, name):
    tab = show(page, "history")
    tab.click("#view-" + name)
    page.until("!document.querySelector('main > [role=status]').textContent")
    return tab


def number(text, name):
    """The number behind a name in what the chart reads out."""
    return float(re.search(name + r" [^\d-]*(-?[\d.]+)", text).group(1))


def test_a_week_has_the_hours_that_it_had(changed):
    page, reader, day, hours = changed
    tab = view(page, "week")
    page.until("document.querySelector('.chart line.day')")  # a chart is drawn once its place is laid out
    edges = tab.locator(".chart").first.evaluate(EDGES)
    widths = [after - before for before, after in zip(edges, edges[1:])]
    usual = sorted(widths)[len(widths) // 2]
    assert sorted(round(24 * width / usual) for width in widths) == sorted([24] * (len(widths) - 1) + [hours])
    # Its quarters follow each other, each at the hour that clocks in the house showed.
    data = reader.get("/history/weekly?from=%d&to=%d" % (midnight(day), midnight(day + datetime.timedelta(1))))
    assert len(data["t"]) == 4 * hours
    told = {}
    for text in tab.get_by_role("slider").first.evaluate(LEAFED):
        if day.strftime(" %d/%m") in text:
            told.setdefault(re.search(r"\d\d:\d\d", text).group(), []).append(text)
    assert sum(map(len, told.values())) == 4 * hours
    assert len(told.get("03:15", [])) == (0 if hours == 23 else 2)
    assert "02:45–0%d:00" % (4 if hours == 23 else 3) in told["02:45"][0]


def test_a_month_tells_what_the_day_has_cost(changed):
    page, reader, day, hours = changed
    tab = view(page, "month")
    start = midnight(day)
    days = reader.get("/history/monthly?from=%d&to=%d" % (start, start + 1))
    assert days["t"] == [start]
    quarters = reader.get("/history/weekly?from=%d&to=%d" % (start, midnight(day + datetime.timedelta(1))))
    assert len(quarters["t"]) == 4 * hours
    assert abs(sum(quarters["i"]) - days["i"][0]) < 0.01
    cost = sum(price * energy for price, energy in zip(quarters["p"], quarters["i"])) / 100
    page.until("document.querySelector('.sums').textContent.includes('Cost')")
    text = tab.get_by_role("slider").first.evaluate(LEAFED)[3]
    assert day.strftime("%-d %B") in text
    assert abs(number(text, "Import") - days["i"][0]) <= 0.0501
    assert abs(number(text, "Cost") - cost) <= 0.00501, (text, cost)
