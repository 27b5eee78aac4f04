"""The real mosquitto on a port of this computer, and a client that listens to it, for `make soak` and the tests."""

import getpass
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import threading
import time

from host_sim.command.opened import free_port

#: Where Debian has it, which is not in everybody's PATH.
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"])
#: Why something with a broker is left out.
MISSING = "no mosquitto here (Debian: apt-get install mosquitto)"
_PATIENCE = 60  # s; nothing takes so long, even on a slow machine
_LOOK = 0.01  # s
_CONNECT, _CONNACK, _PUBLISH, _SUBSCRIBE, _SUBACK = 0x10, 2, 3, 0x82, 9
_ANYBODY = ("allow_anonymous true",)


def program(name="mosquitto"):
    """The path of one of mosquitto's programs; None where it is not installed."""
    return shutil.which(name, path=PATH)


class Mosquitto:
    """A broker on a free port. It keeps nothing over a restart, unless its configuration says so.

    lines  of its configuration, beside the port and its log
    """

    def __init__(self, folder, lines=_ANYBODY):
        self.folder = pathlib.Path(folder)
        self.port = free_port("127.0.0.1", 0)
        self.lines = lines
        self.process = None

    def start(self):
        """Start it; returns when it listens."""
        told = ["listener %d 127.0.0.1" % self.port, "log_dest stdout", "max_queued_messages 0", *self.lines]
        if os.geteuid() == 0:
            told.append("user " + getpass.getuser())  # else it would not be allowed to read its own files
        path = self.folder / "mosquitto.conf"
        path.write_text("\n".join(told) + "\n")
        with open(self.folder / "mosquitto.log", "a") as log:
            command = [program(), "-c", str(path)]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < end, self.said()
                time.sleep(_LOOK)

    def said(self):
        """Its log."""
        return (self.folder / "mosquitto.log").read_text()

    def stop(self):
        """End it in good order."""
        self.process.terminate()
        self.process.wait(_PATIENCE)

    def kill(self):
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(_PATIENCE)


class Listener:
    """A client that has subscribed to everything. It ends with the broker, or with close().

    heard(topic, payload, retained) is called in its thread with each message; retained: the broker had kept it
    """

    def __init__(self, port, heard, user=None, password=""):
        self._heard = heard
        self._socket = socket.create_connection(("127.0.0.1", port), _PATIENCE)
        flags, more = 2, b""
        if user:
            flags, more = 0xC2, _text(user) + _text(password)
        self._send(_CONNECT, _text("MQTT") + struct.pack(">BBH", 4, flags, 0) + _text("listener-%d" % id(self)) + more)
        self._stream = self._socket.makefile("rb")
        kind, body = self._packet()
        assert (kind >> 4, body[1]) == (_CONNACK, 0), body
        self._send(_SUBSCRIBE, b"\0\1" + _text("#") + b"\0")
        kind, body = self._packet()
        while kind >> 4 != _SUBACK:
            self._take(kind, body)
            kind, body = self._packet()
        assert body[2] == 0, body
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _send(self, kind, body):
        assert len(body) < 128
        self._socket.sendall(bytes((kind, len(body))) + body)

    def _packet(self):
        kind = self._read(1)[0]
        size = shift = 0
        while True:
            byte = self._read(1)[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return kind, self._read(size)

    def _read(self, count):
        data = self._stream.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def _listen(self):
        try:
            while True:
                self._take(*self._packet())
        except (OSError, EOFError, ValueError):
            pass

    def _take(self, kind, body):
        if kind >> 4 == _PUBLISH:
            size = body[0] << 8 | body[1]
            self._heard(body[2 : 2 + size].decode(), body[2 + size :], bool(kind & 1))

    def close(self):
        """Stop listening."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(_PATIENCE)
        self._stream.close()
        self._socket.close()


def _text(value):
    data = value.encode()
    return struct.pack(">H", len(data)) + data
