"""Safe mode: the functions that remain when the application does not start."""

import asyncio
import json

from han import safe
from han.ota.proof import last_words
from han.store import flash
from han.store.copies import Copies
from tests.api.fake import Board, Restarted, Running, ask, raw

DAMAGED = (b"[]", b"{", b"\xff\xfe", b'{"m": 5, "w": [], "t": {}}', b"null", b'"x"')


class Uart:
    any_setting = False


class Safe(Running):
    application = safe.App


def rows(answer):
    return {row["name"]: row for row in answer.json()["services"]}


async def test_network_update_and_diagnosis_are_there():
    board = Board()
    board.uart = Uart()
    async with Safe(board) as app:
        health = await ask(app, "/health")
        assert health.status == 200
        found = rows(health)
        assert found["api"]["status"] == "running" and found["api"]["health"] == "ok"
        for name in ("meter", "history", "counters", "spotprices"):
            assert found[name]["status"] == "stopped" and found[name]["error"] == "safe mode"
        assert (await ask(app, "/han")).json()["type"] == "HAN_STATE_MESSAGE"
        assert (await ask(app, "/configuration")).json()["type"] == "HAN_CONFIGURATION"
        meter = await ask(app, "/meter")
        assert meter.status == 503 and b"safe mode" in meter.body
        assert (await ask(app, "/history/hourly")).status == 503
        request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\r\n"
        page = await raw(app, request)
        assert page[:12] == b"HTTP/1.1 200" and b"\r\n\r\n\x1f\x8b" in page
        token = (await ask(app, "/auth/token")).json()["accessToken"]
        report = await ask(app, "/diagnostics", headers="Authorization: Bearer %s\r\n" % token)
        assert report.status == 200 and "safe mode" in report.json()["diagnosis"]


async def test_no_language_of_other_systems_runs():
    board = Board()
    board.uart = Uart()
    async with Running(board) as app:
        out = {"mqtt": {"on": True, "host": "broker.lan"}, "modbus": {"on": True}, "shelly": {"on": True}}
        body = json.dumps({"out": out}).encode()
        assert (await ask(app, "/configuration", "PUT", "", body)).status == 200
    async with Safe(board) as app:
        app.outs.look()
        assert not [name for name in rows(await ask(app, "/health")) if name in app.config.get("out")]
        for path in "/metrics", "/shelly", "/api", "/rpc":
            assert (await ask(app, path)).status == 404
        assert (await ask(app, "/out")).json()["sockets"]["used"] == 0
        assert app.config.get("out", "mqtt", "host") == "broker.lan"


async def test_whatever_is_in_the_flash():
    board = Board()
    for content in DAMAGED:
        copies = Copies(flash.Region(board.partition("state"), *flash.CONFIGURATION), b"HANC")
        copies.load()
        copies.save(content)
        async with Safe(board) as app:
            assert (await ask(app, "/health")).status == 200, content
            assert (await ask(app, "/configuration")).status == 200, content
    for label in ("state", "history"):
        board.partition(label)
        board.flash[label].seek(0)
        board.flash[label].write(b"\x5a" * len(board.flash[label].getvalue()))
    before = board.flash["history"].getvalue()
    async with Safe(board) as app:
        assert (await ask(app, "/health")).status == 200
    assert board.flash["history"].getvalue() == before


async def test_an_image_that_cannot_run_on_its_board_says_so():
    board = Board()
    board.uart = Uart()
    board.no_files = lambda: "needs a certain something"
    why = "safe mode: this image needs a certain something"
    board.boot["manifest"] = {"version": "1.2.3.4", "files": {}}
    async with Safe(board) as app:
        found = rows(await ask(app, "/health"))
        for name in ("meter", "history", "counters"):
            assert (found[name]["status"], found[name]["error"]) == ("stopped", why)
        assert (await ask(app, "/meter")).body == why.encode()
        assert (await ask(app, "/meter/registers")).body == why.encode()
        token = (await ask(app, "/auth/token")).json()["accessToken"]
        report = (await ask(app, "/diagnostics", headers="Authorization: Bearer %s\r\n" % token)).json()
        assert report["diagnosis"] == why and why in str(report["log"])
        assert not app.supervisor.leaving
    # One without files is in safe mode for another reason.
    board.boot["manifest"] = {"version": "1.2.3.4"}
    async with Safe(board) as app:
        assert b"did not become healthy" in (await ask(app, "/meter")).body


async def test_it_goes_back_at_once_where_another_is_confirmed():
    board = Board()
    board.uart = Uart()
    board.no_files = lambda: "needs a certain something"
    board.boot["manifest"] = {"version": "1.2.3.4", "files": {}}
    board.boot["pending"] = True
    app = safe.App(board)
    try:
        await asyncio.wait_for(app.run(), 20)
        raise AssertionError("it stays")
    except Restarted as reason:
        assert reason.args == ("OTA_ROLLBACK",)
    assert board.boot["pending"]
    words = last_words(board.partition("state"), "1.2.3.3")
    assert words == "it needs a certain something", words
