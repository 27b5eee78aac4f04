"""The meter's end of the line: sends what a source has, in time, to the board's process.

The meter is not in the board's process for the reason that it is not in the reader: its memory is not the reader's.
"""

import os

_CHUNK = 2048  # with its head less than the 4096 bytes that a pipe takes at once
_AHEAD_MS = 50  # of the host's time, that a transmission is announced before it begins


class Ahead:
    """Announces a source's transmissions as fast as they are read, for a board whose time jumps; loses nothing."""

    def __init__(self, source):
        self.line = source.line
        self.done = False  # the source has no more, and all has been announced
        self._source = source
        self._chunks = []

    def send(self, pipe):
        """Announce as much as the pipe takes; OSError where nobody reads."""
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
    """Announces the transmissions of a source (see host_sim.uart) to pipes, one after the other."""

    def __init__(self, source, clock, speed):
        self.line = source.line
        self._source = source
        self._clock = clock
        self._ahead_us = int(_AHEAD_MS * 1000 * speed)
        _, bits, parity, stop, _ = source.line
        self._bits = 1 + bits + (parity is not None) + stop
        self._free_us = 0

    def send(self, pipe):
        """Announce what begins soon; OSError where nobody reads. A full pipe loses it, as a line would."""
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
