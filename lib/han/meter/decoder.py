"""From a checked telegram to a reading: unwrap, put together, decipher, walk, fill. The whole pipeline."""
from array import array

from ..wire.layers import apdu
from ..wire import hdlc, mbus
from ..wire.framer import GLO, HDLC, MBUS, SML
from ..wire.loops import text_end
from .obis import KEYS, KNOWN
from .reading import MANUFACTURER, METER_TYPE, P1, P1_IDENT, ROWS, Reading
from .lists.scales import Scales

# Reasons that a user meets most; the application shows them as they are.
NO_KEY = "encrypted: no key"
WRONG_KEY = "key does not match"
#: What a telegram is that is whole and says nothing that is published; by whether it has a clock, + 2: an identity.
WITHOUT_READINGS = (
    "telegram without readings: no known values",
    "telegram without readings: only a clock",
    "telegram without readings: only an identity",
    "telegram without readings: only a clock and an identity",
)

_DATA_NOTIFICATION, _GLO_CIPHERING, _DED_CIPHERING, _BLOCK_TRANSFER = 0x0F, 0xDB, 0xDC, 0xE0
_P1_TEXT = 0x2F  # '/': not an APDU but what a ciphered one may hold
_LAYERS = 4  # an APDU may hold another: blocks, cipher, notification
_USUAL = 32  # rows that there is room for at first: the longest known telegram has 27


class Decoder:
    """Sink of a framer; calls on_reading(reading) for each telegram that makes sense to its last byte.

    One that is empty(), with a clock or an identity alone, does not count as decoded.

    cipher: has open(header, buf) -> (start, end) of the plaintext in buf, or a reason (text).
    trace(what, detail), if set, hears what became of each telegram.
    """

    maker = None  # opening of the first text that lists are taken to have, whatever they have
    decoded = rejected = encrypted = 0
    decrypt_failures = 0  # of the encrypted, the ones that the key did not open
    reason = None  # why the last telegram made no reading, None where it did
    _unproven = False  # deciphered without a tag that could be checked
    # What only some meters send is loaded with the first of its kind: pieces, ciphers, DLMS, P1, SML.
    _segments = blocks = ciphered = push = _p1 = _read_sml = None

    def __init__(self, on_reading, cipher=None, trace=None):
        self.on_reading = on_reading
        self.cipher = cipher
        self.trace = trace
        self.reading = Reading()
        self.scales = Scales()
        self.rows = array("i", bytes(32 * _USUAL))  # of the telegram at hand, eight integers each

    def telegram(self, kind, buf, start, end):
        """Decode the telegram buf[start:end] of that framing; nothing of buf is kept."""
        self._unproven = False
        if kind == HDLC:
            self._hdlc(buf, start, end)
        elif kind == MBUS:
            self._mbus(buf, start, end)
        elif kind == GLO and buf[start] == _P1_TEXT:
            self._ident_and_apdu(buf, start, end)
        elif kind == GLO:
            self.apdu(buf, start, end, True)
        elif kind == SML:
            self._sml(buf, start, end)
        else:
            self.text(buf, start, end)

    def forget_key(self):
        """There is another key: what was wrong with the one before says nothing of it."""
        if self.reason and "key" in self.reason:
            self.reason = None

    def reject(self, reason, detail=""):
        """The telegram makes no reading; reason for the user, detail for the trace."""
        if self._unproven:
            # Without a tag only the content tells whether the key was right.
            reason = WRONG_KEY
            self.decrypt_failures += 1
            self._unproven = False
        self.rejected += 1
        self.reason = reason
        if self.trace:
            self.trace("rejected: " + reason, detail)

    def _note(self, what):
        if self.trace:
            self.trace(what, "")

    def _hdlc(self, buf, start, end):
        at = hdlc.information(buf, start, end)
        end -= 2
        more = hdlc.segmented(buf, start)
        segments = self._segments
        waiting = segments and segments.next
        if waiting and apdu.skip_llc(buf, at, end) != at:
            segments.start()
            self.reject("segments missing")
            waiting = 0
        if not more and not waiting:
            self.apdu(buf, at, end)
        elif not waiting and apdu.skip_llc(buf, at, end) == at:
            self.reject("segment without a beginning")
        else:
            self._segment(buf, at, end, more)

    def _segment(self, buf, start, end, more):
        segments = self._segments
        if not segments:
            from ..wire.layers.segments import Segments

            segments = self._segments = Segments()
        if not segments.add(buf, start, end):
            self.reject("telegram too long")
        elif more:
            self._note("segment")
        else:
            length = segments.length
            segments.start()
            self.apdu(segments.buf, 0, length)

    def _mbus(self, buf, start, end):
        number, last = mbus.segment(buf, start)
        segments = self._segments
        at = mbus.data(start)
        end -= 2
        expected = segments.next if segments else 0
        if last and not expected:
            # Single telegrams carry 0x10; some meters number a single segment otherwise.
            if number == 0:
                self.apdu(buf, at, end)
            else:
                self.reject("segment without a beginning")
            return
        if number == 0 and expected:
            segments.start()
            self.reject("segments missing")
            expected = 0
        if number != expected & 15:
            if segments:
                segments.start()
            self.reject("segments missing")
        else:
            self._segment(buf, at, end, not last)

    def apdu(self, buf, start, end, text_only=False):
        """Decode the APDU buf[start:end], with or without LLC header; text_only: it has to hold P1."""
        for _ in range(_LAYERS):
            start = apdu.skip_llc(buf, start, end)
            tag = buf[start] if end > start else -1
            if tag == _DATA_NOTIFICATION and not text_only:
                return self.notification(buf, start, end)
            if tag == _P1_TEXT:
                checker = self._loaded_p1().Checker()
                checker.open(start)
                stop = checker.check(buf, start, end, True)
                if stop <= 0 or checker.ciphered:
                    return self.reject("P1 text damaged")
                return self.text(buf, start, stop)
            if tag == _BLOCK_TRANSFER:
                if not self.blocks:
                    from ..wire.layers.segments import Blocks

                    self.blocks = Blocks()
                state = self.blocks.add(buf, start, end)
                if state < 0:
                    return self.reject("block malformed")
                if state == 0:
                    return self._note("block")
                done = self.blocks.done
                buf, start, end = done.buf, 0, done.length
                self.blocks.start()
            elif tag == _GLO_CIPHERING or tag == _DED_CIPHERING:
                opened = self._open(buf, start, end)
                if not opened:
                    return
                start, end = opened
            else:
                break
        self.reject("no known APDU", "tag %02X" % tag if tag >= 0 else "empty")

    def _open(self, buf, start, end):
        """(start, end) of the plaintext of a ciphered APDU; None where it was rejected."""
        if not self.ciphered:
            from ..wire.layers.ciphered import Ciphered

            self.ciphered = Ciphered()
        if not self.ciphered.parse(buf, start, end):
            return self.reject("ciphering header malformed")
        self.encrypted += 1
        opened = self.cipher.open(self.ciphered, buf) if self.cipher else NO_KEY
        if isinstance(opened, str):
            if self.cipher:
                self.decrypt_failures += 1
            return self.reject(opened)
        self._unproven = not self.cipher.proven
        return opened

    def _ident_and_apdu(self, buf, start, end):
        opened = self._open(buf, self._loaded_p1().apdu_start(buf, start), end)
        if not opened:
            return
        at, stop = opened
        if 0x30 <= buf[at] <= 0x39:
            # The lines alone: their ident stands in front of the APDU.
            if text_end(buf, at, stop, 0xFF) < 0:
                return self.reject("P1 text damaged")
            self._lines(buf, start, self._p1.ident_end(buf, start), at, stop)
        else:
            self.apdu(buf, at, stop)

    def notification(self, buf, start, end):
        """Decode the data-notification buf[start:end]."""
        if not self.push:
            from .push import Push

            self.push = Push()
        self.push.read(self, buf, start, end)

    def _sml(self, buf, start, end):
        if not self._read_sml:
            from .sml import read

            self._read_sml = read
        self._read_sml(self, buf, start, end)

    def _loaded_p1(self):
        if not self._p1:
            from ..wire import p1

            self._p1 = p1
        return self._p1

    def text(self, buf, start, end):
        """Decode the P1 telegram buf[start:end]."""
        ident = self._loaded_p1().ident_end(buf, start)
        self._lines(buf, start, ident, ident, end)

    def _lines(self, buf, ident, ident_end, start, end):
        reading = self.reading
        reading.clear()
        n = self._p1.p1_walk(buf, start, end, self.rows, len(self.rows) >> 3, KEYS, KNOWN)
        if self.more_rows(n):
            n = self._p1.p1_walk(buf, start, end, self.rows, ROWS, KEYS, KNOWN)
        reading.fill(buf, self.rows, n, P1)
        reading.p1_clock(buf, self.rows)
        reading.set_text(MANUFACTURER, buf, ident + 1, ident + 4)
        reading.set_text(METER_TYPE, buf, ident + 4, ident_end)
        reading.set_text(P1_IDENT, buf, ident, ident_end)
        self.deliver(reading)

    def _deliver_rest(self, reading):
        """No number came: that is no reading, whatever else is known now."""
        rest = (reading.clock is not None) + 2 * reading.named()
        if rest:
            self._unproven = False  # the key was right
        self.reject(WITHOUT_READINGS[rest])
        if rest:
            self.on_reading(reading)

    def more_rows(self, n):
        """Whether a walk that came to n rows had no more of them, and now there are: as many as are ever looked at."""
        room = len(self.rows) >> 3
        if n < room or room == ROWS:
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
        self._unproven = False
        self.reason = None
        if self.trace:
            self.trace("decoded", "")
        self.on_reading(reading)
