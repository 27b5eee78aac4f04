"""What the last runs ended with and what crashed in them, in raw flash. Imported when needed.

One record each: when (seconds since 2020, 0 where not known), how long the run had lasted (s), a text.
"""
from .flash import CRASHES, Region
from .ring import first, opened, read

_TEXT = 496
_RECORD = "II%ds" % _TEXT  # with its frame an eighth of a sector


class CrashLog:
    """Records in the `state` partition, of which the last 8 are kept. OSError when the flash refuses."""

    def __init__(self, state):
        self._ring = opened(Region(state, *CRASHES), _RECORD)

    def add(self, text, utc, uptime_s):
        """Keep a text, of a long one its beginning and its end. utc: seconds since 2020 or None."""
        data = text.encode()
        if len(data) > _TEXT:
            data = data[: _TEXT // 4] + b"\n...\n" + data[5 + _TEXT // 4 - _TEXT :]
        self._ring.append(utc or 0, uptime_s, data)

    def entries(self):
        """Iterate over (seconds since 2020 or None, uptime s, text), the newest first."""
        for sequence in range(self._ring.next - 1, first(self._ring) - 1, -1):
            record = read(self._ring, sequence)
            if record is not None:
                utc, uptime, data = record
                # Cutting a long text may have split a character.
                text = bytes([byte if byte < 128 else 63 for byte in data if byte])
                yield utc or None, uptime, text.decode()


def keep(board, clock, text):
    """Add a text to the board's log as of now."""
    CrashLog(board.partition("state")).add(text, clock.utc(), clock.uptime_ms() // 1000)
