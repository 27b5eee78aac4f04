"""What a meter says besides the fields of a reading. It is kept as it came, and read when somebody asks.

Imported with the first telegram that has any of it. Most of it hardly ever changes from one telegram to the next, so
nothing but a comparison is done for each.
"""
from array import array

from ...wire.loops import same
from ...wire.rows.lines import gather
from .more import more, unchanged
from .times import ascii, local
from ..obis import LOG as LOG_ROW
from ..obis import MORE, MORE_UNITS, NOT_SENT, PEAK, TEXTS
from ..reading import BESIDES, LINES, LISTED, NUMBERS, SAID, UNSCALED

_FIRST = 256  # room for lines at first, bytes: two sub-meters
_MOST = 1024  # lines that do not fit in here are left out
_LIMIT_A = len(MORE_UNITS)
_OPEN, _CLOSE = 0x28, 0x29
# The texts, by their slots.
_TEXTS_IN = "log", "message", "message_code", "peak_time"
LOG, CODE, _PEAK_TIME = 0, 2, 3


class Extra:
    """What the meter says besides the fields of a `Live`.

    buf, length   lines of sub-meters, each with an LF behind it: buf[:length]. buf is None before the first
    changes       grows when they change
    found         what sub.meters() has made of them; None after a change
    told          what api/messages/extra.py has made of them; None after a change
    messages      the messages that were shown since the start, the newest first: the arguments of an events.Event each
    news          a list: events.Event that have come since somebody has taken them, the newest first

    Bytes as they were sent, empty where they are not:

    log           the log of long power failures, see events.py
    message, message_code
    peak_time     when the highest demand of this month was
    """

    def __init__(self):
        self.buf = None
        self.length = 0
        self.changes = 0
        self.found = self.told = None
        self.messages = []
        self.news = []
        self.log = self.message = self.message_code = self.peak_time = b""
        self._sizes = array("i", [0] * len(_TEXTS_IN))  # the lengths of these
        self._doubts = {}  # slot -> (text, new) of what has come once without a checksum
        self._numbers = array("i", [NOT_SENT] * (_LIMIT_A + 1))
        self._region = b""  # of a list: the bytes from its first to its last value of a sub-meter

    def number(self, code):
        """A number from obis.TARIFF to obis.PEAK as the meter sent it, in W, VA, mA, mHz, 10^-3 or as it is, or None.

        For obis.LIMIT, it is in W.
        """
        number = self._numbers[code - MORE]
        return None if number == NOT_SENT else number

    def limit(self):
        """The current above which the meter switches off, mA; None where it does not say."""
        return self.number(MORE + _LIMIT_A)

    def peak_clock(self, clock):
        """(s since 2020-01-01 in the meter's local time, True in summer time) of obis.PEAK; None each: not known.

        clock: the meter's own, as in `Reading`, or None
        """
        return local(ascii(self.peak_time), clock)

    def take(self, reading, first):
        """Take over from a telegram what its Reading names. False where nothing is left.

        first: it is the first telegram of this meter
        """
        said = reading.more & BESIDES
        whole = reading.whole()  # a P1 telegram is complete: it outdates all before
        if whole or said & (NUMBERS | SAID):
            buf, rows, special = reading.buf, reading.rows, reading.special
            more(buf, rows, special, (0 if whole else 1) + (2 if reading.said[UNSCALED] else 0), self._numbers)
            if not unchanged(buf, rows, special, whole, self._sizes, self.log, self.message, self.message_code,
                             self.peak_time):  # fmt: skip
                self._take_texts(reading, whole, first)
        if said & LINES:
            self._gather(reading.buf, reading.aside, whole)
        elif said & LISTED:
            self._take_list(reading)
        elif whole and self.length:
            self._changed(0)
        return said or not whole or self.messages or self.news

    def _take_texts(self, reading, whole, first):
        """Take the texts of a telegram in which one is another than before."""
        for slot, name in enumerate(_TEXTS_IN):
            before = getattr(self, name)
            at, size = _place(reading, whole, slot)
            if not at and (slot == LOG or not whole):
                continue
            sent = bytes(memoryview(reading.buf)[at : at + size])
            if sent == before:
                continue
            new = not first if whole else bool(before)
            if not reading.checked and slot <= CODE:
                # It may be damaged: it counts when it comes again.
                doubt = self._doubts.get(slot)
                if doubt is None or doubt[0] != sent:
                    self._doubts[slot] = sent, new
                    continue
                new = doubt[1]
            setattr(self, name, sent)
            self._sizes[slot] = size
            if slot <= CODE and size:
                from .events import take

                take(self, slot, before, sent, reading, new)

    def _gather(self, buf, start, end):
        """Take the lines of sub-meters in buf[start:end]; start is the beginning of the first one."""
        if self.buf is None:
            self.buf = bytearray(_FIRST)
        said = gather(buf, start, end, self.buf, len(self.buf))
        if said >> 1 > len(self.buf) < _MOST:
            self._enlarge(said >> 1)
            said = gather(buf, start, end, self.buf, len(self.buf)) | 1
        length = said >> 1
        if length > len(self.buf):
            length = 1 + self.buf.rfind(b"\n")  # the lines that fitted
        if said & 1 or length != self.length:
            self._changed(length)

    def _take_list(self, reading):
        """Take the values of sub-meters in the rows of a list, as the same lines."""
        from ..submeters.lists import lines, region

        start, size = region(reading.rows, reading.count)
        if size == len(self._region) and same(reading.buf, start, self._region, size):
            return
        self._region = bytes(memoryview(reading.buf)[start : start + size])
        said = lines(reading.buf, reading.rows, reading.count)
        if len(said) > _MOST:
            said = said[: 1 + said.rfind(b"\n", 0, _MOST)]
        if self.buf is None or len(said) > len(self.buf):
            self._enlarge(len(said))
        self.buf[: len(said)] = said  # type: ignore[index]  # None before the first
        self._changed(len(said))

    def _changed(self, length):
        self.length = length
        self.changes += 1
        self.found = self.told = None

    def _enlarge(self, length):
        self.buf = bytearray(min(_MOST, (length + 127) // 128 * 128))


def _place(reading, whole, slot):
    """(index, length) of a text in the telegram, by the rules of more.unchanged(); (0, 0) where it is not there."""
    row = 8 * reading.special[(PEAK if slot == _PEAK_TIME else LOG_ROW + slot) - TEXTS] if reading.more & BESIDES else 0
    if not row:
        return 0, 0
    buf = reading.buf
    at = reading.rows[row - 7]
    size = reading.rows[row - 6]
    if slot == _PEAK_TIME:
        # In the parentheses in front: 12 digits, and mostly a letter.
        if not whole or buf[at - 2] != _CLOSE:
            return 0, 0
        for size in 13, 12:
            if buf[at - size - 3] == _OPEN:
                return at - size - 2, size
        return 0, 0
    if whole and slot == LOG:
        # up to the end of the line
        size = 0
        while at + size < whole and buf[at + size] not in b"\r\n":
            size += 1
    return at, size
