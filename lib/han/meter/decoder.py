"""From a checked telegram to a reading: unwrap, walk and fill, deliver."""
from array import array

from ..wire.framer import P1
from ..wire.unwrap import LIST, Layers
from .reading import ROWS, Reading
from .lists.scales import Scales

#: The application shows this reason and those of `wire/` as they are.
WRONG_KEY = "key does not match"
#: What a telegram is that is whole and says nothing that is published; by whether it has a clock, + 2: an identity.
WITHOUT_READINGS = (
    "telegram without readings: no known values",
    "telegram without readings: only a clock",
    "telegram without readings: only an identity",
    "telegram without readings: only a clock and an identity",
)

_USUAL = 32  # rows that there is room for at first: the longest known telegram has 27


class Decoder:
    """Sink of a framer; calls on_reading(reading) for each telegram that makes sense to its last byte.

    One that is empty(), with a clock or an identity alone, does not count as decoded.

    cipher: has open(header, buf) -> (start, end) of the plaintext in buf, or a reason (text).
    trace(what, detail), if set, hears what became of each telegram.
    """

    maker = None  # opening of the first text that lists are taken to have, whatever they have
    decoded = rejected = 0
    reason = None  # why the last telegram made no reading, None where it did

    def __init__(self, on_reading, cipher=None, trace=None):
        self.on_reading = on_reading
        self.trace = trace
        self.layers = Layers(self.reject, cipher, trace)
        self.reading = Reading()
        self.scales = Scales()
        self.rows = array("i", bytes(32 * _USUAL))  # of the telegram at hand, eight integers each
        self._readers = [None] * (LIST + 1)

    def telegram(self, kind, buf, start, end):
        """Decode the telegram buf[start:end] of that framing; nothing of buf is kept."""
        layers = self.layers
        inside = layers.unwrap(kind, buf, start, end)
        if inside and (self._readers[inside] or self._reader(inside)).read(self, layers):
            self.deliver(self.reading)

    def _reader(self, inside):
        """The reader of what is left inside of the layers, loaded with the first telegram of its kind.

        Its read(decoder, layers) walks through that and fills the decoder's reading; True, or it rejects the telegram.
        """
        if inside == LIST:
            from .push import Push

            reader = Push()
        elif inside == P1:
            from . import p1 as reader
        else:
            from . import sml as reader
        self._readers[inside] = reader
        return reader

    def more_rows(self):
        """Whether there is room for more rows now, after a walk that used them all: as many as are ever looked at."""
        if len(self.rows) >> 3 == ROWS:
            return False
        try:
            self.rows = array("i", bytes(32 * ROWS))
        except MemoryError:
            return False  # what there was room for is read
        return True

    def deliver(self, reading):
        """The telegram was read."""
        if reading.empty():
            return self._deliver_rest(reading)
        self.decoded += 1
        self.reason = None
        if self.trace:
            self.trace("decoded", "")
        self.on_reading(reading)

    def _deliver_rest(self, reading):
        """No number came: that is no reading, whatever else is known now."""
        rest = (reading.clock is not None) + 2 * reading.named()
        if rest:
            self.layers.unproven = False  # the key was right
        self.reject(WITHOUT_READINGS[rest])
        if rest:
            self.on_reading(reading)

    def reject(self, reason, detail=""):
        """The telegram makes no reading; reason for the user, detail for the trace."""
        layers = self.layers
        if layers.unproven:
            # Without a tag only the content tells whether the key was right.
            reason = WRONG_KEY
            layers.decrypt_failures += 1
            layers.unproven = False
        self.rejected += 1
        self.reason = reason
        if self.trace:
            self.trace("rejected: " + reason, detail)

    def forget_key(self):
        """There is another key: what was wrong with the one before says nothing of it."""
        if self.reason and "key" in self.reason:
            self.reason = None
