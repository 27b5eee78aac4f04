"""Modbus clients of others against the simulator on both interpreters: every number is that of /meter."""

import json
import os
import random
import re
import socket
import struct
import threading
import time
import tty
import urllib.error
import urllib.request

import pytest
import sunspec2.modbus.client as sunspec
from pymodbus.client import ModbusTcpClient
from sunspec2.modbus.modbus import ModbusClientException

from host_sim.house import House
from host_sim.meters import create
from tests.api.http.cpython_test_clients import HOUR, RUNTIMES, Reader
from tests.out.modbus.test_device import WHERE
from tests.support import free_port

SPEED = 20
FAILURE = 4
#: Time-out, s: nothing takes so long, even on a slow machine.
PATIENCE = 150


class Line:
    """A simulated meter on a pseudo-terminal, whose telegrams the test sends."""

    def __init__(self, name):
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._ours)
        self.path = os.ttyname(self._theirs)
        self._house = House(HOUR)
        self.meter(name)
        self._sends = threading.Event()  # it sends telegrams while this is set
        self._ended = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def meter(self, name):
        """Another meter from the next telegram on."""
        self._meter = create(name)

    def send(self, on):
        """Send telegrams all the time, or stop."""
        (self._sends.set if on else self._sends.clear)()

    def close(self):
        self._ended.set()
        os.close(self._ours)
        os.close(self._theirs)

    def _run(self):
        second = HOUR
        while not self._ended.wait(0.25):
            if self._sends.is_set():
                data = b""
                while not data:
                    second += 1
                    data = self._meter.encode(self._house.state(second * 1000))
                try:
                    os.write(self._ours, data)
                except OSError:
                    return


class Board:
    """A simulator with a line that the test has in its hand, and Modbus switched on."""

    def __init__(self, runtime, meter="p1"):
        self.line = Line(meter)
        self.reader = Reader(runtime, "--serial", self.line.path, "--speed", str(SPEED))
        self.port = free_port()
        self.line.send(True)

    def __enter__(self):
        self.reader.__enter__()
        try:
            self.until(lambda: self.get("/meter"))
            self.set(on=True, port=self.port)
            self.until(self.listening)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        self.reader.__exit__(*exception)
        self.line.close()

    def get(self, path):
        """The JSON of a path; None where it is a 503."""
        try:
            with urllib.request.urlopen(self.reader.url + path, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            assert error.code == 503
            return None

    def set(self, **values):
        body = json.dumps({"out": {"modbus": values}}).encode()
        request = urllib.request.Request(self.reader.url + "/configuration", body, method="PUT")
        request.add_header("Content-Type", "application/json")
        urllib.request.urlopen(request, timeout=PATIENCE).close()

    def out(self):
        """What GET /out says of it."""
        return self.get("/out")["modbus"]

    def service(self):
        """(health, error) of its row in /health."""
        return [(row["health"], row["error"]) for row in self.get("/health")["services"] if row["name"] == "modbus"][0]

    def listening(self):
        return self.out()["state"] == "listening"

    def until(self, true):
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end
            time.sleep(0.1)

    def client(self):
        client = ModbusTcpClient("127.0.0.1", port=self.port, timeout=PATIENCE, retries=0)
        assert client.connect()
        return client

    def sunspec(self, unit):
        return sunspec.SunSpecModbusClientDeviceTCP(unit, "127.0.0.1", self.port, PATIENCE)

    def raw(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def still(self):
        """/meter of a telegram that has just come; no other will come until the line sends again."""
        self.line.send(True)
        before = (self.get("/meter") or {}).get("seq", 0)
        self.until(lambda: (self.get("/meter") or {}).get("seq", 0) > before)
        self.line.send(False)
        meter = self.get("/meter")
        while True:
            time.sleep(0.3)
            after = self.get("/meter")
            if after["seq"] == meter["seq"]:
                return after
            meter = after


@pytest.fixture(scope="module", params=RUNTIMES)
def board(request):
    with Board(request.param) as running:
        yield running


def points(meter):
    """SunSpec's points of a reading of /meter, with None for what is not there."""
    found = {"W": meter["p"][0], "VAR": meter["r"][0]}
    for i, phase in enumerate("ABC"):
        found["Aph" + phase] = meter["i"][i]
        found["PhVph" + phase] = meter["u"][i]
        found["Wph" + phase] = meter["p"][1 + i]
        found["VARph" + phase] = meter["r"][1 + i]
    found["A"] = None if None in meter["i"] else sum(meter["i"])
    found["TotWhImp"] = meter["ic"] and meter["ic"] * 1000
    found["TotWhExp"] = meter["ec"] and meter["ec"] * 1000
    more = meter.get("x", {})
    found["Hz"] = more.get("f")
    for i, phase in enumerate(("", "phA", "phB", "phC")):
        found["VA" + phase] = more.get("s", [None] * 4)[i]
        found["PF" + phase] = more.get("pf", [None] * 4)[i]
    return found


#: How far the integers of unit 1 may be from the numbers of /meter: half of their last place.
ROUNDED = {"A": 0.005, "Hz": 0.005}


@pytest.mark.parametrize("unit", (1, 2))
def test_pysunspec2_reads_what_meter_says(board, unit):
    meter = board.still()
    device = board.sunspec(unit)
    device.scan()
    model = device.models[203 if unit == 1 else 213][0]
    common = device.models[1][0].points
    assert all(not one.error_info for one in device.model_list) and len(device.model_list) == 2
    han = board.get("/han")
    assert (common["SN"].value, common["Vr"].value) == (han["serial"], han["version"])
    for name, wanted in points(meter).items():
        got = model.points[name].cvalue
        if wanted is None:
            assert got is None or got != got, name  # NaN
        elif unit == 1:
            got = got / 100 if name.startswith("PF") else got
            assert got == pytest.approx(wanted, abs=ROUNDED.get(re.sub("ph[ABC]$", "", name), 0) + 1e-9), name
        else:
            single = struct.unpack(">f", struct.pack(">f", wanted))[0]
            assert got == single, name
    assert meter["ec"] and meter["p"][0] is not None and meter["u"][2] is not None
    device.close()
    board.line.send(True)


def test_pymodbus_reads_the_plain_map(board):
    meter = board.still()
    client = board.client()
    registers = client.read_holding_registers(0, count=125, device_id=3).registers
    registers += client.read_input_registers(125, count=35, device_id=3).registers
    data = struct.pack(">160H", *registers)

    def numbers(at, count, places=0):
        found = struct.unpack(">%di" % count, data[2 * at : 2 * at + 4 * count])
        return [None if number == -0x80000000 else number / 10**places for number in found]

    def counters(at, count):
        found = struct.unpack(">%dQ" % count, data[2 * at : 2 * at + 8 * count])
        return [None if number == 0xFFFFFFFFFFFFFFFF else number / 1000 for number in found]

    assert [numbers(at, 4) for at in (0, 8, 16, 24)] == [meter["p"], meter["pi"], meter["pe"], meter["r"]]
    assert (numbers(40, 3, 1), numbers(46, 3, 3)) == (meter["u"], meter["i"])
    assert counters(100, 4) == [meter["ic"], meter["ec"], meter["ric"], meter["rec"]]
    assert numbers(92, 2) == [meter["seq"], meter["ts"] // 1000]
    client.close()
    board.line.send(True)


#: What known clients read: gosunspec in evcc and mbmd; pysunspec2 in an integration of Home Assistant; Victron's GX.
REPLAYED = (
    (1, (40000, 2), (40002, 2), (40070, 2), (40177, 2), (40004, 66), (40072, 105)),
    (2, (40000, 2), (40002, 2), (40070, 2), (40196, 2), (40004, 66), (40072, 124)),
    (1, (40000, 3), (40003, 1), (40070, 1), (40071, 1), (40177, 1), (40002, 68), (40070, 107)),
    (2, (40000, 3), (40003, 1), (40070, 1), (40071, 1), (40196, 1), (40002, 68), (40070, 125), (40195, 1)),
    (1, (40000, 2), (40002, 2), (40002, 68), (40070, 2), (40177, 2)),
)


@pytest.mark.parametrize("unit, reads", [(one[0], one[1:]) for one in REPLAYED])
def test_what_known_clients_read(board, unit, reads):
    board.still()
    client = board.client()
    last = 40179 if unit == 1 else 40198
    whole = []
    for at in range(40000, last, 100):
        whole += client.read_holding_registers(at, count=min(100, last - at), device_id=unit).registers
    for at, count in reads:
        got = client.read_holding_registers(at, count=count, device_id=unit)
        assert got.registers == whole[at - 40000 : at - 40000 + count]
    # They try other places first or last: these are refused, so that they go on.
    for at in (0, 50000, 39999):
        assert client.read_holding_registers(at, count=2, device_id=unit).exception_code == 2
    client.close()
    board.line.send(True)


def test_pymodbus_asks_who_it_is(board):
    client = board.client()
    serial = board.get("/han")["serial"].encode()
    said = client.report_device_id(device_id=1)
    assert (said.identifier, said.status) == (serial, True)
    for code, last in ((1, 2), (2, 6), (3, 6)):
        said = client.read_device_information(read_code=code, object_id=0, device_id=1)
        assert list(said.information) == list(range(last + 1)) and said.conformity == 0x82
        assert said.information[0] == b"han-reader" and not said.more_follows
    said = client.read_device_information(read_code=4, object_id=6, device_id=1)
    assert said.information == {6: board.get("/han")["name"].encode()}
    for said, code in (
        (client.read_device_information(read_code=4, object_id=9, device_id=1), 2),
        (client.read_coils(0, count=1, device_id=1), 1), (client.write_register(40072, 1, device_id=1), 1),
        (client.write_registers(0, [1, 2], device_id=3), 1),
        (client.read_holding_registers(0, count=1, device_id=4), 11),
    ):  # fmt: skip
        assert said.isError() and said.exception_code == code
    client.close()


def test_malformed_frames_and_random_ones(board):
    good = bytes.fromhex("0007000000060103") + struct.pack(">HH", 40000, 2)
    answer = bytes.fromhex("000700000007010304") + b"SunS"
    with board.raw() as connection:
        for i in range(len(good)):
            connection.sendall(good[i : i + 1])
        connection.sendall(good * 20)
        connection.sendall(b"\0\1\0\1\0\6\1\3\0\0\0\1" + good)
        assert read(connection, len(answer) * 22) == answer * 22
        connection.sendall(bytes.fromhex("000800000001"))
        assert connection.recv(1) == b""
    with board.raw() as connection:
        connection.sendall(good[:7])  # cut
    seeded = random.Random(20)
    for _ in range(60):
        with board.raw() as connection:
            for _ in range(seeded.randrange(1, 8)):
                pdu = seeded.randbytes(seeded.randrange(0, 12))
                if seeded.random() < 0.6:
                    pdu = bytes((seeded.choice((3, 4, 0x11, 0x2B, 16)),)) + pdu
                length = len(pdu) + 1 if seeded.random() < 0.9 else seeded.randrange(65536)
                unit = seeded.choice((0, 1, 2, 3, 9))
                head = struct.pack(">HHHB", seeded.randrange(65536), seeded.random() < 0.05, length, unit)
                try:
                    connection.sendall(head + pdu)
                except OSError:
                    break  # sent away
    board.until(lambda: board.out()["clients"] == 0)
    client = board.client()
    assert client.read_holding_registers(40000, count=2, device_id=1).registers == [0x5375, 0x6E53]
    assert board.service() == ("ok", None)
    client.close()


def read(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        assert more
        data += more
    return data


def test_the_fourth_client_is_closed_at_once(board):
    board.until(lambda: board.out()["clients"] == 0)
    clients = [board.client() for _ in range(3)]
    for client in clients:
        assert not client.read_holding_registers(40000, count=2, device_id=1).isError()
    dropped = board.out()["dropped"]
    with board.raw() as fourth:
        try:
            assert fourth.recv(1) == b""
        except ConnectionResetError:
            pass
    assert board.out()["clients"] == 3 and board.out()["dropped"] == dropped + 1
    clients.pop().close()
    board.until(lambda: board.out()["clients"] == 2)
    clients.append(board.client())
    for client in clients:
        assert not client.read_holding_registers(40000, count=2, device_id=1).isError()
        client.close()


def test_a_meter_that_falls_silent(board):
    board.still()
    client = board.client()
    board.until(lambda: board.get("/meter") is None)
    for unit, at, count in ((1, 40072, 1), (1, 40000, 125), (1, 40176, 1), (2, 40072, 2), (3, 0, 2), (3, 150, 1)):
        assert client.read_holding_registers(at, count=count, device_id=unit).exception_code == FAILURE
    assert not client.report_device_id(device_id=1).status
    for unit in (1, 2):
        assert not client.read_holding_registers(40000, count=72, device_id=unit).isError()
        device = board.sunspec(unit)
        device.scan(full_model_read=False)
        device.models[1][0].read()
        assert device.models[1][0].points["SN"].value == board.get("/han")["serial"]
        with pytest.raises(ModbusClientException):
            device.models[203 if unit == 1 else 213][0].read()
        device.close()
    board.line.send(True)
    board.until(lambda: board.get("/meter"))
    meter = board.still()
    got = client.read_holding_registers(0, count=2, device_id=3).registers
    assert struct.unpack(">i", struct.pack(">HH", *got))[0] == meter["p"][0]
    client.close()
    board.line.send(True)


def test_switched_off_it_listens_no_more_and_a_port_that_is_taken_is_told(board):
    client = board.raw()
    board.set(on=False)
    assert client.recv(1) == b""
    client.close()
    board.until(lambda: not board.out()["on"] and board.out()["state"] is None)
    with pytest.raises(OSError):
        board.raw()
    taken = socket.create_server(("127.0.0.1", board.port))
    board.set(on=True)
    text = "port %d is taken" % board.port
    board.until(lambda: board.out()["error"] == text)
    assert board.service() == ("failed", text) and board.out()["state"] == "refused: " + text
    taken.close()
    board.until(board.listening)
    assert board.service() == ("ok", None)
    other = free_port()
    board.set(port=other)
    board.port = other
    board.until(board.listening)
    board.until(lambda: answers(board))


def answers(board):
    try:
        client = board.client()
    except AssertionError:
        return False
    with client:
        return client.read_holding_registers(40000, count=2, device_id=1).registers == [0x5375, 0x6E53]


def test_all_points_are_where_pysunspec2_has_them():
    offsets = {}
    for number in (201, 203, 204, 211, 213, 214):
        at = 0
        offsets[number] = found = {}
        for point in sunspec.device.get_model_def(number)["group"]["points"]:
            found[re.sub("^(PhV|PPV)ph(AB|BC|CA)$", r"\2", point["name"])] = at
            at += point["size"]
        assert at == (107 if number < 210 else 126)
    for name, (integer, single) in WHERE.items():
        for number in (201, 203, 204):
            assert offsets[number][name] == integer, name
        for number in (211, 213, 214):
            assert single is None or offsets[number][name] == single, name
