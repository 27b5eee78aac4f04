"""Keys and signatures: made and checked by espsecure, and by the arithmetic that a reader does."""

import hashlib
import io
import os
import subprocess
import sys

import espsecure
import esptool
import pytest
from cryptography.hazmat.primitives import serialization

from staging import ImageError, keyring, stage
from tools import sign

DATA = b"\x55" * 8192


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Paths of two private keys."""
    folder = tmp_path_factory.mktemp("keys")
    return [keyring.make_key(folder / name) for name in ("old.pem", "new.pem")]


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "tools.sign", *map(str, arguments)], cwd=stage.ROOT, capture_output=True, text=True)


def test_a_key_is_its_owners_alone_and_never_written_over(keys):
    for key in keys:
        assert key.stat().st_mode & 0o777 == 0o600
        assert serialization.load_pem_private_key(key.read_bytes(), None).key_size == 3072
        assert b"PUBLIC" in keyring.public_of(key).read_bytes()
        before = key.read_bytes()
        with pytest.raises(ImageError, match="already there"):
            keyring.make_key(key)
        assert key.read_bytes() == before
    with pytest.raises(ImageError, match="ends in .pem"):
        keyring.make_key(keys[0].with_suffix(".key"))
    assert sorted(os.listdir(keys[0].parent)) == ["new.pem", "new.pub.pem", "old.pem", "old.pub.pem"]


def test_espsecure_accepts_what_was_signed(keys):
    signed = sign.sign(DATA, keys[0])
    assert len(signed) == 12288 and signed[:8192] == DATA and signed[8192:8194] == b"\xe7\x02"
    with open(keyring.public_of(keys[0]), "rb") as file:
        espsecure.verify_signature("2", False, None, file, io.BytesIO(signed))
    with open(keyring.public_of(keys[1]), "rb") as file, pytest.raises(esptool.FatalError):
        espsecure.verify_signature("2", False, None, file, io.BytesIO(signed))


def test_several_keys_are_accepted_so_that_they_can_be_rotated(keys):
    public = [keyring.public_of(key) for key in keys]
    for key in keys:
        assert sign.signed_by(sign.sign(DATA, key), public) == keyring.public_of(key)
    with pytest.raises(ImageError, match="could not be verified"):
        sign.signed_by(sign.sign(DATA, keys[0]), public[1:])


def test_a_changed_bit_is_noticed(keys):
    signed = bytearray(sign.sign(DATA, keys[0]))
    for at in (0, 8191, 8193, 8200, 8192 + 812, 8192 + 1195):
        signed[at] ^= 4
        with pytest.raises(ImageError):
            sign.signed_by(bytes(signed), [keyring.public_of(keys[0])])
        signed[at] ^= 4
    sign.signed_by(bytes(signed), [keyring.public_of(keys[0])])
    for data in (b"", bytes(4095), bytes(signed[:-1])):
        with pytest.raises(ImageError):
            sign.signed_by(data, [keyring.public_of(keys[0])])


def test_what_cannot_sign(keys, tmp_path):
    with pytest.raises(ImageError, match="not whole sectors"):
        sign.sign(b"abc", keys[0])
    with pytest.raises(ImageError, match="No such file"):
        sign.sign(DATA, tmp_path / "none.pem")
    (tmp_path / "bad.pem").write_text("hello")
    with pytest.raises(ImageError, match="private key"):
        sign.sign(DATA, tmp_path / "bad.pem")
    with pytest.raises(ImageError):
        sign.sign(DATA, keyring.public_of(keys[0]))
    with pytest.raises(ImageError, match="no public key of RSA-3072"):
        keyring.modulus(tmp_path / "bad.pem")
    with pytest.raises(ImageError, match="no public key"):
        sign.signed_by(sign.sign(DATA, keys[0]), [])


def test_the_modulus_is_what_a_reader_checks_with(keys):
    """RFC 8017, EMSA-PSS with the chip's only means: pow() and SHA-256."""
    signed = sign.sign(DATA, keys[0])
    n = int.from_bytes(keyring.modulus(keyring.public_of(keys[0])), "big")
    signature = int.from_bytes(signed[8192 + 812 : 8192 + 1196], "little")
    message = pow(signature, 65537, n).to_bytes(384, "big")
    assert message[-1] == 0xBC
    masked, digest = message[: 384 - 33], message[384 - 33 : -1]
    mask = b"".join(hashlib.sha256(digest + n.to_bytes(4, "big")).digest() for n in range(11))
    block = bytes(a ^ b for a, b in zip(masked, mask))
    salt = block[-32:]
    assert block[1:-32] == bytes(384 - 34 - 33) + b"\1"
    assert hashlib.sha256(bytes(8) + hashlib.sha256(DATA).digest() + salt).digest() == digest


def test_the_applications_module_has_the_accepted_keys(keys, tmp_path, monkeypatch):
    monkeypatch.setattr(keyring, "MODULE", tmp_path / "keys.py")
    monkeypatch.setattr(keyring, "KEYS", tmp_path)
    keyring.write_module()
    assert moduli(tmp_path) == (keyring.modulus(keyring.public_of(keyring.development_key())),)
    for key in keys:  # own keys: the development key is accepted no more
        (tmp_path / keyring.public_of(key).name).write_bytes(keyring.public_of(key).read_bytes())
    keyring.write_module()
    assert set(moduli(tmp_path)) == {keyring.modulus(keyring.public_of(key)) for key in keys}
    written = (tmp_path / "keys.py").stat().st_mtime_ns
    keyring.write_module()
    assert (tmp_path / "keys.py").stat().st_mtime_ns == written


def moduli(folder):
    space = {}
    exec((folder / "keys.py").read_text(), space)
    assert all(len(key) == 384 for key in space["KEYS"])
    return space["KEYS"]


@pytest.mark.skipif(not (stage.ROOT / ".git").exists(), reason="not a clone")
def test_no_private_key_can_be_committed():
    for path in ("build/keys/development.pem", "keys/release.pem", "lib/han/ota/keys.py"):
        assert subprocess.call(["git", "check-ignore", "-q", path], cwd=stage.ROOT) == 0, path
    assert subprocess.call(["git", "check-ignore", "-q", "keys/release.pub.pem"], cwd=stage.ROOT) == 1


def test_the_three_commands(tmp_path):
    key, image = tmp_path / "k.pem", tmp_path / "image"
    done = run("key", key)
    assert done.returncode == 0 and "keep it secret" in done.stdout
    assert run("key", key).returncode == 1
    image.write_bytes(DATA)
    assert run("sign", image, "--key", key).returncode == 0
    assert image.stat().st_size == 12288
    done = run("verify", image, keyring.public_of(key))
    assert done.returncode == 0 and "signed by" in done.stdout
    done = run("verify", image)
    assert done.returncode == 1 and done.stderr.startswith("tools.sign: ")
    assert run("verify", tmp_path / "none").returncode == 1
    assert run().returncode == 2


_WRITE = """
import pathlib, sys
from staging import keyring
keyring.MODULE = pathlib.Path(sys.argv[1])
for n in range(200):
    keyring.write_module()
    keyring.MODULE.unlink(missing_ok=True)
"""


def test_two_may_write_the_accepted_keys_at_once(tmp_path):
    keyring.accepted()
    module = tmp_path / "keys.py"
    started = [
        subprocess.Popen([sys.executable, "-c", _WRITE, module], cwd=stage.ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in started:
        assert process.communicate()[1] == "" and process.returncode == 0
    assert list(tmp_path.iterdir()) == []
