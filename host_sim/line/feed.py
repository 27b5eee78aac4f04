"""The board's end of the line to the simulated meter: what the other process sends, and whether it is still there.

One transmission is b"START_US LENGTH\\n" and the bytes, written at once and less than a pipe takes at once (4096
bytes), so that where its beginning can be read all of it can.
"""

import select


class Feed:
    """A source for host_sim.uart.Uart that reads a pipe, unbuffered; `line` is what its other end says it is."""

    def __init__(self, pipe, line=None):
        self.line = line
        self.ended = False
        self._pipe = pipe
        self._text = b""  # of a transmission's head that has not been understood yet
        self._head = None  # of a transmission whose bytes have not been taken yet
        self._sent = None
        self._end_us = None  # of the last transmission that was taken
        self._poller = select.poll()
        self._poller.register(pipe, select.POLLIN)

    def next(self, *_):
        """The next transmission that has been announced, (start in us, bytes); None for none."""
        self.look()
        sent, self._sent = self._sent, None
        if sent:
            self._end_us = self._last(sent)
        return sent

    def peek(self, now_us):
        """When the transmission under way, or the next that has been announced, has come; None for none."""
        if self._end_us is None or self._end_us <= now_us:
            self.look()
            return self._sent and self._last(self._sent)
        return self._end_us

    def _last(self, sent):
        baud, bits, parity, stop, _ = self.line
        return sent[0] + (len(sent[1]) * (1 + bits + (parity is not None) + stop) * 1000000 // baud) + 1000

    def look(self):
        """Take a transmission that has been announced, and see whether the pipe has `ended`.

        MemoryError loses nothing: it is taken the next time.
        """
        found = self._poller.poll(0)
        if not found:
            return
        if found[0][1] & (select.POLLHUP | select.POLLERR):  # even where something is left to read
            self.ended = True
        elif not self._sent:
            if not self._head:
                self._text = self._text or self._pipe.readline()
                head = self._text.split()
                if not head:
                    self.ended = True
                    return
                self._head = int(head[0]), int(head[1])
                self._text = b""
            start, length = self._head
            self._sent = start, self._pipe.read(length)
            self._head = None
