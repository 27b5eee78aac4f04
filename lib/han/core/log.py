"""The last things worth knowing, in memory."""
import io

try:
    from sys import print_exception
except ImportError:
    import traceback

    def print_exception(error, file):
        traceback.print_exception(type(error), error, error.__traceback__, file=file)


class Log:
    """A small ring of (uptime ms, text); `show` (such as print) gets each text as well."""

    #: Entries kept.
    size = 24
    #: Characters kept of one entry: of a traceback, its end tells most.
    length = 600

    def __init__(self, clock, show=None):
        self.entries = []
        self._clock = clock
        self._show = show

    def add(self, text):
        """Keep a text, forgetting the oldest."""
        if len(text) > self.length:
            text = "…" + text[-self.length :]
        if len(self.entries) >= self.size:
            self.entries.pop(0)
        self.entries.append((self._clock.uptime_ms(), text))
        if self._show:
            self._show(text)

    def crash(self, where, error):
        """Keep an exception with its traceback."""
        out = io.StringIO()
        print_exception(error, out)
        self.add(where + ": " + out.getvalue().strip())
