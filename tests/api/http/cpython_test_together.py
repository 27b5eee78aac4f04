"""Many kinds of clients at the same time, and clients that fetch what they have missed; on both interpreters."""

import asyncio
import datetime
import json

import aiohttp
import jq
import pytest
import websockets

from tests.api.http.cpython_test_clients import PATIENCE, RUNTIMES, SPEED, Reader, events, home_assistant

ROUNDS = 12


@pytest.fixture(scope="module", params=RUNTIMES)
def reader(request):
    """A reader with a radio, which can scan for networks."""
    with Reader(request.param, "--network", "setup", "--speed", str(SPEED), "--meter", "p1") as running:
        yield running


def test_all_kinds_of_clients_while_the_radio_is_busy(reader):
    async def refreshes(session, identity):
        for _ in range(ROUNDS):
            bodies = await home_assistant(session, reader.url, identity)
            assert bodies["/meter"]["ic"] > 0
            await asyncio.sleep(5 / SPEED)

    async def controls(session):
        for _ in range(ROUNDS):
            async with session.get(reader.url + "/meter/data") as response:
                assert response.status == 200
                text = await response.text()
            assert isinstance(jq.compile(".pi[0] - .pe[0]").input_text(text).first(), (int, float))
            await asyncio.sleep(5 / SPEED)

    async def scans(session):
        for _ in range(2):
            async with session.get(reader.url + "/wifi/scan", headers={"X-Scan-Start": "1"}) as response:
                assert response.status == 200
            while True:
                async with session.get(reader.url + "/wifi/scan") as response:
                    state = await response.json()
                if state["status"] != "SCAN_RUNNING":
                    break
                await asyncio.sleep(0.3)
            assert state["status"] == "SCAN_SUCCESS" and len(state["networks"]) == 3, state

    async def listens():
        seen = []
        async with websockets.connect("ws://127.0.0.1:%d/ws" % reader.port) as socket:
            while len(seen) < ROUNDS // 3:
                message = json.loads(await socket.recv())
                if message["type"] == "HAN_METER_MESSAGE":
                    seen.append(message["seq"])
        return seen

    async def follows(session):
        async with session.get(reader.url + "/sse") as stream:
            found = await events(stream, 4 + ROUNDS // 3)
        return [number for event, number, _ in found if event == "HAN_METER_MESSAGE"]

    async def run():
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as session:
            await reader.first_reading(session)
            results = await asyncio.gather(
                listens(), follows(session), refreshes(session, False), refreshes(session, True), controls(session),
                scans(session),
            )  # fmt: skip
        for numbers in results[:2]:
            assert numbers == sorted(set(numbers)), "a reading was told twice, or late"

    asyncio.run(run())


def test_who_collects_readings_can_go_back_for_those_it_has_missed(reader):
    async def told(count):
        """So many meter messages of a new connection."""
        found = []
        async with websockets.connect("ws://127.0.0.1:%d/ws" % reader.port) as socket:
            assert json.loads(await socket.recv())["type"] == "HAN_STATE_MESSAGE"
            while len(found) < count:
                message = json.loads(await socket.recv())
                if message["type"] == "HAN_METER_MESSAGE":
                    found.append(message)
        return found

    async def run():
        async with aiohttp.ClientSession() as session:
            await reader.first_reading(session)
            before = await told(4)
            while (await reader.first_reading(session))["seq"] < before[-1]["seq"] + 3:
                await asyncio.sleep(0.1)
            after = await told(3)
            # Clients tell readings apart by their time, in a table with one row for each.
            stamps = [message["ts"] for message in before + after]
            assert stamps == sorted(set(stamps))
            for message in before + after:
                assert len(message["u"]) == len(message["i"]) == 3 and message["ic"] > 0
            async with session.get(reader.url + "/history/hourly") as response:
                assert response.status == 200
                samples = await response.json()
            assert len({len(column) for column in samples.values() if isinstance(column, list)}) == 1
            times = samples["t"]
            assert times == sorted(times) and not any(t % 10 for t in times) and samples["x"] == times[-1]
            # The gap is covered.
            missed = [t for t in times if before[-1]["ts"] < t * 1000 < after[0]["ts"]]
            assert len(missed) >= (after[0]["ts"] - before[-1]["ts"]) // 10000 - 1, (times, stamps)
            assert not any(flags & 1 for flags in samples["f"][:-1])
            for path in ("weekly", "monthly", "yearly"):
                async with session.get(reader.url + "/history/" + path) as response:
                    assert response.status == 200 and (await response.json())["type"].endswith("HISTORY_MESSAGE")
            async with session.get(reader.url + "/meter/id") as response:
                assert response.status == 200 and (await response.json())["type"] == "HAN_METER_IDENTITY_MESSAGE"
            while True:  # until both are of one reading
                async with session.get(reader.url + "/meter") as response:
                    meter = await response.json()
                async with session.get(reader.url + "/data") as response:
                    data = await response.json()
                async with session.get(reader.url + "/meter") as response:
                    if (await response.json())["seq"] == meter["seq"]:
                        break
            assert (data["i"], data["e"], data["ic"], data["ec"]) == tuple(
                (meter["pi"][0], meter["pe"][0], meter["ic"], meter["ec"])
            )

    asyncio.run(run())


def test_the_sensor_that_wants_seconds(reader):
    async def run():
        async with aiohttp.ClientSession() as session:
            await reader.first_reading(session)
            async with session.put(reader.url + "/configuration", json={"m": {"ts": "s"}}) as response:
                assert response.status == 200
            try:
                for path in ("/meter", "/meter/data"):
                    async with session.get(reader.url + path) as response:
                        told = (await response.json())["ts"]
                    async with session.get(reader.url + "/han") as response:
                        now = (await response.json())["ts"] / 1000
                    stamp = datetime.datetime.fromtimestamp(float(told), datetime.timezone.utc)
                    assert abs(stamp.timestamp() - now) < 600
            finally:
                async with session.put(reader.url + "/configuration", json={"m": {"ts": "ms"}}) as response:
                    assert response.status == 200

    asyncio.run(run())
