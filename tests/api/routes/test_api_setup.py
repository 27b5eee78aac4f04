"""Setup over HTTP: the network's name and password, scans, and the redirects for phones while setup mode is open."""

import asyncio
import json

from host_sim.board import Cable
from host_sim.radio import Radio
from host_sim.radio.air import neighbourhood
from tests.api.fake import Board, Running, ask, get


class Wireless(Board):
    """A board with a radio and the network Home in reach; only the test moves its clock."""

    def __init__(self):
        super().__init__()
        self.radio = Radio(self.ticks_ms, "127.0.0.1", None, lambda ms: None)
        self.radio.air.points = neighbourhood("127.0.0.1")

    def wlan(self, kind):
        return getattr(self.radio, kind)

    def lan(self):
        return None


async def passes(app, seconds):
    for _ in range(seconds):
        app.board.ticks += 1000
        app.links.turn()
    await asyncio.sleep(0)


async def opened(app):
    """Wait until setup mode is open, with its name server on any port."""
    app.board.names = "127.0.0.1", app.port
    await passes(app, 15)
    assert app.links.portal() == "127.0.0.1"


async def send(app, body, method="POST", **more):
    return await ask(app, "/setup", method, body=json.dumps(body).encode(), **more)


async def test_a_reader_is_set_up_over_its_access_point():
    async with Running(Wireless()) as app:
        assert (await get(app, "/han"))["state"] == "SETUP"
        await opened(app)
        answer = await send(app, {"s": True, "ss": "Home", "sp": "correct horse"})
        assert answer.status == 200 and answer.json() == {"success": True, "message": "setup:ok"}
        assert (await get(app, "/han"))["state"] == "UNREGISTERED"
        await passes(app, 12)
        state = await get(app, "/han")
        assert state["wifiIp"] == "127.0.0.1" and state["state"] == "UNREGISTERED"
        assert (await get(app, "/configuration"))["w"]["s"] == "Home"
        rows = {row["name"]: row for row in (await get(app, "/health"))["services"]}
        assert rows["network"]["health"] == "ok"
        assert (await get(app, "/health"))["wifi_rssi"] == app.board.radio.sta.status("rssi")
        await passes(app, 70)
        assert app.links.portal() is None


async def test_what_setup_takes():
    async with Running(Wireless()) as app:
        values = app.config.values
        answer = await send(app, {"s": True, "ss": "Café", "sp": "", "more": 1}, "PUT")
        assert answer.status == 200
        w = app.config.values["w"]
        assert (w["e"], w["s"], w["p"], w["w"]) == (True, "Café", "", 0)
        app.config.values = dict(app.config.values, np="eth", w=dict(w, n=dict(w["n"], m="static", i="10.0.0.9")))
        assert (await send(app, {"s": True, "ss": "Home", "sp": "correct horse"})).status == 200
        values = app.config.values
        # The policy now allows WiFi, and the fixed address of the old network is gone.
        assert values["np"] == "auto" and values["w"]["n"]["m"] == "dhcp" and values["w"]["w"] == 2
        for body, named in (
            ({"ss": "x", "sp": ""}, "s "),
            ({"s": False, "ss": "x", "sp": ""}, "s "),
            ({"s": 1, "ss": "x", "sp": ""}, "s "),
            ({"s": True, "sp": ""}, "ss"),
            ({"s": True, "ss": "", "sp": ""}, "ss"),
            ({"s": True, "ss": 5, "sp": ""}, "ss"),
            ({"s": True, "ss": "é" * 17, "sp": ""}, "ss"),
            ({"s": True, "ss": "x"}, "sp"),
            ({"s": True, "ss": "x", "sp": None}, "sp"),
            ({"s": True, "ss": "x", "sp": "short"}, "sp"),
            ({"s": True, "ss": "x", "sp": "y" * 65}, "sp"),
            ([], "body"),
        ):
            answer = await send(app, body)
            assert answer.status == 400 and named in answer.json()["message"], body
            assert app.config.values == values
        for headers in ("Origin: http://evil.com\r\n", "Sec-Fetch-Site: cross-site\r\n"):
            assert (await send(app, {"s": True, "ss": "x", "sp": ""}, headers=headers)).status == 403
        app.config.values = dict(values, pw="secret words")
        assert (await send(app, {"s": True, "ss": "x", "sp": ""})).status == 401


async def test_the_same_once_more_is_tried_at_once():
    async with Running(Wireless()) as app:
        home, app.board.radio.air.points = app.board.radio.air.points, []
        await send(app, {"s": True, "ss": "Home", "sp": "correct horse"})
        await passes(app, 300)
        while app.links.wlan.trying:
            await passes(app, 1)
        app.board.radio.air.points = home
        await send(app, {"s": True, "ss": "Home", "sp": "correct horse"})
        await passes(app, 8)
        assert (await get(app, "/han"))["wifiIp"] == "127.0.0.1"


async def test_a_scan():
    async with Running(Wireless()) as app:
        assert await get(app, "/wifi/scan") == {"status": "SCAN_RUNNING"}
        for _ in range(100):
            found = await get(app, "/wifi/scan")
            if found["status"] != "SCAN_RUNNING":
                break
            await asyncio.sleep(0.02)
        assert found["status"] == "SCAN_SUCCESS"
        assert [(n["ssid"], n["auth"], n["channel"]) for n in found["networks"]] == [
            ("Home", "WPA2_PSK", 6), ("Neighbour", "WPA2_PSK", 11), ("Café", "OPEN", 1),
        ]  # fmt: skip
        assert await get(app, "/wifi/scan") == found  # and no new one
        assert app.board.radio.air.scans == 1
        answer = await ask(app, "/wifi/scan", headers="X-Scan-Start: 1\r\n")
        assert answer.json() == {"status": "SCAN_RUNNING"}
        await asyncio.sleep(0.2)
        assert (await get(app, "/wifi/scan"))["status"] == "SCAN_SUCCESS" and app.board.radio.air.scans == 2
        answer = await ask(app, "/wifi/scan", headers="X-Scan-Start: 1\r\nSec-Fetch-Site: cross-site\r\n")
        assert answer.status == 403 and app.board.radio.air.scans == 2


async def test_a_board_without_a_radio():
    board = Board()
    board.cable = Cable("192.168.1.50")
    async with Running(board) as app:
        assert (await get(app, "/wifi/scan"))["status"] == "SCAN_FAILED"


PROBES = (
    ("captive.apple.com", "/hotspot-detect.html"),
    ("www.apple.com", "/library/test/success.html"),
    ("connectivitycheck.gstatic.com", "/generate_204"),
    ("clients3.google.com", "/gen_204"),
    ("www.msftconnecttest.com", "/connecttest.txt"),
    ("www.msftconnecttest.com", "/redirect"),
    ("www.msftncsi.com", "/ncsi.txt"),
    ("detectportal.firefox.com", "/success.txt"),
    ("detectportal.firefox.com", "/canonical.html"),
    ("anything.example.com", "/"),
    ("127.0.0.1", "/generate_204"),
)


async def test_phones_and_computers_are_led_to_the_page_while_setup_is_open():
    async with Running(Wireless()) as app:
        for host, path in PROBES:
            answer = await ask(app, path, host=host)
            assert answer.status == (404 if host == "127.0.0.1" else 403), (host, path)
        await opened(app)
        for host, path in PROBES:
            for method in ("GET", "HEAD"):
                answer = await ask(app, path, method, host=host)
                assert answer.status == 302 and answer.body == b"", (host, path)
                assert answer.headers["location"] == "http://127.0.0.1:%d/" % app.port
        # Under a foreign name the reader shows nothing else.
        for path in ("/meter", "/han", "/configuration", "/sse", "/health", "/wifi/scan", "/setup", "/ui"):
            assert (await ask(app, path, host="evil.example.com")).status == 403, path
            answer = await ask(app, path, host="captive.apple.com")
            assert answer.status == 302 and answer.body == b""
        for host in ("captive.apple.com", "evil.example.com"):
            answer = await send(app, {"s": True, "ss": "Evil", "sp": ""}, host=host)
            assert answer.status == 403
        assert app.config.get("w", "s") == ""
        assert (await get(app, "/han"))["state"] == "SETUP"


async def test_factory_settings_by_the_button():
    async with Running(Wireless()) as app:
        await send(app, {"s": True, "ss": "Home", "sp": "correct horse"})
        app.board.button = lambda: True
        await passes(app, 12)
        app.board.button = lambda: False
        await passes(app, 1)
        assert app.config.get("w", "s") == "" and app.supervisor.leaving[0] == "USER"
        assert (await get(app, "/han"))["rebootPending"] is True
