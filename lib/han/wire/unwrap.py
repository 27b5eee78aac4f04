"""Takes the layers off a telegram, one after the other, until its content is left.

    HDLC or M-Bus frame     layers/segments.py joins several frames of one telegram
    ident line of P1        in clear, with a ciphered APDU behind it
    LLC header              E6 E7 00
    general block transfer  layers/segments.py joins the blocks of one APDU
    ciphered APDU           layers/ciphered.py

The content is the list in a data-notification, P1 text, or the messages of SML. Modules for layers
that only some meters send are imported when the first such layer comes.
"""
from . import hdlc, mbus
from .framer import GLO, HDLC, MBUS, P1, SML
from .layers import apdu
from .loops import text_end
from .mbus import ALONE, LAST, NUMBERS

#: Layers besides the framings: an APDU without a frame; the list in a data-notification.
APDU, LIST = 6, 7

NO_KEY = "encrypted: no key"

_DATA_NOTIFICATION, _GLO_CIPHERING, _DED_CIPHERING, _BLOCK_TRANSFER = 0x0F, 0xDB, 0xDC, 0xE0
_LLC = 0xE6
_IDENT = 0x2F  # '/' opens P1 text, which a ciphered APDU may hold
_EMPTY = -1
_APDUS = 4  # most APDUs inside each other: blocks, ciphered, data-notification


class Layers:
    """Takes the layers off the telegrams of one line.

    buf, start, end   the content of the last telegram is buf[start:end]; it is valid as long as that telegram
    front             index in buf at which the APDU of the list, the ident line of P1, or the SML telegram begins.
                      The ident line is part of the content, unless only the lines behind it were ciphered

    reject(reason, detail)   is called where a telegram has no content; both are texts
    cipher                   None, or an object with open(header, buf) -> (start, end) of the plaintext in buf, or a
                             reason (text)
    trace(what, detail)      None, or is called for each piece of a telegram: "segment" or "block"
    """

    buf = b""
    start = end = front = 0
    encrypted = 0  # number of ciphered APDUs
    decrypt_failures = 0  # number of those that could not be decrypted
    unproven = False  # the last telegram was decrypted without checking a tag
    segments = blocks = ciphered = _p1 = _sml = None

    def __init__(self, reject, cipher=None, trace=None):
        self.cipher = cipher
        self._reject = reject
        self._trace = trace

    def unwrap(self, layer, buf, start, end):
        """Unwrap the telegram buf[start:end]. layer: its framing, or APDU.

        Returns the kind of its content: LIST, P1 or SML. None where it was rejected, or pieces are still missing.
        """
        self.unproven = False
        text_only = layer == GLO  # a ciphered APDU without a frame holds P1 text
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
                    self.blocks.start()  # type: ignore[attr-defined]  # None before the first block
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
                    # Only the lines were ciphered. Their ident line is in front of the APDU.
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
        """Add a frame of a telegram that has several. With the last one, the Segments; None before, or if rejected.

        first, last: whether it is the first or the last frame of the telegram
        """
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
        """False where the M-Bus frame with this mbus.number() is out of order; the frames before are forgotten then."""
        segments = self.segments or self._loaded_segments()
        waiting = segments.next
        n = number & NUMBERS
        if n and n != waiting & NUMBERS and (waiting or not number & LAST):
            segments.start()
            return False
        return True

    def _block(self, buf, start, end):
        """Add a block of general block transfer. The Segments with all blocks when none is missing, else None."""
        if not self.blocks:
            from .layers.segments import Blocks

            self.blocks = Blocks()
        state = self.blocks.add(buf, start, end)
        if state < 0:
            return self._reject("block malformed", "")
        return self.blocks.done if state else self._note("block")

    def _open(self, buf, start, end):
        """Decrypt the ciphered APDU buf[start:end] in place. (start, end) of the plaintext; None where rejected."""
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
        """Check the P1 telegram in an APDU. Returns its end; None where it was rejected."""
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
