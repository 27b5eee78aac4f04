"""Real clients of P1 read the simulated reader over the network, on both interpreters."""

import asyncio
import os
import re
import socket
import tty

import pytest
from dsmr_parser.clients.protocol import create_tcp_dsmr_reader

from tests.out.p1 import strict
from tests.out.p1.test_serving import text
from tests.sim.cpython_test_simulator import PATIENCE, RUNTIMES, Simulator, telegram
from tests.support import free_port

#: Fields of /meter that a telegram must agree with, and their names in dsmr-parser.
_SAME = {"ic": "ELECTRICITY_USED_TARIFF_1", "ec": "ELECTRICITY_DELIVERED_TARIFF_1"}


def served(sim, port, **settings):
    """Switch P1 on, and wait until it listens."""
    sim.put({"out": {"p1": dict(settings, on=True, port=port)}})
    sim.wait(lambda: _open(port))
    sim.wait(lambda: sim.get("/out")["p1"]["clients"] == 0)


def dsmr_parser_reads(port, version, count):
    """The first `count` telegrams as dsmr-parser's network client has them."""
    found = []

    async def go():
        done = asyncio.Event()

        def came(telegram):
            found.append(telegram)
            if len(found) == count:
                done.set()

        transport, _ = await create_tcp_dsmr_reader("127.0.0.1", port, version, came, keep_alive_interval=60)
        await asyncio.wait_for(done.wait(), PATIENCE)
        transport.close()

    asyncio.run(go())
    return found


def dsmr_reader_reads(port, count):
    """Telegrams as DSMR-reader's datalogger takes them from a socket: each read begins with an empty buffer."""
    found = []
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.settimeout(PATIENCE)
        buffer = ""
        while len(found) < count:
            buffer += sock.recv(2048).decode("latin-1")
            match = re.search(r"(/[^/]+![A-Z0-9]{0,4})", buffer, re.DOTALL)
            if match:
                found.append(match.group(1).encode())
                buffer = ""
    return found


def evcc_reads(port, count):
    """Telegrams as evcc takes them: from `/` to `!`, and on to the end of the line; a wrong checksum is an error."""
    found = []
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.settimeout(PATIENCE)
        stream = sock.makefile("rb")
        while len(found) < count:
            byte = stream.read(1)
            assert byte
            if byte == b"/":
                while b"!" not in byte:
                    byte += stream.read(1)
                found.append(strict.evcc(byte + stream.readline()))
    return found


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda one: one[0])
def test_clients_read_a_meter_that_has_no_p1(tmp_path, runtime):
    port = free_port()
    with Simulator(tmp_path, "--meter", "mbus", "--speed", "4", runtime=runtime) as sim:
        sim.put({"t": "Europe/Oslo"})
        served(sim, port)
        for version in ("5", "5S"):
            for told in dsmr_parser_reads(port, version, 2):
                assert told.P1_MESSAGE_TIMESTAMP.value is not None
                assert told.CURRENT_ELECTRICITY_USAGE.unit == "kW"
        sim.wait(lambda: sim.get("/meter") and sim.get("/meter")["ic"])
        told = dsmr_parser_reads(port, "5", 1)[0]
        now = sim.get("/meter")
        for field, name in _SAME.items():
            assert abs(now[field] - float(getattr(told, name).value)) < 0.1
            assert getattr(told, name).unit == "kWh"
        assert told.ELECTRICITY_USED_TARIFF_2.value == 0
        assert bytes.fromhex(told.EQUIPMENT_IDENTIFIER.value).isalnum()
        for found in evcc_reads(port, 2):
            assert strict.total(found, 1) == strict.tariffs(found, 1) > 0
            assert "1-0:1.7.0" in found and "1-0:2.7.0" in found
            assert all("1-0:%d.7.0" % code in found for code in (31, 51, 71, 32, 52, 72))
        for data in dsmr_reader_reads(port, 2):
            strict.every(data + b"\r\n")


@pytest.mark.parametrize("meter, version", (("dsmr5", "5"), ("belgian", "5B"), ("swedish", "5S"), ("dsmr3", "2.2")))
def test_dsmr_parser_reads_a_meter_of_its_own_version(tmp_path, meter, version):
    port = free_port()
    with Simulator(tmp_path, "--meter", meter, "--speed", "4", runtime=RUNTIMES[version[-1] == "S"]) as sim:
        served(sim, port)
        told = dsmr_parser_reads(port, version, 1)[0]
        now = sim.get("/meter")
        if version == "5S":
            energy = told.ELECTRICITY_IMPORTED_TOTAL.value
        else:
            energy = told.ELECTRICITY_USED_TARIFF_1.value + told.ELECTRICITY_USED_TARIFF_2.value
        assert abs(now["ic"] - float(energy)) < 0.1
        for sub in now.get("sub", ()):
            said = dict(told.get_mbus_device_by_channel(sub["ch"]))
            (value,) = [float(said[name].value) for name in said if name.endswith("METER_READING")]
            assert abs(sub["v"] - value) < 0.1


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda one: one[0])
def test_clients_get_what_a_p1_meter_sends_each_period(tmp_path, runtime):
    port = free_port()
    sent = [text(power) + b"\r\n" for power in (101, 202, 303)]
    recordings = []
    for number, data in enumerate(sent):
        recordings.append(tmp_path / ("%d.bin" % number))
        recordings[-1].write_bytes(data)
    line = "--speed", "20", "--replay", *recordings, "--plug", tmp_path / "plug"
    with Simulator(tmp_path, *line, runtime=runtime) as sim:
        served(sim, port, uart=True)
        with socket.create_connection(("127.0.0.1", port)) as sock, socket.create_connection(("127.0.0.1", port)):
            sock.settimeout(PATIENCE)
            # What a client says, and how many it are, changes nothing.
            sock.sendall(b"\0/!!\xff" * 20000)
            with socket.create_connection(("127.0.0.1", port)) as third:
                third.settimeout(PATIENCE)
                assert third.recv(1) == b""
            stream = sock.makefile("rb")
            first = stream.read(len(sent[0]))
            at = sent.index(first) + 1
            for _ in range(5):
                assert stream.read(len(sent[0])) == sent[at % 3]
                at += 1
            row = sim.get("/out")["p1"]
            assert row["clients"] == 2 and row["state"] == "listening: the meter's telegrams" and row["health"] == "ok"
            assert {row["name"]: row["health"] for row in sim.get("/health")["services"]}["p1"] == "ok"
        assert (tmp_path / "plug").read_bytes()[: len(sent[0])] in sent
        for _ in evcc_reads(port, 1):
            pass
        # Another port, without a restart; then none.
        other = free_port()
        served(sim, other)
        sim.wait(lambda: not _open(port))
        assert len(dsmr_reader_reads(other, 1)) == 1
        sim.put({"out": {"p1": {"on": False}}})
        sim.wait(lambda: not _open(other))
        assert sim.get("/out")["p1"]["on"] is False


def _open(port):
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
    except OSError:
        return False
    return True


def test_a_meter_that_falls_silent_is_not_repeated(tmp_path):
    master, slave = os.openpty()
    tty.setraw(slave)
    port = free_port()
    try:
        with Simulator(tmp_path, "--serial", os.ttyname(slave), "--speed", 30) as sim:
            served(sim, port)
            with socket.create_connection(("127.0.0.1", port)) as sock:
                sim.wait(lambda: sim.get("/out")["p1"]["clients"])
                data = telegram("kamstrup", 5)[0]
                sim.wait(lambda: os.write(master, data) and sim.get("/meter"))
                sim.wait(lambda: sim.get("/meter") is None)
                sock.settimeout(1)
                seen = b""
                with pytest.raises(TimeoutError):
                    while True:
                        seen += sock.recv(65536)
                told = sim.get("/out")["p1"]["sent"]
                assert told == seen.count(b"!") == seen.count(b"/HAN5") > 0
                os.write(master, data)
                sock.settimeout(PATIENCE)
                assert sock.recv(5) == b"/HAN5"
    finally:
        os.close(master)
        os.close(slave)
