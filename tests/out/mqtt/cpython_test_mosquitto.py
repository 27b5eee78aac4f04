"""MQTT against the real mosquitto: broken in each way, with users, access lists and TLS, and on both interpreters."""

import asyncio
import datetime
import ipaddress
import json
import socket
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from han.out.mqtt import connect
from han.out.mqtt.client import Client
from tests.api.fake import FULL
from tests.api.http.cpython_test_clients import RUNTIMES, Reader
from tests.out.homewizard.cpython_test_homewizard_clients import fetched
from tests.out.mqtt.proxy import Proxy
from tests.out.mqtt.test_mqtt import DEVICE, SECRET, House
from tools import provision
from tools.prove.mosquitto import MISSING, Listener, Mosquitto, program

pytestmark = pytest.mark.skipif(not program(), reason=MISSING)

BASE = "han/HAN-READER-10ABCD/"
PATIENCE = 60
DAY = datetime.timedelta(days=1)


class Real:
    """The real broker, and a listener, in the place of the look-alike of House."""

    def __init__(self, folder, lines=None, user=None):
        self.mosquitto = Mosquitto(folder, *([lines] if lines else []))
        self.mosquitto.start()
        self.port = self.mosquitto.port
        self.user = user
        self.messages = []
        self.retained = {}
        self.kept = []  # topics of messages that the broker had kept when the listener came
        self.listener = None
        self.listen()

    def listen(self):
        """Listen, as somebody who comes now."""
        if self.listener:
            self.listener.close()
        self.kept = []
        self.listener = Listener(self.mosquitto.port, self._heard, *([self.user, SECRET] if self.user else []))

    # In the listener's thread.
    def _heard(self, topic, payload, retained):
        self.messages.append((topic, payload))
        if retained:
            self.kept.append(topic)
        if payload:
            self.retained[topic] = payload
        else:
            self.retained.pop(topic, None)

    def forget(self):
        self.messages, self.retained = [], {}

    async def open(self, port):
        """It listens already, on a port of its own."""

    async def close(self):
        self.listener.close()
        self.mosquitto.stop()


def home(folder, real=None, **settings):
    """A House with a real broker."""
    house = House(**settings)
    house.broker = real = real or Real(folder)
    house.settings.setdefault("port", real.port)
    return house


@pytest.fixture
def hasty(monkeypatch):
    """Clients that wait for a second."""
    monkeypatch.setattr(Client, "ping_ms", 500)
    monkeypatch.setattr(Client, "slow_ms", 1000)
    monkeypatch.setattr(Client, "patience_ms", 2000)


async def through(house):
    """Lead a House to its broker through a Proxy."""
    proxy = Proxy(house.broker.port)
    await proxy.open()
    house.settings["port"] = proxy.port
    return proxy


async def test_who_comes_later_finds_what_is_kept(tmp_path):
    async with home(tmp_path) as house:
        await house.connected()
        await house.read(*FULL)
        house.broker.listen()
        await house.until(lambda: len(house.broker.kept) == 3)
        assert sorted(house.broker.kept) == [BASE + "state", BASE + "status", DEVICE]
        found = json.loads(house.broker.retained[DEVICE])
        assert found["avty_t"] == BASE + "status" and "power" in found["cmps"]
        assert house.took("power")[-1] == b"1000" and house.took("import_energy")[-1] == b"123456.789"
    # It has said goodbye.
    assert house.retained("status") == b"offline" and "exceeded timeout" not in house.broker.mosquitto.said()


async def test_the_last_will(tmp_path):
    house = home(tmp_path)
    proxy = await through(house)
    async with house:
        await house.connected()
        proxy.cut()
        await house.until(lambda: house.retained("status") == b"offline")
        await house.until(lambda: house.retained("status") == b"online", 2000)
        await house.read(*FULL)
    proxy.close()


@pytest.mark.parametrize("end", ("stop", "kill"))
async def test_a_broker_that_is_restarted_or_killed_gets_everything_again(tmp_path, end):
    async with home(tmp_path) as house:
        await house.connected()
        await house.read(*FULL)
        for _ in range(2):
            getattr(house.broker.mosquitto, end)()
            await house.until(lambda: "nobody listens on port" in str(house.told()), 2000)
            (state,) = house.told()
            assert (await house.state())["error"] == state
            for _ in range(5):  # the newest one wins
                house.board.ticks += 2500
                house.app.link.read(*FULL)
                await asyncio.sleep(0.02)
            house.broker.forget()
            house.broker.mosquitto.start()
            house.broker.listen()
            await house.until(lambda: house.retained("status") == b"online" and house.retained("state"), 2000)
            await house.read(*FULL)
            assert DEVICE in house.broker.retained and house.took("power")[-1] == b"1000"
            assert house.told() == ["connected"]
        assert (await house.state())["dropped"] >= 4


def known(folder):
    """A password file: the reader is `me`, the listener `ear`."""
    path = folder / "people"
    path.touch(0o600)
    for name in "me", "ear":
        command = [program("mosquitto_passwd"), "-b", path, name, SECRET]
        subprocess.run(command, check=True, capture_output=True)
    return path


async def test_a_wrong_password_and_a_right_one(tmp_path):
    people = known(tmp_path)
    real = Real(tmp_path, ("allow_anonymous false", "password_file %s" % people), "ear")
    async with home(tmp_path, real, user="me", pw="wrong") as house:
        await house.until(lambda: house.told() == ["refused: not authorized"])
        assert await house.app.outs.test("mqtt") == "refused: not authorized"
        house.set(user="", pw="")
        await house.until(lambda: house.told() == ["refused: not authorized"])
        house.set(user="me", pw=SECRET)
        await house.connected()
        await house.read(*FULL)
        assert await house.app.outs.test("mqtt") is None
    assert SECRET not in real.mosquitto.said()


async def test_a_broker_that_forbids_topics(tmp_path):
    people, rights = known(tmp_path), tmp_path / "rights"
    rights.write_text("user me\ntopic write han/#\nuser ear\ntopic read #\n")
    lines = "allow_anonymous false", "password_file %s" % people, "acl_file %s" % rights
    async with home(tmp_path, Real(tmp_path, lines, "ear"), user="me", pw=SECRET) as house:
        await house.connected()
        house.board.ticks += 2500
        house.app.link.read(*FULL)
        await asyncio.sleep(1)
        # What mosquitto does depends on its version.
        assert house.told() in (["connected"], ["the broker has closed the connection after " + DEVICE])
        assert DEVICE not in house.broker.retained
        house.set(ha="")
        await house.until(lambda: house.told() == ["connected"], 2000)
        await house.read(*FULL)
        await house.read(*FULL)
        assert house.told() == ["connected"] and house.took("power")[-2:] == [b"1000", b"1000"]
        assert house.retained("status") == b"online"
        house.set(prefix="elsewhere")
        await house.until(lambda: (BASE + "status", b"") in house.broker.messages)
        await asyncio.sleep(1)
        closed = "the broker has closed the connection after elsewhere/HAN-READER-10ABCD/"
        assert house.told() == ["connected"] or house.told()[0].startswith(closed)
        assert not [topic for topic, _ in house.broker.messages if topic.startswith("elsewhere")]


async def test_a_broker_that_takes_small_messages_only(tmp_path):
    async with home(tmp_path, Real(tmp_path, ("allow_anonymous true", "max_packet_size 1500"))) as house:
        await house.connected()
        for _ in range(3):
            house.board.ticks += 2500
            house.app.link.read(*FULL)
            await house.until(lambda: house.told() == ["the broker has closed the connection after " + DEVICE])
            await house.until(lambda: house.told() == ["connected"], 20000)
        house.set(ha="entity")
        await house.until(lambda: house.retained("status") == b"offline")
        await house.connected()
        await house.read(*FULL)
        assert house.told() == ["connected"] and house.took("power")
        assert DEVICE not in house.broker.retained and "homeassistant/sensor/HAN5E10ABCD_power/config" in (
            house.broker.retained
        )


async def test_a_slow_way_costs_readings_and_no_memory(tmp_path, monkeypatch):
    streams = connect._streams

    def small(line, *more):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # that of the chip is not larger
        return streams(line, *more)

    monkeypatch.setattr(connect, "_streams", small)
    house = home(tmp_path)
    proxy = await through(house)
    async with house:
        await house.connected()
        await house.read(*FULL)
        proxy.rate = 10000
        before = len(house.took("meter"))
        for _ in range(400):
            house.board.ticks += 2500
            house.app.link.read(*FULL)
            await asyncio.sleep(0.005)
        assert house.told() == ["connected"]
        proxy.rate = None
        await house.until(lambda: json.loads(house.took("meter")[-1])["seq"] == house.app.link.live.seq)
        taken, dropped = len(house.took("meter")) - before, (await house.state())["dropped"]
        assert 0 < taken < 400 and taken + dropped >= 399
        assert proxy.count == 1
    proxy.close()


async def test_a_way_that_is_half_open(tmp_path, hasty):
    house = home(tmp_path)
    proxy = await through(house)
    async with house:
        await house.connected()
        await house.read(*FULL)
        proxy.passes.clear()
        await house.until(lambda: house.told() == ["the broker does not answer any more"], 2000)
        # Attempts do not get through either.
        await house.until(lambda: house.told() == ["the broker does not answer"], 2000)
        proxy.passes.set()
        await house.until(lambda: house.told() == ["connected"], 2000)
        # The old connection's last will came before that.
        await house.until(lambda: house.retained("status") == b"online")
        await house.read(*FULL)
        await asyncio.sleep(0.3)
        assert house.retained("status") == b"online" and proxy.count >= 3
    proxy.close()


async def test_a_broker_that_stands_still(tmp_path, hasty):
    async with home(tmp_path) as house:
        await house.connected()
        house.broker.mosquitto.process.send_signal(19)  # SIGSTOP
        await house.until(lambda: house.told() == ["the broker does not answer any more"], 2000)
        house.broker.mosquitto.process.send_signal(18)  # SIGCONT
        await house.until(lambda: house.told() == ["connected"], 2000)
        await house.read(*FULL)
        assert house.retained("status") == b"online"


async def test_the_form_of_discovery_as_home_assistant_wants_it(tmp_path):
    """device, entity, none and back: migration is told first, the other form is emptied last."""
    async with home(tmp_path) as house:
        await house.connected()
        await house.read(*FULL)

        def found():
            return [(topic, payload) for topic, payload in house.broker.messages if topic.startswith("homeassistant/")]

        assert list(dict(found())) == [DEVICE]
        keys = set(json.loads(house.broker.retained[DEVICE])["cmps"])
        singles = {"homeassistant/sensor/HAN5E10ABCD_%s/config" % key for key in keys}

        async def change(form):
            house.broker.forget()
            house.set(ha=form)
            await house.until(lambda: house.retained("status") == b"offline")
            await house.connected()
            await house.read(*FULL)
            await asyncio.sleep(0.2)
            kept = {topic for topic in house.broker.retained if topic.startswith("homeassistant/")}
            house.broker.listen()
            await house.until(lambda: BASE + "state" in house.broker.kept and BASE + "status" in house.broker.kept)
            await asyncio.sleep(0.1)
            return found(), kept, {topic for topic in house.broker.kept if topic.startswith("homeassistant/")}

        said, kept, later = await change("entity")
        assert said[0] == (DEVICE, b'{"migrate_discovery":true}')
        end = [topic for topic, _ in said].index(DEVICE, 1)
        assert said[end] == (DEVICE, b"") and {topic for topic, _ in said[1:end]} == singles == kept == later
        said, kept, later = await change("device")
        at = [topic for topic, _ in said].index(DEVICE)
        assert {payload for _, payload in said[:at]} == {b'{"migrate_discovery":true}'}
        assert singles <= {topic for topic, _ in said[:at]} and set(json.loads(said[at][1])["cmps"]) == keys
        assert kept == later == {DEVICE}
        _, kept, later = await change("")
        assert not kept and not later
        _, kept, later = await change("entity")
        assert kept == later == singles
        house.set(on=False)
        await house.until(lambda: house.retained("status") == b"offline")
        house.broker.listen()
        await house.until(lambda: BASE + "status" in house.broker.kept)
        await asyncio.sleep(0.1)
        assert house.broker.kept == [BASE + "status"]


# --- TLS


def certificate(name, key, by=None, end=DAY, names=()):
    """A certificate for a key: by (a certificate, its key), by itself without."""
    now = datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 30 * DAY)
        .not_valid_after(now + end)
        .add_extension(x509.BasicConstraints(ca=not by, path_length=None), critical=True)
    )
    if by:
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(by[1] if by else key, hashes.SHA256())


class Paper:
    """An authority, and certificates of brokers in files of a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.root = certificate("House", self.key)
        (folder / "root.pem").write_bytes(self.root.public_bytes(serialization.Encoding.PEM))

    def lines(self, name="localhost", end=DAY):
        """The configuration of a broker that has a certificate for a name."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(name)]
        if name == "localhost":
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        made = certificate(name, key, (self.root, self.key), end, names=names)
        paths = [self.folder / ("%s.%s" % (name, end)) for end in ("crt", "key")]
        paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))  # fmt: skip
        return "allow_anonymous true", "certfile %s" % paths[0], "keyfile %s" % paths[1]


@pytest.fixture(scope="module", params=RUNTIMES)
def trusting(request, tmp_path_factory):
    """(a reader with an authority, the Paper of that authority)."""
    folder = tmp_path_factory.mktemp("trusting")
    paper = Paper(folder)
    (folder / "state").mkdir()
    assert provision.main(["--state", str(folder / "state"), "--authority", str(folder / "root.pem")]) == 0
    with Reader(request.param, "--speed", "4", "--meter", "belgian", "--state", str(folder / "state")) as reader:
        yield reader, paper


async def switch(reader, **settings):
    """Give a reader these settings of MQTT; what it says of it."""
    if settings:
        answer = await fetched(reader.url + "/configuration", "PUT", json={"out": {"mqtt": settings}})
        assert answer[0] == 200, answer
    return (await fetched(reader.url + "/out"))[1]["mqtt"]


async def until(reader, wanted):
    """Wait until the state of a reader's MQTT begins so."""
    end = time.monotonic() + PATIENCE
    while not (state := (await switch(reader))["state"] or "").startswith(wanted):
        assert time.monotonic() < end, state
        await asyncio.sleep(0.05)


async def test_tls_with_the_authority_of_the_house(trusting, tmp_path):
    reader, paper = trusting
    other = Paper(tmp_path)
    broker = Mosquitto(tmp_path, paper.lines())
    broker.start()
    await switch(reader, on=True, host="localhost", port=broker.port, tls=True)
    await until(reader, "connected")
    broker.kill()
    for lines in other.lines(), paper.lines(end=-DAY), paper.lines("broker.house"):
        broker.lines = lines
        broker.start()
        await until(reader, "not trusted: ")
        broker.kill()
        await until(reader, "nobody listens")
    broker.lines = paper.lines()
    broker.start()
    await until(reader, "connected")
    await switch(reader, host="127.0.0.1")
    await until(reader, "connected")
    await switch(reader, on=False)
    broker.stop()
