"""The last things worth knowing, in memory; crashes also where whoever makes the log says."""
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


#: Levels: what happens, what should not, and exceptions.
_LEVELS = ("info", "warning", "error")
# An entry: the bytes of its text, its level, uptime in ms; then the text.
_HEAD = ">HBQ"
_HEAD_SIZE = const(11)


def show(text):
    """Where a developer with a cable looks."""
    print(text, file=sys.stderr)


class Log:
    """A ring of the last texts; `show` (such as print) gets each as well, those of exceptions also go to `keep`.

    They lie in one piece of memory that is taken at the start: what is written down now and then and stays would break
    up what is free between things that come and go.
    """

    #: Bytes for all entries.
    size = 1536
    #: Bytes kept of one text: of a traceback, its end tells most.
    length = 600

    def __init__(self, clock, show=None):
        self.keep = None
        self._ring = bytearray(self.size)
        self._first = self._used = 0
        self._clock = clock
        self._show = show

    def add(self, text, level="info"):
        """Keep a text, forgetting the oldest."""
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
        # From here on nothing takes memory, so that no half an entry is left where there is none.
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
        """Keep an exception with its traceback. Raises nothing itself."""
        try:
            out = io.StringIO()
            print_exception(error, out)
            text = where + ": " + out.getvalue().strip()
            self.add(text, "error")
            if self.keep:
                self.keep(text)
        except MemoryError:
            pass  # what crashed has to go on, told or not
