"""Real clients of a Shelly Pro 3EM, against the simulator on both interpreters."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from han.out.shelly import KINDS, frames, info
from staging import stage
from tests.api.fake import Board, FakeApp
from tests.net.cpython_test_mdns import HOST, Names, peer
from tools.dev import setup
from tools.measure.simulator import PATIENCE, Simulator

CLIENT = pathlib.Path(__file__).with_name("home_assistant.py")
RUNTIMES = {"cpython": ("cpython",), "micropython": ("micropython", "--heap", "400k")}
# A telegram every 2.5 s. Time runs so fast for the reader, too: three periods without one are 7.5 s of this computer.
SPEED = 4


def own_address():
    """An address on which no other test has the ports of batteries. Only Linux has more than one."""
    if sys.platform != "linux":
        return "127.0.0.1"
    return "127.%d.%d.%d" % tuple(1 + byte % 250 for byte in os.urandom(3))


@pytest.fixture(scope="module", params=RUNTIMES)
def reader(request):
    """A reader with a Shelly and a reading."""
    arguments = "--port", "0", "--host", own_address(), "--speed", SPEED, "--meter", "p1", "--runtime"
    with Simulator(*arguments, *RUNTIMES[request.param]) as running:
        running.host = running.url.split("/")[2].split(":")[0]
        switch(running, True)
        end = time.monotonic() + PATIENCE
        # It is stale for moments until some telegrams have told their period.
        while ask(running, "/rpc/EM.GetStatus?id=0")[0] != 200 or ask(running, "/meter")[1]["seq"] < 4:
            assert time.monotonic() < end
            time.sleep(0.2)
        yield running


def ask(reader, path, body=None, method=None):
    """(status, parsed body) of a request."""
    request = urllib.request.Request(reader.url + path, body, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def switch(reader, on):
    body = json.dumps({"out": {"shelly": {"on": on}}}).encode()
    assert ask(reader, "/configuration", body, "PUT")[0] == 200


def test_home_assistants_library_reads_it_and_is_told_of_readings(reader):
    if sys.version_info < (3, 11):
        pytest.skip("aioshelly needs Python 3.11")
    python = setup.ensure(stage.BUILD / "clients", stage.ROOT / "requirements-clients.txt")
    run = subprocess.run(
        [str(python), str(CLIENT), reader.host, str(reader.port)], capture_output=True, text=True, timeout=PATIENCE
    )
    assert run.returncode == 0 and not run.stderr, run.stderr
    found = json.loads(run.stdout)
    assert "error" not in found, found["error"]
    mac = ask(reader, "/han")[1]["mac"].replace(":", "")
    assert found["info"]["mac"] == mac and found["info"]["id"] == "shellypro3em-" + mac.lower()
    assert found["model"] == "SPEM-003CEBEU" and found["supported"] is True and found["name"].startswith("HAN-READER-")
    # It offers neither scripts nor a connection of its own to Home Assistant.
    assert found["scripts"] is False and found["listed"] == [] and found["ws"]["enable"] is False
    assert found["refused"] == [403, 403, 404]  # the last one is of a component that there is not
    for status in found["status"], found["told"]:
        em = status["em:0"]
        assert abs(sum(em[phase + "_act_power"] for phase in "abc") - em["total_act_power"]) <= 2
        assert all(200 < em[phase + "_voltage"] < 260 for phase in "abc")
        # Home Assistant reads a counter by float(), so none may be null.
        assert all(isinstance(value, (int, float)) for value in status["emdata:0"].values())
    assert found["told"]["em:0"] != found["status"]["em:0"]


def test_evcc_reads_it(reader):
    """As evcc's meter/shelly does: each call is posted to the method's path, and the answer has the result alone."""

    def call(method):
        status, result = ask(
            reader, "/rpc/" + method, json.dumps({"id": 0, "src": "evcc", "method": method}).encode()
        )  # fmt: skip
        assert status == 200, result
        return result

    info = ask(reader, "/shelly")[1]
    assert info["gen"] >= 2 and info["auth_en"] is False and info["model"].split("-")[0] == "SPEM"
    methods = call("Shelly.ListMethods")["methods"]
    # By these it tells kinds of meters; EM is what it must find here.
    assert "EM.GetStatus" in methods and not {"EM1.GetStatus", "Switch.GetStatus", "PM1.GetStatus"} & set(methods)
    status, data = call("EM.GetStatus"), call("EMData.GetStatus")
    for field in ["total_act_power"] + [phase + name for phase in "abc" for name in ("_current", "_voltage")]:
        assert isinstance(status[field], float), field
    meter = ask(reader, "/meter")[1]
    assert abs(data["total_act"] / 1000 - meter["ic"]) < 1 and abs(data["total_act_ret"] / 1000 - meter["ec"]) < 1


def test_it_tells_what_the_meter_tells(reader):
    end = time.monotonic() + PATIENCE
    meter, again = None, ask(reader, "/meter")[1]
    while meter is None or meter["seq"] != again["seq"]:  # no telegram may come between the requests
        assert time.monotonic() < end
        meter = again
        status, data = ask(reader, "/rpc/EM.GetStatus?id=0")[1], ask(reader, "/rpc/EMData.GetStatus?id=0")[1]
        again = ask(reader, "/meter")[1]
    powers = [status[name + "_act_power"] for name in ("total", "a", "b", "c")]
    assert powers == meter["p"] == [plus - minus for plus, minus in zip(meter["pi"], meter["pe"])]
    assert [status[phase + "_voltage"] for phase in "abc"] == meter["u"]
    assert [status[phase + "_current"] for phase in "abc"] == [abs(current) for current in meter["i"]]
    assert abs(status["total_current"] - sum(meter["i"])) < 0.0005
    assert (data["total_act"], data["total_act_ret"]) == (round(1000 * meter["ic"]), round(1000 * meter["ec"]))


@pytest.mark.parametrize("port", (1010, 2220))
def test_a_battery_is_answered_over_udp(reader, port):
    """As Marstek's batteries ask, see AstraMeter."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        if port < 1024 and ask(reader, "/out")[1]["shelly"]["error"]:
            pytest.skip("UDP port 1010 needs the superuser here")
        line.settimeout(1)
        line.connect((reader.host, port))
        end = time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < end
            try:
                line.send(b'{"id":1,"method":"EM.GetStatus","params":{"id":0}}')
                heard = line.recv(2048)
                break
            except OSError:
                pass  # lost, or it does not listen yet
        frame = json.loads(heard)
        assert frame["id"] == 1 and frame["src"].startswith("shellypro3em-") and len(heard) >= 250
        result = frame["result"]
        # The numbers have a decimal point: some batteries want one.
        assert all(isinstance(result[name + "_act_power"], float) for name in ("a", "b", "c", "total"))
        line.send(b"hame")
        line.send(b'{"id":2,"method":"EM1.GetStatus","params":{"id":0}}')
        assert json.loads(line.recv(2048))["id"] == 2  # what is no call has no answer


@pytest.mark.skipif(sys.version_info < (3, 11), reason="zeroconf of the clients needs Python 3.11")
@pytest.mark.parametrize("kind", KINDS)
def test_zeroconf_finds_it(kind):
    app, names = FakeApp(Board()), Names()
    for each in KINDS:
        names.announce(each, frames.called(app), 80, info.txt(app))
    try:
        with peer(kind + ".local.") as event:
            found = names.run(30, event)
            while found[2].get("server") != HOST + ".local.":  # another one of this network
                found = names.run(30, event)
    finally:
        names.close()
    # Home Assistant takes those whose name begins with "shelly".
    assert found[1] == "shellypro3em-02005e10abcd.%s.local." % kind and found[2]["port"] == 80
    text = found[2]["txt"]
    assert (text["gen"], text["app"], text["id"]) == ("2", "Pro3EM", "shellypro3em-02005e10abcd")
    assert "/%s-" % text["ver"] in text["fw_id"]


def test_switched_off_it_is_gone(reader):
    switch(reader, False)
    end = time.monotonic() + PATIENCE
    while ask(reader, "/shelly")[0] != 404:
        assert time.monotonic() < end
        time.sleep(0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(0.5)
        line.connect((reader.host, 2220))
        while True:
            assert time.monotonic() < end
            line.send(b'{"id":1,"method":"EM.GetStatus","params":{"id":0}}')
            try:
                line.recv(2048)
            except OSError:
                break  # nobody listens
            time.sleep(0.2)
