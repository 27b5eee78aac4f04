"""A real mosquitto on free ports of this computer, with the files of docs/fleet."""

import datetime
import getpass
import ipaddress
import shutil
import signal
import socket
import subprocess
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from host_sim.command.opened import free_port
from staging import stage
from tools.prove.mosquitto import program

DOCS = stage.ROOT / "docs" / "fleet"
_PATIENCE = 60  # s
# What Debian's package has in its main file; the files of docs/fleet are read in addition.
_MAIN = "user %s\npersistence true\npersistence_location %s/\nlog_dest file %s/log\ninclude_dir %s/conf.d\n"


def missing():
    """The Debian package of what is not installed and cannot be done without; None where everything is there."""
    if not program():
        return "mosquitto"
    return None if shutil.which("curl") else "curl"


class Broker:
    """A broker that keeps its files in a folder. port: for clients without TLS; secure_port: with TLS."""

    def __init__(self, folder):
        self._folder = folder
        self._process = None
        self.port = free_port("127.0.0.1", 0)
        self.secure_port = free_port("127.0.0.1", 0)
        #: The certificate of the authority that TLS clients have to trust, PEM.
        self.authority = folder / "fleet" / "server.crt"
        for name in ("conf.d", "fleet"):
            (folder / name).mkdir(parents=True)
        (folder / "main.conf").write_text(_MAIN % (getpass.getuser(), folder, folder, folder))
        text = (DOCS / "mosquitto.conf").read_text()
        for name, own in (
            ("/etc/mosquitto/fleet", str(folder / "fleet")),
            ("listener 8883", "listener %d 127.0.0.1" % self.secure_port),
            ("listener 1883 192.168.1.10", "listener %d 127.0.0.1" % self.port),
        ):  # fmt: skip
            assert name in text, name
            text = text.replace(name, own)
        (folder / "conf.d" / "fleet.conf").write_text(text)
        shutil.copy(DOCS / "acl", folder / "fleet" / "acl")
        _certificate(folder / "fleet")

    def users(self, file):
        """Take the users from a file that mosquitto_passwd has made."""
        shutil.copy(file, self._folder / "fleet" / "passwords")

    def start(self):
        """Start it, and wait until it listens. RuntimeError with its log where it does not."""
        command = [program(), "-c", str(self._folder / "main.conf")]
        # Its first lines go to the output, before it has opened its log.
        with open(self._folder / "output", "a") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), _PATIENCE).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("mosquitto does not start:\n" + self.log()) from None
                time.sleep(0.01)

    def log(self):
        """What it has said so far."""
        files = self._folder / "output", self._folder / "log"
        return "".join([file.read_text() for file in files if file.exists()])

    def stop(self):
        """End it; what is retained is in its file then."""
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()
            self._process = None


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
