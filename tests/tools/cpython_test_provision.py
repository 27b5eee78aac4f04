"""tools.provision: what it is given is checked before anything is written, and the reader finds what it writes."""

import json
import pathlib
import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from han.api import tls
from han.store.config import Config
from han.store.flash import CONFIGURATION, Region
from host_sim import flash as nor
from tests.firmware import port
from tools import provision, stage
from tools.image import files, flash, partitions

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
    data = tls.copies(state(tmp_path)).load()
    tls.context(data)
    # A second time, over what is there.
    home2 = tmp_path / "b.json"
    home2.write_text('{"w":{"s":"Elsewhere"}}')
    assert provision.main(["--state", str(tmp_path), "--config", str(home2)]) == 0
    assert kept(state(tmp_path))["w"]["s"] == "Elsewhere" and tls.copies(state(tmp_path)).load() == data


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
    tls.context(tls.copies(state(tmp_path)).load())
    changed = {n // 4096 for n in range(0, len(found), 4096) if found[n : n + 4096] != data[n : n + 4096]}
    assert all(part.offset // 4096 <= n or n == at // 4096 + 12 for n in changed)
    # Another name later: what was given before stays.
    assert provision.main(["--flash", str(path), "--name", "garage"]) == 0
    values = json.loads(files.read(path.read_bytes()[part.offset : part.end], 4096)["config.json"])
    assert (values["board"], values["name"], values["w"]["s"]) == ("wt32-eth01", "garage", "Home")


class Esp32:
    """What the code for the board finds there."""

    def __init__(self, partition):
        chip = port.Chip()
        self.chip = chip
        self.NVS = port.Esp32(chip).NVS

        class Partition:
            TYPE_DATA = 1

            @staticmethod
            def find(kind, label):
                assert (kind, label) == (1, "state")
                return [partition]

        self.Partition = Partition


def test_a_reader_on_usb(tmp_path, home, monkeypatch):
    esp32 = Esp32(state(tmp_path))
    said = []

    def mpremote(port, *commands, capture):
        assert port == "/dev/ttyX" and commands[-1] == ["reset"] and capture
        monkeypatch.setitem(sys.modules, "esp32", esp32)
        monkeypatch.setitem(__builtins__, "print", said.append)
        assert commands[0][0] == "exec"
        exec(commands[0][1], {})
        monkeypatch.undo()
        return said[-1]

    monkeypatch.setattr(provision, "mpremote", mpremote)
    arguments = ["--port", "/dev/ttyX", "--board", "esp32-poe", "--name", "garage", "--config", home, "--self-signed"]
    assert provision.main(arguments) == 0
    assert esp32.chip.nvs == {"board": b"esp32-poe", "name": b"garage"}
    assert kept(state(tmp_path))["w"]["s"] == "Home"
    tls.context(tls.copies(state(tmp_path)).load())


def test_the_code_for_the_board_is_micropythons(tmp_path):
    code = provision._ON_BOARD.format(names=[("board", b"x")], sectors=[(0, 2, b"AAAA")])
    interpreter = str(pathlib.Path(sys.executable).parent / "micropython")
    run = subprocess.run([interpreter, "-c", "compile(%r, 'x', 'exec')" % code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


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
        (["--certificate", pem[0]], "go together"),
        (["--certificate", pem[0], "--key", str(other)], "is not the key of"),
        (["--certificate", home, "--key", pem[1]], "no certificate"),
        (["--self-signed"], "needs --name"),
        ([], "nothing to give"),
    ):
        assert provision.main([*target, *arguments]) == 1, arguments
        assert text in capsys.readouterr().err, arguments
    assert not (tmp_path / "new").exists()


def test_every_board_of_the_pin_maps_is_known_here():
    assert len(provision._BOARDS) == 9 and "p1-ultra" in provision._BOARDS
    for name in provision._BOARDS:
        provision.Given(board=name)
