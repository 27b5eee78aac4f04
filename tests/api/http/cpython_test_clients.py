"""The requests of known clients of this API, with their own libraries, against the simulator on both interpreters."""

import asyncio
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import aiohttp
import jq
import pytest
import websockets

from host_sim.house import House
from host_sim.meters import create

ROOT = pathlib.Path(__file__).resolve().parents[3]
RUNTIMES = {"cpython": ("cpython",), "micropython": ("micropython", "--heap", "400k")}
HOUR = 1763802000
SPEED = 8  # a telegram every 1.25 s
#: Time-out, s: nothing takes so long, even on a slow machine.
PATIENCE = 600


class Reader:
    """One `python -m host_sim`."""

    def __init__(self, runtime, *arguments):
        self.runtime = runtime
        command = [sys.executable, "-m", "host_sim", "--port", "0", "--runtime", *RUNTIMES[runtime], *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for line in self.process.stdout:
            found = re.match(r"listening on (http://127\.0\.0\.1:(\d+))/", line)
            if found:
                self.url, self.port = found.group(1), int(found.group(2))
                self.said = []  # read all output, as a full pipe would stop the reader
                threading.Thread(target=lambda: self.said.extend(self.process.stdout), daemon=True).start()
                return
        raise AssertionError("the simulator did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait() == 0, "".join(self.said[-30:])

    def descriptors(self):
        """Number of open files of the board's own process."""
        children = pathlib.Path("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid))
        if not children.exists():
            return None
        return len(os.listdir("/proc/%s/fd" % children.read_text().split()[0]))

    async def first_reading(self, session):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                async with session.get(self.url + "/meter") as response:
                    if response.status == 200:
                        return await response.json()
            except aiohttp.ClientConnectorError:
                # If it has ended, its watchdog has restarted it: the machine has stood still for a minute.
                assert self.process.poll() is None, "".join(self.said[-30:])
            await asyncio.sleep(0.1)
        raise AssertionError("no reading")


@pytest.fixture(scope="module", params=RUNTIMES)
def reader(request):
    with Reader(request.param, "--speed", str(SPEED), "--meter", "p1") as running:
        yield running


@pytest.fixture(scope="module", params=RUNTIMES)
def deaf(request):
    """A reader with nothing on its line."""
    ours, theirs = os.openpty()
    try:
        with Reader(request.param, "--serial", os.ttyname(theirs)) as running:
            yield running
    finally:
        os.close(ours)
        os.close(theirs)


async def until(true):
    """Wait until true() is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.1)


async def home_assistant(session, url, identity=False, headers=None):
    """One refresh of the Home Assistant integration: statuses ignored, JSON strict."""
    bodies = {}
    for path in ("/meter", "/configuration", "/han") + (("/meter/id",) if identity else ()):
        async with session.get(url + path, headers=headers) as response:
            if path == "/meter/id":
                assert response.status == 200
            bodies[path] = await response.json()
            assert isinstance(bodies[path], dict)
    return bodies


def sensors(bodies):
    """The values that the integration computes from the messages."""
    meter, configuration, han = bodies["/meter"], bodies["/configuration"], bodies["/han"]
    values = {name: None if meter.get(name, 0) is None else float(meter.get(name, 0)) for name in ("ic", "ec")}
    for name, count in (("p", 4), ("pi", 4), ("pe", 4), ("r", 4), ("u", 3), ("i", 3)):
        for k in range(count):
            values[name, k] = float(meter[name][k] or 0) if len(meter[name]) > k else 0.0
    values["price"] = float(configuration.get("p", 0))
    values["fuse"] = (configuration.get("m") or {}).get("f")
    values["static"] = configuration["e"]["n"]["m"], configuration["w"]["n"]["m"]
    values["enabled"] = configuration["e"]["e"] is True, configuration["w"]["e"] is True
    values["version"] = configuration.get("v") or han.get("version")
    assert han["online"] in (True, False) and re.fullmatch(r"[\d.]+", han["wifiIp"])
    return values


def test_an_integration_before_the_first_telegram_fails_instead_of_booking_zeros(deaf):
    async def run():
        async with aiohttp.ClientSession() as session:
            async with session.get(deaf.url + "/han", timeout=aiohttp.ClientTimeout(PATIENCE)) as response:
                assert response.status == 200
                assert (await response.json())["type"] == "HAN_STATE_MESSAGE"
            for path in ("/meter", "/meter/data", "/meter/id"):
                async with session.get(deaf.url + path) as response:
                    assert response.status == 503 and "no bytes on the HAN port" in await response.text()
            with pytest.raises(aiohttp.ContentTypeError):
                await home_assistant(session, deaf.url)

    asyncio.run(run())


def test_setup_of_an_integration(reader):
    async def run():
        async with aiohttp.ClientSession() as session:
            async with session.get(reader.url + "/han", timeout=aiohttp.ClientTimeout(PATIENCE)) as response:
                assert response.status == 200 and response.content_type == "application/json"
                han = await response.json()
        assert han["type"] == "HAN_STATE_MESSAGE"
        assert re.fullmatch(r"([0-9A-F]{2}:){5}[0-9A-F]{2}", han["mac"])
        for name in ("ethIp", "wifiIp"):
            assert re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}", han[name])
        assert isinstance(han["name"], str) and isinstance(han["serial"], str) and isinstance(han["online"], bool)

    asyncio.run(run())


@pytest.mark.parametrize("headers", (None, {"Connection": "close"}), ids=("keep-alive", "close"))
def test_a_day_of_two_home_assistants(reader, headers):
    async def run():
        counters = {"ic": 0, "ec": 0}
        async with aiohttp.ClientSession() as session:
            await reader.first_reading(session)
            await asyncio.sleep(0.3)
            before = reader.descriptors()
            for _ in range(60):
                both = await asyncio.gather(
                    home_assistant(session, reader.url, headers=headers),
                    home_assistant(session, reader.url, identity=True, headers=headers),
                )
                for bodies in both:
                    values = sensors(bodies)
                    for name in counters:
                        assert values[name] is not None and values[name] >= counters[name] > -1
                        counters[name] = values[name]
                    meter = bodies["/meter"]
                    assert [len(meter[name]) for name in ("p", "pi", "pe", "r", "ri", "re")] == [4] * 6
                    assert [len(meter[name]) for name in ("u", "i")] == [3] * 2
                    assert abs(meter["p"][0] - (meter["pi"][0] - meter["pe"][0])) <= 1
                    assert abs(meter["p"][0] - sum(meter["p"][1:])) <= 5
            assert counters["ic"] > 0
            await until(lambda: before is None or reader.descriptors() <= before)

    asyncio.run(run())


def test_evcc(reader):
    async def run():
        async with aiohttp.ClientSession() as session:
            await reader.first_reading(session)
            while True:
                async with session.get(reader.url + "/meter/data") as response:
                    assert response.status == 200
                    text = await response.text()
                async with session.get(reader.url + "/meter") as response:
                    meter = await response.json()
                if json.loads(text)["ts"] == meter["ts"]:
                    break
        assert isinstance(jq.compile(".pi[0] - .pe[0]").input_text(text).first(), (int, float))
        assert jq.compile(".ic | tonumber").input_text(text).first() == meter["ic"]
        for name in ("i", "u"):
            for k in range(3):
                assert isinstance(jq.compile(".%s[%d]" % (name, k)).input_text(text).first(), (int, float))

    asyncio.run(run())


def test_three_websockets_and_the_fourth(reader):
    url = "ws://127.0.0.1:%d/ws" % reader.port

    async def telegram(client):
        while True:
            message = json.loads(await asyncio.wait_for(client.recv(), PATIENCE))
            if message["type"] == "HAN_METER_MESSAGE":
                return message

    async def run():
        async with aiohttp.ClientSession() as session:
            await reader.first_reading(session)
            async with websockets.connect(url) as one, websockets.connect(url) as two:
                async with session.ws_connect(url) as three:
                    for client in (one, two):
                        kinds = [json.loads(await client.recv())["type"] for _ in range(4)]
                        assert kinds == ["HAN_STATE_MESSAGE", "HAN_METER_MESSAGE", "HAN_CONFIGURATION_MESSAGE",
                                         "HAN_OTA_MESSAGE"]
                    assert (await three.receive_json())["type"] == "HAN_STATE_MESSAGE"
                    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
                        await websockets.connect(url)
                    assert refused.value.response.status_code == 503
                    assert refused.value.response.headers["Retry-After"]
                    # Each telegram makes one message for all clients; a late client misses some.
                    seen = [await telegram(client) for client in (one, two)]
                    while seen[0]["seq"] != seen[1]["seq"]:
                        late = int(seen[1]["seq"] < seen[0]["seq"])
                        seen[late] = await telegram((one, two)[late])
                    assert seen[0] == seen[1]
                    assert (await telegram(one))["seq"] > seen[0]["seq"]
                    await one.send('{"type":"PING"}')
                    while json.loads(await one.recv()) != {"type": "PONG"}:
                        pass
                    await asyncio.wait_for(await two.ping(), PATIENCE)
                    await home_assistant(session, reader.url)
            while True:  # until the connections have ended
                async with session.get(reader.url + "/health") as response:
                    ws = (await response.json())["connections"]["ws"]
                if ws["c"] == 0:
                    break
                await asyncio.sleep(0.1)
            assert ws["m"] == 3

    asyncio.run(run())


async def events(response, count):
    """So many events of a stream: (event, id, message)."""
    found, fields = [], {}
    async for line in response.content:
        line = line.decode().rstrip("\n")
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
            continue
        if "data" in fields:
            found.append((fields["event"], int(fields["id"]), json.loads(fields["data"])))
            if len(found) == count:
                return found
        fields = {}


def test_five_event_streams(reader):
    async def run():
        accept = {"Accept": "text/event-stream"}
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(None)) as session:
            await reader.first_reading(session)
            streams = []
            for number in range(5):
                path = "/events" if number % 2 else "/sse"
                streams.append(await session.get(reader.url + path, headers=accept))
                assert streams[-1].status == 200 and streams[-1].content_type == "text/event-stream"
            async with session.get(reader.url + "/sse", headers=accept) as sixth:
                assert sixth.status == 503 and sixth.headers["Retry-After"]
                assert (await sixth.json())["success"] is False
            for response in streams:
                got = await asyncio.wait_for(events(response, 6), PATIENCE)
                assert got[0][0] == "HAN_STATE_MESSAGE"
                for event, number, message in got:
                    assert event == message["type"]
                    assert event != "HAN_METER_MESSAGE" or number == message["seq"]
                assert [event for event, _, _ in got].count("HAN_METER_MESSAGE") >= 2
            await home_assistant(session, reader.url)
            for response in streams:
                response.close()
            async with session.get(reader.url + "/events", headers={"Accept": "text/html"}) as page:
                assert page.status == 200 and page.content_type == "text/html"
                assert "</html>" in await page.text()

    asyncio.run(run())


def test_methods_paths_and_bodies(reader):
    async def run():
        async with aiohttp.ClientSession() as session:
            async with session.head(reader.url + "/han") as response:
                assert response.status == 200 and await response.read() == b""
            async with session.options(reader.url + "/han") as response:
                assert response.status == 200 and "GET" in response.headers["Allow"]
            async with session.get(reader.url + "/nothing") as response:
                assert response.status == 404 and (await response.json())["success"] is False
            async with session.post(reader.url + "/han", json={}) as response:
                assert response.status == 405 and response.headers["Allow"] == "GET, HEAD, OPTIONS"
            for size in (9_000, 100_000, 2_000_000):
                async with session.post(reader.url + "/configuration", data=b"x" * size) as response:
                    assert response.status == 413 and (await response.json())["success"] is False

    asyncio.run(run())


CHUNKED = b"PUT /configuration HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
HOSTILE = (
    b"",
    b"GET /meter HTTP/1.1\r\nHost: x",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
    bytes(range(255, 0, -1)) * 12,
    b"GET /" + b"a" * 9000,
    b"POST /han HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 20000,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    CHUNKED + b"5\r\nab",
    CHUNKED + b"1;%s\r\na\r\n" % (b"x" * 200) * 50,
    b"POST /update HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
    b"GET /meter HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 3000,
)


def attack(port, count):
    """Open connections that send bytes that are no request, and stay open."""
    sockets = []
    for number in range(count):
        one = socket.create_connection(("127.0.0.1", port), PATIENCE)
        try:
            one.sendall(HOSTILE[number % len(HOSTILE)])
        except OSError:
            pass
        sockets.append(one)
    return sockets


@pytest.mark.parametrize("count", (7, 60))
def test_hostile_clients_do_not_stop_the_meter(reader, count):
    async def run():
        loop = asyncio.get_running_loop()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as session:
            first = await reader.first_reading(session)
            sockets = []
            asked = served = 0
            end = time.monotonic() + 3
            while time.monotonic() < end:
                sockets += await loop.run_in_executor(None, attack, reader.port, count)
                asked += 1
                try:
                    async with session.get(reader.url + "/meter") as response:
                        # A refusal must not look like a reading.
                        assert response.status == 200 or response.content_type == "text/plain"
                        served += response.status == 200
                except (aiohttp.ClientError, asyncio.TimeoutError):
                    pass
                await asyncio.sleep(0.3)
            # A few of them hardly matter; with many it is enough that the reader survives.
            assert count > 10 or served >= asked - 1, (served, asked)
            # Everyone gets an answer or a closed socket within ten seconds.
            deadline = time.monotonic() + PATIENCE
            for one in sockets:
                one.settimeout(max(0.01, deadline - time.monotonic()))
                try:
                    while one.recv(4096):
                        pass
                except ConnectionError:
                    pass
                one.close()
            last = await reader.first_reading(session)
            assert last["seq"] - first["seq"] >= 2, (first["seq"], last["seq"])
            async with session.get(reader.url + "/health") as response:
                rows = (await response.json())["services"]
            assert {row["health"] for row in rows if row["name"] in ("meter", "api")} == {"ok"}, rows

    asyncio.run(run())


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_energies_outlive_a_restart(runtime, tmp_path):
    # A meter that sends its counters once an hour: one such list, then none.
    meter = create("aidon")
    house = House(HOUR, 3, meter.ZONE_MIN)
    full, short = [meter.encode(house.state(HOUR * 1000 + ms)) for ms in (0, 10 * meter.PERIOD_MS)]
    assert len(full) > len(short)
    (tmp_path / "full").write_bytes(full + 3 * short)
    (tmp_path / "short").write_bytes(4 * short)

    async def read(running, wanted):
        async with aiohttp.ClientSession() as session:
            meter = await running.first_reading(session)
            end = time.monotonic() + PATIENCE
            while not wanted(meter) and time.monotonic() < end:
                meter = await running.first_reading(session)
                await asyncio.sleep(0.1)
            async with session.get(running.url + "/han") as response:
                return [meter[name] for name in ("ic", "ec", "ric", "rec")], (await response.json())["mac"]

    def run(capture, wanted):
        arguments = ("--speed", "16", "--state", str(tmp_path / "state"), "--replay", str(tmp_path / capture))
        with Reader(runtime, *arguments) as running:
            return asyncio.run(read(running, wanted))

    before, mac = run("full", lambda meter: meter["ic"] is not None)
    assert min(before) > 0
    for _ in range(2):
        after, same = run("short", lambda meter: True)
        assert after == before, "counters were lost over a restart"
        assert same == mac
