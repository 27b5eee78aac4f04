"""What is inside a telegram's first layer: pieces that are to be joined, ciphered APDUs, text. Steps of unwrap.py.

Imported with the first telegram that has such layers. Modules for those that only some meters send are imported with
the first of them.
"""
try:
    from micropython import const
except ImportError:

    def const(number):
        return number


from ..framer import GLO, P1, SML
from ..loops import text_end
from .frames import APDU, LIST, peel

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


class Inside:
    """Goes on where one step of Layers was not enough. layers: the Layers, which have all that outlives a telegram."""

    _p1 = _sml = _checker = None

    def __init__(self, layers):
        self._layers = layers

    def content(self, what):
        """Do what peel() has found until the content is left. Returns as unwrap() does."""
        layers = self._layers
        at = layers.at
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
                at[0], at[1] = (self._sml or self._loaded_sml()).content(layers.buf, at[0], at[1])
                return SML
            elif text_only or what != _MALFORMED:
                break
            else:
                return layers.reject("notification malformed", "")
            if left:
                what = peel(layers.buf, at[0], at[1], APDU, at)
        return layers.reject("no known APDU", "tag %02X" % at[3] if at[3] >= 0 else "empty")

    def _ident(self):
        """Decrypt the APDU behind an ident line. True: only the lines were ciphered. at[2] is -1 if it was rejected."""
        layers = self._layers
        at = layers.at
        front = at[0]
        at[2] = -1
        if not self._opened((self._p1 or self._loaded_p1()).apdu_start(layers.buf, front)):
            return False
        if not 0x30 <= layers.buf[at[0]] <= 0x39:
            at[2] = front
            return False
        if text_end(layers.buf, at[0], at[1], 0xFF) < 0:
            layers.reject("P1 text damaged", "")
            return False
        at[2] = front  # the ident line is in front of the APDU
        return True

    def _segment(self):
        """Add a frame of a telegram that has several. True with the last one; None before, or if it was rejected."""
        layers = self._layers
        at = layers.at
        segments = layers.segments or self._loaded_segments()
        if at[6]:
            segments.length, segments.next = at[7], at[8]
        if not segments.add(layers.buf, at[0], at[1]):
            return self._without("telegram too long")
        if segments.joins:
            at[6], at[7] = len(segments.buf), segments.length
            layers.before[0] = segments.buf
        at[4] = at[8] = segments.next
        return self._whole(segments) if at[3] & _LAST else self._note("segment")

    def _stray(self):
        """A frame of several does not follow those before. The first one of a telegram is taken."""
        layers = self._layers
        told = layers.at[3]
        if not told & (_FIRST | _DISORDER):
            return layers.reject("segment without a beginning", "")
        self._without("segments missing")
        return None if told & _DISORDER else self._segment()

    def _without(self, reason):
        """Forget the frames before this one."""
        layers = self._layers
        (layers.segments or self._loaded_segments()).start()
        layers.at[4] = layers.at[7] = layers.at[8] = 0
        return layers.reject(reason, "")

    def _whole(self, segments):
        """All pieces are there: go on with them."""
        layers = self._layers
        at = layers.at
        layers.buf = segments.buf
        at[0] = at[4] = at[7] = at[8] = 0
        at[1] = segments.length
        segments.start()
        return True

    def _block(self):
        """Add a block of general block transfer. True when none is missing, else None."""
        layers = self._layers
        if not layers.blocks:
            from .segments import Blocks, join

            layers.blocks = Blocks()
            layers.join = join
            layers.known = layers.blocks.known
        at = layers.at
        if at[9]:
            layers.blocks.resume(at[10], at[11])
            at[9] = 0  # until this telegram is complete
        state = layers.blocks.add(layers.buf, at[0], at[1])
        if state < 0:
            return layers.reject("block malformed", "")
        if not state:
            return self._note("block")
        self._whole(layers.blocks.done)
        layers.blocks.start()
        if layers.blocks.raw.joins:
            at[9] = len(layers.blocks.raw.buf)
            layers.before[1] = layers.blocks.raw.buf
            at[10] = at[11] = 0
        return True

    def _opened(self, start):
        """Decrypt the ciphered APDU at buf[start] in place. True, or None where it was rejected."""
        layers = self._layers
        at = layers.at
        header = layers.ciphered or self._loaded_ciphered()
        if not header.parse(layers.buf, start, at[1]):
            return layers.reject("ciphering header malformed", "")
        layers.encrypted += 1
        if not layers.cipher:
            return layers.reject(NO_KEY, "")
        reason = layers.cipher.open(header, layers.buf)
        if reason:
            layers.decrypt_failures += 1
            return layers.reject(reason, "")
        at[0], at[1] = header.at[3], header.at[4]
        layers.unproven = not layers.cipher.proven
        return True

    def _text(self):
        """Check the P1 telegram in an APDU. P1; None where it was rejected."""
        layers = self._layers
        at = layers.at
        checker = self._checker or self._made_checker()
        checker.forget()  # what is ciphered has no neighbours on the line
        end = checker.whole(layers.buf, at[0], at[1])
        if end <= 0:
            checker.open(at[0])
            end = checker.check(layers.buf, at[0], at[1], True)
            if end <= 0 or checker.ciphered:
                return layers.reject("P1 text damaged", "")
        at[1] = end
        return P1

    def _note(self, what):
        if self._layers.trace:
            self._layers.trace(what, "")

    def _loaded_ciphered(self):
        from .ciphered import Ciphered

        self._layers.ciphered = made = Ciphered()
        return made

    def _loaded_segments(self):
        from .segments import Segments, join

        self._layers.segments = made = Segments()
        self._layers.join = join
        return made

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
