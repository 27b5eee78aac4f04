"""Updates from released clients: whole programs and libraries against the simulated reader, on both interpreters.

They know only the old POST /update (a form with the field `filename`, without a token) and GET /update for progress.
"""

import asyncio
import io
import shutil
import subprocess
import time

import aiohttp
import pytest

from tests.sim.cpython_test_simulator import PATIENCE, Simulator
from tests.sim.cpython_test_update import NEW, image

OLD_STATE = {"status", "updating", "rebootPending", "bytesWritten", "bytesExpected", "progress", "error"}


@pytest.fixture(scope="module")
def release():
    return image(NEW)


async def version(session, url, wanted):
    """Wait, as the integration polls, until the reader answers again and runs this version."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            async with session.get(url + "/configuration", timeout=aiohttp.ClientTimeout(PATIENCE)) as response:
                if (await response.json())["v"] == wanted:
                    return
        except (aiohttp.ClientError, asyncio.TimeoutError):
            pass
        await asyncio.sleep(0.5)
    raise AssertionError("it does not run " + wanted)


async def state(session, url):
    async with session.get(url + "/update") as response:
        assert response.status == 200
        found = await response.json()
    assert set(found) == OLD_STATE
    return found


async def send(session, url, data):
    """Upload a form with an open file, as aiohttp of Home Assistant does."""
    form = aiohttp.FormData()
    form.add_field("filename", io.BytesIO(data), filename="ota.bin", content_type="application/octet-stream")
    async with session.post(url + "/update", data=form, timeout=aiohttp.ClientTimeout(PATIENCE)) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("runtime", (("cpython",), ("micropython", "--heap", "400k")), ids=lambda runtime: runtime[0])
def test_home_assistant_updates_without_a_token(tmp_path, runtime, release):
    async def run(url):
        async with aiohttp.ClientSession() as session:
            assert (await state(session, url))["status"] == "IDLE"
            status, answer = await send(session, url, release[:-5000])
            assert status == 400 and not answer["success"] and "bad_signature" not in answer["message"]
            assert (await state(session, url))["error"] in ("truncated", "invalid_firmware")
            # Asked all the time, as its entities do, while it comes.
            upload = asyncio.create_task(send(session, url, release))
            seen = []
            while not upload.done():
                try:
                    seen.append(await state(session, url))
                except aiohttp.ClientError:
                    break  # it restarts
                await asyncio.sleep(0.02)
            status, answer = await upload
            assert status == 200 and answer["rebootPending"] and answer["progress"] == 100, answer
            written = [found["bytesWritten"] for found in seen if found["updating"]]
            assert written == sorted(written)
            await version(session, url, NEW)
            assert (await state(session, url))["error"] is None

    with Simulator(tmp_path, "--state", tmp_path / "state", runtime=runtime) as sim:
        asyncio.run(run(sim.url))


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl here")
def test_curl_as_the_docs_have_it(tmp_path, release):
    (tmp_path / "ota.bin").write_bytes(release)
    with Simulator(tmp_path, "--state", tmp_path / "state") as sim:
        command = ["curl", "-sS", "-F", "filename=@%s" % (tmp_path / "ota.bin"), sim.url + "/update"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        assert '"rebootPending":true' in done.stdout, done.stdout + done.stderr
        end = time.monotonic() + PATIENCE
        while True:
            try:
                if sim.get("/han")["version"] == NEW:
                    break
            except (OSError, ValueError, TypeError):
                pass
            assert time.monotonic() < end
            time.sleep(0.2)
        # The new version is on probation: the next upload is refused with that reason.
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        assert "not proven itself yet" in done.stdout, done.stdout + done.stderr
