"""SML, the Smart Message Language of German meters (BSI TR-03109-1 annex IV, transport version 1).

    1B 1B 1B 1B 01 01 01 01 | messages, padded to words | 1B 1B 1B 1B 1A | padding count | CRC 2

An escape sequence inside the messages is sent twice. The CRC is that of HDLC, over everything before it. Some
manufacturers use another one (conventions.py).
"""
from .conventions import Conventions
from .loops import copy, crc_x25

try:
    from .rows.sml_fast import find_escape, walk
except ImportError:
    from .rows.sml_plain import find_escape, walk  # noqa: F401  walk is imported from here

_WRONG = -2


class Checker:
    """Finds the end of one SML telegram at a time, and checks it. resume: index at which the search goes on."""

    def __init__(self, conventions=None):
        self.conventions = conventions or Conventions()
        self.resume = 0
        self.escapes = 0  # number of escape sequences inside the messages

    def open(self, start):
        """A telegram opens at index start."""
        self.resume = start + 8
        self.escapes = 0
        self.conventions.last = None

    def check(self, buf, start, end):
        """Check the telegram that opens at buf[start]; the answers are those of `layers/hdlc.py`."""
        while True:
            at = find_escape(buf, self.resume, end)
            self.resume = at
            if at + 8 > end:
                return -max(at + 8, end + 1)
            if buf[at + 4] == 0x1A:
                sent = buf[at + 6] | buf[at + 7] << 8
                right = self.conventions.check(buf, start, at + 6, sent, crc_x25(buf, start, at + 6))
                return at + 8 if right else _WRONG
            if buf[at + 4] != 0x1B or buf[at + 5] != 0x1B:
                return _WRONG
            self.escapes += 1
            self.resume = at + 8


def content(buf, start, end):
    """(start, end) of the messages in the checked telegram buf[start:end]. Double escapes are removed in place."""
    last = end - 8
    at = start + 8
    while True:
        at = find_escape(buf, at, last)
        if at + 8 > last:
            return start + 8, last - buf[end - 3]
        copy(buf, at + 4, buf, at + 8, last)
        at += 4
        last -= 4
