"""tools.build as a user runs it, on images like MicroPython's; what it makes is checked with other people's tools."""

import base64
import hashlib
import io
import json
import os
import ssl
import subprocess
import sys

import esptool
import espsecure
import pytest
from esptool import bin_image
from han.store.config import Config, defaults, merged

from tests.store.nor import Flash
from tests.tools.image import micropython
from staging import ImageError, keyring, stage
from tools import build, provision
from tools.image import esp_image, files, flash, otadata, partitions, slot

CONFIG = {"m": {"f": 35, "k": "00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff"}, "p": 7.25, "w": {"s": "home"}}
#: Of MicroPython's application, bytes that leave room for the reader's in a slot of the smallest flash.
PUBLISHED = 1_100_000
SLOT = 0x1B0000


def run(*arguments):
    return subprocess.run([sys.executable, "-m", "tools.build", *map(str, arguments)],
                          cwd=stage.ROOT, capture_output=True, text=True)  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """(folder, MicroPython's application) of a build of an image that nearly fills a slot, with a configuration."""
    folder = tmp_path_factory.mktemp("built")
    app = micropython.application(PUBLISHED)
    (folder / "mp.bin").write_bytes(micropython.combined(app))
    (folder / "config.json").write_text(json.dumps(CONFIG))
    done = run("--micropython", folder / "mp.bin", "--config", folder / "config.json", "--version", "1.2.3.4",
               "--out", folder / "out")  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "out", app


# --- ota.bin


def test_ota_bin_is_signed_and_a_sound_image_to_esptool(built, capsys):
    folder, app = built
    data = (folder / "ota.bin").read_bytes()
    with open(keyring.accepted()[0], "rb") as key:
        espsecure.verify_signature("2", False, None, key, io.BytesIO(data))
    image = bin_image.LoadFirmwareImage("esp32", data)
    assert image.checksum == image.calculate_checksum() and image.stored_digest == image.calc_digest
    assert data.startswith(app)
    esptool.image_info(str(folder / "ota.bin"))
    assert "App version: v1.27.0" in capsys.readouterr().out


def test_it_fits_a_slot_of_the_smallest_flash(built):
    folder, app = built
    size = (folder / "ota.bin").stat().st_size
    assert len(app) > PUBLISHED - 100 and size <= SLOT, "%d too many" % (size - SLOT)


def test_a_whole_micropython_fits_a_slot_of_8_mb(tmp_path):
    # The size of a published image with Bluetooth and all drivers, with which 4 MB of flash are too few.
    (tmp_path / "mp.bin").write_bytes(micropython.application(0x1A2180))
    done = run("--micropython", tmp_path / "mp.bin", "--flash", "8", "16", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert SLOT < (tmp_path / "out" / "ota.bin").stat().st_size <= 0x280000


def test_the_manifest_tells_the_truth(built):
    folder, app = built
    data = (folder / "ota.bin").read_bytes()
    at, values = slot.manifest_in(data)
    assert at == len(data) - 8192
    files_at = -(-len(app) // 4096) * 4096
    system = data[files_at:at]
    assert values == {
        "product": "han-reader", "version": "1.2.3.4", "min_version": build.MIN_VERSION, "chip": "ESP32",
        "flavour": "appended", "built_with": "1.27.0", "size": len(data),
        "app": {"size": len(app), "sha256": hashlib.sha256(app).hexdigest()},
        "files": {"offset": files_at, "size": len(system), "block": 512, "sha256": hashlib.sha256(system).hexdigest()},
    }  # fmt: skip
    assert set(data[len(app) : files_at]) <= {0xFF}
    found = files.read(system)
    assert b"1.2.3.4" in found["han/__init__.mpy"] and "board.mpy" in found


def test_the_servers_manifest(built):
    folder, _ = built
    data = (folder / "ota.bin").read_bytes()
    assert json.loads((folder / "manifest.json").read_text()) == {
        "version": "1.2.3.4", "url": "ota.bin", "size": len(data), "sha256": hashlib.sha256(data).hexdigest(),
        "releaseNotes": "", "critical": False, "forced": False, "min_version": build.MIN_VERSION,
        "flavour": "appended",
    }  # fmt: skip


def test_the_same_inputs_give_the_same_bytes_but_for_the_signature(built, tmp_path):
    folder, app = built
    path = tmp_path / "other name.app-bin"
    path.write_bytes(app)
    done = run("--micropython", path, "--version", "1.2.3.4", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    one, two = (folder / "ota.bin").read_bytes(), (tmp_path / "ota.bin").read_bytes()
    assert one[:-4096] == two[:-4096]
    assert one[-4096:-4096 + 812] == two[-4096:-4096 + 812]  # all but the salted signature  # fmt: skip


# --- flash.bin


@pytest.mark.parametrize("megabytes", [4, 8, 16])
def test_flash_bin_has_everything_at_its_place(built, megabytes):
    folder, _ = built
    data = (folder / flash.name(megabytes)).read_bytes()
    ota = (folder / "ota.bin").read_bytes()
    assert len(data) == megabytes << 20
    layout = partitions.parse(data[0x8000:0x8C00])
    assert [part.key() for part in layout] == [part.key() for part in partitions.layout(megabytes)]
    content = {part.name: data[part.offset : part.end] for part in layout}
    for name in ("slot1", "slot2"):
        assert content[name] == ota.ljust(len(content[name]), b"\xff")
    assert otadata.entries(content["otadata"]) == [(1, otadata.VALID), None]
    for name in ("nvs", "phy_init", "state", "history"):
        assert set(content[name]) == {0xFF}, name
    assert set(data[:0x1000]) == {0xFF} and set(data[0x8C00:0x9000]) == {0xFF}
    # The loader takes the flash's size from its own header: 2, 3, 4 are 4, 8 and 16 MB.
    assert data[0x1003] >> 4 == {4: 2, 8: 3, 16: 4}[megabytes]
    rom = esp_image.CHIPS[0]
    loader = esp_image.bootloader(data[0x1000:0x8000], "flash.bin", rom)  # its checksum and SHA-256 are right again
    assert loader[:3] + loader[4:-32] == (b := micropython.bootloader())[:3] + b[4:-32]
    system = files.read(content["vfs"], 4096)
    assert set(system) == {"boot.py", "main.py", "config.json"}
    for name in ("boot.py", "main.py"):
        assert system[name] == (stage.ROOT / name).read_bytes()


def test_the_configuration_is_what_a_reader_takes(built):
    folder, _ = built
    data = (folder / "flash.bin").read_bytes()
    system = files.read(data[0x3C0000:], 4096)
    config = Config(Flash(2).region())
    config.adopt(system["config.json"].decode())
    assert config.get("m", "k") == CONFIG["m"]["k"] and config.get("p") == 7250000
    stored = dict(CONFIG, p=7250000)
    assert config.values == merged(dict(stored, m=merged(CONFIG["m"], defaults()["m"])), defaults())


def test_an_app_bin_makes_no_flash_bin_unless_a_bootloader_is_named(built, tmp_path, capsys):
    folder, app = built
    path, out = tmp_path / "mp.app-bin", tmp_path / "out"
    path.write_bytes(app)
    out.mkdir()
    (out / "flash.bin").write_bytes(b"of the build before")
    assert build.main(["--micropython", str(path), "--out", str(out)]) == 0
    assert "no flash.bin, because %s has no bootloader" % path in capsys.readouterr().out
    assert sorted(os.listdir(out)) == ["manifest.json", "ota.bin"]
    arguments = ["--micropython", str(path), "--out", str(out), "--version", "1.2.3.4", "--flash", "4"]
    assert build.main([*arguments, "--bootloader", str(folder.parent / "mp.bin")]) == 0
    assert sorted(os.listdir(out)) == ["flash.bin", "manifest.json", "ota.bin"]
    one, two = (folder / "flash.bin").read_bytes(), (out / "flash.bin").read_bytes()
    assert one[:0x10000] == two[:0x10000]
    assert sorted(files.read(two[0x3C0000:], 4096)) == ["boot.py", "main.py"]


# --- frozen, other chips, the simulated board


def test_frozen_adds_only_manifest_and_signature(tmp_path, capsys):
    app = micropython.frozen(1_700_000, version="9.8.7.6")
    (tmp_path / "mp.bin").write_bytes(micropython.combined(app))
    arguments = ["--micropython", str(tmp_path / "mp.bin"), "--frozen", "--out", str(tmp_path)]
    assert build.main(arguments) == 0
    data = (tmp_path / "ota.bin").read_bytes()
    at, values = slot.manifest_in(data)
    assert at == -(-len(app) // 4096) * 4096 and len(data) == at + 8192
    assert values["flavour"] == "frozen" and "files" not in values
    assert slot.opened(data, keyring.accepted()) == values
    assert {name for name in os.listdir(tmp_path)} >= {"flash.bin", "flash-8MB.bin", "flash-16MB.bin"}
    # The version is the application's own, whatever anybody says.
    assert (values["version"], values["built_with"]) == ("9.8.7.6", "1.28.0")
    assert json.loads((tmp_path / "manifest.json").read_text())["version"] == "9.8.7.6"
    assert build.main([*arguments, "--version", "9.8.7.6"]) == 0
    assert build.main([*arguments, "--version", "9.8.7.5"]) == 1
    assert "it is version 9.8.7.6, not 9.8.7.5" in capsys.readouterr().err
    (tmp_path / "mp.bin").write_bytes(micropython.combined(micropython.application()))
    assert build.main(arguments) == 1
    assert "no reader is frozen into it" in capsys.readouterr().err


@pytest.mark.parametrize("chip, name", [(2, "ESP32-S2"), (5, "ESP32-C3"), (9, "ESP32-S3"), (13, "ESP32-C6")])
def test_other_chips(tmp_path, chip, name):
    app = micropython.application(1_680_000, chip)
    (tmp_path / "mp.bin").write_bytes(micropython.combined(app, chip, ota=False, size=3))
    assert build.main(["--micropython", str(tmp_path / "mp.bin"), "--flash", "8", "--out", str(tmp_path)]) == 0
    values = slot.opened((tmp_path / "ota.bin").read_bytes(), keyring.accepted())
    assert values["chip"] == name
    data = (tmp_path / "flash-8MB.bin").read_bytes()
    base = micropython.BOOTLOADER[chip]
    assert data[base:].startswith(micropython.bootloader(chip, 3))


def test_the_update_server_and_who_vouches_for_it(tmp_path):
    (tmp_path / "mp.bin").write_bytes(micropython.application())
    der = provision.self_signed("updates")[0]
    (tmp_path / "ca.pem").write_text(ssl.DER_cert_to_PEM_cert(der))
    (tmp_path / "ca.der").write_bytes(der)
    for name in ("ca.pem", "ca.der"):
        arguments = ["--micropython", tmp_path / "mp.bin", "--updates", "https://a.example/han/", "--channel", "beta",
                     "--authority", tmp_path / name, "--out", tmp_path]  # fmt: skip
        assert build.main([*map(str, arguments)]) == 0
        values = slot.manifest_in((tmp_path / "ota.bin").read_bytes())[1]
        assert (values["updates"], values["channel"]) == ("https://a.example/han", "beta")
        assert base64.b64decode(values["authority"]) == der


def test_the_simulated_boards_image(tmp_path):
    assert build.main(["--arch", "sim", "--version", "2.0.0.0", "--out", str(tmp_path)]) == 0
    assert sorted(os.listdir(tmp_path)) == ["manifest.json", "ota.bin"]
    data = (tmp_path / "ota.bin").read_bytes()
    values = slot.opened(data, keyring.accepted())
    assert (values["chip"], values["version"]) == ("sim", "2.0.0.0") and len(data) <= SLOT
    (tmp_path / "mp.bin").write_bytes(micropython.combined(micropython.application()))
    assert build.main(["--arch", "sim", "--micropython", str(tmp_path / "mp.bin"), "--out", str(tmp_path)]) == 0
    values = slot.manifest_in((tmp_path / "ota.bin").read_bytes())[1]
    assert (values["chip"], values["built_with"]) == ("sim", "1.27.0")
    assert build.main(["--arch", "sim", "--frozen", "--out", str(tmp_path)]) == 1


def test_a_damaged_image_is_not_opened(built):
    folder, app = built
    data = (folder / "ota.bin").read_bytes()
    keys = keyring.accepted()
    at, values = slot.manifest_in(data)
    for damage, message in [
        (data[:-1], "truncated or damaged"), (data + bytes(4096), "truncated or damaged"),
        (data[:-4096], "truncated or damaged"), (data[:at], "no manifest"), (data[:50], "truncated"),
        (flipped(data, 5000), "wrong SHA-256 of its application"),
        (flipped(data, values["files"]["offset"] + 600), "wrong SHA-256 of its files"),
        (flipped(data, at + 20), "no manifest"), (flipped(data, len(data) - 4000), "ota.bin"),
    ]:  # fmt: skip
        with pytest.raises(ImageError, match=message):
            slot.opened(damage, keys, "ota.bin")


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
