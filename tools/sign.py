"""Keys and signatures of images, by espsecure (RSA-3072, Secure Boot V2's sector):

    python -m tools.sign key FILE.pem               make a key: FILE.pem (secret) and FILE.pub.pem
    python -m tools.sign sign IMAGE --key FILE.pem  sign an image that is not yet signed
    python -m tools.sign verify IMAGE [PUB.pem …]   which of the accepted keys has signed it

A reader accepts the keys/*.pub.pem of the build it runs; without one, the development key that is
made in build/keys when it is first needed. To rotate: release once with old and new public key, signed
with the old; from then on sign with the new; take the old one out with a later release.
"""

import argparse
import fcntl
import io
import os
import pathlib
import sys
import tempfile

import espsecure
import esptool
from cryptography.hazmat.primitives import serialization
from esptool.logger import log

from tools import stage
from tools.image import ImageError

SECTOR = 4096
KEYS = stage.ROOT / "keys"
DEVELOPMENT = stage.BUILD / "keys" / "development.pem"
#: The application's module with the keys that it accepts: made, never committed.
MODULE = stage.ROOT / "lib" / "han" / "ota" / "keys.py"


def make_key(path):
    """Make a pair of keys: the private one at `path`, for its owner alone, the public one beside it."""
    path = pathlib.Path(path)
    if path.suffix != ".pem":
        raise ImageError("%s: the name of a key ends in .pem" % path)
    if path.exists():
        raise ImageError("%s is already there" % path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:  # readable by nobody else
        new = pathlib.Path(folder, "key.pem")
        _espsecure(espsecure.generate_signing_key, "2", "rsa3072", str(new))
        new.chmod(0o600)
        _write(public_of(path), _public(new.read_bytes()))
        os.replace(new, path)
    return path


def public_of(path):
    """Where the public key of a private one lies."""
    return pathlib.Path(path).with_suffix(".pub.pem")


def development_key():
    """The development key's path; it is made where there is none."""
    DEVELOPMENT.parent.mkdir(parents=True, exist_ok=True)
    with open(DEVELOPMENT.parent / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a test run and a `make sim` may start together
        if not DEVELOPMENT.exists():
            make_key(DEVELOPMENT)
    return DEVELOPMENT


def accepted():
    """Paths of the public keys that the build accepts."""
    own = sorted(KEYS.glob("*.pub.pem"))
    return own or [public_of(development_key())]


def write_module():
    """Bring the application's module with the accepted keys up to date."""
    lines = ['"""Public keys that images are accepted from: RSA-3072 moduli, big endian. Made by tools/sign.py."""']
    lines += ["KEYS = (", *("    %r," % modulus(path) for path in accepted()), ")", ""]
    text = "\n".join(lines).encode()
    try:
        if MODULE.read_bytes() == text:
            return
    except FileNotFoundError:
        pass  # not made yet
    _write(MODULE, text)


def modulus(path):
    """The RSA modulus of a public key, 384 bytes, big endian; ImageError."""
    try:
        key = serialization.load_pem_public_key(pathlib.Path(path).read_bytes())
        numbers = key.public_numbers()
        if (key.key_size, numbers.e) != (3072, 65537):
            raise ValueError("%d bits, exponent %d" % (key.key_size, numbers.e))
        return numbers.n.to_bytes(384, "big")
    except (OSError, ValueError, AttributeError) as error:
        raise ImageError("%s: no public key of RSA-3072: %s" % (path, error)) from error


def sign(data, key):
    """The data with the signature sector behind it. key: path of a private key; ImageError."""
    if len(data) % SECTOR:
        raise ImageError("%d bytes to sign are not whole sectors" % len(data))
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder, "signed")
        source = io.BytesIO(data)
        source.name = "image"
        try:
            with open(key, "rb") as file:
                _espsecure(espsecure.sign_data, "2", [file], str(output), False, False, None, [], [], source)
        except OSError as error:
            raise ImageError("%s: %s" % (key, error.strerror)) from error
        return output.read_bytes()


def signed_by(data, keys):
    """The first of the public keys (paths) whose owner has signed the data; ImageError where none has."""
    reason = "no public key to check with"
    for key in keys:
        try:
            with open(key, "rb") as file:
                _espsecure(espsecure.verify_signature, "2", False, None, file, io.BytesIO(data))
            return key
        except OSError as error:
            raise ImageError("%s: %s" % (key, error.strerror)) from error
        except ImageError as error:
            reason = str(error)
    raise ImageError(reason)


def _espsecure(function, *arguments):
    log.set_verbosity("silent")
    try:
        return function(*arguments)
    except (esptool.FatalError, ValueError) as error:
        raise ImageError(str(error)) from error
    finally:
        log.set_verbosity("auto")


def _public(private):
    key = serialization.load_pem_private_key(private, None)
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _write(path, data):
    new = path.with_name("%s.%d.new" % (path.name, os.getpid()))  # others may do the same
    new.write_bytes(data)
    os.replace(new, path)


def main(arguments):
    parser = argparse.ArgumentParser(prog="tools.sign", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    key = commands.add_parser("key", help="make a key")
    key.add_argument("file", metavar="FILE.pem")
    command = commands.add_parser("sign", help="sign an image, which grows by a sector")
    command.add_argument("image")
    command.add_argument("--key", default=None, metavar="FILE.pem", help="default: the development key")
    command = commands.add_parser("verify", help="check an image's signature")
    command.add_argument("image")
    command.add_argument("keys", nargs="*", metavar="PUB.pem", help="default: the keys that the build accepts")
    given = parser.parse_args(arguments)
    try:
        if given.command == "key":
            print("%s (keep it secret), %s" % (make_key(given.file), public_of(given.file)))
        elif given.command == "sign":
            path = pathlib.Path(given.image)
            _write(path, sign(path.read_bytes(), given.key or development_key()))
            print("signed")
        else:
            print("signed by %s" % signed_by(pathlib.Path(given.image).read_bytes(), given.keys or accepted()))
    except (ImageError, OSError) as error:
        print("tools.sign: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
