"""The RSA-3072 keys whose images a reader accepts: makes them, and writes the public ones for the application.

A reader accepts the keys keys/*.pub.pem that its build had. If there is none, it accepts the development key, which is
made in build/keys when it is first needed.
"""

import fcntl
import os
import pathlib
import tempfile

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from staging import BUILD, ROOT, ImageError

KEYS = ROOT / "keys"
DEVELOPMENT = BUILD / "keys" / "development.pem"
#: The application's module with the accepted keys. It is generated and never committed.
MODULE = ROOT / "lib" / "han" / "ota" / "keys.py"


def make_key(path):
    """Make a pair of keys: the private key at `path`, readable by its owner alone, the public key beside it.

    Returns the path. ImageError if the name does not end in .pem or the file exists.
    """
    path = pathlib.Path(path)
    if path.suffix != ".pem":
        raise ImageError("%s: the name of a key ends in .pem" % path)
    if path.exists():
        raise ImageError("%s is already there" % path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:  # readable by the owner alone
        new = pathlib.Path(folder, "key.pem")
        key = rsa.generate_private_key(65537, 3072)
        new.touch(0o600)
        new.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))
        write(public_of(path), key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        os.replace(new, path)
    return path


def public_of(path):
    """Path of the public key that belongs to the private key at `path`."""
    return pathlib.Path(path).with_suffix(".pub.pem")


def development_key():
    """Path of the development key, which is made if there is none."""
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
    """Update the application's module with the accepted keys."""
    lines = ['"""Public keys of accepted images: RSA-3072 moduli, big endian. Made by staging/keyring.py."""']
    lines += ["KEYS = (", *("    %r," % modulus(path) for path in accepted()), ")", ""]
    text = "\n".join(lines).encode()
    try:
        if MODULE.read_bytes() == text:
            return
    except FileNotFoundError:
        pass  # not made yet
    write(MODULE, text)


def modulus(path):
    """The RSA modulus (384 bytes, big endian) of the public key at `path`; ImageError if it is no RSA-3072 key."""
    try:
        key = serialization.load_pem_public_key(pathlib.Path(path).read_bytes())
        numbers = key.public_numbers()
        if (key.key_size, numbers.e) != (3072, 65537):
            raise ValueError("%d bits, exponent %d" % (key.key_size, numbers.e))
        return numbers.n.to_bytes(384, "big")
    except (OSError, ValueError, AttributeError) as error:
        raise ImageError("%s: no public key of RSA-3072: %s" % (path, error)) from error


def write(path, data):
    """Replace a file in one step: other processes see the old contents or the new ones."""
    new = path.with_name("%s.%d.new" % (path.name, os.getpid()))  # other processes may do the same
    new.write_bytes(data)
    os.replace(new, path)
