"""The examples for clients in docs/integrations/modbus.md: what each makes its client ask for is what the reader says.

How the clients ask and what they make of an answer is as in their sources: Home Assistant's modbus, evcc's plugin
sunspec with gosunspec, openHAB's binding modbus.sunspec.
"""

import re
import struct

import sunspec2.device as sunspec
import yaml
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from han.meter import obis
from han.meter.besides.extra import Extra
from han.out.modbus.device import Device
from han.out.modbus.pdu import answer
from han.out.table import cells, value
from tests.api.fake import FULL, Running
from tests.out.modbus.cpython_test_documented import PAGE

TEXT = PAGE.read_text()
YAML = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", TEXT, re.S)]
HOST = "192.168.1.50"
#: Home Assistant's names of types, as of struct, with their number of registers.
TYPES = {"int32": ("i", 2), "uint64": ("Q", 4)}
#: Of the examples' sensors: the keys in the table of quantities.
SENSORS = {"Grid power": "power", "Energy imported": "import_energy", "Energy exported": "export_energy"}
#: The same of evcc's attributes, and of its points.
POINTS = {"W": "power", "TotWhImp": "import_energy", "AphA": "current_l1", "AphB": "current_l2", "AphC": "current_l3"}


def ask(device, unit, at, count):
    """The registers that a client gets, bytes; or the number of an exception."""
    got = answer(device, struct.pack(">BBHH", unit, 3, at, count))
    return got[1] if got[0] & 0x80 else got[2:]


def home_assistant(device, sensor):
    """The state of a sensor, text; None: it is unavailable."""
    assert set(sensor) <= {
        "name", "slave", "address", "data_type", "nan_value", "scale", "precision", "unit_of_measurement",
        "device_class", "state_class",
    }  # fmt: skip
    kind, count = TYPES[sensor["data_type"]]
    data = ask(device, sensor["slave"], sensor["address"], count)
    if isinstance(data, int):
        return None
    number = struct.unpack(">" + kind, data)[0]
    if number in (sensor["nan_value"], -sensor["nan_value"]):
        return None
    number *= sensor.get("scale", 1)
    precision = sensor.get("precision", 0)
    return "%.*f" % (precision, number) if precision else str(round(number))


def gosunspec(device, unit, model, point):
    """The number that evcc has of a point: 0 where it is not implemented. None: it finds no such model or reading."""
    at = 40000
    if ask(device, unit, at, 2) != b"SunS":
        return None
    at += 2
    while True:
        head = ask(device, unit, at, 2)
        if isinstance(head, int):
            return None
        number, length = struct.unpack(">HH", head)
        if number in (model, 0xFFFF):
            break
        at += 2 + length
    data = ask(device, unit, at + 2, length) if number == model else 0
    if isinstance(data, int):
        return None
    found = sunspec.Model(model)
    found.set_mb(head + data)
    got = found.points[point].cvalue
    return 0 if got is None or got != got else got


def real(app, live, key):
    """The number of a quantity in its unit."""
    return value(app, live, key) / 10 ** int(cells(key, "places")[0])


def near(got, wanted):
    """True within the last place of currents in unit 1, and of floats in unit 2."""
    return abs(got - wanted) < max(0.0051, abs(wanted) / 1e7)


async def test_home_assistant():
    (hub,) = [block["modbus"][0] for block in YAML if "modbus" in block]
    assert (hub["host"], hub["port"], hub["type"]) == (HOST, 502, "tcp")
    assert [sensor["name"] for sensor in hub["sensors"]] == list(SENSORS)
    async with Running() as app:
        device = Device(app)

        def states():
            return [home_assistant(device, sensor) for sensor in hub["sensors"]]

        assert states() == [None] * 3  # no telegram yet
        app.link.read((obis.L1_VOLTAGE, 2301))
        assert states() == [None] * 3  # not said
        app.link.read((obis.EXPORT_POWER, 1234), (obis.IMPORT_ENERGY, 12345678), (obis.EXPORT_ENERGY, 0))
        assert states() == ["-1234", "12345.678", "0.000"]
        app.board.ticks += 61000
        assert states() == [None] * 3  # silent


async def test_evcc():
    template, own = [block["meters"][0] for block in YAML if "meters" in block]
    assert template == {
        "name": "grid", "type": "template", "template": "sunspec-meter", "usage": "grid", "modbus": "tcpip", "id": 1,
        "host": HOST, "port": 502,
    }  # fmt: skip
    assert "That template knows the models 201 to 203 and 211 to 213." in TEXT
    async with Running() as app:
        device = Device(app)
        assert gosunspec(device, 1, 203, "W") is None  # no telegram yet
        network = app.link.live.network
        for setting, model in (("1p", 201), ("3p4w", 203), ("3p3w", 204)):
            network.setting = setting
            app.link.read(*FULL)
            live = app.messages.fresh()
            for unit, number in ((1, model), (2, model + 10)):
                for point, key in POINTS.items():
                    wanted = real(app, live, key) * (1000 if key.endswith("energy") else 1)
                    assert near(gosunspec(device, unit, number, point), wanted), (unit, number, point)
                assert gosunspec(device, unit, number, "Hz") == gosunspec(device, unit, number, "TotWhImpPhA") == 0
                assert gosunspec(device, unit, number - 1, "W") is None
        # The example is for a house without neutral, which there is now.
        seen = []
        for plugin in [own["power"], own["energy"]] + own["currents"]:
            assert (plugin["source"], plugin["uri"]) == ("sunspec", HOST + ":502")
            ((model, point),) = [text.split(":") for text in plugin["value"]]
            got = gosunspec(device, plugin["id"], int(model), point) * plugin.get("scale", 1)
            assert near(got, real(app, live, POINTS[point])), point
            seen.append(point)
        assert seen == list(POINTS) and own["type"] == "custom"


async def test_openhab():
    bridge = dict(re.findall(r'(\w+)=("?[\w.]+"?)', re.search("Bridge modbus:tcp:reader (.*)", TEXT)[1]))
    thing = dict(re.findall(r"(\w+)=(\d+)", re.search("Thing modbus:meter-wye-phase:reader:grid (.*)", TEXT)[1]))
    assert (bridge["host"], bridge["port"], bridge["id"]) == ('"%s"' % HOST, "502", "1")
    async with Running() as app:
        device = Device(app)
        app.link.read(*FULL)
        data = ask(device, int(bridge["id"]), int(thing["address"]), int(thing["length"]))
        assert struct.unpack(">HH", data[:4]) == (203, int(thing["length"]) - 2)
        assert struct.unpack(">h", data[36:38])[0] == real(app, app.messages.fresh(), "power")


async def test_scanners_find_nothing_that_they_take_for_their_device():
    async with Running() as app:
        device = Device(app)
        app.link.live.extra = Extra()
        app.link.read(*FULL)
        # Victron's dbus-modbus-client: where makers have the number of a model, with the units that it tries.
        for unit, at, count in (
            (1, 0x8960, 2), (2, 0x8960, 2), (1, 0x000B, 1), (1, 0x1000, 1), (1, 10609, 1), (1, 770, 6), (1, 5000, 1),
            (10, 768, 6), (61, 0x1620, 1), (1, 0, 2), (1, 52, 2),
        ):  # fmt: skip
            assert ask(device, unit, at, count) == (2 if unit < 4 else 11), (unit, at)
        # Its dbus-fronius: three places, then unit 126 is no SunSpec device.
        assert [ask(device, 126, at, 2) for at in (40000, 50000, 0)] == [11] * 3
        # Registers of meters that templates know, as input registers: Eastron's SDM.
        for at in (0x0034, 0x0048, 0x004A, 0x0156):
            assert answer(device, struct.pack(">BBHH", 1, 4, at, 2)) == b"\x84\x02"


def test_what_is_said_of_pysunspec2():
    assert 'SunSpecModbusClientDeviceTCP(1, "%s", 502)' % HOST in TEXT
    device = SunSpecModbusClientDeviceTCP(1, HOST, 502)
    assert device.client.slave_id == 1 and device.client.ipaddr == HOST and device.scan and device.disconnect
