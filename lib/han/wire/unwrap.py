"""Takes the layers off a telegram, one after the other, until what says something is left.

    HDLC or M-Bus frame     of several that are one telegram: layers/segments.py
    ident line of P1        in clear, with a ciphered APDU behind it
    LLC header              E6 E7 00
    general block transfer  blocks that are one APDU: layers/segments.py
    ciphered APDU           layers/ciphered.py

Left is the list in a data-notification, P1 text, or the messages of SML. What only some meters
send is loaded with the first of its kind, and kept.
"""
from . import hdlc, mbus
from .framer import GLO, HDLC, MBUS, P1, SML
from .layers import apdu
from .loops import text_end
from .mbus import ALONE, LAST, NUMBERS

#: Layers that no framer tells apart: an APDU without a frame; the list in a data-notification.
APDU, LIST = 6, 7

NO_KEY = "encrypted: no key"

_DATA_NOTIFICATION, _GLO_CIPHERING, _DED_CIPHERING, _BLOCK_TRANSFER = 0x0F, 0xDB, 0xDC, 0xE0
_LLC = 0xE6
_IDENT = 0x2F  # '/' opens P1: no APDU but what a ciphered one may hold
_EMPTY = -1
_APDUS = 4  # an APDU may hold another: blocks, cipher, notification


class Layers:
    """Takes the layers off a line's telegrams; buf[start:end] is what was left of the last one.

    It is valid as long as that telegram. `front` is an index in buf too: where the APDU of the list, the ident line of
    the P1 text or the SML telegram opens. The ident line belongs to the text, unless the lines alone were ciphered.

    cipher: has open(header, buf) -> (start, end) of the plaintext in buf, or a reason (text).
    reject(reason, detail) hears why a telegram holds nothing; trace(what, detail), if set, hears of each piece of one.
    """

    buf = b""
    start = end = front = 0
    encrypted = 0  # ciphered APDUs
    decrypt_failures = 0  # of those, the ones that the key did not open
    unproven = False  # deciphered without a tag that could be checked
    segments = blocks = ciphered = _p1 = _sml = None

    def __init__(self, reject, cipher=None, trace=None):
        self.cipher = cipher
        self._reject = reject
        self._trace = trace

    def unwrap(self, layer, buf, start, end):
        """Unwrap the telegram buf[start:end] of that framing. LIST, P1 or SML: what was left; None: nothing (yet)."""
        self.unproven = False
        text_only = layer == GLO  # a ciphered APDU that stands alone on the line holds P1
        front = start
        left = _APDUS
        while left:
            if layer == HDLC:
                more = hdlc.segmented(buf, start)
                start = hdlc.information(buf, start, end)
                end -= 2
                if more or self.segments and self.segments.next:
                    whole = self._segment(buf, start, end, apdu.skip_llc(buf, start, end) > start, not more)
                    if not whole:
                        return None
                    buf, start, end = whole.buf, 0, whole.length
                    whole.start()
                layer = APDU
            elif layer == APDU:
                left -= 1
                tag = buf[start] if start < end else _EMPTY
                if tag == _LLC:
                    start = apdu.skip_llc(buf, start, end)
                    tag = buf[start] if start < end else _EMPTY
                if tag == _DATA_NOTIFICATION and not text_only:
                    front = start
                    start = apdu.body(buf, start, end)
                    if not start:
                        return self._reject("notification malformed", "")
                    layer = LIST
                    break
                if tag == _IDENT:
                    front = start
                    end = self._text(buf, start, end)
                    if not end:
                        return None
                    layer = P1
                    break
                if tag == _GLO_CIPHERING or tag == _DED_CIPHERING:
                    opened = self._open(buf, start, end)
                    if not opened:
                        return None
                    start, end = opened
                elif tag == _BLOCK_TRANSFER:
                    whole = self._block(buf, start, end)
                    if not whole:
                        return None
                    buf, start, end = whole.buf, 0, whole.length
                    self.blocks.start()
                else:
                    left = 0
            elif layer == P1:
                break
            elif layer == MBUS:
                number = mbus.number(buf, start)
                start = mbus.data(start)
                end -= 2
                if number != ALONE or self.segments and self.segments.next:
                    if not self._in_order(number):
                        return self._reject("segments missing", "")
                    whole = self._segment(buf, start, end, not number & NUMBERS, number & LAST)
                    if not whole:
                        return None
                    buf, start, end = whole.buf, 0, whole.length
                    whole.start()
                layer = APDU
            elif layer == SML:
                start, end = (self._sml or self._loaded_sml()).content(buf, start, end)
                break
            elif buf[start] != _IDENT:
                layer = APDU
            else:
                text_only = False
                opened = self._open(buf, (self._p1 or self._loaded_p1()).apdu_start(buf, start), end)
                if not opened:
                    return None
                start, end = opened
                layer = APDU
                if 0x30 <= buf[start] <= 0x39:
                    # The lines alone, whose ident stands in front of the APDU.
                    if text_end(buf, start, end, 0xFF) < 0:
                        return self._reject("P1 text damaged", "")
                    layer = P1
                    break
        else:
            return self._reject("no known APDU", "tag %02X" % tag if tag >= 0 else "empty")
        self.buf = buf
        self.start = start
        self.end = end
        self.front = front
        return layer

    def _segment(self, buf, start, end, first, last):
        """One of several frames; all of them (a `Segments`) with the last one, None before or where it was rejected."""
        segments = self.segments or self._loaded_segments()
        if first and segments.next:
            segments.start()
            self._reject("segments missing", "")
        if not first and not segments.next:
            return self._reject("segment without a beginning", "")
        if not segments.add(buf, start, end):
            return self._reject("telegram too long", "")
        return segments if last else self._note("segment")

    def _in_order(self, number):
        """False where the M-Bus frame with that number is not the next one; what came before is forgotten then."""
        segments = self.segments or self._loaded_segments()
        waiting = segments.next
        n = number & NUMBERS
        if n and n != waiting & NUMBERS and (waiting or not number & LAST):
            segments.start()
            return False
        return True

    def _block(self, buf, start, end):
        """One of several blocks; all of them (a `Segments`) with the last that was missing, else None."""
        if not self.blocks:
            from .layers.segments import Blocks

            self.blocks = Blocks()
        state = self.blocks.add(buf, start, end)
        if state < 0:
            return self._reject("block malformed", "")
        return self.blocks.done if state else self._note("block")

    def _open(self, buf, start, end):
        """(start, end) of the plaintext of a ciphered APDU; None where it was rejected."""
        if not self.ciphered:
            from .layers.ciphered import Ciphered

            self.ciphered = Ciphered()
        if not self.ciphered.parse(buf, start, end):
            return self._reject("ciphering header malformed", "")
        self.encrypted += 1
        if not self.cipher:
            return self._reject(NO_KEY, "")
        opened = self.cipher.open(self.ciphered, buf)
        if isinstance(opened, str):
            self.decrypt_failures += 1
            return self._reject(opened, "")
        self.unproven = not self.cipher.proven
        return opened

    def _text(self, buf, start, end):
        """End of the P1 telegram in an APDU; None where it was rejected."""
        checker = (self._p1 or self._loaded_p1()).Checker()
        checker.open(start)
        end = checker.check(buf, start, end, True)
        return self._reject("P1 text damaged", "") if end <= 0 or checker.ciphered else end

    def _note(self, what):
        if self._trace:
            self._trace(what, "")

    def _loaded_segments(self):
        from .layers.segments import Segments

        self.segments = Segments()
        return self.segments

    def _loaded_p1(self):
        from . import p1

        self._p1 = p1
        return p1

    def _loaded_sml(self):
        from . import sml

        self._sml = sml
        return sml
