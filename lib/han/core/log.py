"""The last things worth knowing, in memory; crashes also where whoever makes the log says."""
import io

try:
    from sys import print_exception
except ImportError:
    import traceback

    def print_exception(error, file):
        traceback.print_exception(type(error), error, error.__traceback__, file=file)


class Log:
    """A small ring of (uptime ms, level, text); `show` (such as print) gets each text as well.

    Levels: "info", "warning", and "error" for exceptions, which also go to `keep`.
    """

    #: Entries kept.
    size = 24
    #: Characters kept of one entry: of a traceback, its end tells most.
    length = 600

    def __init__(self, clock, show=None):
        self.entries = []
        self.keep = None
        self._clock = clock
        self._show = show

    def add(self, text, level="info"):
        """Keep a text, forgetting the oldest."""
        if len(text) > self.length:
            text = "…" + text[-self.length :]
        if len(self.entries) >= self.size:
            self.entries.pop(0)
        self.entries.append((self._clock.uptime_ms(), level, text))
        if self._show:
            self._show(text)

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
