"""PUT /configuration and GET /definitions: every field, all or nothing, kept, told and applied."""

import asyncio
import json
from binascii import b2a_base64

from han.api.config import fees, settings
from han.core.strictjson import Parser, Real
from han.app import App
from han.meter.line import told
from han.meter.lists.profiles import MAKERS
from han.store import flash
from han.store.config import Config
from han.store.config import defaults
from tests.api.fake import FULL, Board, Link, Running, Socket, ask, connect, get
from tests.api.routes.test_api_diagnostics import Uart
from tests.support import raises

KEY = "00112233445566778899aabbccddeeff"


async def put(app, values, method="PUT", headers=""):
    body = values if isinstance(values, bytes) else json.dumps(values).encode()
    return await ask(app, "/configuration", method, headers, body)


def changed(body, values):
    """The changed values, as by a request."""
    return settings.changed(Parser(body).parse(), values)


def message(body, values=None):
    """The error message for a body."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    with raises(ValueError) as caught:
        changed(body, values or defaults())
    return str(caught.value)


# --- reading JSON


def test_json_is_what_rfc_8259_says():
    for text in (
        '{}', '[]', ' {"a" : [1, -2,\t{"b":null}], "c":true,\r\n"d":false} ', '"\\u00e5\\n\\"\\\\\\/"',
        '0', '-0', '123456789012', '"é\u20ac"', '[[[[[[[[]]]]]]]]', '""',
    ):  # fmt: skip
        assert Parser(text.encode()).parse() == json.loads(text), text
    assert Parser(b'"\\ud83d\\uDE00"').parse() == "\U0001f600"  # MicroPython's own json does not join the halves
    for text in (
        '', ' ', '{', '}', '{"a"}', '{"a":}', '{"a":1,}', '{"a" 1}', '{"a":1 "b":2}', '[1 2]', '[1,]', '[,1]', '{a:1}',
        "{'a':1}", '01', '-', '+1', '1.', '.5', '1e', '1e+', '0x10', 'NaN', 'Infinity', 'nul', 'tru', 'True', '"a',
        '"\n"', '"\\x"', '"\\u12g4"', '"\\ud800"', '"\\ud800\\u0041"', '"\\udc00"', '{} {}', '1 2', '"a"b',
        '[%s0]' % ('0,' * 400),
        '[' * 9 + ']' * 9, '[' * 8000, '{"a":' * 9, '1' * 25, '1e999', '{"a":1,"a":2}', '\ufeff{}', '"\\', '"\\u00',
    ):  # fmt: skip
        with raises(ValueError):
            Parser(text.encode()).parse()
    for data in (b'\x00', b'\xef\xbb\xbf{}', b'\xff\xfe{\x00'):
        with raises(ValueError):
            Parser(data).parse()


NO_TEXT = (
    b"\xff", b"\xc3", b"\x80", b"\xe4", b"\xc0\x80", b"\xc1\xa1", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xed\xa0\x80",
    b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xf0\x9f\x98",
)  # fmt: skip


def test_texts_are_utf_8_or_refused_on_both_interpreters():
    for text in NO_TEXT:
        for data in (b'"%s"', b'"a%sb"', b'{"%s":1}', b'["\\u00e5%s\\n"]'):
            with raises(ValueError) as caught:
                Parser(data % text).parse()
            assert str(caught.value).startswith("a text that is not UTF-8 at byte "), (data % text, caught.value)
    assert Parser(b'"\xc2\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf"').parse() == "\x80\uffff\U0010ffff"


def test_numbers_are_exact():
    for text, number in (
        ("8.123456", 8123456), ("0.1", 100000), ("1e2", 100000000), ("123456.7890124", 123456789012),
        ("0.0000005", 1), ("0.0000004", 0), ("-1.5", -1500000), ("5", 5000000), ("1.5E-3", 1500), ("2e+1", 20000000),
    ):  # fmt: skip
        value = Parser(text.encode()).parse()
        assert (value * 10**6 if isinstance(value, int) else value.scaled(6)) == number, text
    assert isinstance(Parser(b"1.0").parse(), Real)


# --- every field


GOOD = (
    ("t", ("Europe/Helsinki", "Etc/UTC", "America/Argentina/ComodRivadavia", "Asia/Gaza")),
    ("s", (True, False)),
    ("p", (0, 1, 8.5, 1000000)),
    ("pc", ("EUR", "ISK")),
    ("pa", ("FI", "SE4", "NO1", "DE-LU", "CH")),
    ("vat", (0, 25, 25.5, 8.13, 100)),
    ("monthly", (0, 399, -5200, 4.123456, 1000000)),
    ("sell", (0, None, 4.25, -1.5, 1000000)),
    ("np", ("auto", "eth", "sta", "eth_sta")),
    ("up", ("automatic", "download", "manual")),
    ("bhf", (True, False)),
    ("hosts", ([], ["reader.example.com"], ["a.b"] * 8)),
    ("ts", ([], ["192.168.1.1"], ["ntp.lan", "fritz.box:123", "10.0.0.1:65535", "router"], ["a" * 60 + ".lan"])),
    ("pw", ("12345678", "x" * 64, "", None)),
    ("m.f", (6, 25, 200)),
    ("m.t", ("auto", "common", "kaifa", "kamstrup", "iskra")),
    ("m.o", (0, 1, 20)),
    ("m.ts", ("ms", "s")),
    ("m.n", ("auto", "3p4w", "3p3w", "1p")),
    ("m.is", ("auto", "off")),
    ("m.s.e", (0, 1, 0.1, 0.001, 1000, 62.5)),
    ("m.s.i", (0.1, 100)),
    ("m.s.u", (0.01, 0)),
    ("m.ct", (1, 40, 10000)),
    ("m.k", (KEY, "0x" + KEY.upper(), "00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff", "", None)),
    ("e.e", (True, False)),
    ("e.n.m", ("dhcp",)),
    ("e.n.i", ("0.0.0.0", "192.168.0.1", "255.255.255.255")),
    ("e.n.d1", ("8.8.8.8",)),
    ("w.e", (True, False)),
    ("w.s", ("", "Nät 網", "x" * 32)),
    ("w.p", ("12345678", "x" * 63, "a0" * 32, "", None)),
    ("w.w", (0, 1, 2, 3)),
    ("w.z", (0, 13)),
    ("w.b", (True, False)),
    ("w.n.g", ("10.0.0.1",)),
    ("alarms.current.percent", (10, 200)),
    ("alarms.power.w", (1, 1000000)),
    ("alarms.selling.s", (0, 3600)),
    ("alarms.silent.s", (60, 86400)),
    ("alarms.price.below", (-1000000, -0.5, 0, 1000000)),
    ("alarms.peak.w", (0, 1000000)),
)  # fmt: skip
BAD = (
    ("t", ("Europe/Nowhere", "", "Factory", 5, None, [], "europe/helsinki")),
    ("s", (0, 1, "true", None)),
    ("p", (-1, -0.0001, 1000001, "5", None, True, [])),
    ("pc", ("eur", "USD", "", None, 1)),
    ("pa", ("NO6", "fi", "DE", "", None, ["FI"])),
    ("vat", (-1, -0.01, 100.01, 101, "25", None, True, [], {}, 10**20)),
    ("fees", (None, {}, 5, "x", True, [{"p": 1}] * 9)),
    ("fees[0]", ([None], [5], [[]], ["p"], [True], [[{"p": 1}]])),
    ("fees[1]", ([{"p": 1}, None],)),
    ("fees[0].p", ([{}], [{"p": None}], [{"p": "5"}], [{"p": True}], [{"p": 1000001}], [{"p": -1000000.5}])),
    ("fees[2].p", ([{"p": 1}, {"p": 0}, {"hours": [1, 2]}],)),
    ("monthly", (-1000001, 1000001, "5", None, False, [])),
    ("sell", (-1000001, 1000001, "5", True, [], {})),
    ("np", ("wifi", None, 0)),
    ("up", ("auto", None)),
    ("bhf", (1, "no")),
    ("hosts", ("a.b", ["A.B"], [""], ["a:80"], ["a.b"] * 9, [5], None, {})),
    ("ts", ("a.b", ["A.B"], [""], ["a.b"] * 5, [5], [None], None, {}, ["a:0"], ["a:65536"], ["a:"], ["a:x"])),
    ("ts", (["a..b"], [".a"], ["a."], ["-a"], ["a" * 64], ["a" * 61 + ".lan"], ["1.2.3"], ["1.2.3.256"], ["5"])),
    ("ts", (["[::1]"], ["a:1:2"])),
    ("ts", (["a b"], ["a/b"], ["\u0661.2.3.4"], ["a:\u0661"], ["\xe9.lan"], ["http://a"], [":123"])),
    ("pw", ("1234567", "x" * 65, 12345678, False)),
    ("m.f", (5, 201, 25.5, "25", None, True, 10**20)),
    ("m.t", ("", "Kaifa", None, 0)),
    ("m.o", (-1, 21, "1", None, False)),
    ("m.ts", ("us", None)),
    ("m.n", ("", "3P3W", "it", None, 3)),
    ("m.is", ("on", True, False, None)),
    ("m.s", (None, 0.1, [1, 1, 1], "0.1")),
    ("m.s.e", (-1, -0.1, 0.0001, 0.0004, 1000.001, 1001, "0.1", None, True, 10**20)),
    ("m.s.i", ("", [])),
    ("m.s.u", (-0.01,)),
    ("m.ct", (0, -1, 10001, 40.5, "40", None, True)),
    ("m.k", (KEY[1:], KEY + "00", "g" * 32, 5, [KEY], "0" * 201)),
    ("m.a", (KEY[1:], 7)),
    ("e.e", ("yes", None)),
    ("e.n.m", ("auto", None)),
    ("e.n.i", ("1.2.3", "1.2.3.256", "a.b.c.d", "01.2.3.4", "", None, 5, "1.2.3.4.5", "fe80::1")),
    ("e.n.d1", ("dns",)),
    ("w.e", (1,)),
    ("w.s", ("x" * 33, "網" * 11, None, 5, "a\0b")),
    ("w.p", ("1234567", "x" * 64, "x" * 65, "passwörd", 12345678)),
    ("w.w", (4, -1, "2", None)),
    ("w.z", (14, -1, None)),
    ("w.b", ("on",)),
    ("w.n.s", ("255.255.255",)),
    ("m", (None, [], "x", 5)),
    ("e.n", (None, "dhcp")),
    ("w", ([1],)),
    ("alarms.current.percent", (9, 201, 50.5, "50", None, True)),
    ("alarms.power.w", (0, 1000001, "5", None, [])),
    ("alarms.selling.w", (0, None)),
    ("alarms.selling.s", (-1, 3601, 0.5)),
    ("alarms.silent.s", (59, 86401)),
    ("alarms.price.below", (-1000001, 1000001, "0", None, False)),
    ("alarms.peak.w", (-1, 1000001, None)),
    ("alarms", (None, [], 5, "power")),
    ("alarms.price", (5, [], "0", True)),
)  # fmt: skip


FEES = (
    ({"p": 2.5}, [2500000, 0, 24, 127, 4095]),
    ({"p": 0}, [0, 0, 24, 127, 4095]),
    ({"p": -0.25, "hours": [7, 22]}, [-250000, 7, 22, 127, 4095]),
    ({"p": 5.123456, "hours": [22, 7], "days": [1, 2, 3, 4, 5]}, [5123456, 22, 7, 31, 4095]),
    ({"p": 1, "hours": [22, 24], "months": [1, 2, 3, 11, 12]}, [1000000, 22, 24, 127, 3079]),
    ({"p": 1, "hours": [23, 0], "days": [7], "months": [2]}, [1000000, 23, 0, 64, 2]),
    ({"p": 1000000}, [10**12, 0, 24, 127, 4095]),
    ({"p": -1000000, "days": [6, 7]}, [-(10**12), 0, 24, 96, 4095]),
)
BAD_HOURS = (None, 7, [], [7], [7, 7], [24, 7], [-1, 7], [7, 25], [7, 22, 23], ["7", 22], [7.5, 22], [True, 22], {})
BAD_NUMBERS = (None, 1, [], [0], [13], [1, 1], ["1"], [1.5], [True], [None], {}, "1")


def nested(path, value):
    path = path.split("[")[0]
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def test_every_field_is_taken():
    for path, values in GOOD:
        for value in values:
            result = changed(json.dumps(nested(path, value)).encode(), defaults())
            found = result
            for key in path.split("."):
                found = found[key]
            if path in ("p", "monthly", "sell", "alarms.price.below"):
                assert found == (None if value is None else round(value * 1000000))
            elif path == "vat":
                assert found == round(value * 100)
            elif path[:4] == "m.s.":
                assert found == round(value * 1000)
            elif path in ("pw", "m.k", "w.p"):
                assert found == (value or "")
            else:
                assert found == value and type(found) is type(value), path


def test_every_bad_value_is_refused_by_name():
    for path, values in BAD:
        for value in values:
            text = message(nested(path, value))
            assert text.startswith(path + " must be "), (path, value, text)


def test_fees_are_kept_as_integers_and_told_as_they_came():
    kept = changed(json.dumps({"fees": [fee for fee, _ in FEES]}).encode(), defaults())["fees"]
    assert kept == [fee for _, fee in FEES]
    assert json.loads(fees.told(kept)) == [fee for fee, _ in FEES]
    every = {"p": 1, "hours": [0, 24], "days": [7, 6, 5, 4, 3, 2, 1], "months": [m + 1 for m in range(12)], "name": "x"}
    assert fees.told(changed(json.dumps({"fees": [every]}).encode(), defaults())["fees"]) == '[{"p":1}]'
    assert changed(b'{"fees":[]}', dict(defaults(), fees=kept)) == defaults()


def test_a_bad_fee_is_refused_by_name():
    good = {"p": 1}
    for key, values in (("hours", BAD_HOURS), ("days", BAD_NUMBERS + ([8],)), ("months", BAD_NUMBERS)):
        for value in values:
            text = message({"fees": [good, good, {"p": 1, key: value}]})
            assert text.startswith("fees[2].%s must be " % key), (key, value, text)


def test_nothing_else_changes_and_unknown_keys_are_kept_but_not_taken():
    values = defaults()
    values["later"] = {"x": 1}
    values["w"]["new"] = "y"
    body = b'{"nothing":1,"type":"HAN_CONFIGURATION","v":"9","m":{"f":63,"ks":true,"zz":[1]},"later":5}'
    result = changed(body, values)
    expected = json.loads(json.dumps(values))
    expected["m"]["f"] = 63
    assert result == expected
    assert values["m"]["f"] == 25  # not in place


def test_what_belongs_together():
    network = {"m": "static", "i": "192.168.7.20", "s": "255.255.255.0", "g": "192.168.7.1", "d1": "0.0.0.0"}
    assert changed(json.dumps({"w": {"n": network}}).encode(), defaults())["w"]["n"] == network
    for key, value in (
        ("i", "0.0.0.0"), ("i", "127.0.0.1"), ("i", "224.0.0.1"), ("i", "192.168.7.0"), ("i", "192.168.7.255"),
        ("s", "0.0.0.0"), ("s", "255.0.255.0"), ("s", "255.255.255.255"), ("g", "192.168.8.1"),
    ):  # fmt: skip
        text = message({"e": {"n": dict(network, **{key: value})}})
        assert text.startswith("e.n." + key), text
    # Each may come in a request of its own, as long as the whole is right.
    values = changed(json.dumps({"e": {"n": dict(network, m="dhcp")}}).encode(), defaults())
    assert changed(b'{"e":{"n":{"m":"static"}}}', values)["e"]["n"] == network
    assert message({"m": {"a": KEY}}).startswith("m.k must be")
    values = changed(json.dumps({"m": {"a": KEY, "k": KEY}}).encode(), defaults())
    assert message({"m": {"k": None}}, values).startswith("m.k must be")
    assert changed(b'{"m":{"k":null,"a":null}}', values) == defaults()


def test_secrets_are_kept_and_deleted():
    values = changed(json.dumps({"w": {"p": "longenough"}, "pw": "password", "m": {"k": KEY}}).encode(), defaults())
    assert changed(b'{"w":{"p":""},"pw":"","m":{"k":""}}', values) == values
    assert changed(b'{"w":{"p":null},"pw":null,"m":{"k":null}}', values) == defaults()


# --- over the network


async def test_put_is_kept_told_and_survives():
    board = Board()
    async with Running(board) as app:
        events = Socket(app)
        await events.open()
        await events.send(b"GET /sse HTTP/1.1\r\nHost: x\r\n\r\n")
        await events.until(b"event: HAN_OTA_MESSAGE")
        mine = {"vat": 25.5, "fees": [fee for fee, _ in FEES], "monthly": 399.5, "sell": -0.123456}
        values = {"t": "Europe/Stockholm", "p": 12.345678, "m": {"f": 35}, "w": {"s": "Nät", "p": "salasana"}}
        values.update(mine)
        answer = await put(app, values)
        assert answer.status == 200
        assert answer.json() == {"success": True, "message": "configuration:ok", "rebootRequired": False}
        found = await get(app, "/configuration")
        assert (found["t"], found["p"], found["m"]["f"]) == ("Europe/Stockholm", 12.345678, 35)
        assert found["w"]["s"] == "Nät"
        assert {key: found[key] for key in mine} == mine
        assert found["w"]["p"] == "" and "salasana" not in json.dumps(found)
        await events.until(b"event: HAN_CONFIGURATION_MESSAGE")
        await events.until(b"data: ")
        told = json.loads((await events.line()).decode())
        assert told.pop("type") == "HAN_CONFIGURATION_MESSAGE" and found.pop("type") == "HAN_CONFIGURATION"
        assert told == found
        await events.close()
        assert app.clock.zone.name == "Europe/Stockholm"
    async with Running(Board(board.flash)) as app:
        found.pop("v")
        again = await get(app, "/configuration")
        assert {key: again[key] for key in found} == found
        assert app.config.get("w", "p") == "salasana" and app.clock.zone.name == "Europe/Stockholm"


async def test_it_is_noted_since_when_prices_are_set():
    async with Running() as app:
        assert app.config.get("since") == 0
        await put(app, {"vat": 25.5, "sell": 1, "monthly": 5})
        assert app.config.get("since") == 0  # none of them is a price of energy
        for priced, free in (({"s": True}, {"s": False}), ({"p": 5}, {"p": 0}), ({"fees": [{"p": 1}]}, {"fees": []})):
            app.board.ticks += 60000
            await put(app, priced)
            since = app.config.get("since")
            assert abs(since - app.clock.utc()) <= 1
            app.board.ticks += 60000
            await put(app, {"m": {"f": 35 + len(priced)}})
            await put(app, {"vat": 24})
            assert app.config.get("since") == since
            await put(app, free)
            assert app.config.get("since") == since


async def test_what_is_read_may_be_written_back_and_changes_nothing():
    board = Board()
    async with Running(board) as app:
        await put(app, {"m": {"k": KEY}, "p": 3.25})
        before, operations = await get(app, "/configuration"), board.power.operations
        for method in ("PUT", "POST", "PATCH"):
            assert (await put(app, before, method)).status == 200
        assert await get(app, "/configuration") == before and app.config.get("m", "k") == KEY
        assert board.power.operations == operations  # no flash was worn
        assert before["m"]["ks"] is True and KEY not in json.dumps(before)


async def test_one_bad_field_and_nothing_is_taken():
    async with Running() as app:
        before = await get(app, "/configuration")
        for body, named in (
            ({"t": "Europe/Helsinki", "s": True, "m": {"f": 5}}, "m.f"),
            ({"p": 5, "w": {"s": "x", "n": {"i": "1.2.3"}}}, "w.n.i"),
            (b"{", "JSON"), (b"[]", "object"), (b"5", "object"), (b"\xff\xfe", "JSON"), (b'{"p":NaN}', "JSON"),
        ):  # fmt: skip
            answer = await put(app, body)
            assert answer.status == 400
            found = answer.json()
            assert found["success"] is False and named in found["message"], found
            assert await get(app, "/configuration") == before
        assert (await ask(app, "/configuration", "PUT")).status == 400  # no body
        assert (await put(app, b" " * 9000)).status == 413
        answer = await ask(app, "/configuration", "DELETE")
        assert answer.status == 405 and "PUT" in answer.headers["allow"]


async def test_a_body_that_comes_in_pieces_or_never():
    async with Running(rest_ms=300) as app:
        body = json.dumps({"m": {"f": 40}}).encode()
        socket = await connect(app)
        await socket.send(b"PUT /configuration HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body))
        for byte in body:
            await socket.send(bytes((byte,)))
            await asyncio.sleep(0)
        assert b"200 OK" in await socket.all()
        await socket.close()
        assert app.config.get("m", "f") == 40
        socket = await connect(app)
        await socket.send(b'PUT /configuration HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{"m":{"f":41}}')
        assert b"200 OK" not in await socket.all()
        await socket.close()
        assert app.config.get("m", "f") == 40
        assert (await get(app, "/han"))["type"] == "HAN_STATE_MESSAGE"


class Worn:
    """Flash that refuses to write."""

    def __init__(self, region):
        self.read = region.read
        self.sectors = region.sectors

    def erase(self, sector):
        raise OSError(5)


async def test_flash_that_fails_keeps_the_old_configuration():
    async with Running() as app:
        region, app.config.region = app.config.region, Worn(app.config.region)
        answer = await put(app, {"m": {"f": 40}})
        assert answer.status == 503 and "retry-after" in answer.headers
        assert app.config.get("m", "f") == 25
        app.config.region = region
        assert (await put(app, {"m": {"f": 40}})).status == 200


async def test_pages_elsewhere_may_not_write():
    async with Running() as app:
        for headers in (
            "Origin: http://evil.example\r\n", "Origin: null\r\n", "Origin: http://127.0.0.1:81\r\n",
            "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n",
        ):  # fmt: skip
            answer = await put(app, {"m": {"f": 40}}, "PUT", headers)
            assert answer.status == 403 and "origin" in answer.json()["message"]
        assert (await ask(app, "/configuration", "PUT", "", b"{}", "evil.example")).status == 403
        assert app.config.get("m", "f") == 25
        headers = "Origin: http://127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n"
        assert (await put(app, {"m": {"f": 40}}, "PUT", headers)).status == 200


async def test_the_access_password():
    async with Running() as app:
        assert (await put(app, {"pw": "sesame, open: now"})).status == 200
        assert "sesame" not in json.dumps(await get(app, "/configuration"))
        answer = await put(app, {"m": {"f": 40}})
        assert answer.status == 401 and app.config.get("m", "f") == 25
        for field in ("", "Authorization: Bearer x\r\n", "Authorization: Basic !!!\r\n",
                      "Authorization: Basic " + b2a_base64(b"admin:wrong").decode().strip() + "\r\n"):
            answer = await ask(app, "/auth/token", "GET", field)
            assert answer.status == 401 and answer.headers["www-authenticate"].startswith("Basic")
        field = "Authorization: Basic " + b2a_base64(b"admin:sesame, open: now").decode().strip() + "\r\n"
        token = (await ask(app, "/auth/token", "GET", field)).json()["accessToken"]
        bearer = "Authorization: Bearer %s\r\n" % token
        assert (await put(app, {"m": {"f": 40}}, "PUT", bearer)).status == 200
        assert (await put(app, {"pw": None}, "PUT", bearer)).status == 200
        assert (await put(app, {"m": {"f": 50}})).status == 200


async def test_the_meter_task_hears_of_its_settings():
    async with Running() as app:
        await put(app, {"m": {"o": 3, "k": KEY, "t": "kaifa"}})
        option, cipher, maker = app.link.used
        assert option == 3 and cipher is not None and maker == b"KFM"
        await put(app, {"m": {"k": None, "t": "auto"}})
        option, cipher, maker = app.link.used
        assert option == 3 and cipher is None and maker is None
        await put(app, {"m": {"s": {"e": 0.1, "u": 0.01}, "ct": 60}})
        assert app.link.factors == (100, 0, 10, 60)
        m = (await get(app, "/configuration"))["m"]
        assert m["s"] == {"e": 0.1, "i": 0, "u": 0.01} and m["ct"] == 60
        app.link.read(*FULL)
        told = (await get(app, "/meter"))["ts"]
        await put(app, {"m": {"ts": "s"}})
        assert (await get(app, "/meter"))["ts"] == told // 1000  # at once, not from the next reading on
        await put(app, {"m": {"ts": "ms"}})
        assert (await get(app, "/meter"))["ts"] == told


async def test_definitions():
    async with Running() as app:
        found = await get(app, "/definitions")
        assert found["type"] == "HAN_DEFINITIONS"
        assert found["currencies"][0] == "EUR" and len(found["currencies"]) == 12
        assert found["priceAreas"][:5] == ["FI", "EE", "LV", "LT", "SE1"] and len(found["priceAreas"]) == 21
        zones = found["timezones"]
        assert len(zones) > 590 and zones == sorted(zones) and "Europe/Helsinki" in zones and "Etc/UTC" in zones
        lines = found["lines"]
        assert [line["o"] for line in lines] == list(range(21))
        assert lines[1]["name"] == "115200 8N1 inverted" and lines[2]["name"] == "115200 8N1"
        assert len(set(line["name"] for line in lines)) == 21 and lines[17]["name"] == "9600 7E1 inverted"
        assert found["meters"] == ["auto"] + [name for name, _ in MAKERS]
        assert found["fuse"] == [6, 200] and [kind["w"] for kind in found["wifiSecurity"]] == [0, 1, 2, 3]
        # What is offered is taken.
        names = {"currencies": "pc", "priceAreas": "pa", "networkPolicies": "np", "updatePolicies": "up"}
        for key, name in names.items():
            for value in found[key]:
                changed(json.dumps({name: value}).encode(), defaults())
        assert found["networks"] == ["auto", "3p4w", "3p3w", "1p"] and found["currentSigns"] == ["auto", "off"]
        for value in found["meters"]:
            changed(json.dumps({"m": {"t": value}}).encode(), defaults())
        for value in (zones[0], zones[300], zones[-1]):
            assert (await put(app, {"t": value})).status == 200


async def test_an_unknown_zone_in_the_flash_is_told():
    board = Board(link=Link)
    async with Running(board) as app:
        app.config.values["t"] = "Moon/Tranquility"
        app.config.change(app.config.values)
    async with Running(Board(board.flash)) as app:
        assert app.clock.zone.name == "Etc/UTC"
        rows = {row["name"]: row for row in (await get(app, "/health"))["services"]}
        assert rows["configuration"]["health"] == "degraded" and "Moon" in rows["configuration"]["error"]
        assert (await put(app, {"t": "Europe/Tallinn"})).status == 200
        rows = {row["name"]: row for row in (await get(app, "/health"))["services"]}
        assert rows["configuration"]["health"] == "ok"


async def test_a_configuration_of_the_version_after():
    """Its unknown settings do no harm, and are kept when this version writes."""
    later = defaults()
    later["later"] = {"x": [1, 2]}
    later["t"] = "Europe/Atlantis"
    later["np"] = "satellite"
    later["up"] = "telepathic"
    later["m"].update({"o": 99, "t": "nobody", "ts": "ns", "z": "more"})
    board = Board()
    board.uart = Uart()
    config = Config(flash.Region(board.partition("state"), *flash.CONFIGURATION))
    config.change(later)
    async with Reader(board) as app:
        found = (await get(app, "/configuration"))
        assert found["m"]["o"] == 99 and "later" not in found and "z" not in found["m"]
        assert told.trying(app.link) == "any"
        answer = await put(app, {"m": {"f": 50}})
        assert answer.status == 200, answer.body
    config = Config(flash.Region(board.partition("state"), *flash.CONFIGURATION))
    assert config.load()
    later["m"]["f"] = 50
    assert config.values == later


class Reader(Running):
    application = App


async def test_a_body_that_is_no_text_changes_nothing():
    async with Running() as app:
        for text in NO_TEXT:
            for method, path, body in (
                ("PUT", "/configuration", b'{"w":{"s":"%s"}}'), ("PUT", "/configuration", b'{"%s":1,"m":{"f":16}}'),
                ("POST", "/setup", b'{"s":true,"ss":"caf%s","sp":""}'),
            ):  # fmt: skip
                answer = await ask(app, path, method, body=body % text)
                assert answer.status == 400 and "not UTF-8" in answer.json()["message"], (body, text, answer.body)
        found = await get(app, "/configuration")
        assert found["w"]["s"] == "" and found["m"]["f"] == 25
        name = b"caf\xc3\xa9 \xf0\x9f\x93\xb6"
        assert (await ask(app, "/configuration", "PUT", body=b'{"w":{"s":"%s"}}' % name)).status == 200
        assert (await get(app, "/configuration"))["w"]["s"] == name.decode()


# --- languages of other systems


async def test_languages_are_taken_a_part_at_a_time_and_the_password_is_never_told():
    async with Running() as app:
        first = (await get(app, "/configuration"))["out"]
        assert first == {
            "mqtt": {"on": False, "host": "", "port": 1883, "user": "", "pws": False, "tls": False, "prefix": "han",
                     "every": 0, "ha": "device"},
            "modbus": {"on": False, "port": 502}, "p1": {"on": False, "port": 2001, "virtual": True, "uart": False},
            "homewizard": {"on": False}, "shelly": {"on": False}, "metrics": {"on": True},
        }  # fmt: skip
        assert (await put(app, {"out": {"mqtt": {"host": "broker.lan", "user": "me", "pw": "s3cret"}}})).status == 200
        assert (await put(app, {"out": {"mqtt": {"pw": "", "ha": False}, "shelly": {}}})).status == 200
        assert (await put(app, {"out": {"p1": {"port": 23}}})).status == 200
        answer = await ask(app, "/configuration")
        assert b"s3cret" not in answer.body
        out = answer.json()["out"]
        assert out["mqtt"] == dict(first["mqtt"], host="broker.lan", user="me", pws=True, ha=False)
        assert out["p1"] == dict(first["p1"], port=23) and out["modbus"] == first["modbus"]
        assert app.config.get("out", "mqtt", "pw") == "s3cret" and app.config.get("out", "mqtt", "ha") == ""
        assert (await put(app, answer.body)).status == 200
        assert app.config.get("out", "mqtt", "pw") == "s3cret" and not app.config.get("out", "mqtt", "ha")
        assert (await put(app, {"out": {"mqtt": {"pw": None, "ha": "entity"}}})).status == 200
        out = (await get(app, "/configuration"))["out"]
        assert out["mqtt"]["pws"] is False and out["mqtt"]["ha"] == "entity" and not app.config.get("out", "mqtt", "pw")


def test_the_password_of_a_broker_goes_to_no_other_one():
    values = changed(b'{"out":{"mqtt":{"host":"broker.lan"}}}', defaults())
    values = changed(b'{"out":{"mqtt":{"pw":"s3cret"}}}', values)
    for given in "", ',"pw":""', ',"on":false,"port":1884':
        try:
            changed(('{"out":{"mqtt":{"host":"other.lan"%s}}}' % given).encode(), values)
        except ValueError as error:
            assert str(error) == "out.mqtt.pw must be set where out.mqtt.host is new"
        else:
            raise AssertionError(given)
    assert changed(b'{"out":{"mqtt":{"host":"Broker.lan","port":1884}}}', values)["out"]["mqtt"]["pw"] == "s3cret"
    assert changed(b'{"out":{"mqtt":{"host":"other.lan","pw":"new"}}}', values)["out"]["mqtt"]["pw"] == "new"
    assert changed(b'{"out":{"mqtt":{"host":"other.lan","pw":null}}}', values)["out"]["mqtt"]["pw"] == ""


def test_what_a_language_cannot_be_set_to_is_named():
    for given, path in (
        ({"mqtt": 1}, "out.mqtt"), ({"mqtt": {"on": 1}}, "out.mqtt.on"), ({"mqtt": {"port": 0}}, "out.mqtt.port"),
        ({"mqtt": {"port": 65536}}, "out.mqtt.port"), ({"mqtt": {"pw": "x" * 65}}, "out.mqtt.pw"),
        ({"mqtt": {"pw": 5}}, "out.mqtt.pw"), ({"mqtt": {"pw": "\0"}}, "out.mqtt.pw"),
        ({"mqtt": {"on": True}}, "out.mqtt.host"), ({"mqtt": {"ha": True}}, "out.mqtt.ha"),
        ({"mqtt": {"ha": None}}, "out.mqtt.ha"), ({"mqtt": {"ha": "false"}}, "out.mqtt.ha"),
        ({"mqtt": {"ha": ""}}, "out.mqtt.ha"), ({"mqtt": {"every": -1}}, "out.mqtt.every"),
        ({"p1": {"port": 502}}, "out.p1.port"), ({"modbus": {"port": 2001}}, "out.modbus.port"),
        ({"p1": {"virtual": None}}, "out.p1.virtual"),
    ):  # fmt: skip
        assert message({"out": given}).startswith(path + " must be "), (given, message({"out": given}))
    for host in "a b", "a:1883", "http://a", "300.1.1.1", "a/b", "-a", "a..b", "\u00e4", 5, None, "x" * 65:
        assert message({"out": {"mqtt": {"host": host}}}).startswith("out.mqtt.host must be "), host
    for topic in "", "/a", "a/", "$SYS", "a+", "#", "a\n", 5, None, "\u00e4" * 33, "a\0", "\x7f", "\x85b":
        assert message({"out": {"mqtt": {"prefix": topic}}}).startswith("out.mqtt.prefix must be "), topic
    for topic in "\ufdd0", "a\uffff", "\U0001fffe":  # no characters
        assert message({"out": {"mqtt": {"prefix": topic}}}).startswith("out.mqtt.prefix must be "), topic
    set_to = changed(b'{"out":{"mqtt":{"host":"Broker.LAN"}}}', defaults())["out"]["mqtt"]
    assert set_to["host"] == "broker.lan"
    for topic in "h\u00e4n/attic", "a", "x" * 64, '"a\\ b"', "\U0001f600", "\ufffd":
        assert changed(json.dumps({"out": {"mqtt": {"prefix": topic}}}).encode(), defaults())["out"]["mqtt"]["prefix"]


async def test_a_language_does_not_get_a_port_of_the_readers_own():
    async with Running() as app:
        app.board.secure_port = 8443
        for port in app.port, 8443:
            for name in "modbus", "p1":
                answer = await put(app, {"out": {name: {"port": port}}})
                assert answer.status == 400
                assert answer.json()["message"] == "out.%s.port must be another one than %d" % (name, port)
