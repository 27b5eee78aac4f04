"""The keys whose images a reader accepts, RSA-3072: made, and written where the application finds them.

A reader accepts the keys/*.pub.pem of the build it runs; without one, the development key that is
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
#: The application's module with the keys that it accepts: made, never committed.
MODULE = ROOT / "lib" / "han" / "ota" / "keys.py"


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
        key = rsa.generate_private_key(65537, 3072)
        new.touch(0o600)
        new.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))
        write(public_of(path), key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
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
    """The RSA modulus of a public key, 384 bytes, big endian; ImageError."""
    try:
        key = serialization.load_pem_public_key(pathlib.Path(path).read_bytes())
        numbers = key.public_numbers()
        if (key.key_size, numbers.e) != (3072, 65537):
            raise ValueError("%d bits, exponent %d" % (key.key_size, numbers.e))
        return numbers.n.to_bytes(384, "big")
    except (OSError, ValueError, AttributeError) as error:
        raise ImageError("%s: no public key of RSA-3072: %s" % (path, error)) from error


def write(path, data):
    """Put data into a file, which others see as it was or whole."""
    new = path.with_name("%s.%d.new" % (path.name, os.getpid()))  # others may do the same
    new.write_bytes(data)
    os.replace(new, path)
