"""The body of a request as it comes in: with a content-length, or in chunks (RFC 9112, 6.2 and 7.1).

A chunk that is not exactly right is refused: two programs that read it could disagree about where the
request ends.
"""

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Most bytes of the line before a chunk, extensions included; most bytes of all lines behind the last chunk.
_LINE = const(256)
_TRAILER = const(1024)
# Bytes read at a time while a line is looked for. What comes behind the line has to be kept aside.
_PIECE = const(64)
# Most hex digits of a chunk's size. A larger number could not be an index on the chip.
_DIGITS = const(7)


class Incoming:
    """A request's body.

    early   the bytes of it that came together with the head
    length  its bytes; None for a body in chunks
    go_on   a coroutine function that tells the client to send the body: called once, before the first wait
            for more bytes; None when the client does not wait for that
    """

    #: Most bytes of a body in chunks, more is a 413; None: no limit.
    most = None

    def __init__(self, reader, early, length, go_on=None):
        #: Bytes of the whole body; None for one in chunks: its length is not known before its end.
        self.length = length
        #: What is wrong with it: (status, message) or None. After a 413 the rest can still be read.
        self.wrong = None
        self._reader = reader
        self._early = early if length is None else early[:length]
        self._go_on = go_on
        self._left = length or 0  # bytes left of the body, or of the current chunk
        self._more = length is None  # whether there are more chunks
        self._count = 0  # bytes in the chunks so far
        self._first = True

    def pass_over(self):
        """Prepare to read and forget the rest, as the request is answered. False when nobody can tell what comes."""
        rest = self._left or self._more
        if rest and self._go_on and not self._early or not rest and self.wrong:
            return False
        self._go_on = self.wrong = self.most = None
        return True

    async def readinto(self, view):
        """Read at most len(view) bytes into view and return their number.

        0 is the end of the body: it is complete if `wrong` is None.
        """
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
                while n is None:  # TLS: what has come is not enough for a byte
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
        """Begin the next chunk; false when there is none, or it is wrong."""
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
        """Skip the lines behind the last chunk. Always false: there is no further chunk."""
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
        """The next line without its CRLF; None when no line comes, it is too long, or it ends in another way."""
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
