"""Gives a reader its board, name, configuration and certificate: `python -m tools.provision TARGET [OPTION …]`.

TARGET is one of
    --flash FILE     a flash.bin, which is changed in place, for readers that you flash afterwards
    --port PORT      a running reader on USB: its serial port, or "auto"; the reader restarts afterwards
    --state DIR      the folder of a simulated board (which has no pin map)
and the options are
    --board NAME     the pin map (see firmware/pins.py), one of: {boards}
    --name NAME      the reader's name: its page is then at NAME.local; a-z, 0-9 and -
    --config FILE    the configuration: JSON as PUT /configuration takes it, only values that differ from the defaults
    --certificate FILE --key FILE    certificate and private key for https, PEM or DER; a connection with an EC P-256
                     key takes half the time of one with an RSA key
    --self-signed    make a certificate for the name; browsers ask once whether to trust it
    --authority FILE the certificate of the authority that has signed that of your MQTT broker, PEM or DER
    --wifi NAME [--password TEXT]    with --port: connect the reader to this network now, and print the address of
                     its page

Nothing is written unless all options are right. The reader's API never shows secrets, but anyone who holds the board
can read its flash.
"""

import argparse
import base64
import datetime
import fcntl
import io
import ipaddress
import json
import pathlib
import re
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from host_sim.hardware.flash import Partition
from staging import ImageError, stage
from tools import improv
from tools.deploy import mpremote
from tools.flash import only_port
from tools.image import files, flash, partitions, provisioned

sys.path[:0] = [str(stage.ROOT / "lib"), str(stage.ROOT / "firmware")]

from han.api.http import tls  # noqa: E402  needs the path above
from han.store import certificates  # noqa: E402
from han.store.config import Config  # noqa: E402
from han.store.flash import AUTHORITY, CERTIFICATE, CONFIGURATION, SECTOR, Region  # noqa: E402
from pins import pins  # noqa: E402

_BOARDS = re.findall(r'^ {12}"([a-z0-9-]+)": \{', (stage.ROOT / "firmware" / "pins.py").read_text(), re.MULTILINE)
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")
_YEARS = 10
_STATE_SIZE = 0x10000

# Code for the reader. It writes NVS, then whole sectors of `state`: a power cut leaves the old contents, the new ones
# or none.
_ON_BOARD = """
import binascii, esp32
nvs = esp32.NVS("han")
for key, value in {names!r}:
    nvs.set_blob(key, value)
nvs.commit()
state = esp32.Partition.find(esp32.Partition.TYPE_DATA, label="state")[0]
for first, count, text in {sectors!r}:
    for n in range(first, first + count):
        state.ioctl(6, n)
    state.writeblocks(first, binascii.a2b_base64(text), 0)
print("PROVISIONED")
"""


class Given:
    """The checked values for a reader. ImageError says what is wrong with them."""

    def __init__(self, board=None, name=None, config=None, certificate=None, authority=None):
        if board is not None:
            try:
                pins(board)
            except ValueError as error:
                raise ImageError("%s; there are %s" % (error, ", ".join(_BOARDS))) from error
        if name is not None and not _NAME.match(name):
            raise ImageError("--name: a name is 1 to 32 of a-z, 0-9 and -, not %s" % name)
        self.board = board
        self.name = name
        self.config = config  # values of store.config, or None
        self.certificate = certificate  # (certificate, key) DER, or None
        self.authority = authority  # certificate, DER, or None

    def names(self):
        """The values for the board itself: [(key in NVS and in config.json, bytes)]."""
        return [(key, value.encode()) for key, value in (("board", self.board), ("name", self.name)) if value]

    def sectors(self):
        """[(first sector of `state`, number of sectors to erase, bytes to write there)]."""
        found = []
        if self.config is not None:
            found.append((*CONFIGURATION, copy(lambda state: written(state, self.config), CONFIGURATION[0])))
        if self.certificate is not None:
            data = tls.packed(*self.certificate)
            found.append((*CERTIFICATE, copy(lambda state: certificates.own(state).save(data), CERTIFICATE[0])))
        if self.authority is not None:
            der = self.authority
            found.append((*AUTHORITY, copy(lambda state: certificates.authority(state).save(der), AUTHORITY[0])))
        return found


def written(state, values):
    """Write a configuration to a `state` partition."""
    Config(Region(state, *CONFIGURATION)).change(values)


def copy(save, sector):
    """The bytes that save(partition) writes to a sector of a blank `state` partition."""
    state = Partition(io.BytesIO(b"\xff" * _STATE_SIZE), _STATE_SIZE, "state")
    save(state)
    buf = bytearray(SECTOR)
    state.readblocks(sector, buf)
    return bytes(buf).rstrip(b"\xff") + b"\xff"


# The values


def certificate(path, key_path):
    """(certificate, key) in DER from two files in PEM or DER; ImageError if they do not belong together."""
    try:
        data, key_data = pathlib.Path(path).read_bytes(), pathlib.Path(key_path).read_bytes()
        found = (x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate)(data)
        load = serialization.load_pem_private_key if b"-----BEGIN" in key_data else serialization.load_der_private_key
        key = load(key_data, None)
    except OSError as error:
        raise ImageError("%s: %s" % (error.filename, error.strerror)) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ImageError("not a certificate and a private key without password: %s" % error) from error
    if found.public_key() != key.public_key():
        raise ImageError("%s is not the key of %s" % (key_path, path))
    return der(found, key)


def der(found, key):
    """(certificate, key) in DER, as the reader loads them; ImageError if they are too long for it."""
    form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pair = found.public_bytes(serialization.Encoding.DER), key.private_bytes(*form)
    if sum(map(len, pair)) > 4000:
        raise ImageError("certificate and key have more than 4000 bytes together: use an EC P-256 key")
    return pair


def self_signed(name, today=None):
    """A new (certificate, key) in DER with EC P-256 for NAME.local, NAME and the address of setup mode."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name + ".local")])
    begin = today or datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName(name + ".local"), x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("192.168.4.1"))]
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin - datetime.timedelta(days=1))
        .not_valid_after(begin + datetime.timedelta(days=365 * _YEARS))
        .add_extension(x509.SubjectAlternativeName(names), False)
        .add_extension(x509.BasicConstraints(True, 0), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    try:
        key.public_key().verify(made.signature, made.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise ImageError("the package cryptography on this machine makes wrong signatures") from error
    return der(made, key)


def trusted(path):
    """The certificate of an authority in DER, from a file in PEM or DER; ImageError if the reader cannot use it."""
    try:
        data = pathlib.Path(path).read_bytes()
        found = (x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate)(data)
    except OSError as error:
        raise ImageError("%s: %s" % (error.filename, error.strerror)) from error
    except ValueError as error:
        raise ImageError("%s is not a certificate: %s" % (path, error)) from error
    content = found.public_bytes(serialization.Encoding.DER)
    if len(content) > 4000:
        raise ImageError("%s has more than 4000 bytes" % path)
    return content


def configuration(path):
    """Values for store.config from a file; ImageError names the field that is wrong."""
    try:
        return json.loads(provisioned.configuration(pathlib.Path(path).read_bytes(), path))
    except OSError as error:
        raise ImageError("%s: %s" % (path, error.strerror)) from error


# The targets


def into_flash(path, given):
    """Write to a flash.bin: configuration and names to its file system, as factory settings; the rest to `state`."""
    data = bytearray(pathlib.Path(path).read_bytes())
    layout = partitions.checked(partitions.parse(data[partitions.OFFSET:][: partitions.SIZE], path), len(data), path)
    part = partitions.named(layout, "vfs")
    before = files.read(bytes(data[part.offset : part.end]), SECTOR)
    values = json.loads(before.get(flash.CONFIGURATION, b"{}"))
    values.update(given.config or {})
    values.update({key: value.decode() for key, value in given.names()})
    if values:
        text = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
        data[part.offset : part.end] = flash.vfs(part.size, text)
    state = partitions.named(layout, "state")
    for first, count, content in given.sectors():
        if first in (CERTIFICATE[0], AUTHORITY[0]):
            at = state.offset + first * SECTOR
            data[at : at + count * SECTOR] = content.ljust(count * SECTOR, b"\xff")
    pathlib.Path(path).write_bytes(data)


def over_usb(port, given):
    """Write to a running reader, and restart it. ImageError if it does not answer."""
    sectors = [(first, count, base64.b64encode(content)) for first, count, content in given.sectors()]
    code = _ON_BOARD.format(names=given.names(), sectors=sectors)
    said = mpremote(None if port == "auto" else port, ["exec", code], ["reset"], capture=True)
    if "PROVISIONED" not in said:
        raise ImageError("the reader did not answer as expected: %s" % said.strip()[-500:])


def join(port, name, password):
    """Connect a running reader to a WiFi; returns the address of its page."""
    client = improv.Client(only_port() if port == "auto" else port)
    try:
        print("joining %s to %s" % (client.about()[3], name), flush=True)
        return client.join(name, password)
    finally:
        client.close()


def into_state(folder, given):
    """Write to the folder of a simulated board; ImageError if it is running."""
    if given.board:
        raise ImageError("--board: a simulated board has no pins and takes no pin map")
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ImageError("a simulator uses %s: stop it first" % folder) from error
        if given.name:
            path = folder / "board.json"
            try:
                values = dict(json.loads(path.read_bytes()))
            except (OSError, ValueError, TypeError):  # the board ignores such a file, too
                values = {}
            path.write_text(json.dumps({**values, "name": given.name}))
        path = folder / "state.bin"
        data = bytearray(path.read_bytes() if path.exists() else b"\xff" * _STATE_SIZE)
        for first, count, content in given.sectors():
            data[first * SECTOR : (first + count) * SECTOR] = content.ljust(count * SECTOR, b"\xff")
        path.write_bytes(data)


def main(arguments):
    doc = __doc__.format(boards=", ".join(_BOARDS))
    parser = argparse.ArgumentParser(
        prog="python -m tools.provision", usage="%(prog)s TARGET [OPTION …]", description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    target = parser.add_mutually_exclusive_group(required=True)
    for name in ("--flash", "--port", "--state"):
        target.add_argument(name, help=argparse.SUPPRESS)
    for name in ("--board", "--name", "--config", "--certificate", "--key", "--wifi", "--password",
                 "--authority"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    parser.add_argument("--self-signed", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        if bool(options.certificate) != bool(options.key) or options.certificate and options.self_signed:
            raise ImageError("give --certificate and --key together, or --self-signed alone")
        if options.self_signed and not options.name:
            raise ImageError("--self-signed needs --name")
        if options.password is not None and not options.wifi:
            raise ImageError("--password needs --wifi NAME")
        pair = None
        if options.certificate:
            pair = certificate(options.certificate, options.key)
        elif options.self_signed:
            pair = self_signed(options.name)
        config = configuration(options.config) if options.config else None
        root = trusted(options.authority) if options.authority else None
        given = Given(options.board, options.name, config, pair, root)
        if not (given.names() or given.sectors() or options.wifi):
            raise ImageError("nothing to write: see --help")
        if options.wifi and not options.port:
            raise ImageError("--wifi needs a running reader (--port); otherwise put the network into --config")
        if options.flash:
            into_flash(options.flash, given)
        elif options.port:
            if given.names() or given.sectors():
                over_usb(options.port, given)
            if options.wifi:
                print("its page is %s" % join(options.port, options.wifi, options.password or ""))
        else:
            into_state(options.state, given)
    except (ImageError, OSError) as error:
        print("tools.provision: %s" % error, file=sys.stderr)
        return 1
    print("done")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
