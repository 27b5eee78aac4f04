"""Clients of HomeWizard's API against the simulator: python-homewizard-energy, and the requests of evcc."""

import asyncio
import json
import pathlib
import ssl
import subprocess
import sys
import time
import types

import aiohttp
import pytest

from han.out.homewizard.device import announce
from staging import stage
from tests.api.fake import FULL, Board
from tests.api.http.cpython_test_clients import RUNTIMES, Reader
from tests.api.http.test_api_tls import CERTIFICATE, Secured, provisioned
from tests.net.cpython_test_mdns import HOST, Names, peer
from tests.out.homewizard.test_first import switched
from tests.out.homewizard.test_second import press
from tools.dev import setup

PEER = pathlib.Path(__file__).with_name("energy_peer.py")
SECOND = pathlib.Path(__file__).with_name("energy_second_peer.py")
PATIENCE = 60
SPEED = 4


async def fetched(url, method="GET", **more):
    """(status, what the body says) of a request."""
    async with aiohttp.ClientSession() as session, session.request(method, url, **more) as response:
        text = await response.text()
        return response.status, json.loads(text) if response.content_type == "application/json" else text


async def ready(reader):
    """Switch the language on, and wait until there is a reading."""
    async with aiohttp.ClientSession() as session:
        await reader.first_reading(session)
    status, _ = await fetched(reader.url + "/configuration", "PUT", json={"out": {"homewizard": {"on": True}}})
    assert status == 200
    end = time.monotonic() + PATIENCE
    while (await fetched(reader.url + "/api/v1/data"))[0] != 200:
        assert time.monotonic() < end
        await asyncio.sleep(0.1)


@pytest.fixture(scope="module", params=RUNTIMES)
def reader(request):
    with Reader(request.param, "--speed", str(SPEED), "--meter", "belgian") as running:
        asyncio.run(ready(running))
        yield running


@pytest.mark.skipif(sys.version_info < (3, 11), reason="python-homewizard-energy needs Python 3.11")
def test_python_homewizard_energy_reads_all_there_is(reader):
    python = setup.ensure(stage.BUILD / "clients", stage.ROOT / "requirements-clients.txt")
    command = [python, PEER, "127.0.0.1:%d" % reader.port]
    run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert run.returncode == 0, run.stderr[-2000:]
    said = json.loads(run.stdout)
    _, meter = asyncio.run(fetched(reader.url + "/meter"))
    assert said["device"]["product_type"] == "HWE-P1" and len(said["device"]["serial"]) == 12
    assert said["device"]["api_version"] in ("v1", "1.0.0")
    data = said["data"]
    of = {name: data[name] for name in data if data[name] is not None}
    imported = of.get("total_energy_import_kwh", of.get("energy_import_kwh"))
    assert 0 < meter["ic"] - imported < 1 or meter["ic"] == imported
    tariffs = [of.get("total_energy_import_t%d_kwh" % i, of.get("energy_import_t%d_kwh" % i)) for i in (1, 2)]
    assert abs(sum(tariffs) - imported) < 0.002
    old, new = {"active_power_w", "active_power_average_w"}, {"power_w", "average_power_15m_w"}
    named = old if "active_power_w" in of else new
    assert not named - set(of) and of["meter_model"], of
    external = of["external_devices"]
    assert {name.split("_")[0] for name in external} == {"gas", "water"}, external
    for one in external.values():
        assert one["value"] > 0 and one["unit"] == "m3" and one["timestamp"].startswith("20")
    assert said["system"]["cloud_enabled"] is False and said["identify"] is True
    assert said["telegram"].startswith("/") and "\n!" in said["telegram"]
    assert not said.get("second") and said.get("state") is None


@pytest.mark.skipif(sys.version_info < (3, 11), reason="zeroconf of the clients needs Python 3.11")
@pytest.mark.parametrize("kind, port", (("_hwenergy._tcp", 80), ("_homewizard._tcp", 443)))
def test_zeroconf_finds_both_versions(kind, port):
    names = Names()
    gate = types.SimpleNamespace(secure=types.SimpleNamespace(port=443))
    announce(types.SimpleNamespace(board=Board(), names=names, port=80, gate=gate))
    try:
        with peer(kind + ".local.") as event:
            found = names.run(30, event)
            while found[2].get("server") != HOST + ".local.":  # another one of this network
                found = names.run(30, event)
    finally:
        names.close()
    assert found[1] == "p1meter-10ABCD.%s.local." % kind and found[2]["port"] == port
    # What Home Assistant wants of either kind, and what only one of them has.
    text = {"serial": "02005e10abcd", "product_name": "P1 Meter", "product_type": "HWE-P1"}
    if port == 80:
        text.update(api_enabled="1", path="/api/v1")
    else:
        text.update(api_version="2.0.0", id="appliance/p1dongle/02005e10abcd")
    assert found[2]["txt"] == text


async def test_evcc(reader):
    """Its meter `homewizard`: the API's version once, then the data, from which it adds up the tariffs."""
    status, about = await fetched(reader.url + "/api")
    assert status == 200 and about["api_version"] == "v1" and about["product_type"] == "HWE-P1"
    status, data = await fetched(reader.url + "/api/v1/data")
    assert status == 200
    names = ["active_power_w", "total_power_import_t1_kwh", "total_power_export_t1_kwh"]
    names += [name % phase for phase in (1, 2, 3)
              for name in ("active_power_l%d_w", "active_current_l%d_a", "active_voltage_l%d_v")]  # fmt: skip
    for name in names:
        assert isinstance(data[name], (int, float)), name
    for way in "import", "export":
        parts = [data.get("total_power_%s_t%d_kwh" % (way, tariff), 0) for tariff in (1, 2, 3, 4)]
        assert abs(sum(parts) - data["total_power_%s_kwh" % way]) < 0.002


async def test_home_assistants_other_requests(reader):
    """A P1 meter has no switch and no batteries: their absence is a 404."""
    assert (await fetched(reader.url + "/api/v1/system"))[1] == {"cloud_enabled": False}
    assert (await fetched(reader.url + "/api/v1/state"))[0] == 404
    assert (await fetched(reader.url + "/api/v1/batteries"))[0] == 404
    assert await fetched(reader.url + "/api/v1/identify", "PUT", json=None) == (200, {"identify": "ok"})


@pytest.mark.skipif(sys.version_info < (3, 12), reason="python-homewizard-energy has version 2 from Python 3.12 on")
async def test_python_homewizard_energys_second_version(tmp_path):
    """The library's client of version 2, if only it trusts the reader's certificate."""
    python = setup.ensure(stage.BUILD / "clients", stage.ROOT / "requirements-clients.txt")
    certificate = tmp_path / "certificate.pem"
    certificate.write_text(ssl.DER_cert_to_PEM_cert(CERTIFICATE))
    async with Secured(provisioned()) as app:
        await switched(app)
        app.link.read(*FULL)
        peer = await asyncio.create_subprocess_exec(
            python, SECOND, "127.0.0.1:%d" % app.gate.secure.port, certificate,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert await asyncio.wait_for(peer.stdout.readline(), PATIENCE) == b"press\n"
        assert not press(app)
        out, _ = await asyncio.wait_for(peer.communicate(b"\n"), PATIENCE)
        assert peer.returncode == 0
        said = json.loads(out)
        # It asks, without a token, whether there is version 2, and would insist on HomeWizard's authority.
        assert said["second"] is False and said["untrusted"] is True
        assert said["refused"] is True and len(said["token"]) == 32
        assert said["device"]["api_version"] == "2.0.0" and said["device"]["id"] == "appliance/p1dongle/02005e10abcd"
        assert said["data"]["power_w"] == 1000 and said["data"]["energy_import_kwh"] == 123456.789
        assert said["data"]["current_l2_a"] == -5.812 and said["data"]["timestamp"]
        for system in said["system"], said["set"]:
            assert system["cloud_enabled"] is False and system["status_led_brightness_pct"] == 100
        assert said["telegram"].startswith("/")
        assert said["batteries"] is said["reboot"] is said["deleted"] is True
        assert app.config.get("users") == {}
