"""A user's machine, played: a clone of the project, a release, a recording, boards and a meter on USB, an ESP-IDF."""

import itertools
import json
import os
import pty
import shutil
import subprocess
import sys
import threading
import time
import tty

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from staging import stage
from tests.meter.anonymous.test_anonymise import TEXT
from tests.tools.docs import commands
from tests.tools.image import micropython
from tests.tools.cpython_test_firmware import IDF, MAKEFILE, script
from tests.tools.cpython_test_flash import BOARD
from tests.wire.test_framer import p1
from tools import build, provision


class Machine(commands.Clone):
    """A clone, and what its user has beside it: a release, a recording, a certificate; played boards and an ESP-IDF."""

    def __init__(self, folder):
        super().__init__(folder)
        self.folder = folder
        self._numbers = itertools.count()
        self._chip = None
        (self.root / "meter.bin").write_bytes(p1(TEXT) * 3)
        (self.root / "home.json").write_text(json.dumps({"w": {"s": "My network", "p": "my password"}, "m": {"f": 25}}))
        certificate, key = provision.self_signed("reader")
        pem = serialization.Encoding.PEM
        for name in "reader.pem", "broker-ca.pem":
            (self.root / name).write_bytes(x509.load_der_x509_certificate(certificate).public_bytes(pem))
        form = pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        (self.root / "reader.key").write_bytes(serialization.load_der_private_key(key, None).private_bytes(*form))
        (self.root / "ESP32_GENERIC-SPIRAM.bin").write_bytes(micropython.combined(micropython.application(1_000_000)))
        image = self.root / "build" / "image"
        image.mkdir()
        (self.root / "build" / "updates").mkdir()
        whole = micropython.combined(micropython.frozen(200_000))
        (image / "mp.bin").write_bytes(whole)
        assert build.main(["--frozen", "--micropython", str(image / "mp.bin"), "--out", str(image)]) == 0
        self.release = self.new("release")
        shutil.copytree(image, self.release, dirs_exist_ok=True)
        shutil.copy(image / "flash.bin", self.root / "esp32-flash.bin")

    def new(self, name):
        """A folder for something."""
        made = self.folder / ("%s%d" % (name, next(self._numbers)))
        made.mkdir()
        return made

    def released(self):
        """Have the release of a chip in build/image."""
        shutil.copytree(self.release, self.root / "build" / "image", dirs_exist_ok=True)

    def chip(self):
        """The port of an ESP32 in its serial bootloader, which has been flashed before."""
        if self._chip is None:
            file = self.new("chip") / "port"
            self._chip = subprocess.Popen([sys.executable, "-c", BOARD, str(file)], stdout=subprocess.DEVNULL)
            while not (file.exists() and file.read_text()):
                assert self._chip.poll() is None
                time.sleep(0.05)
            self._port = "socket://127.0.0.1:%s" % file.read_text()
            check(self.run("make flash PORT=%s FILE=esp32-flash.bin" % self._port))
        return self._port

    def idf(self):
        """What `make firmware` is told of: MicroPython's sources and an ESP-IDF that both take no time."""
        folder = self.new("idf")
        for name in "mpy-cross", "ports/esp32", "py":
            (folder / "mp" / name).mkdir(parents=True)
        (folder / "mp/mpy-cross/Makefile").write_text("all:\n\t@echo mpy-cross\n")
        (folder / "mp/ports/esp32/Makefile").write_text(MAKEFILE)
        (folder / "mp/py/mpconfig.h").write_text("#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR 28\n")
        script(folder / "bin/idf.py", IDF % (sys.executable, str(stage.ROOT)))
        (folder / "export.sh").write_text('export PATH="%s:$PATH"\n' % (folder / "bin"))
        return "MICROPYTHON=%s IDF=%s" % (folder / "mp", folder)

    def close(self):
        super().close()
        if self._chip:
            self._chip.kill()
            self._chip.wait()


class Meter:
    """A serial cable from a meter that sends a telegram again and again; `port` is its path."""

    def __init__(self):
        self._end, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self):
        os.set_blocking(self._end, False)
        while not self._over.wait(0.2):
            try:
                os.write(self._end, p1(TEXT))
            except BlockingIOError:
                pass  # nobody reads

    def close(self):
        self._over.set()
        self._thread.join()
        os.close(self._end)
        os.close(self._slave)


def check(run, status=0):
    """What a command said, which has to have ended so."""
    assert run[0] == status, run[1][-3000:]
    return run[1]
