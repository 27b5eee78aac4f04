"""A client of Improv (improv-wifi.com/serial): connects a reader on USB to a WiFi, for tools.provision."""

import sys
import time

import serial

from staging import ImageError, stage

sys.path.insert(0, str(stage.ROOT / "lib"))

from han.net.join import improv

_ERRORS = {
    improv.MALFORMED: "it does not accept this name and password: a password has 8 to 63 characters, or none",
    improv.UNKNOWN: "it does not know that command",
    improv.NOT_CONNECTED: "it cannot connect to the network: check name, password and distance",
}
#: Seconds to wait for the first answer: a reader that was just plugged in must start, and opening the port may
#: restart it.
PATIENCE = 30
# The longest time for an answer, s; connecting to a network takes longest.
_LONGEST = 60
_BETWEEN = 1.5


class Client:
    """The console of a reader. ImageError if none answers, here and in all methods if it refuses."""

    def __init__(self, port, patience=None):
        self._packets = improv.Packets()
        self._found = []  # received packets
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
        raise ImageError("%s: no reader answers within %d s: is one running there, and is the port free?"
                         % (port, patience))  # fmt: skip

    def about(self):
        """[firmware, version, chip, name]"""
        self._send(improv.ABOUT)
        return self._texts(improv.ABOUT)

    def networks(self):
        """[(name, dBm, True if it has a password)], the strongest first."""
        self._send(improv.NETWORKS)
        found = []
        while True:
            texts = self._texts(improv.NETWORKS)
            if not texts:
                return found
            found.append((texts[0], int(texts[1]), texts[2] == "YES"))

    def join(self, name, password):
        """Connect the reader to a network; returns the address of its page."""
        self._send(improv.SETTINGS, name, password)
        return self._texts(improv.SETTINGS)[0]

    def close(self):
        """Close the port."""
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
        """Data of the next packet of a type, None if none comes in time; ImageError if the reader refuses."""
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
