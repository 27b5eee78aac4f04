"""Sends recordings on the simulated line."""

# Lines by the kind of data: text comes from a P1 port, the rest from wired M-Bus.
_P1 = (115200, 8, None, 1, True)
_MBUS = (2400, 8, 0, 1, False)


class ReplaySource:
    """Recordings (a list of bytes, none empty), sent one after the other without end, as by a meter.

    A recording has no times, so its bytes follow each other at the line's speed. Between two recordings there is a
    pause as most meters make it.
    """

    pause_us = 10000000
    _CHUNK = 256

    def __init__(self, captures, line=None):
        self.line = line or line_of(captures[0])
        self._captures = captures
        self._number = self._at = 0
        self._ready_us = None  # when the next recording may begin

    def next(self, now_us, free_us):
        """(start_us, the next bytes of the recordings); None during a pause."""
        if self._ready_us is None:
            self._ready_us = now_us
        data = self._captures[self._number][self._at : self._at + self._CHUNK]
        if not data:
            self._number = (self._number + 1) % len(self._captures)
            self._at = 0
            self._ready_us = free_us + self.pause_us
        if self._ready_us > now_us:
            return None
        if not data:
            return self.next(now_us, free_us)
        self._at += len(data)
        return max(free_us, self._ready_us), data


def line_of(capture):
    """(baud, bits, parity, stop, invert) of the line that a recording was most likely made on."""
    head = capture[:256]
    if head[:1] == b"\xdb":  # an encrypted P1 telegram begins with the tag of a general-glo-ciphering APDU
        return _P1
    # Bit 7 is ignored: it is the parity bit of a 7E1 line that was read with 8 bits.
    text = sum([1 for byte in head if 32 <= byte & 127 < 127 or byte & 127 in b"\r\n"])
    return _P1 if text * 10 >= len(head) * 9 else _MBUS
