"""Rewrites bytes of telegrams in their places in a capture, also where pieces were joined; for `anonymise.py`."""
from ...wire.layers.segments import Segments
from .aliases import Aliases


class _Pieces(Segments):
    """Segments that know the places of their bytes in the capture."""

    joins = False

    def __init__(self, places):
        super().__init__()
        self.parts = []  # [(index in the capture, length)]
        self._places = places

    def add(self, buf, start, end):
        parts = self._places(buf, start, end)
        self.parts = self.parts + parts if self.next else parts
        return super().add(buf, start, end)


class Places:
    """A capture (bytearray) that is rewritten in place."""

    def __init__(self, data):
        self.data = data
        self.aliases = Aliases()
        #: For Layers: segments, blocks as they came, and blocks in order.
        self.pieces = [_Pieces(self.of) for _ in range(3)]

    def of(self, buf, start, end):
        """[(index in the capture, length)] of buf[start:end]. buf: the capture, or the buffer of joined pieces."""
        if buf is self.data:
            return [(start, end - start)]
        found = []
        at = 0
        for pieces in self.pieces:
            if pieces.buf is buf:
                for place, n in pieces.parts:
                    first = max(start, at)
                    last = min(end, at + n)
                    if first < last:
                        found.append((place + first - at, last - first))
                    at += n
        return found

    def put(self, buf, at, new):
        """Write new bytes at buf[at], and to their places in the capture."""
        places = self.of(buf, at, at + len(new))
        buf[at:at + len(new)] = new
        done = 0
        for place, n in places:
            self.data[place:place + n] = new[done:done + n]
            done += n

    def rename(self, buf, start, end):
        """Replace buf[start:end] by its alias."""
        raw = bytes(memoryview(buf)[start:end])
        new = self.aliases.of(raw)
        if new != raw:
            self.put(buf, start, new)
