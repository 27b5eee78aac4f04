"""Makes a capture anonymous: replaces everything that identifies the meter, so that the capture can be shown to others.

The framer, the decoder and the walkers find these parts. They are replaced by aliases of the same length, the same
everywhere: meter numbers, logical device names and consumer messages (OBIS 96.1, 96.13, 0.0, 42.0, of all channels),
the serial part of a P1 ident and of a system title, and in SML every octet string longer than an OBIS code. Checksums
are corrected. Measured values stay.

In telegrams of several frames or blocks, each byte is rewritten in its place in the capture, also where a number goes
over two of them. Repeated blocks are rewritten in the same way.

Bytes outside of complete telegrams are noise, or telegrams that are cut off, unknown, or have a wrong checksum, which
stays wrong. There, everything is replaced that was found elsewhere, that looks like a serial number, or that is a run
of characters at an edge. Ciphered content stays as it is. Without its system title it cannot be decrypted any more,
not even with the key.
"""
from array import array
from binascii import crc32

from ...wire import p1
from ...wire.layers import hdlc
from ...wire.layers.ciphered import Ciphered
from ...wire.layers.inside import Inside
from ...wire.conventions import Conventions
from ...wire.framer import GLO, HDLC, MBUS, P1, SML, Framer
from ...wire.rows.lines import p1_walk
from ...wire.texts import crc_arc
from ...wire.loops import crc_x25, sum8, text_end
from ...wire.layers.segments import Blocks
from ...wire.layers.unwrap import APDU, LIST, Layers
from . import sevenbits, suspects
from .places import Places
from ..decoder import Decoder
from ..obis import KEYS, KNOWN
from ..reading import LIST_VERSION, METER_TYPE, ROWS

_NUMBER, _TEXT = 1, 2


class _Layers(Layers):
    """Layers whose pieces know their places in the capture. A ciphered APDU is reported, and not decrypted."""

    def __init__(self, reject, pieces, ciphered):
        super().__init__(reject)
        self.segments, raw, whole = pieces
        self.blocks = blocks = Blocks()
        blocks.raw, blocks.whole = raw, whole
        self._inside = _Inside(self)
        self.told = ciphered


class _Inside(Inside):
    """Steps of such Layers."""

    def _opened(self, start):
        layers = self._layers
        at = layers.at
        buf, end = layers.buf, at[1]
        header = layers.ciphered = Ciphered()
        if not header.parse(buf, start, end):
            return None
        layers.encrypted += 1
        layers.told(buf, start, end, header)
        # Content that is only authenticated is in clear, so it is read and rewritten. Its tag will be wrong then.
        if header.control & 0x20:
            return None
        at[0], at[1] = header.start, end - 12
        return True


class _InPlace(Framer):
    """A framer whose buffer is the whole capture, which is not copied."""

    size = 0

    def over(self, data):
        self.buf = data
        self.size = self.at[1] = len(data)
        self._work(False)
        self.gap()


class Anonymiser(Decoder):
    """Decodes a capture (bytearray), and rewrites it in place."""

    def __init__(self, data):
        super().__init__(lambda reading: None)
        self._places = Places(data)
        self._conventions = Conventions()
        self.telegrams = 0  # number of telegrams whose content was understood, or is ciphered
        self._frames = []  # [framing, start, end, understood, CRC-32]
        self._longer = []  # (index, digits) to insert for checksums that have become longer
        self.rows = array("i", bytes(32 * ROWS))
        self.layers = _Layers(self.reject, self._places.pieces, self._ciphered)

    def run(self):
        """Rewrite the whole capture."""
        data = self._places.data
        if data[:1] in (b"\x0f", b"\xdb", b"\xe0") or data[:3] == b"\xe6\xe7\x00":
            self.telegram(APDU, data, 0, len(data))  # the capture is an APDU without a frame
        if self.telegrams:
            return
        framer = _InPlace(self._frame, enough=1)  # any convention of checksums will do, as they are all corrected
        self._conventions = framer.conventions
        framer.over(data)
        at = 0
        for kind, start, end, understood, crc in self._frames:
            suspects.loose(self._places, at, start)
            at = max(at, end)
            if not understood:
                self._rest(kind, start, end, crc)
            if kind == HDLC:
                crc = crc_x25(data, start + 1, end - 2)
                data[end - 2:end] = bytes((crc & 0xFF, crc >> 8))
            elif kind == MBUS:
                data[end - 2] = sum8(data, start + 4, end - 2)
        suspects.loose(self._places, at, len(data))
        for at, digits in reversed(self._longer):
            data[at:at] = digits

    def _frame(self, kind, buf, start, end):
        self._frames.append([kind, start, end, False, crc32(memoryview(buf)[start:end])])
        self.telegram(kind, buf, start, end)

    def _rest(self, kind, start, end, crc):
        # A repeated block gets the bytes of the first one, which was rewritten.
        data = self._places.data
        for _, first, last, understood, same in self._frames:
            if same == crc and understood and last - first == end - start:
                data[start:end] = data[first:last]
                return
        if kind == HDLC:
            start = hdlc.information(data, start, end)
        elif kind == MBUS:
            start += 9
        suspects.loose(self._places, start, end - 2)

    def _understood(self, buf, start, end):
        self.telegrams += 1
        for place, _ in self._places.of(buf, start, end):
            for frame in reversed(self._frames):
                if frame[1] <= place < frame[2]:
                    frame[3] = True
                    break

    # Telegrams

    def telegram(self, kind, buf, start, end):
        """Rewrite the telegram buf[start:end]. kind: its framing, as of the framer, or APDU."""
        if kind == SML:
            return self._sml(buf, start, end)
        if kind == GLO and buf[start] == 0x2F:
            suspects.ident(self._places, buf, start, p1.ident_end(buf, start))
        layers = self.layers
        inside = layers.unwrap(kind, buf, start, end)
        if inside == LIST:
            self._list(layers)
        elif inside == P1:
            self._lines(layers)

    def _ciphered(self, buf, start, end, header):
        """Rewrite the system title of a ciphered APDU."""
        self._places.rename(buf, start + 5, start + 2 + buf[start + 1])
        # Another firmware may have decrypted the content in place.
        suspects.serials(self._places, buf, header.start, end)
        self._understood(buf, start, end)

    def _list(self, layers):
        push = self._readers[LIST] or self._reader(LIST)
        push.info[0] = 0
        rejected = self.rejected
        if push.read(self, layers):
            self.deliver(self.reading)
        known = rejected == self.rejected
        n = push.info[0]
        if not n or not known and self.reason == "list malformed":
            return
        buf = layers.buf
        start, end, _ = layers.place()
        reading = self.reading
        keep = []
        rows = self.rows
        for q in range(0, 8 * n, 8):
            key, at, size = rows[q], rows[q + 1], rows[q + 2]
            raw = bytes(memoryview(buf)[at:at + size]).strip(b"\0 ")
            if known and raw in (reading.raw(METER_TYPE), reading.raw(LIST_VERSION)):
                keep.append(at)
            elif key and b"%d.%d" % (key >> 16 & 0xFF, key >> 8 & 0xFF) in suspects.PRIVATE:
                self._places.rename(buf, at, at + size)
            elif known and q and not key and rows[q + 7] == _TEXT and not (size == 12 and buf[at] in (7, 8)):
                # it is not a date-time, which begins with its year
                self._places.rename(buf, at, at + size)
        suspects.serials(self._places, buf, start, end, 6, keep)
        self._understood(buf, start, end)

    def _lines(self, layers):
        buf = layers.buf
        start, end, ident = layers.place()
        ident_end = p1.ident_end(buf, ident)
        if start == ident:
            start = ident_end
        suspects.ident(self._places, buf, ident, ident_end)
        rows = self.rows
        n = p1_walk(buf, start, end, rows, ROWS, KEYS, KNOWN) & 255
        numbers = [rows[q + 1] for q in range(0, 8 * n, 8) if rows[q + 7] & 15 == _NUMBER]
        suspects.text_lines(self._places, buf, start, end, 8, numbers)
        self._understood(buf, ident, end)
        at = text_end(buf, start, end, 0xFF)
        if not 0 < at < end - 1 or start != ident_end:
            return
        digits = b"%04X" % self._conventions.made(buf, ident, at + 1, crc_arc(buf, ident, at + 1))
        at += 1
        size = min(end - at, 4)
        # If the meter drops leading zeros, the new checksum may be longer or shorter.
        while len(digits) > size and digits[0] == 0x30:
            digits = digits[1:]
        self._places.put(buf, at, digits[:size])
        if digits[size:] and buf is self._places.data:
            self._longer.append((at + size, digits[size:]))

    def _sml(self, buf, start, end):
        from . import anonymise_sml

        telegram = bytearray(memoryview(buf)[start:end])
        new = anonymise_sml.rewritten(telegram, self._places.aliases.of, self._conventions)
        if new:
            self._places.put(buf, start, new)
            self._understood(buf, start, end)


def anonymise(data):
    """Make a capture (bytearray) anonymous in place. Returns the Anonymiser, which has counters.

    If its `telegrams` is 0, only what looks like a serial number was replaced.
    """
    runs = sevenbits.strip(data)
    done = Anonymiser(data)
    done.run()
    sevenbits.restore(data, runs)
    return done
