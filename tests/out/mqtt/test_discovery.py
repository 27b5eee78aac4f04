"""Home Assistant's discovery messages, by a table of what its sensors accept.

The table is that of Home Assistant 2025.4.4. Its MQTT integration has made each of these entities without a warning.
"""

import json

from han.core.bus import Bus
from han.meter import obis
from han.meter.live import Live
from han.out.mqtt import discovery
from han.out.mqtt.told import Told
from tests.api.fake import put

#: {device class, None for none: (units, state classes)}
CLASSES = {
    "power": (("W",), ("measurement",)),
    "reactive_power": (("var",), ("measurement",)),
    "apparent_power": (("VA",), ("measurement",)),
    "voltage": (("V",), ("measurement",)),
    "current": (("A",), ("measurement",)),
    "frequency": (("Hz",), ("measurement",)),
    "power_factor": ((None,), ("measurement",)),
    "energy": (("kWh", "GJ"), ("total_increasing",)),
    "gas": (("m³",), ("total_increasing",)),
    "water": (("m³",), ("total_increasing",)),
    "signal_strength": (("dBm",), ("measurement",)),
    None: (("kvarh", "SEK/kWh", "m³", None), ("measurement", "total_increasing", None)),
}
ENTITY = {"name", "uniq_id", "stat_t", "exp_aft", "unit_of_meas", "dev_cla", "stat_cla", "sug_dsp_prc", "ent_cat"}
BASE = "\"k\u00f6k\\\"/HAN-READER-1/"  # with what must be escaped in JSON


class Identity:
    serial, name = "HAN1", "HAN-READER-1"


class Numbers:
    """An Extra in which each number is 1234, with sub-meters: (device type, unit) of each channel, all at 1.5."""

    changes = 1

    def __init__(self, *subs):
        lines = ""
        for channel, (kind, unit) in enumerate(subs, 1):
            lines += "0-%d:96.1.0(31)\n" % channel
            if kind:
                lines += "0-%d:24.1.0(%03d)\n" % (channel, kind)
            if unit is not None:
                lines += "0-%d:24.2.1(260901120000S)(00001.500%s)\n" % (channel, unit)
        self.buf = lines.encode()
        self.length = len(self.buf)

    def number(self, code):
        return 1234


class App:
    """What announces: readings, links and a configuration without flash."""

    identity = Identity
    port = 80

    def __init__(self, kept=""):
        self.bus = Bus()
        self.values = {"discovery": kept, "s": True}
        self.config = self.messages = self.links = self.updates = self.book = self.clock = self
        self.running, self.currency, self.ratio = "1.2.3.4", "SEK", 1
        self.live = Live()
        self.notes = []

    def note(self, key, value):
        self.values[key] = value
        self.notes.append(value)

    def reading(self):
        return self.live

    def energies(self, live):
        return live.energies()

    def utc(self):
        return 0

    def price(self, utc):
        return 8123456

    def network(self):
        return "192.168.1.5", "0.0.0.0", -61

    def full(self):
        """Everything that any meter tells."""
        live = self.live
        for field in range(obis.FIELDS):
            put(live, field, 1000 + field)
        # The last two have no unit and no value.
        live.extra = Numbers(
            (3, "*m3"), (7, "*m3"), (4, "*GJ"), (2, "*kWh"), (6, "*m3"), (1, "*m3"), (0, "*m3"), (3, ""), (3, None)
        )
        told = Told(self)
        assert told.look(live) and not told.look(live)
        return told


class Client:
    """Keeps what is to be sent: (topic, text)."""

    def __init__(self):
        self.sent = []

    async def keep(self, topic, pieces, again=False):
        # As a client does: the length first, then the pieces once more.
        size = sum([len(piece) for piece in pieces()])
        data = b"".join(list(pieces()))
        assert len(data) == size
        self.sent.append((topic, data.decode()))

    async def publish(self, topic, payload, retain=False):
        assert retain
        self.sent.append((topic, payload.decode()))


async def announced(app, told, form, expires=60):
    client = Client()
    before = app.values["discovery"]
    await discovery.announce(app, client, form, BASE, told, expires)
    if form != before:
        assert client.sent.pop() == (BASE + "status", "online")  # the broker has taken all of it
    return client.sent


def check(key, entity):
    assert set(entity) - ENTITY == set(), entity
    units, states = CLASSES[entity.get("dev_cla")]
    assert entity.get("unit_of_meas") in units and entity.get("stat_cla") in states, entity
    assert entity["stat_t"] == BASE + key and entity["uniq_id"] == "HAN1_" + key and entity["exp_aft"] == 60
    assert 0 <= entity.get("sug_dsp_prc", 0) <= 3 and entity["name"][0].upper() == entity["name"][0]
    # Without a state class, a value that is no number is shown, too.
    assert ("stat_cla" in entity) == ("sug_dsp_prc" in entity)
    assert ("ent_cat" in entity) == (key == "rssi")


def check_shared(message):
    device, origin = message["dev"], message["o"]
    assert device == {
        "ids": "HAN1", "name": "HAN-READER-1", "mf": "han-reader", "mdl": "HAN", "sn": "HAN1", "sw": "1.2.3.4",
        "cu": "http://192.168.1.5/",
    }  # fmt: skip
    assert origin == {"name": "han-reader", "sw": "1.2.3.4"} and message["avty_t"] == BASE + "status"


async def test_a_device_has_all_that_its_meter_tells():
    app = App()
    told = app.full()
    ((topic, text),) = await announced(app, told, "device")
    assert topic == "homeassistant/device/HAN1/config"
    message = json.loads(text)
    check_shared(message)
    entities = message["cmps"]
    for key, entity in entities.items():
        assert entity.pop("p") == "sensor"
        check(key, entity)
    assert sorted(entities) == sorted([key for key, _ in told.values(app.live)])
    assert len({entity["name"] for entity in entities.values()}) == len(entities) > 60
    assert set(message) == {"dev", "o", "avty_t", "cmps"}
    # What the energy dashboard takes.
    for key, unit, kind in (
        ("import_energy", "kWh", "energy"), ("export_energy", "kWh", "energy"), ("gas_1", "m³", "gas"),
        ("water_2", "m³", "water"), ("import_energy_t2", "kWh", "energy"), ("electricity_4", "kWh", "energy"),
    ):  # fmt: skip
        entity = entities[key]
        assert (entity["unit_of_meas"], entity["dev_cla"], entity["stat_cla"]) == (unit, kind, "total_increasing")
    assert entities["price"]["unit_of_meas"] == "SEK/kWh"
    assert "gas_8" not in entities and "gas_9" not in entities


async def test_entities_alone_say_the_same():
    app = App()
    told = app.full()
    ((_, text),) = await announced(app, told, "device")
    together = json.loads(text)["cmps"]
    app.values["discovery"] = ""
    found = await announced(app, told, "entity")
    assert len(found) == len(together)
    for topic, text in found:
        assert topic.startswith("homeassistant/sensor/HAN1_") and topic.endswith("/config")
        key = topic[26:-7]
        message = json.loads(text)
        check_shared(message)
        for name in ("dev", "o", "avty_t"):
            del message[name]
        check(key, message)
        assert dict(message, p="sensor") == together[key]


async def test_only_what_is_told_is_announced():
    app = App()
    told = Told(app)
    put(app.live, obis.IMPORT_POWER, 5)
    assert told.look(app.live)
    ((_, text),) = await announced(app, told, "device", 360)
    entities = json.loads(text)["cmps"]
    assert sorted(entities) == ["import", "power", "price", "rssi"] and entities["power"]["exp_aft"] == 360
    put(app.live, obis.IMPORT_ENERGY, 5)
    assert told.look(app.live) and not told.look(app.live)
    assert "import_energy" in [row[0] for row in discovery.rows(app, told)]
    # What a telegram lacks is not told with it, and stays announced.
    app.live.present[obis.IMPORT_ENERGY] = 0
    assert "import_energy" not in [key for key, _ in told.values(app.live)] and not told.look(app.live)


async def test_no_meter_no_entities():
    app = App()
    app.network = lambda: ("0.0.0.0", "192.168.1.6", None)
    app.price = lambda utc: None
    told = Told(app)
    assert not told.look(app.live)
    ((_, text),) = await announced(app, told, "device")
    assert json.loads(text)["cmps"] == {}


async def test_values_are_exact():
    app = App()
    told = app.full()
    put(app.live, obis.IMPORT_ENERGY, 123456789012)
    put(app.live, obis.L1_VOLTAGE, 2301)
    put(app.live, obis.EXPORT_POWER, 100000)
    values = dict(told.values(app.live))
    assert values["import_energy"] == "123456789.012" and values["voltage_l1"] == "230.1"
    assert values["power"] == "-99000" and values["price"] == "0.08123456" and values["gas_1"] == "1.5"
    # Sub-meters are read again when their lines change, and when there is another meter.
    for extra in app.live.extra, Numbers((3, "*m3")):
        app.live.extra = extra
        extra.buf = extra.buf.replace(b"00001.500*m3", b"00002.250*m3")
        extra.changes += 1
        assert dict(told.values(app.live))["gas_1"] == "2.25"


async def test_who_changes_the_form_tells_it_first_and_empties_the_other_one_last():
    app = App()
    told = app.full()
    await announced(app, told, "device")
    found = await announced(app, told, "entity")
    device = "homeassistant/device/HAN1/config"
    assert found[0] == (device, '{"migrate_discovery":true}') and found[-1] == (device, "")
    assert all([topic.startswith("homeassistant/sensor/") and text for topic, text in found[1:-1]])
    singles = {topic for topic, _ in found[1:-1]}
    found = await announced(app, told, "device")
    at = [topic for topic, _ in found].index(device)
    assert all([text == '{"migrate_discovery":true}' for _, text in found[:at]])
    assert all([text == "" for _, text in found[at + 1 :]])
    assert "cmps" in json.loads(found[at][1])
    before, after = {topic for topic, _ in found[:at]}, {topic for topic, _ in found[at + 1 :]}
    assert singles <= before == after and device not in after
    assert app.notes == ["device", "entity", "device"]
    # The same once more: no migration.
    assert len(await announced(app, told, "device")) == 1
    # The discovery ids of the two forms differ: else the end of one is a conflict with the other.
    assert all([topic.count("/") == 3 for topic in singles])


async def test_what_a_broker_forbids_is_not_taken_back_later():
    app = App()
    told = app.full()

    class Forbidding(Client):
        async def keep(self, topic, pieces, again=False):
            if self.sent:
                raise OSError(104)  # the broker has acknowledged the first one, and ended the connection
            await Client.keep(self, topic, pieces)

    for form in ("device", "entity"):
        try:
            await discovery.announce(app, Forbidding(), form, BASE, told, 60)
            raise AssertionError(form)
        except OSError:
            pass
    assert app.notes == [] and await announced(app, told, "") == []


async def test_switched_off_everything_is_emptied():
    for form in ("device", "entity"):
        app = App(form)
        told = app.full()
        found = await announced(app, told, "")
        assert found and all([text == "" for _, text in found]) and app.values["discovery"] == ""
        assert await announced(app, told, "") == []
        app.values["discovery"] = form
        client = Client()
        await discovery.withdraw(app, client, Told(app))
        assert client.sent == found
        await discovery.withdraw(app, client, told)
        assert client.sent == found
