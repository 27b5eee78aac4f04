"""tools.release: the folder that an update server serves."""

import hashlib
import json
import os

import pytest

from host_sim import standin
from staging import keyring
from tests.tools.image import micropython
from tools import build, release, sign
from tools.image import slot


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """{version or chip: path of a signed image}."""
    folder = tmp_path_factory.mktemp("images")
    app = standin.application("1.29.0", 0)
    found = {}
    for version in ("1.2.3.3", "1.2.3.4", "1.2.10.0"):
        found[version] = slot.make(app, "ESP32", None, version, "1.0.0.0", "1.29.0", keyring.development_key())
    found["S3"] = slot.make(app, "ESP32-S3", None, "2.0.0.0", "1.0.0.0", "1.29.0", keyring.development_key())
    for name, data in found.items():
        (folder / name).write_bytes(data)
    return {name: folder / name for name in found}


def test_the_folder_is_as_the_contract_has_it(images, tmp_path, capsys):
    status = release.main([str(images["1.2.3.4"]), "--to", str(tmp_path), "--channel", "beta",
                           "--notes", "Kürzer ist besser", "--critical"])  # fmt: skip
    assert status == 0 and capsys.readouterr().out.strip() == str(tmp_path / "beta/manifest.json")
    assert sorted(os.listdir(tmp_path / "beta")) == ["han-reader-esp32-1.2.3.4.bin", "manifest.json"]
    data = images["1.2.3.4"].read_bytes()
    told = json.loads((tmp_path / "beta/manifest.json").read_bytes())
    assert told == {
        "version": "1.2.3.4", "url": "han-reader-esp32-1.2.3.4.bin", "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(), "releaseNotes": "Kürzer ist besser", "critical": True,
        "forced": False, "min_version": "1.0.0.0", "flavour": "frozen",
    }  # fmt: skip
    assert (tmp_path / "beta" / told["url"]).read_bytes() == data


def test_a_newer_one_takes_its_place_and_the_older_stays_for_whoever_is_loading_it(images, tmp_path):
    release.publish(images["1.2.3.4"], tmp_path)
    release.publish(images["1.2.3.4"], tmp_path, notes="again")
    told = release.publish(images["1.2.10.0"], tmp_path, forced=True)
    assert json.loads(told.read_bytes())["version"] == "1.2.10.0"
    assert len(os.listdir(tmp_path / "release")) == 3
    with pytest.raises(release.ImageError, match="has 1.2.10.0, which is newer than 1.2.3.3"):
        release.publish(images["1.2.3.3"], tmp_path)


def test_what_readers_would_refuse_is_not_served(images, tmp_path, capsys):
    release.publish(images["1.2.3.3"], tmp_path)
    before = (tmp_path / "release/manifest.json").read_bytes()
    data = images["1.2.3.4"].read_bytes()
    (tmp_path / "bad").write_bytes(data[:500] + b"\0" + data[501:])
    (tmp_path / "own").write_bytes(sign.sign(data[:-4096], keyring.make_key(tmp_path / "own.pem")))
    for path, message in [(tmp_path / "bad", "bad: "), (tmp_path / "own", "could not be verified"),
                          (images["S3"], "is for ESP32, and"), (tmp_path / "none", "No such file")]:  # fmt: skip
        assert release.main([str(path), "--to", str(tmp_path)]) == 1
        assert message in capsys.readouterr().err
    assert release.main([str(images["1.2.3.4"]), "--to", str(tmp_path), "--notes", "x" * 1001]) == 1
    assert (tmp_path / "release/manifest.json").read_bytes() == before
    (tmp_path / "release/manifest.json").write_text("{}")
    assert release.main([str(images["1.2.3.4"]), "--to", str(tmp_path)]) == 1
    assert "is no manifest" in capsys.readouterr().err


def test_what_was_built_is_released(tmp_path):
    (tmp_path / "mp.bin").write_bytes(micropython.application())
    assert build.main(["--micropython", str(tmp_path / "mp.bin"), "--version", "3.0.0.0", "--out", str(tmp_path)]) == 0
    told = json.loads(release.publish(tmp_path / "ota.bin", tmp_path / "www").read_bytes())
    assert dict(told, url="ota.bin") == json.loads((tmp_path / "manifest.json").read_bytes())
