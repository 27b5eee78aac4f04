"""The chip's console, on USB: MicroPython itself reads it at the REPL only."""

import select
import sys

import micropython

#: What Improv's packets begin with; bytes that are taken at once.
_IMPROV = b"IMPROV\x01"
_MOST = 64


class Console:
    """What is plugged into USB.

    addressed  the run before ended as somebody wanted to set the reader up: one byte of Improv's packets is Ctrl-C
    remember() has the next run know that
    """

    def __init__(self, addressed, remember):
        self.addressed = addressed
        self._remember = remember
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def read(self):
        """Bytes that have come, b"" for none. Never waits."""
        found = b""
        while len(found) < _MOST and self._poll.poll(0):
            found += sys.stdin.buffer.read(1)
        return found

    def write(self, data):
        """Send bytes, all at once: nobody prints in between."""
        sys.stdout.buffer.write(data)

    def interrupts(self, on):
        """Whether Ctrl-C ends the program."""
        micropython.kbd_intr(3 if on else -1)

    def calls(self):
        """True where what has come, but for the Ctrl-C that it contained, is one of Improv's packets; then remember."""
        called = _IMPROV in self.read()
        if called:
            self._remember()
        return called
