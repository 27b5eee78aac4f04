"""Makes the signed images for the tests of both interpreters. Only CPython can, and before the tests run.

They are small, for slots of 64 kB, and lie in build/images; tests/ota/world.py reads them.
"""

import contextlib
import fcntl
import hashlib
import pathlib
import shutil

from host_sim import standin
from staging import keyring, manifest, stage
from tests.tools.image import micropython
from tools import sign
from tools.image import application, files, slot

FOLDER = stage.BUILD / "images"
_SECTOR = 4096
_REAL = 1_100_000 // 128 * 128  # bytes of an application that leaves room for files in a slot of 4 MB of flash


def _signed(code, version="0.2.0.0", key=None, system=b"", **changes):
    """An image like slot.make's whose manifest is changed before it is signed; None takes a key out of it."""
    body = code + b"\xff" * (-len(code) % _SECTOR)
    values = {
        "product": manifest.PRODUCT, "version": version, "min_version": "0.1.0.0", "chip": "sim", "flavour": "appended",
        "built_with": "1.29.0", "app": {"size": len(code), "sha256": hashlib.sha256(code).hexdigest()},
    }  # fmt: skip
    if system:
        digest = hashlib.sha256(system).hexdigest()
        values["files"] = {"offset": len(body), "size": len(system), "block": 512, "sha256": digest}
        body += system
    values["size"] = len(body) + 2 * _SECTOR
    values.update(changes)
    values = {name: value for name, value in values.items() if value is not None}
    return sign.sign(body + manifest.sector(values), key or keyring.development_key())


def _flipped(image, at):
    image = bytearray(image)
    image[at] ^= 0x10
    return bytes(image)


def make():
    """{name: bytes}."""
    key = keyring.development_key()
    # Three segments, no multiple of a sector.
    segments = [(0x3F400020, bytes(range(256)) * 20), (0x3FFB0000, b"abcd" * 7), (0x400D0020, b"code" * 901)]
    app = micropython.image(segments, chip=standin.CHIP)
    system = files.smallest({"han/__init__.mpy": b"version"})
    good = slot.make(app, application.SIM, {"han/__init__.mpy": b"version"}, "0.2.0.0", "0.1.0.0", "1.29.0", key)
    other_key = FOLDER.parent / "keys" / "stranger.pem"
    with contextlib.suppress(FileNotFoundError):
        other_key.unlink()
        keyring.public_of(other_key).unlink()
    keyring.make_key(other_key)
    bad_digest = bytearray(app)
    bad_digest[-1] ^= 1
    bad_sum = bytearray(app[:-32])
    bad_sum[-1] ^= 1
    bad_sum += hashlib.sha256(bad_sum).digest()
    there = {"offset": -(-len(app) // _SECTOR) * _SECTOR, "size": len(system), "sha256": "00" * 32}
    made = {
        "good": good,
        "newer": _signed(app, "0.3.0.0", system=system),
        # From before frozen images said so in their first sector; those that do; and one of those that has files.
        "frozen": _signed(app, flavour="frozen"),
        "marked": _signed(micropython.frozen(20000, standin.CHIP, "0.2.0.0"), flavour="frozen"),
        "marked-old": _signed(micropython.frozen(20000, standin.CHIP, "0.1.0.0"), "0.1.0.0", flavour="frozen"),
        "marked-files": _signed(micropython.frozen(20000, standin.CHIP, "0.2.0.0"), system=system),
        "same": _signed(app, "0.1.0.0", system=system),
        "old": _signed(app, "0.0.9.0", system=system, min_version="0.0.1.0"),
        "stranger": _signed(app, key=other_key, system=system),
        "product": _signed(app, product="kettle"),
        "chip": _signed(app, chip="ESP32-S3"),
        "esp32": _signed(micropython.application(), chip="ESP32"),
        "digest": _signed(bytes(bad_digest)),
        "checksum": _signed(bytes(bad_sum)),
        "files": _signed(app, system=system, files=there),
        "app": _signed(app, app={"size": len(app), "sha256": "00" * 32}),
        "outside": _signed(app, system=system, files=dict(there, offset=1 << 30)),
        "size": _signed(app, size=1 << 20),
        "fields": _signed(app, version=None),
        "types": _signed(app, app={"size": "many", "sha256": "00" * 32}),
        "words": _signed(app, product=["\ud800"]),
        "half": _signed(app, product="\ud800"),
        "plain": app,
        "unsigned": good[:-_SECTOR] + b"\xff" * _SECTOR,
        "large": _signed(app, system=system + b"\xff" * (60 * 1024)),
    }
    # Signed as it is, then one bit changed: in the code, in the files, in the manifest, in the signature.
    made["flip-code"] = _flipped(good, 3000)
    made["flip-files"] = _flipped(good, there["offset"] + 600)
    made["flip-manifest"] = _flipped(good, len(good) - 2 * _SECTOR + 40)
    made["flip-signature"] = _flipped(good, len(good) - _SECTOR + 1000)
    made["flip-modulus"] = _flipped(good, len(good) - _SECTOR + 100)
    # Somebody else's signature sector behind our image, with a right CRC.
    made["swapped"] = good[:-_SECTOR] + made["newer"][-_SECTOR:]
    # Two signatures, of which the second counts: keys are rotated.
    rotated = bytearray(made["stranger"])
    rotated[-_SECTOR + 1216 : -_SECTOR + 2432] = _signed(app, system=system)[-_SECTOR:][:1216]
    made["rotated"] = bytes(rotated)
    return made


def write_real():
    """Write two releases to build/images, real-old and real-new, as big as those for a chip."""
    key = keyring.development_key()
    code = b"".join([hashlib.sha256(b"%d" % n).digest() for n in range(_REAL // 32)])
    app = micropython.image([(0x3F400020, code[: _REAL // 4]), (0x400D0020, code[_REAL // 4 :])], chip=standin.CHIP)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, version in (("real-old", "0.1.0.0"), ("real-new", "0.2.0.0")):
        system = application.files(application.CHIP, version)
        data = slot.make(app, application.SIM, system, version, "0.1.0.0", "1.29.0", key)
        (FOLDER / (name + ".bin")).write_bytes(data)


def write():
    """Write them to build/images; they are made once for each development key."""
    FOLDER.parent.mkdir(exist_ok=True)
    with open(FOLDER.parent / "images.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests on both interpreters may start together
        _write()


def _write():
    stamp = hashlib.sha256(pathlib.Path(__file__).read_bytes() + keyring.modulus(keyring.accepted()[0])).hexdigest()
    mark = FOLDER / "stamp"
    if mark.exists() and mark.read_text() == stamp:
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name, data in make().items():
        (FOLDER / (name + ".bin")).write_bytes(data)
    mark.write_text(stamp)
