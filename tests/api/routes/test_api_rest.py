"""The messages that clients read, as the contract and the replay list of known clients require."""

import asyncio
import json

from han.api.routes.table import TABLE, rows
from han.core.clock import EPOCH
from han.core.zone import Zone
from han.meter import obis
from han.meter.reading import LIST_VERSION, METER_ID, METER_TYPE
from tests.api.fake import FULL, NOW, Board, Link, Running, ask, get, put, raw
from tests.support import Random


def is_mac(text):
    parts = text.split(":")
    return len(parts) == 6 and all(len(part) == 2 and part == part.upper() and int(part, 16) >= 0 for part in parts)


def is_address(text):
    parts = text.split(".")
    return len(parts) == 4 and all(0 <= int(part) <= 255 for part in parts)


def test_all_rows_of_a_path_are_found():
    paths = [row.split(" ")[0] for row in TABLE.strip().split("\n")]
    for path in paths:
        found = rows(path)
        assert len(found) == paths.count(path) and {row[0] for row in found} == {path}, path
    assert rows("/nothing") == rows("/meter meter") == rows("") == []


# --- /han (replay list 1)


async def test_han_from_the_first_second():
    async with Running() as app:
        answer = await ask(app, "/han")
        assert answer.status == 200
        han = answer.json()
        assert list(sorted(han)) == sorted(
            "type ts uuid name model serial version state mac ethIp wifiIp online"
            " rebootPending rebootReason channel".split()
        )
        assert han["type"] == "HAN_STATE_MESSAGE" and is_mac(han["mac"])
        assert is_address(han["ethIp"]) and is_address(han["wifiIp"])
        assert han["online"] is False and han["rebootPending"] is False
        assert han["state"] == "UNREGISTERED" and han["rebootReason"] == "POWER_ON"
        assert han["channel"] in ("release", "beta") and han["ts"] == NOW + 1000
        assert len(han["version"].split(".")) == 4
        for name in ("name", "serial", "uuid", "model"):
            assert isinstance(han[name], str) and han[name]
        app.board.cable.address = "0.0.0.0"
        app.links.turn()
        assert (await get(app, "/han"))["state"] == "SETUP"


async def test_who_it_is_survives_a_restart():
    board = Board()
    known = []
    for _ in range(2):
        async with Running(Board(board.flash)) as app:
            han = await get(app, "/han")
            known.append([han[name] for name in ("mac", "serial", "uuid", "name")])
    assert known[0] == known[1]


async def test_an_unknown_time_is_null():
    board = Board()
    board.utc_ms = lambda: None
    async with Running(board) as app:
        app.link.read(*FULL)
        assert (await get(app, "/han"))["ts"] is None
        assert (await get(app, "/meter"))["ts"] is None
        app.clock.set(1000, "meter")
        app.link.read(*FULL)
        assert (await get(app, "/meter"))["ts"] == (EPOCH + 1000) * 1000


# --- /meter before a reading (8)


async def test_before_the_first_telegram_there_is_no_json_to_take_for_zeros():
    async with Running() as app:
        for path in ("/meter", "/meter/data", "/meter/id"):
            answer = await ask(app, path)
            assert answer.status == 503
            assert answer.headers["content-type"].startswith("text/plain")
            assert answer.body == b"no bytes on the HAN port"
            assert int(answer.headers["retry-after"]) > 0


# --- /meter (4, 5)

POWERS = ("p", "pi", "pe", "r", "ri", "re")


async def test_a_full_reading():
    async with Running() as app:
        app.clock.zone = Zone("Europe/Helsinki")
        app.link.read(*FULL, clock=200_000_000)
        app.board.ticks += 1234
        meter = await get(app, "/meter")
        assert sorted(meter) == sorted("type ts seq mts ic ec ric rec p pi pe r ri re u i age stale".split())
        assert meter["type"] == "HAN_METER_MESSAGE"
        assert (meter["ts"], meter["age"], meter["seq"]) == (NOW + 1000, 1234, 1)
        assert meter["stale"] is False and meter["mts"] == (EPOCH + 200_000_000 - 10800) * 1000
        assert (meter["ic"], meter["ec"], meter["ric"], meter["rec"]) == (123456.789, 10, 1.001, 0)
        assert meter["p"] == meter["pi"] == [1000, 301, 402, 297] and meter["pe"] == [0, 0, 0, 0]
        assert meter["r"] == meter["ri"] == [10, 4, 3, 3] and meter["re"] == [0, 0, 0, 0]
        assert meter["u"] == [239.2, 230.1, 230] and meter["i"] == [6.1, -5.812, 0]


async def test_the_text_of_a_large_counter_is_exact():
    async with Running() as app:
        app.link.read((obis.IMPORT_ENERGY, 2**31 * 1000 + 1), (obis.EXPORT_ENERGY, 16777217))
        body = (await ask(app, "/meter")).body
        assert b'"ic":2147483648.001,' in body and b'"ec":16777.217,' in body


async def test_net_power_is_import_less_export():
    async with Running() as app:
        app.link.read(
            (obis.IMPORT_POWER, 0),
            (obis.EXPORT_POWER, 2500),
            (obis.L1_IMPORT_POWER, 100),
            (obis.L1_EXPORT_POWER + 1, 2600),
            (obis.IMPORT_REACTIVE, 30),
            (obis.EXPORT_REACTIVE, 50),
        )
        meter = await get(app, "/meter")
        assert meter["p"] == [-2500, 100, -2600, None]
        assert meter["pi"] == [0, 100, None, None] and meter["pe"] == [2500, None, 2600, None]
        assert meter["r"] == [-20, None, None, None]


async def test_what_no_list_has_is_null_and_0_in_the_numeric_form():
    async with Running() as app:
        app.link.read((obis.IMPORT_POWER, 777))
        meter, data = await get(app, "/meter"), await get(app, "/meter/data")
        assert meter["p"] == meter["pi"] == [777, None, None, None]
        assert meter["pe"] == [None] * 4 and meter["u"] == meter["i"] == [None] * 3
        for name in ("ic", "ec", "ric", "rec", "mts"):
            assert meter[name] is None and name in data
        assert data["p"] == data["pi"] == [777, 0, 0, 0]
        assert data["pe"] == [0] * 4 and data["u"] == data["i"] == [0] * 3
        assert data["ts"] == meter["ts"] and data["type"] == "HAN_METER_MESSAGE"
        for message in (meter, data):
            assert [len(message[name]) for name in POWERS] == [4] * 6
            assert len(message["u"]) == len(message["i"]) == 3
        # An unknown energy is null in both, not 0, which clients would record.
        assert data["ic"] is None


async def test_a_reading_becomes_stale_after_three_periods_and_ten_seconds():
    async with Running() as app:
        for period, fresh, old in ((1000, 10000, 10001), (2500, 10000, 10001), (10000, 30000, 30001)):
            app.link.read(*FULL)
            app.link.live.period_ms = period
            for age in (fresh, old):
                app.board.ticks = app.link.live.received + age
                meter = await get(app, "/meter")
                assert meter["age"] == age and meter["stale"] is (age == old), (period, age)


async def test_ts_in_seconds_for_the_client_that_wants_them():
    # Replay list 12: utc_from_timestamp(float(ts)) of Home Assistant 1.0.7
    async with Running() as app:
        app.config.values["m"]["ts"] = "s"
        app.link.read(*FULL)
        assert (await get(app, "/meter"))["ts"] == (NOW + 1000) // 1000
        assert (await get(app, "/configuration"))["m"]["ts"] == "s"


async def test_the_fields_are_those_of_the_obis_table():
    # The messages know the fields by number, as constants cost no memory there.
    assert (obis.IMPORT_POWER, obis.EXPORT_POWER, obis.IMPORT_REACTIVE, obis.EXPORT_REACTIVE) == (0, 1, 2, 3)
    assert (obis.L1_IMPORT_POWER, obis.L1_EXPORT_POWER) == (4, 7)
    assert (obis.L1_IMPORT_REACTIVE, obis.L1_EXPORT_REACTIVE) == (10, 13)
    assert (obis.L1_VOLTAGE, obis.L1_CURRENT, obis.IMPORT_ENERGY, obis.EXPORT_ENERGY) == (16, 19, 22, 23)
    assert (obis.IMPORT_REACTIVE_ENERGY, obis.EXPORT_REACTIVE_ENERGY) == (24, 25)


# --- /meter/id (3)


async def test_the_meters_identity():
    async with Running() as app:
        app.link.read(*FULL)
        who = await get(app, "/meter/id")
        assert sorted(who) == sorted("type manufacturerId deviceType meterId meterName".split())
        assert who["type"] == "HAN_METER_IDENTITY_MESSAGE" and who["meterId"] is None
        live = app.link.live
        for slot, text in ((METER_ID, b'7359992901234567"\\'), (METER_TYPE, b"6525"), (LIST_VERSION, b"x")):
            live.set_text(slot, text, 0, len(text))
        assert (await get(app, "/meter/id"))["meterId"] == '7359992901234567"\\'


# --- energies are never lost (6)


def energies(meter):
    return [meter[name] for name in ("ic", "ec", "ric", "rec")]


async def test_counters_stay_from_hour_to_hour_and_over_a_restart():
    board = Board()
    async with Running(board) as app:
        app.link.read(*FULL)
        first = energies(await get(app, "/meter"))
        app.link.read((obis.IMPORT_POWER, 5))  # a short list
        assert energies(await get(app, "/meter")) == first
    for _ in range(2):
        async with Running(Board(board.flash)) as app:
            # Before the first telegram there is no JSON at all, and after one without counters they are there.
            assert (await ask(app, "/meter")).status == 503
            app.link.read((obis.IMPORT_POWER, 6))
            for path in ("/meter", "/meter/data"):
                assert energies(await get(app, path)) == first


async def test_counters_are_kept_after_each_change_but_not_more_often_than_every_quarter():
    board = Board()
    saves = []
    async with Running(board) as app:
        save = app.counters.save
        app.counters.save = lambda: (saves.append(1), save())
        for number in range(5):
            app.link.read((obis.IMPORT_ENERGY, 1000 + number))
            assert (await get(app, "/meter"))["ic"] == (1000 + number) / 1000
            app.board.ticks += 299_000
        assert len(saves) == 2  # the first, and the first after a quarter of an hour
        async with Running(Board({"state": board.flash["state"]})) as again:  # as after a power cut
            again.link.read((obis.IMPORT_POWER, 1))
            assert (await get(again, "/meter"))["ic"] == 1.004


async def test_an_orderly_stop_keeps_the_last_counters():
    board = Board()
    async with Running(board) as app:
        for number in range(5):
            app.link.read((obis.IMPORT_ENERGY, 1000 + number))
            await get(app, "/han")
    async with Running(Board(board.flash)) as app:
        app.link.read((obis.IMPORT_POWER, 1))
        assert (await get(app, "/meter"))["ic"] == 1.004


async def test_dead_flash_does_not_keep_the_reader_from_reading():
    board = Board()
    board.partition("state")

    class Dead:
        def ioctl(self, operation, argument=0):
            return {4: 16, 5: 4096}[operation]

        def readblocks(self, *arguments):
            raise OSError(5)

        writeblocks = readblocks

    board.partition = lambda label: Dead()
    async with Running(board) as app:
        app.link.read(*FULL)
        assert (await get(app, "/meter"))["ic"] == 123456.789
        app.link.read(*FULL)
        assert (await get(app, "/meter"))["seq"] == 2
        rows = {row["name"]: row for row in (await get(app, "/health"))["services"]}
        assert rows["configuration"]["health"] == "failed"
        assert rows["counters"]["status"] == "restarting" and "OSError" in rows["counters"]["error"]
        assert rows["meter"] == {"name": "meter", "status": "running", "health": "ok", "error": None}


# --- /configuration (7)


async def test_the_configuration_has_every_field_and_null_only_for_numbers():
    async with Running() as app:
        body = (await ask(app, "/configuration")).body
        c = json.loads(body.decode())
        assert sorted([key for key in c if c[key] is None]) == ["cap", "sell"] and body.count(b"null") == 2
        assert c["type"] == "HAN_CONFIGURATION" and c["v"] == (await get(app, "/han"))["version"]
        for name in "type v t s p pc pa np up bhf m e w".split():
            assert name in c
        for item in (c["m"], c["e"], c["w"], c["e"]["n"], c["w"]["n"]):
            assert isinstance(item, dict)
        for item in (c["s"], c["bhf"], c["e"]["e"], c["w"]["e"], c["w"]["b"]):
            assert isinstance(item, bool)
        for item in (c["p"], c["m"]["f"], c["m"]["o"], c["w"]["w"], c["w"]["z"]):
            assert isinstance(item, int)
        for name in ("e", "w"):
            assert c[name]["n"]["m"] in ("dhcp", "static")
            assert [is_address(c[name]["n"][key]) for key in ("i", "s", "g", "d1")] == [True] * 4
        assert c["np"] == "auto" and c["up"] == "automatic" and c["m"]["t"] == "auto"


async def test_secrets_are_not_readable():
    async with Running() as app:
        app.config.values["w"]["p"] = "very-secret"
        app.config.values["m"]["k"] = "00112233445566778899AABBCCDDEEFF"
        app.config.values["m"]["a"] = "ffeeddccbbaa99887766554433221100"
        app.config.values["w"]["s"] = 'Net "5"\\'
        app.config.values["p"] = 8123456
        answer = await ask(app, "/configuration")
        c = answer.json()
        for secret in (b"secret", b"0011", b"ffee"):
            assert secret not in answer.body
        assert c["w"]["p"] == "" and c["m"]["ks"] is True and "k" not in c["m"] and "a" not in c["m"]
        assert c["m"]["as"] is True and c["pws"] is False
        assert c["w"]["s"] == 'Net "5"\\'
        assert b'"p":8.123456,' in answer.body


async def test_what_is_stored_is_what_is_told():
    board = Board()
    async with Running(board) as app:
        app.config.values["m"]["f"] = 63
        app.config.change(app.config.values)
    async with Running(Board(board.flash)) as app:
        assert (await get(app, "/configuration"))["m"]["f"] == 63


# --- /health


async def test_health():
    async with Running() as app:
        app.link.counters.bytes = 4711
        app.link.counters.decoded = 17
        health = await get(app, "/health")
        for name in (
            "type ts uuid hostname heap_size free_heap_size free_heap_percent minimum_free_heap_size tlsReady"
            " wifi_rssi cpu_reset_reason connections uptime_ms services meter"
        ).split():
            assert name in health, name
        assert health["type"] == "HAN_HEALTH_MESSAGE" and health["uuid"] == (await get(app, "/han"))["uuid"]
        assert health["free_heap_percent"] == 55.6 and health["heap_size"] == 327680
        assert health["cpu_reset_reason"] == "RST_POWERON" and health["wifi_rssi"] is None
        assert health["connections"]["ws"] == {"c": 0, "m": 3} and health["connections"]["sse"] == {"c": 0, "m": 5}
        assert health["meter"]["bytes"] == 4711 and health["meter"]["decoded"] == 17
        assert health["meter"]["line"] == "115200 8N1"
        assert health["meter"]["diagnosis"] == "no bytes on the HAN port"
        rows = {row["name"]: row for row in health["services"]}
        for name in ("api", "meter", "counters", "configuration"):
            assert sorted(rows[name]) == ["error", "health", "name", "status"]
            assert rows[name]["status"] == "running" and rows[name]["health"] == "ok"


async def test_a_meter_task_that_crashes_is_seen_and_the_api_answers_on():
    class Crashing(Link):
        async def run(self):
            raise ValueError("a bug, with a \"quote\"")

    async with Running(Board(link=Crashing)) as app:
        row = [row for row in (await get(app, "/health"))["services"] if row["name"] == "meter"][0]
        assert row["status"] == "restarting" and row["health"] == "failed"
        assert row["error"] == 'ValueError: a bug, with a "quote"'
        assert (await ask(app, "/meter")).status == 503


def test_the_fake_holds_negative_numbers():
    live = Link(None, Board()).live
    put(live, 3, -5)
    assert live.get(3) == -5


# --- /history and /data


async def test_history_and_compact_data_through_the_gate():
    async with Running() as app:
        assert (await ask(app, "/data")).status == 503
        for _ in range(30):
            app.link.read(*FULL)
            app.board.ticks += 2500
            await asyncio.sleep(0.01)
        for name, length in (("hourly", 8), ("weekly", 1), ("monthly", 1), ("yearly", 1)):
            # In chunks, so that a client can tell all of it from a part; but for those who know none.
            message = await get(app, "/history/" + name)
            data = await raw(app, b"GET /history/%s HTTP/1.0\r\n\r\n" % name.encode())
            head, _, body = data.partition(b"\r\n\r\n")
            assert b" 200 " in head and b"ransfer-" not in head and json.loads(body.decode()) == message
            assert message["type"] == "HAN_%s_HISTORY_MESSAGE" % name.upper()
            assert len(message["t"]) in (length, length + 1) and message["f"][-1] & 1
            assert message["t"][-1] == message["x"] <= NOW // 1000 + 80
            assert message["c_avg"][0] == [6.1, -5.81, 0]
        for query in ("from=x", "to=", "limit=0", "limit=-1"):
            answer = await ask(app, "/history/hourly?" + query)
            assert answer.status == 400 and query.split("=")[0] in answer.json()["message"]
        assert (await ask(app, "/history/daily")).status == 404
        assert (await ask(app, "/history/hourly", "POST")).status == 405

        app.config.values["p"] = 8123456
        data = await get(app, "/data")
        assert data["type"] == "HAN_COMPACT_DATA_MESSAGE"
        assert (data["im"], data["mf"], data["i"], data["e"], data["ri"], data["re"]) == (18000, 25, 1000, 0, 10, 0)
        assert (data["ic"], data["ec"], data["u1"], data["i1"], data["i2"]) == (123456.789, 10, 239.2, 6.1, -5.812)
        assert (data["p"], data["pc"], data["ep"]["h"], data["ep"]["d"]) == (8.123456, "EUR", 8.123456, 194.962944)
        assert data["ep"]["w"] == 1364.740608 and data["ep"]["m"] == 5848.88832
        assert abs(data["c"] - NOW // 1000) < 100


async def test_the_cost_of_now_is_exact_and_has_vat_and_fees():
    async with Running() as app:
        app.clock.zone = Zone("Europe/Helsinki")
        values = app.config.values
        always, never = [2790001, 0, 24, 127, 4095], [10**9, 0, 24, 127, 1]  # NOW is in September
        random = Random(19)
        for turn in range(60):
            vat = (0, 2550, 2400, 813)[turn % 4]
            fees = [[], [always], [always, never]][turn % 3]
            price, power = random.bits(28), random.bits(24)
            values.update({"p": price, "vat": vat, "fees": fees})
            app.link.read((0, power))
            body = (await ask(app, "/data")).body.decode()
            net = price + 2790001 * bool(fees)
            costs = []
            for hours in (1, 24, 168, 720):
                exact = power * hours * net * (10000 + vat)  # 10^-13 minor units
                costs.append("%07d" % (exact // 10**7 + (exact % 10**7 >= 5 * 10**6)))
            costs = [(text[:-6] + "." + text[-6:]).rstrip("0").rstrip(".") for text in costs]
            assert body.endswith('"ep":{"h":%s,"d":%s,"w":%s,"m":%s}}' % tuple(costs)), (turn, body, costs)
            price = ("%07d" % price)[:-6] + ("." + ("%07d" % price)[-6:]).rstrip("0").rstrip(".")
            assert ',"p":%s,' % price in body


async def test_history_survives_a_restart_and_a_partition_that_cannot_be_had():
    board = Board()
    async with Running(board) as app:
        for _ in range(30):
            app.link.read(*FULL)
            app.board.ticks += 2500
            await asyncio.sleep(0.01)
    again = Board(board.flash)
    again.ticks = board.ticks
    async with Running(again) as app:
        assert len((await get(app, "/history/hourly"))["t"]) >= 7
    broken = Board()
    partition = broken.partition

    def none(label):
        if label == "history":
            raise OSError(19)
        return partition(label)

    broken.partition = none
    async with Running(broken) as app:
        assert (await ask(app, "/history/hourly")).status == 503
        rows = (await get(app, "/health"))["services"]
        assert [row["health"] for row in rows if row["name"] == "history"] == ["disabled"]
