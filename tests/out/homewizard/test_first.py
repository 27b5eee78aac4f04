"""Version 1 of HomeWizard's API, and what clients ask for with it."""

import asyncio
import json

from han.meter import obis
from host_sim.meters.p1 import telegram
from tests.api.fake import FULL, Board, Running, ask, get, put
from tests.api.messages.test_api_meter_change import Reader
from tests.out.p1.test_serving import sml_or_dlms

CLOCK = "0-0:1.0.0(240628141234S)"


async def switched(app, on=True):
    """Switch the language on or off, and wait until it is."""
    body = json.dumps({"out": {"homewizard": {"on": on}}}).encode()
    assert (await ask(app, "/configuration", "PUT", body=body)).status == 200
    for _ in range(100):
        app.outs.look()
        status = app.outs.status("homewizard")
        if bool(status and status.device) == on:
            return status
        await asyncio.sleep(0.02)
    raise AssertionError(app.supervisor.rows())


def said(*lines):
    """A telegram with these lines."""
    return telegram(["/ISK5\\2M550T-1013", "", CLOCK, "0-0:96.1.1(4530303433303036)"] + list(lines))


async def test_its_paths_are_there_while_it_is_on():
    async with Running() as app:
        assert (await ask(app, "/api")).status == 404
        await switched(app)
        assert await get(app, "/api") == {
            "product_type": "HWE-P1", "product_name": "P1 Meter", "serial": "02005e10abcd",
            "firmware_version": app.updates.running, "api_version": "v1",
        }  # fmt: skip
        assert sorted(app.names.services.rows) == ["_hwenergy._tcp"]
        assert [row.health for row in app.supervisor.rows() if row.name == "homewizard"] == ["ok"]
        await switched(app, False)
        assert (await ask(app, "/api")).status == 404 and app.names.services is None
        assert "homewizard" not in [row.name for row in app.supervisor.rows()]


async def test_a_meter_without_tariffs():
    async with Running() as app:
        await switched(app)
        for path in "/api/v1/data", "/api/v1/telegram":
            answer = await ask(app, path)
            assert answer.status == 503, answer.body
        app.link.read(*FULL)
        data = await get(app, "/api/v1/data")
        assert data == {
            "wifi_ssid": "",
            "active_power_w": 1000, "active_power_l1_w": 301, "active_power_l2_w": 402, "active_power_l3_w": 297,
            "active_reactive_power_var": 10, "active_reactive_power_l1_var": 4, "active_reactive_power_l2_var": 3,
            "active_reactive_power_l3_var": 3,
            "active_voltage_l1_v": 239.2, "active_voltage_l2_v": 230.1, "active_voltage_l3_v": 230,
            "active_current_l1_a": 6.1, "active_current_l2_a": -5.812, "active_current_l3_a": 0,
            "active_current_a": 11.912,
            "total_power_import_kwh": 123456.789, "total_power_export_kwh": 10,
            "total_power_import_t1_kwh": 123456.789, "total_power_export_t1_kwh": 10,
        }  # fmt: skip
        # A phase that exports has a negative current.
        put(app.link.live, obis.L1_IMPORT_POWER, 0)
        put(app.link.live, obis.L1_EXPORT_POWER, 500)
        app.link.read()
        data = await get(app, "/api/v1/data")
        assert data["active_power_l1_w"] == -500 and data["active_current_l1_a"] == -6.1
        # Nothing old is told.
        app.board.ticks += 61000
        assert (await ask(app, "/api/v1/data")).status == 503


async def test_after_a_restart_the_counters_that_were_kept_are_told():
    power = [(field, number) for field, number in FULL if not obis.IMPORT_ENERGY <= field <= obis.EXPORT_ENERGY]
    board = Board()
    async with Running(board) as app:
        await switched(app)
        app.counters.values, app.counters.meter = [123456789, 10000, None, None], 99
        app.link.read(*power)
        data = await get(app, "/api/v1/data")
        # A client that adds the tariffs up would take their absence for 0, and the next ones for what was used.
        for way, number in (("import", 123456.789), ("export", 10)):
            assert data["total_power_%s_kwh" % way] == data["total_power_%s_t1_kwh" % way] == number
        # It has tariffs, but its list with them does not come each time.
        app.link.read((obis.IMPORT_ENERGY_T1, 1000), (obis.IMPORT_ENERGY_T1 + 1, 123455789))
        data = await get(app, "/api/v1/data")
        assert data["total_power_import_t1_kwh"] == 1 and data["total_power_import_t2_kwh"] == 123455.789
        assert data["total_power_export_t1_kwh"] == 10
    async with Running(board) as app:
        await switched(app)
        app.counters.values, app.counters.meter = [123456789, 10000, None, None], 99
        app.link.read(*power)
        data = await get(app, "/api/v1/data")
        assert data["total_power_import_kwh"] == 123456.789 and "total_power_import_t1_kwh" not in data
        assert data["total_power_export_t1_kwh"] == 10
        app.counters.meter = 98  # another one
        assert (await get(app, "/api/v1/data"))["total_power_import_t1_kwh"] == 123456.789


async def test_a_dutch_meter():
    reader = Reader()
    async with reader as app:
        await switched(app)
        await reader.hear(app, said(
            "1-0:1.8.1(010830.511*kWh)", "1-0:1.8.2(002948.827*kWh)", "1-0:2.8.1(000000.000*kWh)",
            "1-0:2.8.2(000000.000*kWh)", "0-0:96.14.0(0002)", "1-0:1.7.0(00.000*kW)", "1-0:2.7.0(00.543*kW)",
            "0-0:96.7.21(00004)", "0-0:96.7.9(00005)", "1-0:32.32.0(00001)", "1-0:52.32.0(00001)",
            "1-0:72.32.0(00000)", "1-0:32.36.0(00000)", "1-0:52.36.0(00000)", "1-0:72.36.0(00000)",
            "1-0:32.7.0(230.0*V)", "1-0:52.7.0(231.0*V)", "1-0:72.7.0(229.0*V)",
            "1-0:31.7.0(004*A)", "1-0:51.7.0(002*A)", "1-0:71.7.0(000*A)",
            "1-0:21.7.0(00.000*kW)", "1-0:41.7.0(00.133*kW)", "1-0:61.7.0(00.000*kW)",
            "1-0:22.7.0(00.676*kW)", "1-0:42.7.0(00.000*kW)", "1-0:62.7.0(00.000*kW)",
            "1-0:1.4.0(00.123*kW)", "1-0:1.6.0(240604101122S)(01.111*kW)",
            "0-1:24.1.0(003)", "0-1:96.1.0(4730303339)", "0-1:24.2.1(240628140000S)(02569.646*m3)",
            "0-2:24.1.0(007)", "0-2:96.1.0(3853)", "0-2:24.2.1(240628140500S)(00123.456*m3)",
            "0-3:24.1.0(004)", "0-3:24.2.1(240628140500S)(00009.000*GJ)",  # without a number
            "0-4:24.1.0(002)", "0-4:96.1.0(3854)", "0-4:24.2.1(240628140500S)(00009.000*kWh)",  # of no kind that it has
        ))  # fmt: skip
        data = await get(app, "/api/v1/data")
        gas = {"unique_id": "4730303339", "type": "gas_meter", "timestamp": 240628140000, "value": 2569.646}
        gas["unit"] = "m3"
        water = {"unique_id": "3853", "type": "water_meter", "timestamp": 240628140500, "value": 123.456, "unit": "m3"}
        assert data == {
            "wifi_ssid": "", "meter_model": "ISK AM550", "unique_id": "4530303433303036", "active_tariff": 2,
            "total_power_import_kwh": 13779.338, "total_power_import_t1_kwh": 10830.511,
            "total_power_import_t2_kwh": 2948.827, "total_power_export_kwh": 0, "total_power_export_t1_kwh": 0,
            "total_power_export_t2_kwh": 0, "active_power_w": -543, "active_power_l1_w": -676,
            "active_power_l2_w": 133, "active_power_l3_w": 0, "active_voltage_l1_v": 230, "active_voltage_l2_v": 231,
            "active_voltage_l3_v": 229, "active_current_l1_a": -4, "active_current_l2_a": 2, "active_current_l3_a": 0,
            "active_current_a": 6, "any_power_fail_count": 4, "long_power_fail_count": 5,
            "voltage_sag_l1_count": 1, "voltage_sag_l2_count": 1, "voltage_sag_l3_count": 0,
            "voltage_swell_l1_count": 0, "voltage_swell_l2_count": 0, "voltage_swell_l3_count": 0,
            "active_power_average_w": 123, "montly_power_peak_w": 1111, "montly_power_peak_timestamp": 240604101122,
            "total_gas_m3": 2569.646, "gas_timestamp": 240628140000, "gas_unique_id": "4730303339",
            "external": [gas, water],
        }  # fmt: skip


async def test_a_gas_meter_without_a_time_has_that_of_the_reading():
    reader = Reader()
    async with reader as app:
        await switched(app)
        await reader.hear(app, said(
            "1-0:1.8.0(000100.000*kWh)", "1-0:1.7.0(00.500*kW)",
            "0-1:24.1.0(003)", "0-1:96.1.0(4730303339)", "0-1:24.2.1(02569.646*m3)",
        ))  # fmt: skip
        (gas,) = (await get(app, "/api/v1/data"))["external"]
        assert len(str(gas["timestamp"])) == 12 and gas["value"] == 2569.646


async def test_requests_that_write_change_nothing():
    async with Running() as app:
        await switched(app)
        before = dict(app.config.values)
        assert await get(app, "/api/v1/system") == {"cloud_enabled": False}
        for body, status, number in (
            (b'{"cloud_enabled":true}', 200, None), (b'{"cloud_enabled": nonsense}', 400, 2), (b"", 400, 2),
            (b'{"cloud_enabled":1}', 400, 7), (b"{}", 400, 7), (b"[]", 400, 2), (b"[" * 999, 400, 2), (b"\xff", 400, 2),
        ):  # fmt: skip
            answer = await ask(app, "/api/v1/system", "PUT", body=body)
            assert answer.status == status, body
            if number:
                assert answer.json()["error"]["id"] == number
            else:
                assert answer.json() == {"cloud_enabled": False}
        assert app.config.values == before
        for method, path, status in (
            ("PUT", "/api/v1/state", 404), ("GET", "/api/v1/state", 404), ("GET", "/api/v1", 404),
            ("GET", "/api/", 404),
            ("GET", "/api/v1/identify", 404), ("POST", "/api", 405), ("DELETE", "/api/v1/data", 405),
            ("GET", "/api/v2", 404), ("GET", "/apis", 404), ("PUT", "/api/v1/telegram", 405),
            # Version 2 is for https only.
            ("GET", "/api/measurement", 404), ("POST", "/api/user", 404), ("GET", "/api/ws", 404),
        ):  # fmt: skip
            assert (await ask(app, path, method)).status == status, (method, path)
        assert (await ask(app, "/api", headers="X-Api-Version: 2\r\n")).json()["api_version"] == "v1"
        assert (await ask(app, "/api", "HEAD")).status == 200


async def test_identify_lets_the_light_blink():
    async with Running() as app:
        await switched(app)
        lights = []
        app.board.led = lights.append
        answer = await ask(app, "/api/v1/identify", "PUT")
        assert answer.json() == {"identify": "ok"}
        for _ in range(8):
            app.board.ticks += 250
            app.links.turn()
        assert lights.count(True) == lights.count(False) == 4
        app.board.ticks += 9000
        del lights[:]
        for _ in range(8):
            app.board.ticks += 250
            app.links.turn()
        assert lights.count(False) != 4


async def test_a_telegram_is_the_meters_next_one():
    reader = Reader()
    async with reader as app:
        await switched(app)
        assert (await ask(app, "/api/v1/telegram")).status == 503
        sent = said("1-0:1.8.0(000100.000*kWh)", "1-0:1.7.0(00.500*kW)")
        await reader.hear(app, sent)
        app.link.live.period_ms = 2000
        asked = asyncio.create_task(ask(app, "/api/v1/telegram"))
        for _ in range(100):
            if app.bus.boxes["meter"][-1].__class__.__name__ == "_Next":
                break
            await asyncio.sleep(0.02)
        await reader.hear(app, sent)
        answer = await asked
        assert answer.status == 200 and answer.headers["content-type"] == "text/plain"
        assert answer.body == sent
        # None comes.
        app.link.live.period_ms = 200
        answer = await ask(app, "/api/v1/telegram")
        assert answer.status == 503 and answer.body == b"telegram:no-telegram-received"
        assert app.bus.boxes["meter"][-1].__class__.__name__ != "_Next"


async def test_another_meter_that_takes_over_has_no_telegram():
    reader = Reader()
    async with reader as app:
        await switched(app)
        await reader.hear(app, said("1-0:1.8.0(000100.000*kWh)", "1-0:1.7.0(00.500*kW)"))
        app.link.live.period_ms = 60000
        asked = asyncio.create_task(ask(app, "/api/v1/telegram"))
        for _ in range(100):
            if app.bus.boxes["meter"][-1].__class__.__name__ == "_Next":
                break
            await asyncio.sleep(0.02)
        while not asked.done():
            await reader.hear(app, sml_or_dlms())
        assert (await asked).status == 503


async def test_a_meter_without_p1_has_a_virtual_telegram():
    async with Running() as app:
        await switched(app)
        app.link.read(*FULL)
        answer = await ask(app, "/api/v1/telegram")
        assert answer.status == 200 and answer.body[:1] == b"/" and b"1-0:1.8.1(123456.789*kWh)" in answer.body
