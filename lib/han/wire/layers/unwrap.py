"""Takes the layers off a telegram, one after the other, until its content is left.

    HDLC or M-Bus frame     segments.py joins several frames of one telegram
    ident line of P1        in clear, with a ciphered APDU behind it
    LLC header              E6 E7 00
    general block transfer  segments.py joins the blocks of one APDU
    ciphered APDU           ciphered.py

The content is the list in a data-notification, P1 text, or the messages of SML. Modules for layers
that only some meters send are imported when the first such layer comes.
"""
from array import array

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


from ..framer import GLO, P1, SML
from .frames import peel
from ..loops import text_end

#: Layers besides the framings: an APDU without a frame; the list in a data-notification.
APDU, LIST = 6, 7

NO_KEY = "encrypted: no key"

# The further answers of peel(): what is there to be done next. _SEGMENT: a frame of several, _STRAY: one that does not
# follow those before. _MESSAGES: of SML.
_SEGMENT = const(8)
_BLOCK = const(9)
_CIPHERED = const(10)
_IDENT = const(11)
_MALFORMED = const(13)
_TEXT = const(14)
_STRAY = const(15)
_WAIT = const(16)
_MESSAGES = const(17)
_FIRST = const(1)  # what at[3] tells of such a frame
_LAST = const(2)
_DISORDER = const(4)
_APDUS = const(4)  # most APDUs inside each other: blocks, ciphered, data-notification


class Layers:
    """Takes the layers off the telegrams of one line.

    buf   has the content of the last telegram, see place(); it is valid as long as that telegram

    reject(reason, detail)   is called where a telegram has no content; both are texts
    cipher                   None, or an object with open(header, buf) -> None: header.start and end are those of the
                             plaintext in buf, or a reason (text)
    trace(what, detail)      None, or is called for each piece of a telegram: "segment" or "block"
    """

    buf = b""
    encrypted = 0  # number of ciphered APDUs
    decrypt_failures = 0  # number of those that could not be decrypted
    unproven = False  # the last telegram was decrypted without checking a tag
    segments = blocks = ciphered = _p1 = _sml = _checker = None
    _join = None  # join() of headers_fast.py or its twin, once there are pieces
    _known = b""  # of the blocks, for it

    def __init__(self, reject, cipher=None, trace=None):
        self.cipher = cipher
        self._reject = reject
        self._trace = trace
        # Start, end and front; what peel() tells; number of frames that wait for the rest of their telegram; the layer.
        # From 6 and from 9 on, for the frames and for the blocks that join() may append to those before: room in their
        # buffer (0: there is none), length and number of what is in it. From 12 on the header of a block; 1 where the
        # content came in blocks.
        self.at = array("i", bytes(68))
        self._before = [b"", b""]  # buffers of the frames and of the blocks that have come before

    def place(self):
        """(start, end, front): the content of the last telegram is buf[start:end].

        front: where the APDU of the list, the ident line of P1, or the SML telegram begins. The ident line is part of
        the content, unless only the lines behind it were ciphered.
        """
        return self.at[0], self.at[1], self.at[2]

    def unwrap(self, layer, buf, start, end):
        """Unwrap the telegram buf[start:end]. layer: its framing, or APDU.

        Returns the kind of its content: LIST, P1 or SML. None where it was rejected, or pieces are still missing.
        """
        self.unproven = False
        self.buf = buf
        layer = peel(buf, start, end, layer, self.at)
        # The numbers of what is left are below that of _SEGMENT, which is 8; then come _BLOCK, and the others.
        if layer < 8:
            return layer
        if layer < 10 and self._join:
            # More variables than these, or more arguments, would take memory for each telegram.
            start = self._join(buf, self._before[layer - _SEGMENT], self.at, self._known)
            if start > 15 and not self._trace:
                return None  # _WAIT
            if start == APDU:
                self.buf = buf = self._before[layer - _SEGMENT]
                start = peel(buf, 0, self.at[1], APDU, self.at)
                if start == LIST:
                    self.at[16] = 0
                    return LIST
            layer = start
        return self._inside(layer)

    def _inside(self, what):
        """Do what peel() has found until the content is left. Returns as unwrap() does."""
        at = self.at
        text_only = at[5] == GLO and what != _IDENT  # a ciphered APDU without a frame holds P1 text
        left = _APDUS - at[16]
        at[16] = 0
        while left:
            if what == LIST and not text_only:
                return LIST
            if what == _CIPHERED:
                left -= 1
                if not self._opened(at[0]):
                    return None
            elif what == APDU:
                pass  # all pieces of it are there
            elif what == _WAIT:
                return self._note("block" if at[3] == 0xE0 else "segment")
            elif what == _SEGMENT or what == _STRAY:
                if not (self._segment() if what == _SEGMENT else self._stray()):
                    return None
            elif what == _BLOCK:
                left -= 1
                if not self._block():
                    return None
            elif what == _IDENT:
                if self._ident():
                    return P1
                if at[2] < 0:
                    return None
            elif what == _TEXT:
                return self._text()
            elif what == _MESSAGES:
                at[0], at[1] = (self._sml or self._loaded_sml()).content(self.buf, at[0], at[1])
                return SML
            elif text_only or what != _MALFORMED:
                break
            else:
                return self._reject("notification malformed", "")
            if left:
                what = peel(self.buf, at[0], at[1], APDU, at)
        return self._reject("no known APDU", "tag %02X" % at[3] if at[3] >= 0 else "empty")

    def _ident(self):
        """Decrypt the APDU behind an ident line. True: only the lines were ciphered. at[2] is -1 if it was rejected."""
        at = self.at
        front = at[0]
        at[2] = -1
        if not self._opened((self._p1 or self._loaded_p1()).apdu_start(self.buf, front)):
            return False
        if not 0x30 <= self.buf[at[0]] <= 0x39:
            at[2] = front
            return False
        if text_end(self.buf, at[0], at[1], 0xFF) < 0:
            self._reject("P1 text damaged", "")
            return False
        at[2] = front  # the ident line is in front of the APDU
        return True

    def _segment(self):
        """Add a frame of a telegram that has several. True with the last one; None before, or if it was rejected."""
        at = self.at
        segments = self.segments or self._loaded_segments()
        if at[6]:
            segments.length, segments.next = at[7], at[8]
        if not segments.add(self.buf, at[0], at[1]):
            return self._without("telegram too long")
        if segments.joins:
            at[6], at[7] = len(segments.buf), segments.length
            self._before[0] = segments.buf
        at[4] = at[8] = segments.next
        return self._whole(segments) if at[3] & _LAST else self._note("segment")

    def _stray(self):
        """A frame of several does not follow those before. The first one of a telegram is taken."""
        told = self.at[3]
        if not told & (_FIRST | _DISORDER):
            return self._reject("segment without a beginning", "")
        self._without("segments missing")
        return None if told & _DISORDER else self._segment()

    def _without(self, reason):
        """Forget the frames before this one."""
        (self.segments or self._loaded_segments()).start()
        self.at[4] = self.at[7] = self.at[8] = 0
        return self._reject(reason, "")

    def _whole(self, segments):
        """All pieces are there: go on with them."""
        at = self.at
        self.buf = segments.buf
        at[0] = at[4] = at[7] = at[8] = 0
        at[1] = segments.length
        segments.start()
        return True

    def _block(self):
        """Add a block of general block transfer. True when none is missing, else None."""
        if not self.blocks:
            from .segments import Blocks, join

            self.blocks = Blocks()
            self._join = join
            self._known = self.blocks.known
        at = self.at
        if at[9]:
            self.blocks.resume(at[10], at[11])
            at[9] = 0  # until this telegram is complete
        state = self.blocks.add(self.buf, at[0], at[1])
        if state < 0:
            return self._reject("block malformed", "")
        if not state:
            return self._note("block")
        self._whole(self.blocks.done)
        self.blocks.start()
        if self.blocks.raw.joins:
            at[9] = len(self.blocks.raw.buf)
            self._before[1] = self.blocks.raw.buf
            at[10] = at[11] = 0
        return True

    def _opened(self, start):
        """Decrypt the ciphered APDU at buf[start] in place. True, or None where it was rejected."""
        at = self.at
        header = self.ciphered or self._loaded_ciphered()
        if not header.parse(self.buf, start, at[1]):
            return self._reject("ciphering header malformed", "")
        self.encrypted += 1
        if not self.cipher:
            return self._reject(NO_KEY, "")
        reason = self.cipher.open(header, self.buf)
        if reason:
            self.decrypt_failures += 1
            return self._reject(reason, "")
        at[0], at[1] = header.at[3], header.at[4]
        self.unproven = not self.cipher.proven
        return True

    def _text(self):
        """Check the P1 telegram in an APDU. P1; None where it was rejected."""
        at = self.at
        checker = self._checker or self._made_checker()
        checker.forget()  # what is ciphered has no neighbours on the line
        end = checker.whole(self.buf, at[0], at[1])
        if end <= 0:
            checker.open(at[0])
            end = checker.check(self.buf, at[0], at[1], True)
            if end <= 0 or checker.ciphered:
                return self._reject("P1 text damaged", "")
        at[1] = end
        return P1

    def _note(self, what):
        if self._trace:
            self._trace(what, "")

    def _loaded_ciphered(self):
        from .ciphered import Ciphered

        self.ciphered = Ciphered()
        return self.ciphered

    def _loaded_segments(self):
        from .segments import Segments, join

        self.segments = Segments()
        self._join = join
        return self.segments

    def _loaded_p1(self):
        from .. import p1

        self._p1 = p1
        return p1

    def _made_checker(self):
        self._checker = (self._p1 or self._loaded_p1()).Checker()
        return self._checker

    def _loaded_sml(self):
        from .. import sml

        self._sml = sml
        return sml
