"""The log: the last messages, in memory. Crashes are also handed to `keep`, which the application sets."""
import io
import sys
from struct import pack, unpack

try:
    from sys import print_exception
except ImportError:
    import traceback

    def print_exception(error, file):
        traceback.print_exception(type(error), error, error.__traceback__, file=file)


try:
    from micropython import const
except ImportError:

    def const(number):
        return number


#: Levels: normal events, events that should not happen, and exceptions.
_LEVELS = ("info", "warning", "error")
# The head of an entry: number of bytes of the text, level, uptime in ms. The text follows.
_HEAD = ">HBQ"
_HEAD_SIZE = const(11)


def show(text):
    """Print a text where a developer with a cable sees it."""
    print(text, file=sys.stderr)


class Log:
    """A ring of the last texts. show(text), such as print, gets each text; keep(text) gets those of exceptions.

    All entries are in one buffer that is allocated at the start. Many small objects that are made now and then
    and stay would break up the free memory.
    """

    #: Bytes for all entries.
    size = 1536
    #: Bytes that are kept of one text: its end, which tells most of a traceback.
    length = 600

    def __init__(self, clock, show=None):
        self.keep = None
        self._ring = bytearray(self.size)
        self._first = self._used = 0
        self._clock = clock
        self._show = show

    def add(self, text, level="info"):
        """Add a text. The oldest ones are forgotten where it needs their room. level: one of _LEVELS."""
        data = text.encode()
        if len(data) > self.length:
            at = len(data) - self.length
            while data[at] & 0xC0 == 0x80:  # within a character
                at += 1
            data = b"\xe2\x80\xa6" + data[at:]  # …
        data = pack(_HEAD, len(data), _LEVELS.index(level), self._clock.uptime_ms()) + data
        while self._used + len(data) > self.size:
            gone = _HEAD_SIZE + unpack(_HEAD, self._take(self._first, _HEAD_SIZE))[0]
            self._first = (self._first + gone) % self.size
            self._used -= gone
        # Nothing allocates memory from here on, so a MemoryError cannot leave half an entry.
        end = self._first + self._used
        for k in range(len(data)):
            self._ring[(end + k) % self.size] = data[k]
        self._used += len(data)
        if self._show:
            self._show(text)

    def entries(self):
        """[(uptime ms, level, text)], the oldest first."""
        found = []
        at = 0
        while at < self._used:
            count, level, uptime = unpack(_HEAD, self._take(self._first + at, _HEAD_SIZE))
            at += _HEAD_SIZE
            found.append((uptime, _LEVELS[level], self._take(self._first + at, count).decode()))
            at += count
        return found

    def _take(self, at, count):
        at %= self.size
        data = self._ring[at : at + count]
        return bytes(data + self._ring[: count - len(data)])

    def crash(self, where, error):
        """Add an exception with its traceback. where: the name of the task. Raises nothing itself."""
        try:
            out = io.StringIO()
            print_exception(error, out)
            text = where + ": " + out.getvalue().strip()
            self.add(text, "error")
            if self.keep:
                self.keep(text)
        except MemoryError:
            pass  # the task that crashed must go on, logged or not
