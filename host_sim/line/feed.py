"""The board's end of the line to the simulated meter: it reads what the other process sends, and notices its end.

A transmission is b"START_US LENGTH\\n", then the bytes. It is written in one piece of less than 4096 bytes, which a
pipe takes at once: if its beginning can be read, all of it can.
"""

import select


class Feed:
    """A source for host_sim.uart.Uart that reads an unbuffered pipe.

    line   (baud, bits, parity, stop, invert)
    ended  True once the other end has closed the pipe
    """

    def __init__(self, pipe, line=None):
        self.line = line
        self.ended = False
        self._pipe = pipe
        self._text = b""  # head of a transmission that has not been parsed yet
        self._head = None  # (start, length) of a transmission whose bytes have not been read yet
        self._sent = None
        self._end_us = None  # end of the last transmission that was returned
        self._poller = select.poll()
        self._poller.register(pipe, select.POLLIN)

    def next(self, *_):
        """(start in us, bytes) of the next announced transmission; None if there is none."""
        self.look()
        sent, self._sent = self._sent, None
        if sent:
            self._end_us = self._last(sent)
        return sent

    def peek(self, now_us):
        """End (us) of the transmission under way or of the next announced one; None if there is none."""
        if self._end_us is None or self._end_us <= now_us:
            self.look()
            return self._sent and self._last(self._sent)
        return self._end_us

    def _last(self, sent):
        baud, bits, parity, stop, _ = self.line
        return sent[0] + (len(sent[1]) * (1 + bits + (parity is not None) + stop) * 1000000 // baud) + 1000

    def look(self):
        """Read the next transmission if one is announced; set `ended` if the pipe was closed.

        MemoryError loses nothing: the transmission is read the next time.
        """
        found = self._poller.poll(0)
        if not found:
            return
        if found[0][1] & (select.POLLHUP | select.POLLERR):  # even if there are bytes left to read
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
