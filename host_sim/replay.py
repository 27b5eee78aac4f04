"""Sends recordings on the simulated line."""

# What a port sends with, by what is on it: text is a P1 port, the rest wired M-Bus.
_P1 = (115200, 8, None, 1, True)
_MBUS = (2400, 8, 0, 1, False)


class ReplaySource:
    """Recordings, raw bytes, sent one after the other without end, as a meter would go on.

    A capture has no times in it, so its bytes follow each other at the line's pace; between the end of a file and
    the next is the pause that most meters make.
    """

    pause_us = 10000000
    _CHUNK = 256

    def __init__(self, paths, line=None):
        self._paths = paths
        self.line = line or line_of(paths[0])
        self._number = 0
        self._file = None
        self._ready_us = None  # when the next file may begin

    def next(self, now_us, free_us):
        """The next bytes of the recordings; OSError where a file has gone."""
        if self._ready_us is None:
            self._ready_us = now_us
        for _ in range(len(self._paths) + 1):
            if self._file is None:
                if now_us < self._ready_us:
                    return None
                self._file = open(self._paths[self._number], "rb")
            data = self._file.read(self._CHUNK)
            if data:
                start = max(free_us, self._ready_us)
                self._ready_us = start
                return start, data
            self._file.close()
            self._file = None
            self._number = (self._number + 1) % len(self._paths)
            self._ready_us = max(free_us, self._ready_us) + self.pause_us
        return None


def line_of(path):
    """The line that a recording was most likely made on; OSError where there is none."""
    with open(path, "rb") as file:
        head = file.read(256)
    if head[:1] == b"\xdb":  # an encrypted P1 telegram begins with the system title's tag
        return _P1
    # Bit 7 is left out: a port with 7 bits and parity, read with 8.
    text = sum([1 for byte in head if 32 <= byte & 127 < 127 or byte in b"\r\n\x8d\x8a"])
    return _P1 if text * 10 >= len(head) * 9 else _MBUS
