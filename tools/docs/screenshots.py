"""Makes pictures of every view of the reader's page in docs/screenshots: `make screenshots`.

Debian's Chromium shows a simulated reader with a history of a year, gas and water, on a desktop in both themes and on
a phone. A palette keeps the pictures small, as the page has few colours.
"""

import io
import pathlib
import shutil
import sys

from PIL import Image
from playwright.sync_api import sync_playwright

from staging import stage
from tools.measure.simulator import Simulator

FOLDER = stage.ROOT / "docs" / "screenshots"
VIEWS = (
    "live", "history", "prices", "settings/network", "settings/meter", "settings/general", "settings/alarms",
    "settings/connections", "settings/access", "settings/update", "settings/diagnosis",
)  # fmt: skip
#: name: (width, height, theme)
LOOKS = {"light": (1100, 800, "light"), "dark": (1100, 800, "dark"), "phone": (390, 780, "dark")}
#: Largest picture, bytes.
MOST = 60000


def small(data):
    """The picture (PNG bytes) as a PNG with a palette."""
    out = io.BytesIO()
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture.quantize(128, Image.Quantize.MAXCOVERAGE).save(out, "PNG", optimize=True)
    return out.getvalue()


def take(browser, url, name, view, look):
    """Write one picture; False if it is too large."""
    width, height, theme = LOOKS[look]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, locale="en-GB", reduced_motion="reduce"
    )
    tab = context.new_page()
    tab.goto(url + "/#" + view)
    tab.locator("main h1").wait_for()
    tab.locator(".pill.good, .pill.bad" if view else ".nets button").first.wait_for()
    if view in ("live", "history") and name != "silent":
        tab.locator(".sums dd").first.wait_for()
    tab.wait_for_timeout(1500)
    if view == "history":
        # Show the values of one moment, as when a finger is on the chart.
        chart = tab.get_by_role("slider").first
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        tab.mouse.move(box["x"] + box["width"] * 0.62, box["y"] + box["height"] / 2)
        tab.wait_for_timeout(100)
        tab.evaluate("scrollTo(0, 0)")
    picture = small(tab.screenshot())
    context.close()
    path = FOLDER / ("%s-%s.png" % (name, look))
    path.write_bytes(picture)
    good = len(picture) <= MOST
    print("%-36s %6d bytes%s" % (path.relative_to(stage.ROOT), len(picture), "" if good else " TOO LARGE"))
    return good


def main():
    chromium = shutil.which("chromium")
    if not chromium:
        print("no Chromium here (Debian: apt-get install chromium)", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    good = True
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with Simulator("--port", "0", "--meter", "dsmr5", "--past", "400") as reader:
            reader.wait_for_reading()
            for view in VIEWS:
                for look in LOOKS:
                    good = take(browser, reader.url, pathlib.PurePath(view).name, view, look) and good
        # A reader that waits for its meter, and a new one that waits for a network.
        for name, view, *how in (("silent", "live", "--serial", "/dev/null"), ("setup", "", "--network", "setup")):
            with Simulator("--port", "0", *how) as reader:
                for look in LOOKS:
                    good = take(browser, reader.url, name, view, look) and good
        browser.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
