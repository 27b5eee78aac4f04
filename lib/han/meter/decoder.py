"""Decoder: makes a reading of a checked telegram. It unwraps, walks and fills, and delivers."""
from array import array

from ..wire.framer import P1
from ..wire.layers.unwrap import LIST, Layers
from .fill import numbers
from .reading import ROWS, SOME, Reading

#: A reason, as those in `wire/`. The application shows them to users unchanged.
WRONG_KEY = "key does not match"
# Reasons for telegrams of which nothing is known.
_UNREADABLE = WRONG_KEY, "list malformed"
#: Reasons for complete telegrams without a value that is published. Index: + 1 with a clock, + 2 with an identity.
WITHOUT_READINGS = (
    "telegram without readings: no known values",
    "telegram without readings: only a clock",
    "telegram without readings: only an identity",
    "telegram without readings: only a clock and an identity",
)

_USUAL = 32  # room for rows at first: the longest known telegram has 27


class Decoder:
    """The sink of a framer. Calls on_reading(reading) for each telegram that is valid to its last byte.

    A telegram with only a clock or an identity is passed on, too: its reading is empty(), and it counts as rejected.

    cipher                None, or an object with open(header, buf) -> None: header.start and end are those of the
                          plaintext in buf, or a reason (text)
    trace(what, detail)   None, or a function that is told what became of each telegram
    """

    maker = None  # text with which all lists are assumed to open, whatever they have; None: as they do
    decoded = rejected = 0  # telegrams
    scales = None  # a Scales, once a list had no scalers, or something was kept of them; most meters never need it
    fixed = False, False  # True for voltages, currents whose multiplier the owner has set: their scale is not found out
    before = (None, None), 0  # import and export before the start, Wh, and the CRC of their meter; for Scales.expect()
    reason = None  # why the last telegram made no reading; None where it made one

    def __init__(self, on_reading, cipher=None, trace=None):
        self.on_reading = on_reading
        self.trace = trace
        self.tap = None  # None, or an object that is shown each complete telegram, known or not: take(inside, decoder)
        self.layers = Layers(self.reject, cipher, trace)
        self.reading = Reading()
        self.rows = array("i", bytes(32 * _USUAL))  # rows of the present telegram, eight integers each
        self._readers = [None] * (LIST + 1)  # by kind of content

    def telegram(self, kind, buf, start, end):
        """Decode the telegram buf[start:end]. kind: its framing, as of the framer. Nothing of buf is kept."""
        # From here on, `kind` is that of the content. More variables than that would take memory for each telegram.
        kind = self.layers.unwrap(kind, buf, start, end)
        if kind and (self._readers[kind] or self._reader(kind)).read(self, self.layers):
            self.deliver(self.reading)
        if self.tap and kind and self.reason not in _UNREADABLE:
            self.tap.take(kind, self)

    def _reader(self, inside):
        """The reader for a kind of content: LIST, P1 or SML. It is loaded with the first telegram of that kind.

        A reader has read(decoder, layers): it walks the content that is left in `layers`, and fills the decoder's
        reading. It returns True, or rejects the telegram and returns None.
        """
        if inside == LIST:
            from .lists.push import Push

            reader = Push(len(self.rows) >> 3)
        elif inside == P1:
            from . import p1 as reader
        else:
            from . import sml as reader
        self._readers[inside] = reader  # type: ignore[call-overload]  # a list of None at first
        return reader

    def assume(self, maker):
        """Read all lists from now on as if they opened with the text `maker`; None: as they do."""
        self.maker = maker
        self._readers[LIST] = None  # what it knows was found out by another text

    def order(self):
        """The fields of those values of the last list that have no code, by their places (bytes)."""
        return self._readers[LIST].order()  # type: ignore[attr-defined]  # a list of None at first

    def more_rows(self):
        """Enlarge `rows` to ROWS rows, after a walk that used all. False: it has that size, or memory is short."""
        if len(self.rows) >> 3 == ROWS:
            return False
        try:
            self.rows = array("i", bytes(32 * ROWS))
        except MemoryError:
            return False  # the rows that fitted are read
        return True

    def with_scales(self, kept=None):
        """The Scales of this decoder, which is made now. kept: what was kept over a restart, see Scales.expect()."""
        from .lists.scales import Scales

        self.scales = Scales()
        self.scales.expect(kept or {}, *self.before)
        return self.scales

    def deliver(self, reading):
        """The telegram was read: pass on its reading, if it has a number, a clock or an identity."""
        if not reading.more & SOME and not numbers(reading.present):
            return self._deliver_rest(reading)
        self.decoded += 1
        self.reason = None
        if self.trace:
            self.trace("decoded", "")
        self.on_reading(reading)

    def _deliver_rest(self, reading):
        """The telegram has no number: it counts as rejected, but a clock or an identity is passed on."""
        rest = (reading.time()[0] is not None) + 2 * reading.named()
        if rest:
            self.layers.unproven = False  # as the content makes sense, the key was right
        self.reject(WITHOUT_READINGS[rest])
        if rest:
            self.on_reading(reading)

    def reject(self, reason, detail=""):
        """The telegram makes no reading. Returns None. reason: a text for users; detail: only for the trace."""
        layers = self.layers
        if layers.unproven:
            # It was decrypted without a tag, and the content makes no sense, so the key must be wrong.
            reason = WRONG_KEY
            layers.decrypt_failures += 1
            layers.unproven = False
        self.rejected += 1
        self.reason = reason
        if self.trace:
            self.trace("rejected: " + reason, detail)

    def forget_key(self):
        """The key has changed: forget a reason that was about the key before."""
        if self.reason and "key" in self.reason:
            self.reason = None
