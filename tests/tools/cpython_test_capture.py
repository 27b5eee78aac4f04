"""tools.capture as a user runs it: from a port, from a reader on either runtime, from a file."""

import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import threading
import time
import tty

import pytest

from tests.meter.anonymous.test_anonymise import LIST, NUMBER, PRIVATE, TEXT
from tests.support import raw, telegrams
from tests.wire.test_framer import hdlc, p1
from tools.measure.simulator import Simulator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STREAM = b"noise" + hdlc(LIST) * 2


def command(*arguments):
    return [sys.executable, "-m", "tools.capture", *map(str, arguments)]


def run(*arguments):
    return subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True)


def decoded(path):
    done = subprocess.run([sys.executable, "-m", "tools.decode", path], cwd=ROOT, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def port():
    """(file descriptor of the meter's end, path) of a pseudo-terminal."""
    meter, slave = pty.openpty()
    tty.setraw(slave)
    yield meter, os.ttyname(slave)
    os.close(meter)
    os.close(slave)


class Recording:
    """A run of tools.capture that has begun to record."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            command(*arguments), cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=self.heed
        )
        assert "recording" in self.process.stderr.readline()

    @staticmethod
    def heed():
        """Of tests that run in the background a shell may have taken Ctrl-C away."""
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def end(self, number=None):
        if number:
            self.process.send_signal(number)
        _, text = self.process.communicate()
        return self.process.returncode, text


def test_a_port(port, tmp_path):
    out = tmp_path / "capture.bin"
    recording = Recording("--serial", port[1], "--baud", 2400, "--parity", "E", "--seconds", 2, out)
    os.write(port[0], STREAM)
    status, text = recording.end()
    assert status == 0 and out.read_bytes() == STREAM
    assert "%d bytes in %s: 2 telegrams decoded, 0 rejected, 0 of them encrypted" % (len(STREAM), out) in text
    assert [one["import_power_w"] for one in decoded(out)] == [1661, 1661]


def test_ctrl_c_keeps_what_came(port, tmp_path):
    for extra, changed in (((), False), (("--anonymise",), True)):
        out = tmp_path / "capture.bin"
        recording = Recording("--serial", port[1], "--seconds", 600, *extra, out)
        os.write(port[0], STREAM)
        time.sleep(1)
        status, text = recording.end(signal.SIGINT)
        assert status == 0 and "stopped" in text and "Traceback" not in text
        assert len(out.read_bytes()) == len(STREAM)
        assert (NUMBER not in out.read_bytes()) == changed
        assert len(decoded(out)) == 2


def test_complemented_bytes(port, tmp_path):
    out = tmp_path / "capture.bin"
    recording = Recording("--serial", port[1], "--invert", "--seconds", 1, out)
    os.write(port[0], bytes(255 - byte for byte in STREAM))
    assert recording.end()[0] == 0 and out.read_bytes() == STREAM


def test_nothing_came(port, tmp_path):
    out = tmp_path / "capture.bin"
    status, text = Recording("--serial", port[1], "--seconds", 0.5, out).end()
    assert status == 1 and "nothing came from " + port[1] in text and not out.exists()
    out.write_bytes(b"older")
    assert Recording("--serial", port[1], "--seconds", 0.5, out).end()[0] == 1
    assert out.read_bytes() == b"older"


def test_a_port_that_goes_away(tmp_path):
    meter, slave = pty.openpty()
    tty.setraw(slave)
    path = os.ttyname(slave)
    out = tmp_path / "capture.bin"
    recording = Recording("--serial", path, "--seconds", 60, out)
    os.close(slave)
    os.write(meter, STREAM)
    threading.Timer(1, os.close, [meter]).start()
    status, text = recording.end()
    assert status == 0 and "gone" in text and out.read_bytes() == STREAM


@pytest.mark.parametrize("runtime", (("cpython",), ("micropython", "--heap", "400k")))
def test_a_reader(runtime, tmp_path):
    recorded = tmp_path / "meter.bin"
    recorded.write_bytes(p1(TEXT))
    out = tmp_path / "capture.bin"
    arguments = ("--port", 0, "--replay", recorded, "--speed", 20, "--runtime", *runtime)
    with Simulator(*arguments) as reader:
        reader.wait_for_reading()
        for url in (reader.url, reader.url + "/", reader.url[7:]):
            done = run("--reader", url, out)
            assert done.returncode == 0, done.stderr
            data = out.read_bytes()
            assert len(data) >= len(TEXT)
            for number in PRIVATE:
                assert number not in data
            one = decoded(out)[-1]
            assert one["import_power_w"] == 503 and one["import_energy_t1_wh"] == 12345678000
        done = run("--reader", reader.url, "--seconds", 1, "--anonymise", out)
        assert done.returncode == 0 and len(out.read_bytes()) >= len(data)
        # It goes on reading, and the capture is what a simulator takes.
        first = reader.get("/meter")["seq"]
        time.sleep(2)
        assert reader.get("/meter")["seq"] > first
    with Simulator("--port", 0, "--replay", out, "--speed", 20) as reader:
        assert reader.wait_for_reading()["p"][0] == 503


def test_no_reader_there(tmp_path):
    out = tmp_path / "capture.bin"
    done = run("--reader", "http://127.0.0.1:9", out)
    assert done.returncode == 1 and "127.0.0.1:9" in done.stderr and "Traceback" not in done.stderr
    assert not out.exists()


def test_a_file(tmp_path):
    source, out = tmp_path / "source.txt", tmp_path / "capture.bin"
    source.write_text(STREAM.hex(" "))
    done = run("--from", source, "--anonymise", out)
    assert done.returncode == 0 and "2 telegrams decoded" in done.stderr
    assert len(out.read_bytes()) == len(STREAM) and NUMBER not in out.read_bytes()
    # In place, too.
    done = run("--from", out, "--anonymise", out)
    assert done.returncode == 0 and len(decoded(out)) == 2
    source.write_bytes(b"just noise")
    done = run("--from", source, "--anonymise", out)
    assert done.returncode == 0 and "no telegram was understood" in done.stderr


def test_ciphered_telegrams_say_that_they_are_lost(tmp_path):
    entry = telegrams(expect="framing-only-no-key")[0]
    source, out = tmp_path / "source.bin", tmp_path / "capture.bin"
    source.write_bytes(raw(entry))
    done = run("--from", source, "--anonymise", out)
    assert done.returncode == 0 and "no key opens them any more" in done.stderr
    assert bytes.fromhex(entry["security"]["system_title"]) not in out.read_bytes()


def test_recorded_telegrams_through_the_tool(tmp_path):
    entries = telegrams(lambda entry: not entry["encrypted"] and entry["framing"] != "raw-apdu", expect="decode")
    source, out = tmp_path / "source.bin", tmp_path / "capture.bin"
    source.write_bytes(b"".join(raw(entry) + b"\r\n" for entry in entries))
    assert run("--from", source, "--anonymise", out).returncode == 0
    names = ("meter_id", "meter_id_ascii", "p1_ident", "meter_type", "manufacturer", "list_version")
    before, after = decoded(source), decoded(out)
    assert len(before) > 80
    for one in before + after:
        for name in names:
            one.pop(name, None)
        for sub in one.get("sub", ()):
            sub.pop("id")
    assert after == before
    data = out.read_bytes()
    for entry in entries:
        for message in entry["messages"]:
            number = message.get("meter_id", "").encode()
            assert len(set(number)) < 2 or number not in data, entry["id"]


def test_bad_arguments(tmp_path):
    out = str(tmp_path / "capture.bin")
    for arguments, says in (
        ((out,), "--serial"),
        (("--serial", "/dev/null"), "OUT"),
        (("--serial", "/nowhere", out), "cannot open /nowhere: No such file"),
        (("--serial", __file__, out), "cannot open"),
        (("--serial", "/dev/null", "--reader", "x", out), "not allowed"),
        (("--serial", "/dev/null", "--baud", "fast", out), "--baud"),
        (("--serial", "/dev/null", "--baud", "0", out), "--baud"),
        (("--serial", "/dev/null", "--parity", "X", out), "--parity"),
        (("--serial", "/dev/null", "--seconds", "0", out), "--seconds"),
        (("--serial", "/dev/null", "--seconds", "nan", out), "--seconds"),
        (("--reader", "ftp://x", out), "http://HOST[:PORT]"),
        (("--reader", "http://x:99999", out), "http://HOST[:PORT]"),
        (("--reader", "http://", out), "http://HOST[:PORT]"),
        (("--reader", "http://x", "--baud", "2400", out), "--serial"),
        (("--from", "/nowhere", "--anonymise", out), "cannot read /nowhere"),
        (("--from", __file__, out), "--anonymise"),
        (("--from", __file__, "--anonymise", "--seconds", "5", out), "--seconds"),
        (("--from", __file__, "--anonymise", "/nowhere/at/all"), "cannot write /nowhere/at/all"),
    ):
        done = run(*arguments)
        assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr, (arguments, done)
        assert not os.path.exists(out), arguments
