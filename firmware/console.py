"""The chip's console on USB. MicroPython itself reads it only at the REPL."""

import select
import sys

import micropython

#: The beginning of Improv's packets; the most bytes that one read() returns.
_IMPROV = b"IMPROV\x01"
_MOST = 64


class Console:
    """Reads and writes the console.

    addressed    True where the last run ended because a browser wanted to set the reader up: its packets (Improv)
                 contain the byte of Ctrl-C, which ends the program
    remember()   keeps that for the next run
    """

    def __init__(self, addressed, remember):
        self.addressed = addressed
        self._remember = remember
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def read(self):
        """The bytes that have come, b"" where there are none. Never waits."""
        found = b""
        while len(found) < _MOST and self._poll.poll(0):
            found += sys.stdin.buffer.read(1)
        return found

    def write(self, data):
        """Send bytes in one piece, so that no print comes in between."""
        sys.stdout.buffer.write(data)

    def interrupts(self, on):
        """on: whether Ctrl-C ends the program."""
        micropython.kbd_intr(3 if on else -1)

    def calls(self):
        """True where one of Improv's packets has come, without its Ctrl-C; this is remembered for the next run."""
        called = _IMPROV in self.read()
        if called:
            self._remember()
        return called
