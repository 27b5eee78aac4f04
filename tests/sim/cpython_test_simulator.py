"""The simulator as a user starts it, on both interpreters: its line, its API, its end."""

import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import time
import tty
import urllib.error
import urllib.request

import pytest

from host_sim.house import House
from host_sim.meters import create
from tests.sim.meters.expected import expected

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RUNTIMES = (("cpython",), ("micropython", "--heap", "400k"))
HOUR = 1763802000

#: Time-out, s: nothing takes so long, even on a slow machine.
PATIENCE = 600


class Simulator:
    """One run of `python -m host_sim`; its output goes to files, so that nothing can block it."""

    def __init__(self, folder, *arguments, runtime=("cpython",)):
        self.out, self.err = folder / "out", folder / "err"
        command = [sys.executable, "-m", "host_sim", "--port", "0", "--runtime", *runtime, *map(str, arguments)]
        with open(self.out, "w") as out, open(self.err, "w") as err:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(os.environ, TMPDIR=str(folder)),  # where a killed one leaves its things
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self.url = self.wait(self._address)

    def _address(self):
        assert self.process.poll() is None, self.err.read_text()
        found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)/\n", self.out.read_text())
        return found and found.group(1)

    def wait(self, what):
        """Wait until what() is true; returns its result."""
        end = time.monotonic() + PATIENCE
        while True:
            result = what()
            if result:
                return result
            assert time.monotonic() < end, (self.out.read_text(), self.err.read_text())
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            print(self.err.read_text())
        if self.process.poll() is None:
            assert self.stop(signal.SIGINT) == 0, self.err.read_text()

    def stop(self, number):
        self.process.send_signal(number)
        return self.process.wait()

    def get(self, path):
        """The JSON at path; None for an answer that is an error."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as response:
                return json.load(response)
        except urllib.error.HTTPError:
            return None


    def put(self, values):
        """PUT /configuration."""
        request = urllib.request.Request(self.url + "/configuration", json.dumps(values).encode(), method="PUT")
        urllib.request.urlopen(request, timeout=PATIENCE).close()


def telegram(name, second=0):
    """(bytes, what they say) of a simulated meter at that second after a full hour."""
    meter = create(name)
    state = House(HOUR, 3, meter.ZONE_MIN).state((HOUR + second) * 1000)
    return meter.encode(state), expected(name, state)


def agrees(message, want):
    """Assert that /meter shows the values of the telegram."""
    assert message["pi"][0] == want["import_power_w"]
    assert message["pe"][0] == want.get("export_power_w", 0)
    assert message["u"] == [want["l%d_voltage_v" % n] for n in (1, 2, 3)]
    # The reader gives a current the sign of its phase's power.
    assert [abs(i) for i in message["i"]] == [want["l%d_current_a" % n] for n in (1, 2, 3)]
    assert all((i < 0) == (p < 0) for i, p in zip(message["i"], message["p"][1:]) if i and p is not None)
    if "import_energy_wh" in want:
        assert message["ic"] == want["import_energy_wh"] / 1000
        assert message["ec"] == want["export_energy_wh"] / 1000


def run(*arguments):
    """A start that is expected to fail: (exit status, output, error output)."""
    command = [sys.executable, "-m", "host_sim", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM))
def test_stops_cleanly(tmp_path, runtime, number):
    with Simulator(tmp_path, "--state", tmp_path / "state", "--speed", 20, runtime=runtime) as reader:
        reader.wait(lambda: reader.get("/meter"))
        assert reader.get("/han")["type"] == "HAN_STATE_MESSAGE"
        assert reader.stop(number) == 0
    assert len(reader.out.read_text().splitlines()) == 1
    assert reader.err.read_text() == ""
    assert json.loads((tmp_path / "state" / "meter.json").read_text())["sums"]
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", int(reader.url.rsplit(":", 1)[1])), 1)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_terminal_fed_with_a_recording(tmp_path, runtime):
    master, slave = os.openpty()
    tty.setraw(slave)
    try:
        with Simulator(tmp_path, "--serial", os.ttyname(slave), runtime=runtime) as reader:
            for name, second in (("kamstrup", 5), ("p1", 20), ("mbus", 5), ("aidon", 0)):
                data, want = telegram(name, second)
                before = (reader.get("/meter") or {"seq": 0})["seq"]
                os.write(master, data[:100])
                time.sleep(0.05)
                os.write(master, data[100:])
                message = reader.wait(lambda seq=before: newer(reader.get("/meter"), seq))
                agrees(message, want)
            assert reader.get("/health")["meter"]["checksum_errors"] == 0
    finally:
        os.close(master)
        os.close(slave)


def newer(message, seq):
    return message if message and message["seq"] > seq else None


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_device_that_vanishes_is_waited_for(tmp_path, runtime):
    link = tmp_path / "port"
    data, want = telegram("kaifa", 10)
    master, slave = os.openpty()
    tty.setraw(slave)
    link.symlink_to(os.ttyname(slave))
    with Simulator(tmp_path, "--serial", link, runtime=runtime) as reader:
        os.write(master, data)
        agrees(reader.wait(lambda: reader.get("/meter")), want)
        os.close(slave)
        os.close(master)
        reader.wait(lambda: "is gone" in reader.err.read_text())
        assert reader.get("/han")
        link.unlink()
        master, slave = os.openpty()
        tty.setraw(slave)
        link.symlink_to(os.ttyname(slave))
        reader.wait(lambda: "is back" in reader.err.read_text())
        before = reader.get("/meter")["seq"]
        data, want = telegram("kaifa", 20)
        os.write(master, data)
        agrees(reader.wait(lambda seq=before: newer(reader.get("/meter"), seq)), want)
        os.close(slave)
        os.close(master)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_terminal_that_has_gone_ends_the_reader(tmp_path, runtime):
    master, slave = os.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    with Simulator(tmp_path, "--serial", name, runtime=runtime) as reader:
        os.write(master, telegram("kaifa", 10)[0])
        assert reader.wait(lambda: reader.get("/meter"))
        os.close(slave)
        os.close(master)
        assert reader.process.wait(PATIENCE) == 2
        assert name + " is gone: the reader ends" in reader.err.read_text()


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_replays_recordings_again_and_again(tmp_path, runtime):
    first, _ = telegram("kamstrup", 0)
    second, want = telegram("kamstrup", 5)
    (tmp_path / "a").write_bytes(first)
    (tmp_path / "b").write_bytes(b"\x00\x7e noise" + second)
    arguments = ("--replay", tmp_path / "a", tmp_path / "b", "--speed", 20)
    with Simulator(tmp_path, *arguments, runtime=runtime) as reader:
        reader.wait(lambda: (reader.get("/meter") or {"seq": 0})["seq"] >= 4)
        message = reader.get("/meter")
        assert message["ic"] == want["import_energy_wh"] / 1000  # a list without keeps the last one's
        assert reader.get("/health")["meter"]["line"] in ("2400 8E1", "2400 8N1")  # see test_every_meter_is_read


@pytest.mark.parametrize("name", ("aidon", "kaifa", "kamstrup", "mbus", "p1", "dsmr5", "belgian", "swedish"))
def test_every_meter_is_read(tmp_path, name):
    with Simulator(tmp_path, "--meter", name, "--speed", 30, "--seed", 5) as reader:
        message = reader.wait(lambda: full(reader.get("/meter")))
        line = create(name).LINE
        text = "%d %d%s%d%s" % (line[0], line[1], "N" if line[2] is None else "E", line[3], " inverted" * line[4])
        # As 8N1 all bytes of 8E1 are received too: what is listened with when a telegram comes is what it is read with.
        assert reader.get("/health")["meter"]["line"] in (text, text.replace("8E1", "8N1"))
        assert message["u"][2] > 200 and message["i"][2] >= 0
        ident = reader.get("/meter/id")
        assert "SIM" in json.dumps(ident) or name not in ("p1", "dsmr5", "belgian", "swedish")


def full(message):
    return message if message and message["u"][0] else None


def test_state_is_kept(tmp_path):
    arguments = ("--state", tmp_path / "state", "--speed", 100)
    seen = []
    for _ in range(2):
        with Simulator(tmp_path, *arguments) as reader:
            message = reader.wait(lambda: reader.get("/meter"))
            seen.append((reader.get("/han")["mac"], message["ic"], message["ec"]))
    assert seen[0][0] == seen[1][0]
    assert seen[1][1] >= seen[0][1] and seen[1][2] >= seen[0][2]
    with Simulator(tmp_path, "--state", tmp_path / "other") as reader:
        assert reader.get("/han")["mac"] != seen[0][0]


def test_a_new_reader_is_set_up_in_a_small_heap(tmp_path):
    with Simulator(tmp_path, "--network", "setup", "--speed", 10, runtime=RUNTIMES[1]) as reader:

        def network():
            rows = [row for row in reader.get("/health")["services"] if row["name"] == "network"]
            return rows and rows[0]["error"] or ""

        reader.wait(lambda: "setup is open" in network())
        for password, done in ("wrong password", "wrong password"), ("correct horse", "127.0.0.1"):
            body = json.dumps({"s": True, "ss": "Home", "sp": password}).encode()
            with urllib.request.urlopen(reader.url + "/setup", body, timeout=PATIENCE) as response:
                assert json.load(response)["success"]
            reader.wait(lambda done=done: done in network() + reader.get("/han")["wifiIp"])


@pytest.mark.parametrize("runtime", ("cpython", "micropython"))
def test_a_busy_port_is_told(runtime):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, out, err = run("--port", port, "--runtime", runtime)
    assert status == 2 and out == ""
    assert "port %d" % port in err and len(err.splitlines()) == 1


def test_arguments_that_cannot_work(tmp_path):
    empty = tmp_path / "empty"
    empty.touch()
    for arguments in (
        ("--port", "x"),
        ("--port", "70000"),
        ("--speed", "0"),
        ("--speed", "nan"),
        ("--meter", "ferraris"),
        ("--runtime", "jython"),
        ("--heap", "much"),
        ("--heap", "0k"),
        ("--heap", "400k"),
        ("--heap-report", "5", "--runtime", "cpython"),
        ("--channel", "beta"),
        ("--channel", "nightly", "--updates", tmp_path),
        ("--update-fault", "404"),
        ("--updates", tmp_path / "none"),
        ("--replay",),
        ("--replay", tmp_path / "none"),
        ("--replay", empty),
        ("--replay", tmp_path),
        ("--serial", tmp_path / "none"),
        ("--serial", tmp_path),
        ("--serial", "/dev/null", "--meter", "p1"),
        ("--host", "256.0.0.1"),
        ("--state", empty),
        ("surplus",),
    ):
        status, out, err = run("--port", 0, *arguments)
        assert status == 2, (arguments, status, err)
        assert out == "" and err and "Traceback" not in err, (arguments, err)


def test_where_there_are_no_updates_is_said(tmp_path):
    for channel in "beta", "release":
        folder = tmp_path / "updates" / channel
        with Simulator(tmp_path, "--updates", tmp_path) as reader:
            assert reader.err.read_text() == "host_sim: %s has no release on the channel release\n" % tmp_path
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
        with Simulator(tmp_path, "--updates", folder.parent) as reader:
            said = reader.err.read_text()
            assert channel == "release" or said.endswith("no release on the channel release, only on beta\n")
            assert channel == "beta" or not said
    with Simulator(tmp_path, "--updates", folder.parent, "--channel", "beta") as reader:
        assert reader.err.read_text() == "" and reader.get("/han")["channel"] == "beta"


def test_the_board_does_not_outlive_who_started_it(tmp_path):
    with Simulator(tmp_path) as reader:
        reader.process.kill()
        reader.process.wait()
        port = int(reader.url.rsplit(":", 1)[1])
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                break
            assert time.monotonic() < end
            time.sleep(0.1)


def test_a_state_has_one_simulator(tmp_path):
    with Simulator(tmp_path, "--state", tmp_path / "state"):
        status, out, err = run("--port", 0, "--state", tmp_path / "state")
        assert status == 2 and out == "" and "in use" in err


def test_a_meter_never_counts_backwards(tmp_path):
    seen = 0
    for _ in range(3):
        with Simulator(tmp_path, "--state", tmp_path / "state", "--speed", 50) as reader:
            message = reader.wait(lambda: reader.get("/meter"))
            assert message["ic"] + message["ec"] >= seen
            seen = message["ic"] + message["ec"]
            reader.process.kill()  # nothing is saved at the end
            reader.process.wait()


@pytest.mark.parametrize("runtime", ("cpython", "micropython"))
def test_a_board_that_resets_starts_again(tmp_path, runtime):
    # The board's side of a restart, with an application that does nothing else.
    from host_sim import compiled

    script = (
        "from host_sim.board import Board\n"
        "board = Board(%r)\n"
        "print(board.reset_reason, board.mac.hex())\n"
        "try:\n"
        "    board.reset('CONFIGURATION')\n"
        "except Exception:\n"
        "    print('caught')\n"
    ) % str(tmp_path)
    if runtime == "cpython":
        line, environment, folder = [sys.executable, "-c", script], None, ROOT
    else:
        (tmp_path / "script.py").write_text(script)
        line, environment, folder = compiled.command("1M", True, tmp_path / "script.py")
    seen = []
    for _ in range(2):
        done = subprocess.run(line, env=environment, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 75 and done.stderr == "", done.stderr
        seen.append(done.stdout.split())
    assert [reason for reason, _ in seen] == ["POWER_ON", "CONFIGURATION"]
    assert seen[0][1] == seen[1][1]


def test_a_terminal_is_not_taken_over():
    """A pseudo-terminal read by the simulator's UART gives its bytes at once and never blocks."""
    from host_sim.line.serial import SerialUart

    master, slave = os.openpty()
    log = []
    uart = SerialUart(os.ttyname(slave), lambda: 0, True, log.append)
    buf = bytearray(100)
    assert uart.readinto(buf) == 0
    os.write(master, b"\x00\x03\x04\x11\x13\x7e\r\n\xff")  # what a terminal would take for commands
    select.select([slave], [], [], 1)
    assert bytes(buf[: uart.readinto(buf)]) == b"\x00\x03\x04\x11\x13\x7e\r\n\xff"
    os.write(master, b"dropped")
    time.sleep(0.05)
    uart.configure(2400, 8, 0, 1, False)
    assert uart.readinto(buf) == 0
    os.close(slave)
    os.close(master)
    assert uart.readinto(buf) == 0 and len(log) == 1 and not uart.ended
    uart.close()


def test_an_old_link_leads_to_no_other_terminal(tmp_path):
    from host_sim.line.serial import SerialUart

    link = tmp_path / "port"
    now = [0]
    log = []
    master, slave = os.openpty()
    link.symlink_to(os.ttyname(slave))
    os.utime(link, (1, 1), follow_symlinks=False)
    uart = SerialUart(str(link), lambda: now[0], True, log.append, "link")
    os.close(slave)
    os.close(master)
    buf = bytearray(100)
    assert uart.readinto(buf) == 0 and log == ["%s is gone, waiting for it" % link]
    # Another terminal has its number now.
    master, slave = os.openpty()
    other = os.ttyname(slave)
    link.unlink()
    link.symlink_to(other)
    os.utime(link, (1, 1), follow_symlinks=False)
    os.write(master, b"somebody else's")
    for now[0] in range(0, 10000, 500):
        assert uart.readinto(buf) == 0
    link.unlink()
    link.symlink_to(other)
    now[0] += 2000
    uart.readinto(buf)
    assert log[1:] == ["%s is back" % link]
    uart.close()
    os.close(slave)
    os.close(master)
