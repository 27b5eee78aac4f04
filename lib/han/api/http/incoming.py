"""The body of a request as it comes: of a length told before, or in chunks (RFC 9112, 6.2 and 7.1).

What is not exactly a chunk is refused: two readers of it could disagree about where the request ends.
"""

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# The line before a chunk with its extensions, and all lines behind the last chunk, bytes.
_LINE = const(256)
_TRAILER = const(1024)
# Read at a time where a line is looked for: what comes with it has to be put elsewhere.
_PIECE = const(64)
# Digits of a chunk's size: a larger number could be no index on the chip.
_DIGITS = const(7)


class Incoming:
    """A request's body.

    early: what of it came with the head; length: None where it is in chunks; go_on: a coroutine function that is
    called before more is waited for, the first time, None where nobody waits for that.
    """

    #: Bytes of a body in chunks; more is 413. None: as many as may come.
    most = None

    def __init__(self, reader, early, length, go_on=None):
        #: Bytes of the whole body, None where that is not known before its end.
        self.length = length
        #: What is wrong with it: (status, message). After a 413 the rest can still be read.
        self.wrong = None
        self._reader = reader
        self._early = early if length is None else early[:length]
        self._go_on = go_on
        self._left = length or 0  # of the body, or of the chunk that is coming
        self._more = length is None  # whether there are more chunks
        self._count = 0  # in the chunks so far
        self._first = True

    def pass_over(self):
        """Its request is answered, the rest only to be read; False where nobody can tell what comes."""
        rest = self._left or self._more
        if rest and self._go_on and not self._early or not rest and self.wrong:
            return False
        self._go_on = self.wrong = self.most = None
        return True

    async def readinto(self, view):
        """Fill at most a view; the number of bytes, 0 at the end: then `wrong` tells whether all has come."""
        if not self._left and not (self._more and await self._chunk()):
            return 0
        n = await self._receive(view[: min(len(view), self._left)])
        if not n:
            return self._fail("body shorter than its content-length" if self.length else "body ends within a chunk")
        self._left -= n
        return n

    async def _receive(self, view):
        early = self._early
        if early:
            n = min(len(early), len(view))
            view[:n] = early[:n]
            self._early = early[n:]
            return n
        await self._ask()
        try:
            if hasattr(self._reader, "readinto"):  # MicroPython's: nothing is allocated
                n = None
                while n is None:  # of TLS, where what has come is not enough for a byte
                    n = await self._reader.readinto(view)
                return n
            data = await self._reader.read(len(view))
            view[: len(data)] = data
            return len(data)
        except OSError:
            return 0

    async def _ask(self):
        go_on, self._go_on = self._go_on, None
        if go_on:
            await go_on()

    async def _chunk(self):
        """Begin with the next chunk; False where there is none."""
        if not self._first and await self._line() != b"":
            return self._fail("chunk longer than its size")
        self._first = False
        line = await self._line()
        if line is None:
            return self._fail("chunk without a size")
        digits, extended, _ = line.partition(b";")
        if extended:
            digits = digits.rstrip(b" \t")
        if not digits or digits.lower().strip(b"0123456789abcdef") or len(digits.lstrip(b"0")) > _DIGITS:
            return self._fail("chunk without a size")
        size = int(digits.decode(), 16)
        if not size:
            return await self._trailer()
        self._left = size
        self._count += size
        if self.most is not None and self._count > self.most:
            self.wrong = 413, "body longer than %d bytes" % self.most
            return False
        return True

    async def _trailer(self):
        """Pass what comes behind the last chunk; False."""
        room = _TRAILER
        while room > 0:
            line = await self._line()
            if line == b"":
                self._more = False
                return False
            if line is None or line.find(b":") <= 0:
                break
            room -= len(line)
        return self._fail("malformed trailer behind the chunks")

    async def _line(self):
        """The next line without its end; None where none comes, it is too long or ends otherwise."""
        while True:
            at = self._early.find(b"\n")
            if at > _LINE or at < 0 and len(self._early) > _LINE:
                return None
            if at >= 0:
                line = self._early[: at + 1]
                self._early = self._early[at + 1 :]
                return line[:-2] if line[-2:] == b"\r\n" and line.count(b"\r") == 1 else None
            await self._ask()
            try:
                more = await self._reader.read(_PIECE)
            except OSError:
                return None
            if not more:
                return None
            self._early += more

    def _fail(self, message):
        self.wrong = 400, message
        self._left = 0
        self._more = False
        return 0
