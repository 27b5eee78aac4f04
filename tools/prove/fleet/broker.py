"""A real mosquitto on free ports of this computer, with the files of docs/fleet."""

import datetime
import getpass
import ipaddress
import shutil

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from host_sim.command.opened import free_port
from staging import stage
from tools.prove.mosquitto import Mosquitto, program

DOCS = stage.ROOT / "docs" / "fleet"
# What Debian's package has in its main file, but for the log; the files of docs/fleet are read in addition.
_MAIN = "user %s\npersistence true\npersistence_location %s/\nlog_dest stdout\ninclude_dir %s/conf.d\n"


def missing():
    """The Debian package of what is not installed and cannot be done without; None where everything is there."""
    if not program():
        return "mosquitto"
    return None if shutil.which("curl") else "curl"


class Broker(Mosquitto):
    """A broker that keeps its files in a folder. port: for clients without TLS; secure_port: with TLS."""

    def __init__(self, folder):
        super().__init__(folder)
        self.secure_port = free_port("127.0.0.1", 0)
        #: The certificate of the authority that TLS clients have to trust, PEM.
        self.authority = folder / "fleet" / "server.crt"
        for name in ("conf.d", "fleet"):
            (folder / name).mkdir(parents=True)
        _certificate(folder / "fleet")

    def configured(self):
        """The path of its main file, which is written, and with it the files of docs/fleet, in their places."""
        folder, text = self.folder, (DOCS / "mosquitto.conf").read_text()
        for name, own in (
            ("/etc/mosquitto/fleet", str(folder / "fleet")),
            ("listener 8883", "listener %d 127.0.0.1" % self.secure_port),
            ("listener 1883 192.168.1.10", "listener %d 127.0.0.1" % self.port),
        ):  # fmt: skip
            assert name in text, name
            text = text.replace(name, own)
        (folder / "conf.d" / "fleet.conf").write_text(text)
        shutil.copy(DOCS / "acl", folder / "fleet" / "acl")
        (folder / "main.conf").write_text(_MAIN % (getpass.getuser(), folder, folder))
        return folder / "main.conf"

    def users(self, file):
        """Take the users from a file that mosquitto_passwd has made."""
        shutil.copy(file, self.folder / "fleet" / "passwords")


def _certificate(folder):
    """Make a certificate of 127.0.0.1 that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
    made = builder.add_extension(names, False).sign(key, hashes.SHA256())
    (folder / "server.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "server.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
