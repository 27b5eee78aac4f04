"""tools.provision: what it is given is checked before anything is written, and the reader finds what it writes."""

import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from han.api.http import tls
from han.store import certificates
from han.store.config import Config
from han.store.flash import CONFIGURATION, Region
from host_sim.hardware import flash as nor
from tests.tools.rawrepl import Device
from staging import stage
from tools import provision
from tools.image import files, flash, partitions
from tools.measure.simulator import Simulator

HOME = {"w": {"s": "Home", "p": "long enough"}, "m": {"k": "00" * 16}, "t": "Europe/Helsinki"}


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home.json"
    path.write_text(json.dumps(HOME))
    return str(path)


@pytest.fixture
def pem(tmp_path):
    """Paths of a certificate and its key, PEM."""
    certificate, key = provision.self_signed("meter-cellar")
    paths = tmp_path / "cert.pem", tmp_path / "key.pem"
    encoding = serialization.Encoding.PEM
    paths[0].write_bytes(x509.load_der_x509_certificate(certificate).public_bytes(encoding))
    paths[1].write_bytes(
        serialization.load_der_private_key(key, None).private_bytes(
            encoding, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))
    return [str(path) for path in paths]


def state(folder):
    return nor.partition(str(folder / "state.bin"), 0x10000, "state")


def kept(partition):
    config = Config(Region(partition, *CONFIGURATION))
    assert config.load()
    return config.values


def test_a_simulated_board(tmp_path, home, pem, capsys):
    assert provision.main(["--state", str(tmp_path), "--config", home, "--certificate", pem[0], "--key", pem[1]]) == 0
    values = kept(state(tmp_path))
    assert values["w"]["s"] == "Home" and values["m"]["k"] == "00" * 16 and values["t"] == "Europe/Helsinki"
    data = certificates.own(state(tmp_path)).load()
    tls.context(data)
    # A second time, over what is there.
    home2 = tmp_path / "b.json"
    home2.write_text('{"w":{"s":"Elsewhere"}}')
    assert provision.main(["--state", str(tmp_path), "--config", str(home2)]) == 0
    assert kept(state(tmp_path))["w"]["s"] == "Elsewhere" and certificates.own(state(tmp_path)).load() == data


def test_the_authority_of_a_broker_lies_beside_the_certificate(tmp_path, pem, capsys):
    assert provision.main(["--state", str(tmp_path), "--certificate", pem[0], "--key", pem[1]]) == 0
    assert certificates.authority(state(tmp_path)).load() is None
    for path in pem[0], str(tmp_path / "der"):
        assert provision.main(["--state", str(tmp_path), "--authority", path]) == 0
        der = bytes(certificates.authority(state(tmp_path)).load())
        assert x509.load_der_x509_certificate(der).subject.rfc4514_string() == "CN=meter-cellar.local"
        (tmp_path / "der").write_bytes(der)
    tls.context(certificates.own(state(tmp_path)).load())
    # The certificate again: the authority stays.
    assert provision.main(["--state", str(tmp_path), "--certificate", pem[0], "--key", pem[1]]) == 0
    assert bytes(certificates.authority(state(tmp_path)).load()) == der
    capsys.readouterr()
    for path in pem[1], str(tmp_path / "none"):
        assert provision.main(["--state", str(tmp_path), "--authority", path]) == 1
        assert path in capsys.readouterr().err


def test_flash_bin(tmp_path, home):
    layout = partitions.layout(4)
    data = bytearray(b"\xff" * (4 << 20))
    data[partitions.OFFSET : partitions.OFFSET + partitions.SIZE] = partitions.table(layout)
    part = partitions.named(layout, "vfs")
    data[part.offset : part.end] = flash.vfs(part.size)
    path = tmp_path / "flash.bin"
    path.write_bytes(data)
    arguments = ["--flash", str(path), "--board", "wt32-eth01", "--name", "meter-cellar"]
    assert provision.main([*arguments, "--config", home, "--self-signed"]) == 0
    found = path.read_bytes()
    content = files.read(found[part.offset : part.end], 4096)
    values = json.loads(content["config.json"])
    assert (values["board"], values["name"], values["w"]["s"]) == ("wt32-eth01", "meter-cellar", "Home")
    assert content["boot.py"] == (stage.ROOT / "boot.py").read_bytes()
    at = partitions.named(layout, "state").offset
    (tmp_path / "state.bin").write_bytes(found[at : at + 0x10000])
    tls.context(certificates.own(state(tmp_path)).load())
    changed = {n // 4096 for n in range(0, len(found), 4096) if found[n : n + 4096] != data[n : n + 4096]}
    assert all(part.offset // 4096 <= n or n == at // 4096 + 12 for n in changed)
    # Another name later: what was given before stays.
    assert provision.main(["--flash", str(path), "--name", "garage"]) == 0
    values = json.loads(files.read(path.read_bytes()[part.offset : part.end], 4096)["config.json"])
    assert (values["board"], values["name"], values["w"]["s"]) == ("wt32-eth01", "garage", "Home")


# What a board's esp32 has, over a file.
ESP32 = """
import sys
class Partition:
    TYPE_DATA = 1
    @staticmethod
    def find(kind, label=None):
        assert (kind, label) == (1, "state")
        return [Partition()]
    def ioctl(self, op, n):
        assert op == 6
        self.put(n * 4096, b"\\xff" * 4096)
    def writeblocks(self, n, buf, off):
        self.put(n * 4096 + off, buf)
    def put(self, at, data):
        with open("state.bin", "r+b") as file:
            file.seek(at)
            file.write(data)
class NVS:
    def __init__(self, name):
        assert name == "han"
    def set_blob(self, key, value):
        with open("nvs", "ab") as file:
            file.write(key.encode() + b"=" + value + b" ")
    def commit(self):
        pass
class Esp32:
    pass
Esp32.Partition = Partition
Esp32.NVS = NVS
sys.modules["esp32"] = Esp32
"""


def test_a_reader_on_usb_through_the_real_mpremote(tmp_path, home):
    (tmp_path / "state.bin").write_bytes(b"\x5a" * 0x10000)
    device = Device(tmp_path, ESP32)
    try:
        arguments = ["--port", device.port, "--board", "esp32-poe", "--name", "garage", "--config", home]
        assert provision.main([*arguments, "--self-signed"]) == 0
    finally:
        device.close()
    assert (tmp_path / "nvs").read_bytes() == b"board=esp32-poe name=garage "
    assert kept(state(tmp_path))["w"]["s"] == "Home"
    tls.context(certificates.own(state(tmp_path)).load())
    # Nothing but those sectors is touched.
    data = (tmp_path / "state.bin").read_bytes()
    assert data[2 * 4096 : 12 * 4096] == b"\x5a" * 10 * 4096 and data[14 * 4096 :] == b"\x5a" * 2 * 4096


def test_a_reader_that_says_something_else(monkeypatch, capsys):
    monkeypatch.setattr(provision, "mpremote", lambda *_, capture: "Traceback: OSError 28")
    assert provision.main(["--port", "auto", "--board", "devkit"]) == 1
    assert "OSError 28" in capsys.readouterr().err


def test_what_is_wrong_is_said_and_nothing_written(tmp_path, home, pem, capsys):
    other = tmp_path / "other.pem"
    key = rsa.generate_private_key(65537, 2048)
    other.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))  # fmt: skip
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"m":{"f":1}}')
    locked = tmp_path / "locked.json"
    locked.write_text('{"pw":"long enough"}')
    target = ["--state", str(tmp_path / "new")]
    for arguments, text in (
        (["--board", "toaster"], "there are devkit"),
        (["--name", "Keller!"], "a-z"),
        (["--config", str(wrong)], "m.f must be"),
        (["--config", str(locked)], "pw has to be set on the reader"),
        (["--config", str(tmp_path / "none.json")], "No such file"),
        (["--certificate", pem[0]], "--key together"),
        (["--certificate", pem[0], "--key", str(other)], "is not the key of"),
        (["--certificate", home, "--key", pem[1]], "not a certificate"),
        (["--self-signed"], "needs --name"),
        (["--board", "devkit"], "has no pins"),
        (["--board", "devkit", "--name", "cellar"], "has no pins"),
        (["--name", "cellar", "--wifi", "Home"], "needs a running reader"),
        (["--name", "cellar", "--password", "secret"], "--wifi NAME"),
        ([], "nothing to write"),
    ):
        assert provision.main([*target, *arguments]) == 1, arguments
        assert text in capsys.readouterr().err, arguments
    assert not (tmp_path / "new").exists()


def test_every_board_of_the_pin_maps_is_known_here():
    assert len(provision._BOARDS) == 13 and "p1-ultra" in provision._BOARDS
    for name in provision._BOARDS:
        provision.Given(board=name)


def test_a_simulated_board_is_called_what_it_is_given(tmp_path, capsys):
    from host_sim.board import Board

    for damaged in None, "[1]", "{":
        folder = tmp_path / str(damaged)
        if damaged:
            folder.mkdir()
            (folder / "board.json").write_text(damaged)
        for name in "cellar", "attic":
            assert provision.main(["--state", str(folder), "--name", name]) == 0
            for _ in range(2):
                board = Board(str(folder))
                assert board.hostname == name and len(board.mac) == 6
                board.close()
    capsys.readouterr()
    with Simulator("--port", 0, "--state", tmp_path / "None") as reader:
        assert reader.get("/health")["hostname"] == "attic"
        assert provision.main(["--state", str(tmp_path / "None"), "--name", "shed"]) == 1
        assert "stop it first" in capsys.readouterr().err
