"""/diagnostics and the capture with the real meter task; encrypted meters with keys from the configuration."""

import asyncio
import json

from han.api.routes.health import serve
from han.app import App
from han.meter.line import told
from han.meter.link import Link
from han.store import flash
from han.store.config import Config

from tests.api.fake import Board, Running, ask, get
from tests.meter.anonymous.test_anonymise import LIST, NUMBER, decoded
from tests.wire.test_conventions import text as with_checksum
from tests.wire.test_framer import hdlc

KEY = "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"
AUTH = "0x101112131415161718191A1B1C1D1E1F"
WRONG = "f" * 32
#: Telegrams of 1661 W, made by another library: with KEY and AUTH, frame counters 7 and 8; then with KEY alone.
SEALED = (
    hdlc(bytes.fromhex(
        "db084b414d01020304052e300000000779d2b3e192723de07d84ea664d1ae9579588baf1a87aba9a5013a2025a64c1941ade2a1efbd0900f02"
    )),
    hdlc(bytes.fromhex(
        "db084b414d01020304052e30000000089b9614cc4d89edc3e8f1763d71c32f57257e0bbe581a9c6f4f81453c65fdb2f2032510eab2fd04da8f"
    )),
)  # fmt: skip
UNTAGGED = hdlc(
    bytes.fromhex("db084b414d010203040522200000000938c94e4600fe8b763f966c9991fd5e9e6fa5bf6c55ccf32be91b5645c4")
)


class Uart:
    """Sends what it is given, once."""

    any_setting = True

    def __init__(self, data=b""):
        self.data = data

    def readinto(self, buf):
        n = min(len(buf), len(self.data))
        buf[:n] = self.data[:n]
        self.data = self.data[n:]
        return n


def reading(data):
    """A board whose meter task is the real one."""
    board = Board(link=lambda bus, board: Link(board.uart, bus, board))
    board.uart = Uart(data)
    return board


async def trusted(app, path, method="GET"):
    token = (await get(app, "/auth/token"))["accessToken"]
    return await ask(app, path, method, "Authorization: Bearer %s\r\n" % token)


async def until(condition):
    for _ in range(300):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never happened")


async def test_the_report():
    async with Running(reading(b"noise" + hdlc(LIST) + hdlc(LIST)[:-3] + b"\0\0~")) as app:
        await until(lambda: app.link.counters.checksum_errors)
        app.log.crash("somewhere", ValueError("of some kind"))
        answer = await trusted(app, "/diagnostics")
        assert answer.status == 200 and answer.headers["content-type"] == "application/json"
        report = answer.json()
        counters = report["counters"]
        assert (counters["frames"], counters["checksum_errors"], counters["decoded"]) == (1, 1, 1)
        assert counters["bytes"] == 5 + 2 * len(hdlc(LIST))
        assert report["line"] == {"found": "any", "trying": "any", "tried": ["any"], "option": 0, "checksum": None}
        assert report["keys"] == {"encryption": False, "authentication": False}
        assert report["meter"]["readings"] == 1 and report["diagnosis"] is None
        assert report["implausible"] == {"counts": {}, "last": ""}
        assert report["rebootReason"] == "POWER_ON" and report["uptime_ms"] == 0
        assert [row["name"] for row in report["services"]].count("meter") == 1
        assert "ValueError: of some kind" in report["log"][-1]["text"]
        # The meter's number must not be in it.
        assert NUMBER not in answer.body
        for _ in range(2):
            assert (await trusted(app, "/diagnostics", "HEAD")).status == 200


async def test_what_contradicts_itself_and_the_lines_that_were_tried():
    board = reading(hdlc(LIST.replace(b"\0\0\x06\x7d", b"\x06\0\x06\x7d")))
    async with Running(board) as app:
        await until(lambda: app.link.counters.implausible)
        board.uart.any_setting = False
        app.link.search.tried = 7
        board.uart.configure = lambda *line: None
        report = (await trusted(app, "/diagnostics")).json()
        assert report["implausible"] == {"counts": {"power": 1}, "last": "100664957 W"}
        assert report["line"]["tried"] == ["115200 8N1 inverted", "115200 8N1", "2400 8E1"]


async def test_the_capture():
    stream = b"noise" + hdlc(LIST) * 9
    async with Running(reading(stream)) as app:
        await until(lambda: app.link.counters.frames == 9)
        answer = await trusted(app, "/diagnostics/capture")
        assert answer.status == 200 and answer.headers["content-type"] == "application/octet-stream"
        assert len(answer.body) == len(stream) and NUMBER not in answer.body
        assert [one["import_power_w"] for one, _ in decoded(answer.body)] == [1661] * 9


async def test_a_capture_while_all_is_well_waits_for_telegrams():
    async with Running(reading(hdlc(LIST))) as app:
        await until(lambda: app.link.counters.frames)
        capture = app.link.capture
        while capture.there() is not None:
            capture.well()
        app.link.live.period_ms = 5000

        async def come():
            await until(lambda: capture.there() is not None)
            for _ in range(2):
                app.board.uart.data = hdlc(LIST)
                await asyncio.sleep(0.3)

        coming = asyncio.create_task(come())
        answer = await trusted(app, "/diagnostics/capture")
        await coming
        assert answer.status == 200 and len(decoded(answer.body)) == 2 and capture.there()
        # The line is silent now: the answer is what there is.
        while capture.there() is not None:
            capture.well()
        app.link.live.period_ms = 100
        answer = await trusted(app, "/diagnostics/capture")
        assert answer.status == 200 and answer.body == b""


async def test_a_capture_without_memory_for_it():
    async with Running(reading(hdlc(LIST))) as app:
        await until(lambda: app.link.counters.frames)

        def full():
            raise MemoryError

        app.link.capture.raw = full
        answer = await trusted(app, "/diagnostics/capture")
        assert answer.status == 503 and answer.headers["retry-after"] == "10"


async def test_no_secret_leaves():
    board = reading(SEALED[0])
    secret = KEY.replace(" ", "")
    store(board, k=secret, a=AUTH)
    async with Running(board) as app:
        await until(lambda: app.link.counters.frames)
        await get(app, "/auth/token")
        kept = board.flash["state"].getvalue()
        at = kept.find(b"HANT")
        token_key = kept[at + 16 : at + 48]
        assert at > 0 and len(token_key) == 32
        for path in ("/diagnostics", "/diagnostics/capture", "/configuration", "/health", "/auth/token"):
            body = (await trusted(app, path)).body
            for text in (secret, AUTH, AUTH[2:], token_key.hex()):
                assert text.encode() not in body and text.upper().encode() not in body, path
            assert token_key not in body and bytes.fromhex(secret) not in body
        assert (await get(app, "/configuration"))["m"]["ks"] is True
        assert (await trusted(app, "/diagnostics")).json()["keys"]["authentication"] is True


# Keys


def store(board, **meter):
    """Write a configuration with these values under `m` to the board's flash."""
    config = Config(flash.Region(board.partition("state"), *flash.CONFIGURATION))
    config.load()
    config.values["m"].update(meter)
    config.change(config.values)


def reader(telegrams, **meter):
    """The application on a board with this configuration, after these telegrams."""
    board = Board()
    board.uart = Uart()
    store(board, **meter)
    app = App(board)
    app.link.start()
    for telegram in telegrams:
        board.uart.data = telegram
        app.link.step()
        board.ticks += 2500
    return app


def health(app):
    try:
        serve(app, None).send(None)  # the coroutine never waits
    except StopIteration as end:
        return json.loads(b"".join(list(end.value.body)))["meter"]


def test_keys_of_the_configuration_open_telegrams():
    for keys in ({"k": KEY, "a": AUTH}, {"k": KEY}, {"k": "0x" + KEY.replace(" ", ":")}):
        app = reader(SEALED, **keys)
        assert app.link.live.seq == 2 and app.link.live.get(0) == 1661, keys
        meter = health(app)
        assert (meter["encrypted"], meter["decrypt_failures"], meter["replayed"]) == (2, 0, 0)
        assert meter["diagnosis"] is None


def test_four_diagnoses():
    for keys, reason, failures in (
        ({}, "encrypted: no key", 0),
        ({"k": WRONG}, "key does not match", 1),
        ({"k": WRONG, "a": AUTH}, "key does not match", 1),
        ({"k": KEY, "a": WRONG}, "authentication key does not match", 1),
    ):
        app = reader(SEALED[:1], **keys)
        meter = health(app)
        assert meter["diagnosis"] == told.diagnosis(app.link) == reason, keys
        assert (meter["encrypted"], meter["decrypt_failures"], meter["decoded"]) == (1, failures, 0)
        assert meter["rejected"] == 1 and app.messages.meter() is None
    app = reader([UNTAGGED], k=WRONG)
    assert health(app)["diagnosis"] == "key does not match" and health(app)["decrypt_failures"] == 1


def test_a_new_key_is_not_judged_by_the_telegrams_before_it():
    app = reader(SEALED[:1])
    for key, before in ((WRONG, "encrypted: no key"), (KEY, "key does not match"), (WRONG, "unknown list")):
        app.link.decoder.reason = before
        values = dict(app.config.values)
        values["m"] = dict(values["m"], k=key)
        app.configure(values)
        assert app.link.decoder.reason == (before if before == "unknown list" else None)


def test_replayed_telegrams_are_counted():
    app = reader((SEALED[0], SEALED[1], SEALED[0], SEALED[1]), k=KEY, a=AUTH)
    assert health(app)["replayed"] == 1 and health(app)["encrypted"] == 4


def test_another_convention_of_checksums_is_said_while_it_is_learned_and_after():
    for count, checksum, diagnosis in (
        (3, "X25, 3 of 5", "checksum by another convention (X25), right in 3 of 5 telegrams"),
        (6, "X25", None),
    ):
        meter = health(reader([with_checksum("X25")] * count))
        assert (meter["checksum"], meter["diagnosis"]) == (checksum, diagnosis)
        assert meter["checksum_errors"] == min(count, 4)
    assert health(reader(SEALED, k=KEY, a=AUTH))["checksum"] is None


def test_a_key_that_is_none_is_said_and_not_told():
    app = reader(SEALED[:1], k="0123456789abcdef" * 3)
    row = [row for row in app.supervisor.rows() if row.name == "configuration"][0]
    assert row.health == "degraded" and "m.k" in row.error and "abcdef" not in row.error
    assert health(app)["diagnosis"] == "encrypted: no key"


async def test_the_reason_is_what_meter_answers():
    async with Running(reading(SEALED[0])) as app:
        await until(lambda: app.link.counters.frames)
        answer = await ask(app, "/meter")
        assert (answer.status, answer.body) == (503, b"encrypted: no key")
        assert answer.headers["content-type"].startswith("text/plain")
