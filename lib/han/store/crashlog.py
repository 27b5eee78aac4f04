"""The crash log in raw flash: why the last runs ended, and what crashed in them. Imported when needed.

A record is the time (seconds since 2020, 0 where not known), the uptime of the run (s), and a text.
"""
from .flash import CRASHES, Region
from .ring import first, opened, read

_TEXT = 496
_RECORD = "II%ds" % _TEXT  # 504 bytes and the ring's 8: an eighth of a sector


class CrashLog:
    """The log in the `state` partition, which keeps at least the last 8 records. OSError when the flash refuses."""

    def __init__(self, state):
        self._ring = opened(Region(state, *CRASHES), _RECORD)

    def add(self, text, utc, uptime_s):
        """Add a text. A long one is cut in the middle. utc: seconds since 2020 or None."""
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
    """Add a text to the board's crash log, with the present time and uptime. OSError when the flash refuses."""
    CrashLog(board.partition("state")).add(text, clock.utc(), clock.uptime_ms() // 1000)
