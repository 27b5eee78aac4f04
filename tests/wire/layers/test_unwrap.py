"""What is left of a telegram without its layers, and why nothing is."""
from han.wire.arc import ARC
from han.wire.conventions import Conventions
from han.wire.framer import GLO, HDLC, MBUS, P1, SML
from han.wire.layers.inside import NO_KEY
from han.wire.layers.unwrap import APDU, LIST, Layers
from han.wire.loops import crc_by
from han.wire.texts import crc_arc

from tests.fuzz import frames

HEAD = b"\x0f\x40\0\0\0"
DATE_TIME = b"\x07\xea\x0b\x1c\x06\x0c\x22\x38\xff\xff\xc4\0"
BODY = b"\x02\x01\x06\0\0\x06\x7d"
NOTIFICATION = HEAD + b"\0" + BODY
TEXT = b"/ABC5X\r\n\r\n1-0:1.7.0(1.661*kW)\r\n!"
MESSAGES = b"\x76\x05\1\2\3\4" + b"\x1b\x1b\x1b\x1b" + bytes(6)


class Plain:
    """A cipher whose plaintext is the ciphertext."""

    proven = False

    def open(self, header, buf):
        return None


class Line:
    """Layers, and what they say."""

    def __init__(self, cipher=None):
        self.said = []
        self.layers = Layers(self._reject, cipher, lambda what, detail: self.said.append(what))

    def _reject(self, reason, detail):
        self.said.append(reason + (": " + detail if detail else ""))

    def left(self, kind, data):
        """(kind, the bytes that were left, those in front of them) or None."""
        layers = self.layers
        del self.said[:]
        found = layers.unwrap(kind, bytearray(data), 0, len(data))
        if found is None:
            return None
        start, end, front = layers.place()
        return found, bytes(layers.buf[start:end]), bytes(layers.buf[front:start])


def frame(content, head=frames.HDLC_HEADS[0], more=False):
    return frames.hdlc(content, head, more)[:-1]  # the framer leaves out the closing flag


def sealed(content):
    return b"\xdb\0" + bytes((len(content) + 5,)) + b"\x20\0\0\0\1" + content


def test_a_list():
    want = LIST, BODY, HEAD + b"\0"
    line = Line()
    assert line.left(APDU, NOTIFICATION) == line.left(APDU, frames.LLC + NOTIFICATION) == want
    for head in frames.HDLC_HEADS:
        assert line.left(HDLC, frame(frames.LLC + NOTIFICATION, head)) == want
    assert line.left(MBUS, frames.mbus(NOTIFICATION)) == want
    for length in b"\x0c", b"\x09\x0c":
        front = HEAD + length + DATE_TIME
        assert line.left(APDU, front + BODY) == (LIST, BODY, front)
    assert line.said == []


def test_a_list_that_is_cut_off():
    line = Line()
    for data in HEAD, HEAD + b"\x09", HEAD + b"\x09\x0c" + DATE_TIME[:-1], HEAD + b"\x05" + BODY:
        assert line.left(APDU, data) is None and line.said == ["notification malformed"]


def test_pieces():
    line = Line()
    want = LIST, BODY, HEAD + b"\0"
    first, last = frame(frames.LLC + NOTIFICATION[:6], more=True), frame(NOTIFICATION[6:])
    assert line.left(HDLC, first) is None and line.said == ["segment"]
    assert line.left(HDLC, last) == want
    assert line.left(HDLC, frame(NOTIFICATION[6:], more=True)) is None
    assert line.said == ["segment without a beginning"]
    line.left(HDLC, first)
    assert line.left(HDLC, frame(frames.LLC + NOTIFICATION)) == want and line.said == ["segments missing"]
    one, two, three = frames.mbus_segments(NOTIFICATION, 5)
    assert [line.left(MBUS, piece) for piece in (one, two, three)] == [None, None, want]
    line.left(MBUS, one)
    assert line.left(MBUS, three) is None and line.said == ["segments missing"]
    assert line.left(MBUS, three) is None and line.said == ["segment without a beginning"]
    line.left(MBUS, one)
    assert line.left(MBUS, frames.mbus(NOTIFICATION)) == want and line.said == ["segments missing"]
    parts = [frame(frames.LLC + block) for block in frames.blocks(NOTIFICATION, 5)]
    assert [line.left(HDLC, part) for part in parts] == [None] * (len(parts) - 1) + [want]
    assert line.left(APDU, b"\xe0\x80\0\1") is None and line.said == ["block malformed"]


def test_ciphers():
    line = Line(Plain())
    want = LIST, BODY, HEAD + b"\0"
    assert line.left(HDLC, frame(frames.LLC + sealed(NOTIFICATION))) == want and line.layers.unproven
    assert line.left(HDLC, frame(NOTIFICATION)) == want and not line.layers.unproven
    assert line.left(APDU, sealed(sealed(sealed(NOTIFICATION)))) == want
    # So many layers no meter has.
    assert line.left(APDU, sealed(sealed(sealed(sealed(NOTIFICATION))))) is None
    assert line.said == ["no known APDU: tag DB"]
    assert line.left(APDU, b"\xdb\x09" + bytes(9)) is None and line.said == ["ciphering header malformed"]
    assert line.layers.encrypted == 8
    # A ciphered APDU alone on the line holds P1, and nothing else.
    assert line.left(GLO, sealed(TEXT)) == (P1, TEXT, b"")
    assert line.left(GLO, sealed(NOTIFICATION)) is None and line.said == ["no known APDU: tag 0F"]
    line = Line()
    assert line.left(GLO, sealed(TEXT)) is None and line.said == [NO_KEY]


def test_text():
    line = Line(Plain())
    assert line.left(P1, TEXT) == line.left(HDLC, frame(TEXT)) == (P1, TEXT, b"")
    lines = TEXT[10:]
    kind, text, front = line.left(GLO, TEXT[:8] + sealed(lines))
    assert (kind, text, front[:8]) == (P1, lines, TEXT[:8])
    assert line.left(GLO, TEXT[:8] + sealed(TEXT)) == (P1, TEXT, b"")
    assert line.left(GLO, TEXT[:8] + sealed(NOTIFICATION)) == (LIST, BODY, HEAD + b"\0")
    for content in lines, TEXT:
        damaged = sealed(content.replace(b"1.661", b"1.\x0161"))
        assert line.left(GLO, TEXT[:8] + damaged) is None and line.said == ["P1 text damaged"]


def test_each_ciphered_text_stands_alone():
    line = Line(Plain())
    checked = TEXT + b"%04X" % crc_arc(TEXT, 0, len(TEXT))
    for content in checked, TEXT, checked, TEXT + b"\r\n":
        assert line.left(GLO, sealed(TEXT[:-3])) is None and line.said == ["P1 text damaged"]
        kind, text, _ = line.left(GLO, sealed(content))
        assert (kind, text) == (P1, content.rstrip())
    for _ in range(2 * Conventions.usually):
        other = TEXT + b"%04X" % crc_by(ARC, 0xFFFF, TEXT, 0, len(TEXT))
        assert line.left(GLO, sealed(other)) is None and line.said == ["P1 text damaged"]


def test_messages():
    line = Line()
    kind, messages, front = line.left(SML, frames.sml(MESSAGES))
    assert (kind, messages, front) == (SML, MESSAGES, frames.SML_OPENS)


def test_nothing_known():
    line = Line()
    for data, why in (b"", "empty"), (b"\xc4\1", "tag C4"), (frames.LLC, "empty"):
        assert line.left(APDU, data) is None and line.said == ["no known APDU: " + why]
