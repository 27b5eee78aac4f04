"""A real browser, and readers for it; each is started once for a file of tests."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from host_sim.command.process import ROOT, with_application
from host_sim.house import House
from host_sim.meters import create
from tests.fuzz import frames
from tools.measure.simulator import Simulator

#: Time-out, s: nothing takes so long, even on a slow machine.
PATIENCE = 600

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# An image with files has its code on the heap, as on boards with PSRAM.
RUNTIMES = {"cpython": (), "micropython": ("--runtime", "micropython", "--heap", "640k")}
KEY = bytes(range(16))


VIEWS = (
    "live", "history", "prices", "settings/network", "settings/meter", "settings/general", "settings/alarms",
    "settings/connections", "settings/access", "settings/update", "settings/diagnosis",
)  # fmt: skip
# A sign that the view has what it shows.
SIGNS = {
    "live": ".big small", "history": ".sums dd", "prices": ".sums dd", "settings/network": "#f-ss",
    "settings/meter": "#f-m-f", "settings/general": "#f-t", "settings/alarms": "#f-alarms-power-on",
    "settings/connections": "#f-out-mqtt-on", "settings/access": "#secrets", "settings/update": "#image",
    "settings/diagnosis": ".stages li.good",
}  # fmt: skip

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Of these a theme makes a difference.
COLOURS = ["color-contrast", "link-in-text-block"]


def violations(tab, rules=WCAG):
    """The violations that axe finds in a tab; it needs a Page with bypass_csp."""
    tab.emulate_media(reduced_motion="reduce")
    found = Axe().run(tab, options={"runOnly": rules}).response["violations"]
    return [(tab.url, rule["id"], [node["html"][:160] for node in rule["nodes"]][:3]) for rule in found]


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Page:
    """A tab with the page of a reader (tools/measure/simulator.py). The page must never report a script error."""

    def __init__(self, browser, reader, **options):
        options.setdefault("locale", "en-GB")
        options.setdefault("viewport", {"width": 1200, "height": 900})
        self.reader = reader
        self.url = reader.url
        self.context = browser.new_context(**options)
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(1000 * PATIENCE)
        self.errors = []
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("console", self._console)
        self.tab.on("requestfailed", self._asked_in_vain)

    def _console(self, message):
        # What the network refuses is part of the tests; what the policy or the script refuses is not.
        if message.type == "error" and "Failed to load resource" not in message.text:
            if "WebSocket connection" not in message.text:
                self.errors.append(message.text)

    def _asked_in_vain(self, request):
        if self.reader.process.poll() is not None:
            self.errors.append("the simulator has ended with %d" % self.reader.process.returncode)
            self.context.close()  # what waits for the page fails at once

    def open(self, view):
        self.tab.goto("about:blank")
        self.tab.goto(self.url + "/#" + view)
        self.tab.locator("main h1").wait_for()
        return self.tab

    def until(self, expression, arg=None):
        """Wait until a JavaScript expression holds. Playwright's own waiting needs eval, which the policy forbids."""
        end = time.monotonic() + PATIENCE
        while not self.tab.evaluate(expression, arg):
            assert time.monotonic() < end, (expression, self.tab.locator("main").inner_text())
            self.tab.wait_for_timeout(50)

    def see(self, text, where="main"):
        """Wait until a text is there."""
        self.tab.locator(where).get_by_text(text).first.wait_for()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.context.close()
        assert kind or not self.errors, self.errors


def show(page, view):
    tab = page.open(view)
    tab.locator(SIGNS[view]).first.wait_for()
    return tab


def lived(folder, until):
    """Make it the state of a reader that has recorded 40 days until a time, unix s."""
    line = [sys.executable, "-m", "host_sim.past", folder, 40, 60, 1, until]
    subprocess.run([str(part) for part in line], cwd=ROOT, env=with_application(), check=True)


@pytest.fixture(scope="session")
def past(tmp_path_factory):
    """A state folder that goes back 40 days."""
    folder = tmp_path_factory.mktemp("past")
    lived(folder, int(time.time()))
    return folder


@pytest.fixture(scope="session")
def readers(browser, past, tmp_path_factory):
    """A function that returns the reader with a past on an interpreter, and starts it on the first call."""
    running = {}
    with contextlib.ExitStack() as stack:

        def get(runtime):
            if runtime not in running:
                state = tmp_path_factory.mktemp(runtime) / "state"
                shutil.copytree(past, state)
                simulator = Simulator("--port", "0", "--state", state, *RUNTIMES[runtime])
                running[runtime] = stack.enter_context(simulator)
                simulator.wait_for_reading()
            return running[runtime]

        yield get


@pytest.fixture(scope="session", params=list(RUNTIMES))
def reader(request, readers):
    """A reader on each interpreter."""
    return readers(request.param)


@pytest.fixture(scope="session")
def desktop(readers):
    """The reader on CPython, for tests that do not depend on the interpreter."""
    return readers("cpython")


class Line(threading.Thread):
    """A pseudo-terminal on which a meter sends; the test chooses what."""

    def __init__(self):
        super().__init__(daemon=True)
        self.master, slave = os.openpty()
        self.path = os.ttyname(slave)
        self._slave = slave
        self._ended = threading.Event()
        self._counter = 0
        self._house = House(1763802000, 3, 60)
        self._sealer = frames.Sealer(KEY, bytes(16))
        #: What is sent every second: None, "plain", "sealed" or "noise".
        self.mode = None

    def telegram(self):
        self._counter += 1
        if self.mode == "noise":
            return b"\x55\xaa" * 40
        frame = create("kamstrup").encode(self._house.state((1763802000 + 10 * self._counter) * 1000))
        if self.mode == "plain":
            return frame
        apdu = frame[11:-3]  # between the LLC header and the checksum
        return frames.hdlc(frames.LLC + self._sealer.seal(apdu, counter=self._counter))

    def run(self):
        while not self._ended.wait(1):
            if self.mode:
                os.write(self.master, self.telegram())

    def close(self):
        self._ended.set()
        self.join()
        os.close(self.master)
        os.close(self._slave)


class Wired:
    """A reader on a Line, and the page on it."""

    def __init__(self, browser, runtime, stack):
        self.line = Line()
        self.reader = stack.enter_context(Simulator("--port", "0", "--serial", self.line.path, *RUNTIMES[runtime]))
        stack.callback(self.line.close)
        self.line.start()
        self.page = stack.enter_context(Page(browser, self.reader))
        self.tab = self.page.tab


@pytest.fixture(scope="module")
def wired(browser):
    """One Wired on each interpreter; slow steps run on both at once."""
    with contextlib.ExitStack() as stack:
        yield [Wired(browser, runtime, stack) for runtime in RUNTIMES]
