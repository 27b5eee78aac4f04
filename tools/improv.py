"""The other end of Improv (improv-wifi.com/serial): joins a reader on USB to a WiFi, for tools.provision."""

import sys
import time

import serial

from staging import ImageError, stage

sys.path.insert(0, str(stage.ROOT / "lib"))

from han.net.join import improv

_ERRORS = {
    improv.MALFORMED: "it does not take this name and password: a password has 8 to 63 characters, or none",
    improv.UNKNOWN: "it does not know that command",
    improv.NOT_CONNECTED: "it does not get into the network: check name, password and distance",
}
#: A reader that has just been plugged in starts first; what opens it anew may even restart it, s.
PATIENCE = 30
# What is asked takes no longer, getting into a network included, s.
_LONGEST = 60
_BETWEEN = 1.5


class Client:
    """A reader's console. ImageError where none answers, or where it refuses."""

    def __init__(self, port, patience=None):
        self._packets = improv.Packets()
        self._found = []  # packets that have come
        try:
            self._line = serial.serial_for_url(port, 115200, timeout=0.05)
        except serial.SerialException as error:
            raise ImageError(str(error)) from error
        patience = PATIENCE if patience is None else patience
        until = time.monotonic() + patience
        while time.monotonic() < until:
            self._send(improv.CURRENT)
            answer = self._next(improv.STATE, _BETWEEN)
            if answer:
                self.state = answer[0]
                return
        raise ImageError("%s: no reader answers within %d s: does one run there, and does nobody else use the port?"
                         % (port, patience))  # fmt: skip

    def about(self):
        """[firmware, version, chip, name]"""
        self._send(improv.ABOUT)
        return self._texts(improv.ABOUT)

    def networks(self):
        """[(name, dBm, whether it has a password)], the strongest first."""
        self._send(improv.NETWORKS)
        found = []
        while True:
            texts = self._texts(improv.NETWORKS)
            if not texts:
                return found
            found.append((texts[0], int(texts[1]), texts[2] == "YES"))

    def join(self, name, password):
        """Have it get into a network; the address of its page."""
        self._send(improv.SETTINGS, name, password)
        return self._texts(improv.SETTINGS)[0]

    def close(self):
        """Give the port back."""
        self._line.close()

    def _send(self, command, *texts):
        data = b"".join(bytes((len(raw),)) + raw for raw in (text.encode() for text in texts))
        if len(data) > 253:
            raise ImageError("name and password are too long")
        self._line.write(improv.packet(improv.COMMAND, bytes((command, len(data))) + data))

    def _texts(self, command):
        answer = self._next(improv.RESULT, _LONGEST)
        if answer is None:
            raise ImageError("the reader does not answer any more")
        number, texts = improv.command(answer)
        return [text.decode() for text in texts] if number == command else self._texts(command)

    def _next(self, kind, seconds):
        """Data of the next packet of a type, None where none comes in time; ImageError where the reader refuses."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = [self._packets.feed(byte) for byte in self._line.read(64)]
            self._found += [each for each in found if each]
            while self._found:
                what, data = self._found.pop(0)
                if what == kind:
                    return data
                if what == improv.ERROR and data[0]:
                    raise ImageError("the reader says: %s" % _ERRORS.get(data[0], "error %d" % data[0]))
        return None
