"""The HAN line and the UART that listens to it, with the effects of right and wrong settings on the bytes.

A transmission takes the time of its start, data, parity and stop bits on the line. The receiver gets what a real UART
makes of that signal: it samples the bits at its own speed, from what it takes for a start bit, inverted or not. A
receiver with the line's settings that is in step with the characters gets their bytes. A receiver that is configured
in the middle of a transmission must find the step first, sometimes only in the next pause. Like the chip's port it
reports neither parity nor framing errors. A line that rests at the wrong level gives one zero byte (a break).

A source has
    line                   (baud, bits, parity, stop, invert) of the line
    next(now_us, free_us)  (start_us, bytes) of the next transmission that has begun by now_us, but not before
                           free_us; None if there is none
Times are the board's microseconds. Nothing runs in the background: everything happens when the reader reads.
"""

RX_BUFFER = 8192


class Uart:
    """The part of machine.UART that the application uses, on a simulated line.

    ticks_us  function that returns the board's microseconds
    source    see above
    """

    any_setting = ended = False

    def __init__(self, ticks_us, source):
        self.lost = 0  # bytes that came while the receive buffer was full
        self._now = ticks_us
        self._source = source
        self._line = _Line(*source.line[:4])
        self._sampler = None  # None: same settings and in step, so bytes are just copied
        self._same = False  # True: the settings are the line's
        self._sent = None  # a transmission that has begun but is not in _runs yet
        self._runs = []  # transmissions that are not received completely: [start in bits, bytes, bytes taken]
        self._end = 0  # end of the last transmission, in bits
        self._buffer = bytearray(512)  # grows when needed: on the chip this buffer is not in Python's heap
        self._head = self._tail = 0

    def configure(self, baud, bits, parity, stop, invert):
        """Listen with these settings from now on, and drop all received bytes. parity: None, 0 even, 1 odd."""
        self._take()
        self._head = self._tail = 0
        line = self._source.line
        at = self._line.bit(self._now())
        # The number of stop bits matters to a sender only: a receiver checks the first one.
        self._same = (baud, bits, parity, bool(invert)) == tuple(line[:3]) + (bool(line[4]),)
        self._sampler = None
        if not self._same or self._runs and self._runs[0][0] < at:
            self._sampler = _Sampler(self._line, baud, bits, parity, bool(line[4]) != bool(invert), at)

    def readinto(self, buf):
        """Move received bytes to buf; returns their number, 0 if there are none. Never waits."""
        try:
            self._take()
        except MemoryError:  # the reader's heap is full: the bytes are taken the next time
            pass
        count = min(len(buf), self._tail - self._head)
        if count:
            buf[:count] = memoryview(self._buffer)[self._head : self._head + count]
            self._head += count
            if self._head == self._tail:
                self._head = self._tail = 0
        return count

    def _take(self):
        now = self._now()
        line = self._line
        at = line.bit(now)
        while self._end <= at:
            self._sent = sent = self._sent or self._source.next(now, line.us(self._end))
            if sent is None:
                break
            start = max(line.bit(sent[0]), self._end)
            self._runs.append([start, sent[1], 0])
            self._sent = None
            self._end = start + len(sent[1]) * line.length
            self._until(min(at, self._end))
        self._until(at)

    def _until(self, at):
        """Receive everything that was on the line before bit `at`."""
        if self._sampler:
            for byte in self._sampler.bytes(self._runs, at):
                self._push(bytes((byte,)))
                if self._same and self._sampler.in_step(self._runs):
                    self._sampler = None
                    break
            if self._sampler:
                return
        while self._runs:
            run = self._runs[0]
            done = self._line.done(run, at)
            run[2] += self._push(memoryview(run[1])[run[2] : done])
            if run[2] < len(run[1]):
                break
            self._runs.pop(0)

    def _push(self, data):
        """Append bytes to the buffer; returns how many were handled.

        Bytes that do not fit a full-sized buffer are lost and count as handled. If the buffer could not grow, the rest
        is left for the next time.
        """
        if self._tail + len(data) > len(self._buffer):
            self._grow(self._tail - self._head, len(data))
        room = min(len(data), len(self._buffer) - self._tail)
        self._buffer[self._tail : self._tail + room] = data[:room]
        self._tail += room
        if len(self._buffer) < RX_BUFFER:
            return room
        self.lost += len(data) - room
        return len(data)

    def _grow(self, kept, more):
        size = len(self._buffer)
        while size < min(kept + more, RX_BUFFER):
            size *= 2
        old = new = self._buffer
        if size > len(old):
            try:
                new = bytearray(size)
            except MemoryError:
                pass
        for i in range(kept):  # one by one, as they may move within one buffer
            new[i] = old[self._head + i]
        self._buffer = new
        self._head, self._tail = 0, kept


class _Line:
    """The timing and the bits of the line. Levels are logical: 1 is idle."""

    def __init__(self, baud, bits, parity, stop):
        self.baud = baud
        self._bits = bits
        self._parity = parity
        self.length = 1 + bits + (parity is not None) + stop  # bits of one character

    def bit(self, us):
        """Number of the bit that a microsecond lies in."""
        return us * self.baud // 1000000

    def us(self, bit):
        """The microsecond at which a bit begins, rounded up."""
        return -(-bit * 1000000 // self.baud)

    def done(self, run, at):
        """Number of characters of a run that are complete at bit `at`."""
        return max(0, min(len(run[1]), (at - run[0]) // self.length))

    def level(self, runs, bit):
        """The level of the line during one bit."""
        for start, data, _ in runs:
            if bit < start:
                return 1
            at = bit - start
            if at < len(data) * self.length:
                return self._frame(data[at // self.length]) >> at % self.length & 1
        return 1

    def _frame(self, byte):
        """The bits of a character, the first on the line in bit 0: start 0, data, parity, stop 1 ..."""
        frame = byte << 1
        place = self._bits + 1
        if self._parity is not None:
            ones = self._parity
            while byte:
                ones += byte & 1
                byte >>= 1
            frame |= (ones & 1) << place
            place += 1
        return frame | 7 << place


class _Sampler:
    """A receiver with its own settings.

    Positions count in a unit that divides the bits of both speeds: a bit of the line has 2 * (baud of the receiver)
    units, a bit of the receiver 2 * (baud of the line).
    """

    def __init__(self, line, baud, bits, parity, flipped, at):
        self._line = line
        self._line_bit = 2 * baud
        self._bit = 2 * line.baud
        self._bits = bits
        self._to_stop = (1 + bits + (parity is not None)) * self._bit + self._bit // 2
        self._flipped = flipped
        self._at = at * self._line_bit
        self._edge = -1  # begin of the last character
        self._resting = True  # False after a bad stop bit, until the line is idle again

    def bytes(self, runs, until):
        """Yields the characters whose stop bit is sampled before line bit `until`; forgets finished runs."""
        limit = until * self._line_bit
        while self._find_start(runs, until):
            edge = self._at
            if edge + self._to_stop > limit:
                break
            at = edge + self._bit // 2
            if self._level(runs, at):  # a glitch: shorter than half a bit
                self._at = at
                continue
            value = 0
            for n in range(self._bits):
                value |= self._level(runs, at + (n + 1) * self._bit) << n
            self._edge = edge
            self._at = edge + self._to_stop
            self._resting = self._level(runs, self._at) == 1
            yield value
        self._forget(runs)

    def in_step(self, runs):
        """True if the last character began with one of the line's; then all up to it are marked as taken."""
        self._forget(runs)
        if not runs or self._edge % self._line_bit:
            return False
        bits = self._edge // self._line_bit - runs[0][0]
        if bits % self._line.length:
            return False
        runs[0][2] = bits // self._line.length + 1
        return True

    def _forget(self, runs):
        while runs and runs[0][0] + len(runs[0][1]) * self._line.length <= self._at // self._line_bit:
            runs.pop(0)

    def _find_start(self, runs, until):
        """Go to the next falling edge, or to the end; True if there is an edge."""
        bit = self._at // self._line_bit
        flipped = self._flipped
        end = runs[-1][0] + len(runs[-1][1]) * self._line.length if runs else 0
        while bit < until:
            level = self._line.level(runs, bit) ^ flipped
            if not self._resting:
                self._resting = level == 1
            elif not level:
                return True
            if bit >= end and self._resting == (not flipped):
                bit = until  # nothing changes on an idle line
            else:
                bit += 1
            self._at = max(self._at, bit * self._line_bit)
        return False

    def _level(self, runs, at):
        return self._line.level(runs, at // self._line_bit) ^ self._flipped
