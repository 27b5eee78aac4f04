"""A real line: a serial device or a pseudo-terminal of this computer, read raw and without waiting.

`stty` sets it, as MicroPython's termios has neither all flags nor the speeds of meters.
"""

import os
import select
import sys

_FLAG = "-f" if sys.platform == "darwin" else "-F"


def _open(path):
    """The device opened for reading, without it becoming this process's terminal."""
    if hasattr(os, "O_NOCTTY"):
        flags = os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK
        return open(path, "rb", buffering=0, opener=lambda name, _: os.open(name, flags))
    return open(path, "rb", buffering=0)


def _stty(path, settings):
    quoted = "'" + path.replace("'", "'\\''") + "'"
    return os.system("stty " + _FLAG + " " + quoted + " " + settings + " 2>/dev/null") == 0


def _tell(text):
    sys.stderr.write(text + "\n")


class SerialUart:
    """The UART of the board interface on a device that the operating system has.

    any_setting  True for a pseudo-terminal, which has no speed: what is configured then changes nothing
    `invert` changes nothing either: a P1 cable for a PC inverts by itself.
    """

    #: Wait before a device that vanished is looked for again, ms.
    retry_ms = 1000

    def __init__(self, path, ticks_ms, any_setting=False, log=_tell):
        self.any_setting = any_setting
        self._path = path
        self._ticks = ticks_ms
        self._log = log
        self._file = None
        self._poller = None
        self._settings = None
        self._retry = 0
        self._open()  # OSError at the start is for the one who named the device

    def configure(self, baud, bits, parity, stop, invert):
        """Set the device and drop what it received; a device that is away gets it when it is back."""
        self._settings = (baud, bits, parity, stop)
        if self._file:
            self._apply()
            scratch = bytearray(512)
            while self._file and self.readinto(scratch):
                pass

    def readinto(self, buf):
        """Move received bytes to buf; their number, 0 when there are none or the device is away. Never waits."""
        if self._file is None and not self._reopen():
            return 0
        try:
            events = self._poller.poll(0)
            if not events:
                return 0
            count = self._file.readinto(buf) if events[0][1] & select.POLLIN else 0
            if count or events[0][1] == select.POLLIN:
                return count or 0
        except OSError:  # how a pulled-out adapter reads
            pass
        self._log("%s is gone, waiting for it" % self._path)
        self.close()
        self._retry = self._ticks() + self.retry_ms
        return 0

    def close(self):
        """Give the device back."""
        if self._file:
            self._file.close()
        self._file = self._poller = None

    def _open(self):
        _stty(self._path, "clocal")  # else opening a real port may wait for a modem
        self._file = _open(self._path)
        self._poller = select.poll()
        self._poller.register(self._file, select.POLLIN)
        self._apply()

    def _apply(self):
        # VMIN=0, VTIME=0: reading never waits, not even on MicroPython's plain read().
        raw = "raw -echo -hupcl min 0 time 0"
        if self.any_setting or self._settings is None:
            _stty(self._path, raw)
            return
        baud, bits, parity, stop = self._settings
        flags = " cs%d %scstopb " % (bits, "" if stop == 2 else "-")
        flags += "-parenb" if parity is None else "parenb " + ("parodd" if parity else "-parodd")
        # `raw` leaves parity unchecked: the checksum of a telegram decides, as on the chip.
        _stty(self._path, raw + " %d" % baud + flags + " clocal")

    def _reopen(self):
        if self._ticks() < self._retry:
            return False
        self._retry = self._ticks() + self.retry_ms
        try:
            self._open()
        except OSError:
            return False
        self._log("%s is back" % self._path)
        return True
