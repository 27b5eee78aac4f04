"""Uploads and all other requests about updates: permissions, answers, and the slot that starts next."""

import asyncio

from han.api.http.connection import Connection
from han.ota.state import settle
from tests.api.fake import Answer, Board, Running, ask, connect, get
from tests.ota.test_client import Server
from tests.ota.world import SECTOR, SECTORS, Chip, image

_MARK = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
_FORM = "Content-Type: multipart/form-data; boundary=%s\r\n" % _MARK


class Reader(Board):
    """A board with two slots that notes restarts."""

    chip = "sim"

    def __init__(self):
        super().__init__()
        self.chip_ = Chip()
        self.boot = self.chip_.boot
        self.slots = self.chip_.slots
        self.confirm = self.chip_.confirm
        self.restarts = []

    def running(self):
        return Running(self)


def form_of(data, name="filename", before=""):
    part = '--%s\r\nContent-Disposition: form-data; name="%s"; filename="ota.bin"\r\n' % (_MARK, name)
    part += "Content-Type: application/octet-stream\r\n\r\n"
    return before.encode() + part.encode() + data + ("\r\n--%s--\r\n" % _MARK).encode()


async def authorized(app):
    token = (await get(app, "/auth/token"))["accessToken"]
    return "Authorization: Bearer %s\r\n" % token


def watch(app, board):
    """Note restarts instead of doing them."""
    app.updates.restart = lambda *why: board.restarts.append(why)


async def upload(app, data, path="/ota", headers="", whole=True):
    return await ask(app, path, "POST", headers + _FORM, form_of(data) if whole else data)


async def test_an_upload_is_staged_and_starts_when_activated():
    board = Reader()
    async with board.running() as app:
        watch(app, board)
        token = await authorized(app)
        state = await get(app, "/ota")
        assert state["status"] == "IDLE" and state["activeSlot"] == "slot1" and state["stagedSlot"] is None
        assert (state["server"], state["visits"]) == ("none", 0)  # "up to date" is nobody's to say
        assert (await ask(app, "/ota/activate", "POST", token)).status == 409
        answer = await upload(app, image("good"), headers=token)
        assert answer.status == 200, answer.body
        state = answer.json()
        assert state["type"] == "HAN_OTA_MESSAGE" and state["status"] == "READY_TO_REBOOT"
        assert state["stagedSlot"] == "slot2" and state["stagedVersion"] == state["version"] == "0.2.0.0"
        assert state["progress"] == 100 and state["source"] == "local" and state["error"] is None
        assert not state["allowDownload"] and board.chip_.next == "slot1"
        again = await get(app, "/ota")
        assert again["status"] == "READY_TO_REBOOT" and again["uuid"] == state["uuid"]
        for path, method in (("/ota/clear", "POST"), ("/ota", "DELETE")):
            assert (await ask(app, path, method, token)).status == 409  # staged updates are not cleared
        answer = await ask(app, "/ota/activate", "POST", token)
        assert answer.status == 200 and answer.json()["status"] == "REBOOT_PENDING"
        assert board.chip_.next == "slot2" and board.restarts == [("OTA_UPDATE",)]
        assert (await upload(app, image("good"), headers=token)).status == 409
        assert (await ask(app, "/ota/activate", "POST", token)).status == 409


async def test_the_image_may_be_the_body_itself():
    board = Reader()
    async with board.running() as app:
        token = await authorized(app) + "Content-Type: application/octet-stream\r\n"
        answer = await ask(app, "/ota", "POST", token, image("good"))
        assert answer.json()["status"] == "READY_TO_REBOOT"


async def test_forms_of_every_shape():
    small = '--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    data = image("good")
    quoted = 'Content-Type: multipart/form-data; charset=utf-8; boundary="%s"\r\n' % _MARK
    cases = (
        (_FORM, form_of(data, before=small % (_MARK, "note", "x" * 3000) + small % (_MARK, "other", ""))),
        (quoted, form_of(data)),
        (_FORM, form_of(data)[:-4]),  # without what ends the last mark: the image is all there
        (_FORM, form_of(data) + b"an epilogue"),
        (_FORM, form_of(data).replace(b'name="filename"; ', b"name=filename;")),
    )
    for fields, body in cases:
        async with Reader().running() as app:
            answer = await ask(app, "/ota", "POST", await authorized(app) + fields, body)
            assert answer.status == 200, (body[:80], answer.body)
    wrong = (
        (_FORM, form_of(data, name="file"), "no field filename"),
        (_FORM, form_of(b""), "no image"),
        (_FORM, form_of(data)[:-80], "truncated"),
        (_FORM, form_of(data).replace(_MARK.encode(), b"another"), "truncated"),
        (_FORM, form_of(data).replace(b"name=", b"x" * 2000), "too long"),
        (_FORM, b"--" + _MARK.encode(), "truncated"),
        ("Content-Type: multipart/form-data\r\n", form_of(data), "boundary"),
        ("", b"x", "not an image"),
    )
    async with Reader().running() as app:
        token = await authorized(app)
        for fields, body, reason in wrong:
            answer = await ask(app, "/ota", "POST", token + fields, body)
            assert answer.status == 400 and reason in answer.json()["message"], (answer.status, answer.body)
            assert (await get(app, "/ota"))["status"] == "FAILED"
        assert (await upload(app, data, headers=token)).status == 200


async def test_every_piece_of_a_form_may_come_alone():
    board = Reader()
    async with board.running() as app:
        body = form_of(image("good"))
        fields = await authorized(app) + _FORM
        head = "POST /ota HTTP/1.1\r\nHost: h\r\n%sContent-Length: %d\r\n\r\n" % (fields, len(body))
        socket = await connect(app)
        await socket.send(head.encode())
        sizes = [1] * 200 + [1000] * 100
        at = 0
        for size in sizes:
            await socket.send(body[at : at + size])
            at += size
            await asyncio.sleep(0)
        assert at >= len(body)
        assert Answer(await socket.all()).status == 200
        await socket.close()


async def test_who_may():
    board = Reader()
    async with board.running() as app:
        watch(app, board)
        good = await authorized(app)
        foreign = "Origin: http://elsewhere.example\r\n"
        for path, method in (
            ("/ota", "POST"), ("/ota", "DELETE"), ("/ota/download", "POST"), ("/ota/clear", "POST"),
            ("/ota/activate", "POST"),
        ):  # fmt: skip
            body = image("good") if (path, method) == ("/ota", "POST") else b""
            for headers, status in (("", 401), ("Authorization: Bearer x.y.z\r\n", 401), (good + foreign, 403)):
                answer = await ask(app, path, method, headers, body)
                assert answer.status == status and not answer.json()["success"], (path, headers, answer.status)
        assert (await ask(app, "/update", "POST", foreign, image("good"))).status == 403
        assert (await ask(app, "/update", "POST", "Sec-Fetch-Site: cross-site\r\n", image("good"))).status == 403
        assert (await get(app, "/ota"))["status"] == "IDLE"
        assert (await ask(app, "/ota/activate")).status == 405
        assert (await ask(app, "/update", "DELETE")).status == 405
        assert (await ask(app, "/ota", "HEAD")).status == 200
        # An older version always needs a token and an explicit request.
        for path, headers, status in (
            ("/update?allowDowngrade=1", "", 401), ("/update", "", 400), ("/update", good, 400), ("/ota", good, 400),
            ("/ota?allowDowngrade=0", good, 400), ("/ota?allowDowngrade=1", good, 200),
        ):  # fmt: skip
            answer = await upload(app, image("old"), path, headers)
            assert answer.status == status, (path, headers, answer.status, answer.body)
            if status == 400:
                assert answer.json()["message"].startswith("too_old: ")
        # Only a client with a token may upload the same version again, or anybody could wear out the flash.
        assert (await upload(app, image("same"), "/update")).status == 400
        assert (await upload(app, image("same"), "/ota", good)).status == 200
        assert board.chip_.next == "slot1" and not board.restarts


async def test_where_no_image_with_files_runs_frozen_ones_are_taken_only():
    board = Reader()
    board.no_files = lambda: "needs a certain something"
    async with board.running() as app:
        watch(app, board)
        token = await authorized(app)
        for path in ("/ota", "/update"):
            answer = await upload(app, image("good"), path, token)
            assert answer.status == 400 and "wrong_product: it is not marked" in answer.json()["message"]
            state = await get(app, "/ota")
            assert (state["status"], state["error"]) == ("FAILED", "wrong_product")
            assert "needs a certain something" in state["reason"] and state["stagedSlot"] is None
            assert state["progress"] == 0
        assert board.chip_.content(SECTOR) == b"\xff" * SECTOR
        answer = await upload(app, image("good"), "/ota?allowDowngrade=1", token)
        assert answer.status == 400 and answer.json()["message"] == "wrong_product: it needs a certain something"
        assert board.chip_.next == "slot1" and not board.restarts
        for name, path in (("marked", "/ota"), ("frozen", "/ota?allowDowngrade=1")):
            assert (await upload(app, image(name), path, token)).json()["status"] == "READY_TO_REBOOT"


async def test_the_old_upload_activates_and_restarts_by_itself():
    board = Reader()
    async with board.running() as app:
        watch(app, board)
        state = await get(app, "/update")
        assert state == {
            "status": "IDLE", "updating": False, "rebootPending": False, "bytesWritten": 0, "bytesExpected": 0,
            "progress": 0, "error": None,
        }  # fmt: skip
        answer = await upload(app, image("stranger"), "/update")
        assert answer.status == 400 and "bad_signature" in answer.json()["message"]
        assert (await get(app, "/update"))["error"] == "bad_signature" and board.chip_.next == "slot1"
        answer = await upload(app, image("good"), "/update")
        state = answer.json()
        assert state["status"] == "REBOOT_PENDING" and state["rebootPending"] and not state["updating"]
        assert state["bytesWritten"] == state["bytesExpected"] == len(image("good")) and state["progress"] == 100
        assert board.chip_.next == "slot2" and board.restarts == [("OTA_UPDATE",)]


async def test_with_an_access_password_the_old_upload_needs_a_token():
    board = Reader()
    async with board.running() as app:
        watch(app, board)
        good = await authorized(app)
        app.config.values["pw"] = "a long password"
        assert (await upload(app, image("good"), "/update")).status == 401
        assert (await get(app, "/update"))["status"] == "IDLE"
        assert (await upload(app, image("good"), "/update", good)).status == 200


async def test_sizes():
    async with Reader().running() as app:
        token = await authorized(app)
        answer = await upload(app, image("large"), headers=token)
        assert answer.status == 413 and "too_large" in answer.json()["message"]
        assert (await get(app, "/ota"))["error"] == "too_large"
        # A body that just fits the slot is accepted, with its form around it; then it is refused as no image.
        answer = await upload(app, image("good") + b"\xff" * (SECTOR * SECTORS - len(image("good"))), headers=token)
        assert answer.status == 400 and "invalid_firmware" in answer.json()["message"]
        answer = await upload(app, image("good") + b"\xff" * (SECTOR * SECTORS + 1 - len(image("good"))), headers=token)
        assert answer.status == 413
        assert (await ask(app, "/ota", "POST", token)).status == 400
        # Other paths have the usual limit.
        assert (await ask(app, "/configuration", "PUT", "", b"x" * 9000)).status == 413
        assert (await ask(app, "/ota/clear", "POST", token, b"x" * 9000)).status == 413


async def test_one_at_a_time_and_a_client_that_vanishes():
    board = Reader()
    async with board.running() as app:
        token = await authorized(app)
        data = image("good")
        head = "POST /ota HTTP/1.1\r\nHost: h\r\n%sContent-Length: %d\r\n\r\n" % (token, len(data))
        first = await connect(app)
        await first.send(head.encode() + data[:9000])
        for _ in range(200):
            await asyncio.sleep(0.01)
            if app.updates.written >= 8192:
                break
        state = await get(app, "/ota")
        assert state["status"] == "INSTALL_IN_PROGRESS" and state["progress"] == 8192 * 100 // len(data) // 1
        assert (await get(app, "/update"))["updating"]
        for path, headers in (("/ota", token), ("/update", "")):
            answer = await ask(app, path, "POST", headers, data)
            assert answer.status == 409 and "on its way" in answer.json()["message"]
        for path in ("/ota/clear", "/ota/activate", "/ota/download"):
            assert (await ask(app, path, "POST", token)).status == 409
        await first.close()
        for _ in range(200):
            await asyncio.sleep(0.01)
            if app.updates.status == "FAILED":
                break
        state = await get(app, "/ota")
        assert (state["status"], state["error"]) == ("FAILED", "truncated") and state["stagedSlot"] is None
        answer = await ask(app, "/ota/clear", "POST", token)
        assert answer.status == 200 and answer.json()["status"] == "IDLE" and answer.json()["error"] is None
        assert (await ask(app, "/ota", "DELETE", token)).status == 200
        assert (await ask(app, "/ota", "POST", token, data)).status == 200


async def test_two_uploads_that_begin_together():
    async with Reader().running() as app:
        token = await authorized(app)
        both = await asyncio.gather(*[upload(app, image(name), headers=token) for name in ("good", "newer")])
        assert sorted([answer.status for answer in both]) == [200, 409]
        taken = both[0] if both[0].status == 200 else both[1]
        state = await get(app, "/ota")
        assert state["status"] == "READY_TO_REBOOT" and state["stagedVersion"] == taken.json()["stagedVersion"]


async def test_nothing_else_while_one_is_downloaded_or_activated():
    board = Reader()
    async with board.running() as app:
        watch(app, board)
        token = await authorized(app)

        async def everything_is_refused():
            for path, headers in (("/ota", token), ("/update", "")):
                assert (await upload(app, image("newer"), path, headers)).status == 409
            for path in ("/ota/download", "/ota/clear", "/ota/activate"):
                assert (await ask(app, path, "POST", token)).status == 409, path

        assert (await upload(app, image("good"), headers=token)).status == 200
        # The user asks for the server's release: from that answer on the slot belongs to the download.
        board.updates = "http://127.0.0.1:9"
        app.updates.offer = "0.3.0.0", "http://127.0.0.1:9/x.bin", 28672, "00" * 32
        answer = await ask(app, "/ota/download", "POST", token)
        assert answer.status == 200 and answer.json()["status"] == "DOWNLOAD_IN_PROGRESS"
        await everything_is_refused()
        assert board.chip_.next == "slot1" and app.updates.staged == "0.2.0.0"
        settle(app.updates)
        # An activation verifies the whole image again, and lets other tasks run meanwhile.
        waits = asyncio.Event()
        running, other = board.slots()
        read, other.readblocks = other.readblocks, lambda *arguments: (waits.set(), read(*arguments))[1]
        board.slots = lambda: (running, other)
        first = asyncio.create_task(ask(app, "/ota/activate", "POST", token))
        await waits.wait()
        answers = await asyncio.gather(
            upload(app, image("newer"), headers=token), ask(app, "/ota/activate", "POST", token),
            ask(app, "/ota/clear", "POST", token), upload(app, image("newer"), "/update"),
        )  # fmt: skip
        assert [answer.status for answer in answers] == [409] * 4
        assert (await first).json()["status"] == "REBOOT_PENDING"
        await everything_is_refused()
        assert board.chip_.next == "slot2" and board.restarts == [("OTA_UPDATE",)]
        assert board.chip_.content(len(image("good"))) == image("good")


async def test_a_client_that_says_nothing_more_is_given_up():
    board = Reader()
    idle, Connection.idle_ms = Connection.idle_ms, 500
    try:
        async with board.running() as app:
            token = await authorized(app)
            first = await connect(app)
            head = b"POST /update HTTP/1.1\r\nHost: h\r\nContent-Length: 24576\r\n\r\n"
            await first.send(head + image("good")[:5000])
            assert await first.all() == b""
            state = await get(app, "/ota")
            assert (state["status"], state["error"]) == ("FAILED", "truncated")
            assert (await upload(app, image("good"), headers=token)).status == 200
    finally:
        Connection.idle_ms = idle


async def test_a_version_that_has_not_proven_itself_keeps_its_way_back():
    board = Reader()
    board.boot["pending"] = True
    async with board.running() as app:
        answer = await upload(app, image("good"), "/update")
        assert answer.status == 409 and "proven" in answer.json()["message"]
        app.updates.proven = True
        watch(app, board)
        assert (await upload(app, image("good"), "/update")).status == 200


async def test_a_board_with_one_slot():
    async with Running() as app:
        assert (await ask(app, "/update", "POST", "", image("good"))).status == 409


async def test_what_was_rolled_back_is_told_until_cleared():
    board = Reader()
    board.boot["rolled_back"] = "slot2: restarted before it was confirmed"
    async with board.running() as app:
        state = await get(app, "/ota")
        assert (state["status"], state["error"]) == ("FAILED", "rolled_back")
        assert state["reason"] == "slot2: restarted before it was confirmed"
        answer = await ask(app, "/ota", "DELETE", await authorized(app))
        assert answer.json()["status"] == "IDLE" and answer.json()["error"] is None


async def test_streams_hear_of_every_step():
    board = Reader()
    async with board.running() as app:
        watch(app, board)
        socket = await connect(app)
        await socket.send(b"GET /sse HTTP/1.1\r\nHost: h\r\n\r\n")
        await socket.until(b"event: HAN_OTA_MESSAGE\n")
        assert b'"status":"IDLE"' in await socket.until(b"\n\n")
        assert (await upload(app, image("good"), "/update")).status == 200
        told = b""
        while b"REBOOT_PENDING" not in told:
            told += await socket.until(b"\n\n")
        assert told.count(b"event: HAN_OTA_MESSAGE") >= 2
        await socket.close()


async def test_there_is_nothing_to_download_without_a_server():
    async with Reader().running() as app:
        answer = await ask(app, "/ota/download", "POST", await authorized(app))
        assert answer.status == 409 and "no_update" in answer.json()["message"]
        assert not (await get(app, "/ota"))["allowDownload"]


async def test_the_update_server_is_asked_in_the_first_minute_too():
    async with Server() as server:
        board = Reader()
        board.updates = server.site.base
        async with board.running() as app:
            watch(app, board)
            app.config.values["up"] = "manual"
            token = await authorized(app)
            answer = await ask(app, "/ota/download", "POST", token)
            assert answer.status == 409 and "is being asked" in answer.json()["message"]
            for wanted, status in ("UPDATE_AVAILABLE", 200), ("READY_TO_REBOOT", 0):
                for _ in range(100):
                    state = await get(app, "/ota")
                    if state["status"] == wanted:
                        break
                    await asyncio.sleep(0.1)
                assert state["status"] == wanted and state["version"] == "0.2.0.0"
                if status:
                    assert (await ask(app, "/ota/download", "POST", token)).status == status
            assert board.chip_.next == "slot1" and not board.restarts
