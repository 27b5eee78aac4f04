"""Telegrams that make a reader keep as much as it ever keeps: each buffer, text and list of kinds at its bound.

    framer.py     the buffer has 6144 bytes, as a telegram of more than 4608 has come
    segments.py   three buffers of 2048 bytes: segments, blocks, blocks in order
    decoder.py    64 rows
    push.py       six kinds of lists without codes
    extra.py      lines of sub-meters, 1024 bytes, and messages, 4096 bytes
    reading.py    texts of 64 bytes, those of the last telegram and those of the last that was plausible
"""
from tests.fuzz import frames
from tests.wire import test_sml

_LETTERS = b"ABCDEFGHKLMNPRSTUVWXYZ0123456789"
_LONGEST_TEXT = 64
_KINDS = 6
_LONG = 3500  # bytes of P1 that, with a message, do not fit into the framer's buffer before it has its last size
_MESSAGE, _MESSAGES = 1300, 4  # size and number of messages that a reader keeps no more of
_VALUES = 40  # more than the rows at first
_WATT, _VOLT, _IMPOSSIBLE = 500, 2300, 9000


class Maker:
    """Makes the telegrams, each time with other texts."""

    def __init__(self, random):
        self.random = random
        self._sealer = frames.Sealer(bytes(16), bytes(16))
        self._made = 0

    def telegrams(self):
        """[bytes]: feed them one after the other to a reader that is in any state."""
        apdu = self._coded(_VOLT, self._text())
        found = frames.segments(frames.LLC + apdu, 3)
        blocks = [frames.hdlc(block) for block in frames.blocks(apdu)]
        found += blocks[1::-1] + blocks[2:]
        found += [frames.hdlc(frames.LLC + self._sealer.seal(apdu)), test_sml.GOOD]
        found += [frames.hdlc(frames.LLC + self._uncoded(i)) for i in range(_KINDS)]
        # The second reading is refused, so the texts that were published before are kept beside it.
        for volt in (_VOLT, _IMPOSSIBLE):
            number = self._text()  # of the same meter, as all is forgotten with another one's
            found += [self._p1(volt, number) for _ in range(_MESSAGES)]
            found.append(frames.hdlc(frames.LLC + self._coded(volt, number)))
        return found

    def _text(self, size=_LONGEST_TEXT):
        self._made += 1  # so that it is another text than all before
        return (b"%d" % self._made + bytes([self.random.choice(_LETTERS) for _ in range(size)]))[:size]

    def _p1(self, volt, number):
        lines = [b"/XMX5" + self._text(), b"", b"0-0:96.1.1(%s)" % number,
                 b"1-0:1.7.0(0.%03d*kW)" % _WATT, b"1-0:32.7.0(%d.0*V)" % (volt // 10), b"0-0:96.7.9(3)",
                 b"1-0:99.97.0(1)(0-0:96.7.19)(230109134558W)(%010d*s)" % self.random.bits(16),
                 b"1-0:1.6.0(230109%06dW)(2*kW)" % self.random.below(240000)]
        while len(b"\r\n".join(lines)) < _LONG:
            lines.append(b"0-%d:96.1.0(%s)" % (1 + len(lines) % 9, self._text()))
        lines.append(b"0-0:96.13.0(%s)" % self._text(_MESSAGE))
        return frames.p1(b"\r\n".join(lines) + b"\r\n!")

    def _coded(self, volt, number):
        """A data-notification with a code in front of each value."""
        items = [_octets(b"Kamstrup" + self._text(_LONGEST_TEXT - 8))]
        items += [_octets(b"\0\0\x60\x01\0\xff"), _octets(number)]
        for code in ((0, 0, 96, 1, 7), (1, 0, 96, 50, 1), (0, 0, 42, 0, 0)):
            items += [_octets(bytes(code) + b"\xff"), _octets(self._text())]
        for code, value in (((1, 0, 1, 7, 0), _WATT), ((1, 0, 32, 7, 0), volt // 10)):
            items += [_octets(bytes(code) + b"\xff"), _number(value)]
        for i in range(_VALUES):
            items += [_octets(bytes((1, 0, 99, i, 0, 255))), _number(i)]
        return _notification(items)

    def _uncoded(self, i):
        """Kaifa's list 2, of another kind for each i, and than the last ones."""
        items = [_octets(b"KFM" + bytes((0x41 + i,)) + self._text(4)), _octets(self._text()), _octets(self._text())]
        return _notification(items + [_number(_WATT)] + [_number(0)] * 6 + [_number(_VOLT)] * 3)


def _octets(content):
    return b"\x09" + frames.ber(len(content)) + content


def _number(number):
    return b"\x06" + number.to_bytes(4, "big")


def _notification(items):
    return b"\x0f\0\0\0\0\0" + frames.structure(*items)
