"""Make keys, and sign and verify images (RSA-3072 in Secure Boot V2's signature sector, with espsecure).

    python -m tools.sign key FILE.pem               make a key: FILE.pem (secret) and FILE.pub.pem
    python -m tools.sign sign IMAGE --key FILE.pem  sign an image that is not signed yet
    python -m tools.sign verify IMAGE [PUB.pem …]   print which of the accepted keys has signed an image

A reader accepts the keys keys/*.pub.pem that its build had. If there is none, it accepts the development key, which
staging/keyring.py makes in build/keys when it is first needed. To rotate keys: make one release with the old and the
new public key, signed with the old key; sign later releases with the new key; remove the old public key in one of them.
"""

import argparse
import io
import pathlib
import sys
import tempfile

import espsecure
import esptool
from esptool.logger import log

from staging import ImageError, keyring

SECTOR = 4096


def sign(data, key):
    """The data with the signature sector appended. key: path of a private key; ImageError if it cannot be signed."""
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
    """The first of the public keys (paths) that has signed the data; ImageError if none has."""
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


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m tools.sign", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    key = commands.add_parser("key", help="make a pair of keys")
    key.add_argument("file", metavar="FILE.pem", help="the private key; the public key goes to FILE.pub.pem")
    command = commands.add_parser("sign", help="sign an image: appends the signature sector to it")
    command.add_argument("image", help="image without a signature, changed in place")
    command.add_argument("--key", default=None, metavar="FILE.pem", help="private key; default: the development key")
    command = commands.add_parser("verify", help="check the signature of an image")
    command.add_argument("image", help="signed image")
    command.add_argument("keys", nargs="*", metavar="PUB.pem",
                         help="public keys to try; default: the keys that this build accepts")
    given = parser.parse_args(arguments)
    try:
        if given.command == "key":
            print("%s (keep it secret), %s" % (keyring.make_key(given.file), keyring.public_of(given.file)))
        elif given.command == "sign":
            path = pathlib.Path(given.image)
            keyring.write(path, sign(path.read_bytes(), given.key or keyring.development_key()))
            print("signed")
        else:
            print("signed by %s" % signed_by(pathlib.Path(given.image).read_bytes(), given.keys or keyring.accepted()))
    except (ImageError, OSError) as error:
        print("tools.sign: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
