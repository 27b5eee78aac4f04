"""The meter's end of the line: sends a source's transmissions in time to the board's process.

The meter runs outside of the board's process, so that it takes no memory of the reader.
"""

import os

_CHUNK = 2048  # bytes; with its head less than the 4096 bytes that a pipe takes at once
_AHEAD_MS = 50  # host time by which a transmission is announced before it begins


class Ahead:
    """Announces a source's transmissions as fast as the board reads them, for one whose time jumps. Loses nothing."""

    def __init__(self, source):
        self.line = source.line
        self.done = False  # True: the source has ended, and everything has been announced
        self._source = source
        self._chunks = []

    def send(self, pipe):
        """Announce as much as the pipe (a file descriptor) takes; OSError if its reader has gone."""
        while not self.done:
            if not self._chunks:
                sent = self._source.next(1 << 62, 0)
                if sent is None:
                    self.done = True
                    return
                start, data = sent
                for at in range(0, len(data), _CHUNK):
                    self._chunks.append((start, data[at : at + _CHUNK]))
            start, chunk = self._chunks[0]
            try:
                os.write(pipe, b"%d %d\n" % (start, len(chunk)) + chunk)
            except BlockingIOError:
                return
            self._chunks.pop(0)


class Sender:
    """Announces the transmissions of a source (see host_sim.uart) to a pipe shortly before they begin."""

    def __init__(self, source, clock, speed):
        self.line = source.line
        self._source = source
        self._clock = clock
        self._ahead_us = int(_AHEAD_MS * 1000 * speed)
        _, bits, parity, stop, _ = source.line
        self._bits = 1 + bits + (parity is not None) + stop
        self._free_us = 0

    def send(self, pipe):
        """Announce to a pipe (a file descriptor) what begins soon; OSError if its reader has gone.

        A full pipe loses the bytes, as a line would.
        """
        until = self._clock.ticks_us() + self._ahead_us
        while self._free_us <= until:
            sent = self._source.next(until, self._free_us)
            if sent is None:
                return
            start, data = sent
            for at in range(0, len(data), _CHUNK):
                chunk = data[at : at + _CHUNK]
                try:
                    os.write(pipe, b"%d %d\n" % (start, len(chunk)) + chunk)
                except BlockingIOError:
                    pass
                start += len(chunk) * self._bits * 1000000 // self.line[0]
            self._free_us = start
