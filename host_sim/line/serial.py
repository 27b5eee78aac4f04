"""A real line: a serial device or a pseudo-terminal of this computer, read raw and without waiting.

`stty` configures it, because MicroPython's termios lacks some flags and the speeds of meters.
"""

import os
import select
import sys
import time

_FLAG = "-f" if sys.platform == "darwin" else "-F"


def _open(path):
    """The device opened for reading. It does not become this process's controlling terminal."""
    if hasattr(os, "O_NOCTTY"):
        flags = os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK
        return open(path, "rb", buffering=0, opener=lambda name, _: os.open(name, flags))
    return open(path, "rb", buffering=0)


def _quoted(path):
    return "'" + path.replace("'", "'\\''") + "'"


def _stty(path, settings):
    return os.system("stty " + _FLAG + " " + _quoted(path) + " " + settings + " 2>/dev/null") == 0


def _newer(path, seconds):
    """True if the link at path was made after that time (Unix s). MicroPython itself cannot look at links."""
    since = "%04d-%02d-%02d %02d:%02d:%02d" % tuple(time.gmtime(seconds)[:6])
    return os.system("TZ=UTC find " + _quoted(path) + " -prune -newermt '" + since + "' 2>/dev/null | grep -q .") == 0


def _tell(text):
    sys.stderr.write(text + "\n")


class SerialUart:
    """The UART of the board interface on a device of the operating system. OSError if it cannot be opened.

    any_setting  True for a pseudo-terminal or a pipe: they have no speed, so configure() has no effect
    terminal     how a pseudo-terminal was named, "" for other devices. Once it has gone, its number may be given to
                 another. So one that was named directly ("name") has then `ended`; for one behind a link ("link")
                 this object waits until the link is made anew.
    `invert` of configure() has no effect: a P1 cable for a PC inverts by itself.
    """

    ended = False
    #: Wait before looking again for a device that has vanished, ms.
    retry_ms = 1000

    def __init__(self, path, ticks_ms, any_setting=False, log=_tell, terminal=""):
        self.any_setting = any_setting
        self._terminal = terminal
        self._went = 0  # Unix s at which the device vanished
        self._path = path
        self._ticks = ticks_ms
        self._log = log
        self._file = None
        self._poller = None
        self._settings = None
        self._retry = 0
        self._open()  # an OSError goes to the caller, who named the device

    def configure(self, baud, bits, parity, stop, invert):
        """Configure the device and drop received bytes; a device that is away is configured when it is back."""
        self._settings = (baud, bits, parity, stop)
        if self._file:
            self._apply()
            scratch = bytearray(512)
            while self._file and self.readinto(scratch):
                pass

    def readinto(self, buf):
        """Move received bytes to buf; returns their number, 0 if there are none or the device is away. Never waits."""
        if self.ended or self._file is None and not self._reopen():
            return 0
        try:
            events = self._poller.poll(0)
            if not events:
                return 0
            count = self._file.readinto(buf) if events[0][1] & select.POLLIN else 0
            if count or events[0][1] == select.POLLIN:
                return count or 0
        except OSError:  # the adapter was pulled out
            pass
        self.ended = self._terminal == "name"
        what = ": the reader ends, as its number may be another's next" if self.ended else ", waiting for it"
        self._log("%s is gone%s" % (self._path, what))
        self.close()
        self._went = int(time.time())
        self._retry = self._ticks() + self.retry_ms
        return 0

    def close(self):
        """Close the device."""
        if self._file:
            self._file.close()
        self._file = self._poller = None

    def _open(self):
        _stty(self._path, "clocal")  # without it, opening a real port may wait for a modem
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
        # `raw` does not check parity: the checksum of a telegram decides, as on the chip.
        _stty(self._path, raw + " %d" % baud + flags + " clocal")

    def _reopen(self):
        if self._ticks() < self._retry:
            return False
        self._retry = self._ticks() + self.retry_ms
        if self._terminal and not _newer(self._path, self._went):
            return False
        try:
            self._open()
        except OSError:
            return False
        self._log("%s is back" % self._path)
        return True
