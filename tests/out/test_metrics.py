"""GET /metrics on both interpreters; cpython_test_prometheus.py reads it with Prometheus's own parsers."""

from han.out.metrics import open_metrics
from tests.api.fake import FULL, Running, ask, get
from tests.api.routes.test_api_events import send, telegram
from tests.api.routes.test_api_registers import reading

ROW = {"name": "metrics", "status": "running", "health": "ok", "error": None}


async def metrics(app, accept=""):
    answer = await ask(app, "/metrics", headers="Accept: %s\r\n" % accept if accept else "")
    assert answer.status == 200
    return answer.body.decode().split("\n")


async def test_metrics_have_units_and_leave_out_what_is_not_known():
    async with Running() as app:
        first = await metrics(app)
        assert not [line for line in first if "watt" in line] and 'han_service_healthy{service="meter"} 1' in first
        app.link.read(*FULL)
        lines = await metrics(app)
        for line in (
            "# TYPE han_import_energy_watthours_total counter", "han_import_energy_watthours_total 123456789",
            "# TYPE han_power_watts gauge", "han_power_watts 1000", 'han_phase_power_watts{phase="L2"} 402',
            'han_phase_voltage_volts{phase="L1"} 239.2', 'han_phase_current_amperes{phase="L2"} -5.812',
            "han_readings_total 1", "# TYPE han_reader_info gauge",
        ):  # fmt: skip
            assert line in lines, line
        assert lines[-1] == "" and "# EOF" not in lines and not [line for line in lines if "tariff" in line]
        lines = await metrics(app, "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
        for line in (
            "# TYPE han_import_energy_watthours counter", "# UNIT han_import_energy_watthours watthours",
            "han_import_energy_watthours_total 123456789", "# TYPE han_reader info",
        ):
            assert line in lines, line
        assert lines[-2:] == ["# EOF", ""]


async def test_a_silent_meter_tells_nothing():
    async with Running() as app:
        app.link.read(*FULL)
        app.board.ticks += 9000
        assert "han_power_watts 1000" in await metrics(app)
        app.board.ticks += 2000
        lines = await metrics(app)
        assert not [line for line in lines if "watt" in line or "amperes" in line]
        assert "han_readings_total 1" in lines and "han_reading_age_seconds 11" in lines
        assert app.silence.stale()
        app.link.read((0, 7))
        assert "han_import_watts 7" in await metrics(app) and not app.silence.stale()


async def test_what_few_meters_have():
    async with Running(reading(b"")) as app:
        await send(app, telegram(
            "0-0:96.7.21(00013)", "1-0:32.32.0(00003)", "0-1:24.1.0(003)", '0-1:96.1.0(4"\\7)',
            "0-1:24.2.1(101209112500W)(12785.123*m3)", "0-2:24.1.0(012)", "0-2:24.2.1(101209112500W)(1.5*GJ)",
        ))  # fmt: skip
        lines = await metrics(app)
        for line in (
            "han_failures_total 13", 'han_phase_sags_total{phase="L1"} 3',
            'han_submeter_volume_cubic_meters_total{channel="1",id="4\\"\\\\7",kind="gas"} 12785.123',
            'han_submeter_energy_joules_total{channel="2",id="",kind="heat"} 1500000000',
        ):
            assert line in lines, (line, lines)


async def test_prices_do_not_need_a_meter():
    async with Running() as app:
        app.config.change(dict(app.config.values, p=8123456, vat=2500))
        lines = await metrics(app)
        assert 'han_price_per_kilowatthour{currency="EUR"} 0.08123456' in lines
        assert 'han_total_price_per_kilowatthour{currency="EUR"} 0.1015432' in lines


async def test_switched_off_it_is_no_path():
    async with Running() as app:
        body = b'{"out":{"metrics":{"on":false}}}'
        assert (await ask(app, "/configuration", "PUT", "", body)).status == 200
        assert (await ask(app, "/metrics")).status == 404
        assert not [row for row in (await get(app, "/health"))["services"] if row["name"] == "metrics"]
        answer = await ask(app, "/metrics", "POST")
        assert answer.status == 404


async def test_head_and_other_methods():
    async with Running() as app:
        assert (await ask(app, "/metrics", "HEAD")).status == 200
        answer = await ask(app, "/metrics", "POST")
        assert answer.status == 405 and answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert (await ask(app, "/metrics/more")).status == 404


def test_the_format_is_the_one_that_is_preferred():
    prometheus = (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
        "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
    )
    for accept in prometheus, "application/openmetrics-text", "Application/OpenMetrics-Text; version=1.0.0, */*;q=0.9":
        assert open_metrics(accept), accept
    for accept in (
        'application/openmetrics-text; version="1.0.0"', "application/*", "text/plain;q=0, */*",
        "text/plain;q=0.1,application/openmetrics-text;q=0.5,*/*;q=0.9", "text/*;q=0.2, application/*;q=0.3",
        "text/plain;version=1.0.0,*/*;q=0.1,application/openmetrics-text;version=1.0.0;q=0.2",
    ):  # fmt: skip
        assert open_metrics(accept), accept
    for accept in (
        "", "*/*", "text/plain", "text/html,*/*;q=0.8", "application/openmetrics-text;q=0", "a;b;c,;,=;q=",
        "application/openmetrics-text;version=2.0.0", "application/openmetrics-text;q=0.4,text/plain;q=0.5",
        "application/openmetrics-text;version=1.0.0;q=0.1,application/openmetrics-text,*/*;q=0.2", "text/*", "*/*;q=0",
    ):
        assert not open_metrics(accept), accept


async def test_its_requests_are_counted_and_what_counts_them_goes_where_there_are_none():
    async with Running() as app:
        looked = await get(app, "/out")
        assert looked["metrics"]["state"] == "listening" and looked["metrics"]["sent"] == 0
        assert looked["metrics"]["since_s"] is None
        assert [row for row in (await get(app, "/health"))["services"] if row["name"] == "metrics"] == [ROW]
        for _ in range(30):
            app._look()
        assert app._outs is None and not [row for row in app.supervisor.rows() if row.name == "metrics"]
        assert [row for row in (await get(app, "/health"))["services"] if row["name"] == "metrics"] == [ROW]
        for count in 1, 2:
            await metrics(app)
            for _ in range(30):
                app._look()
            assert (await get(app, "/out"))["metrics"]["sent"] == count
