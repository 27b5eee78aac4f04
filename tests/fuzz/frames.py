"""Puts frames, blocks and ciphers around any content, also around nonsense. Checksums are right; lengths may be wrong.

If a wrong length is too short, the rest of the content is still sent. If it is too long, zeros or the bytes that
follow fill it. So the layers above the framer see both.
"""
from han.wire.layers.gcm import aes
from han.wire.texts import crc_arc
from han.wire.loops import crc_x25, sum8

LLC = b"\xe6\xe7\x00"
SML_OPENS = b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01"
# Addresses and control field as real meters have them.
HDLC_HEADS = (b"\x41\x08\x83\x13", b"\x01\x02\x01\x10", b"\x2b\x21\x13", b"\x02\x23\x21\x13", b"\xcf\x02\x23\x03",
              b"\x02\x02\x02\x03\x02\x02\x02\x03\x10")
_SEGMENTED = 0x0800


def hdlc(information, head=HDLC_HEADS[0], more=False, lie=0):
    """A frame (IEC 62056-46 clause 6.4.1), its closing flag included; lie is added to its length."""
    size = max(0, min(2 + len(head) + 2 + len(information) + 2 + lie, 2047))
    start = (0xA000 | (_SEGMENTED if more else 0) | size).to_bytes(2, "big") + head
    frame = start + crc_x25(start, 0, len(start)).to_bytes(2, "little") + information
    if lie > 0:
        frame += bytes(lie)
    stop = max(len(start) + 2, size - 2)
    rest = frame[stop:]
    frame = frame[:stop]
    return b"\x7e" + frame + crc_x25(frame, 0, len(frame)).to_bytes(2, "little") + rest + b"\x7e"


def segments(information, count, head=HDLC_HEADS[0]):
    """The frames of an information field that is cut into `count` pieces."""
    size = (len(information) + count - 1) // count or 1
    pieces = [information[at:at + size] for at in range(0, len(information), size)]
    return [hdlc(piece, head, i < len(pieces) - 1) for i, piece in enumerate(pieces)]


def mbus(data, control=0x10, lie=0):
    """A long frame (EN 13757-2 clause 5.2) of up to 506 bytes, its length modulo 256; lie is added to it."""
    body = bytes((0x53, 0xFF, control, 0x01, 0x67)) + data
    size = len(body) + lie
    if lie > 0:
        body += bytes(lie)
    stop = max(0, size)
    length = bytes((0x68, size & 0xFF, size & 0xFF, 0x68))
    return length + body[:stop] + bytes((sum8(body, 0, min(stop, len(body))), 0x16)) + body[stop:]


def mbus_segments(data, size=245):
    """The frames for data that may not fit one frame; CI counts them."""
    pieces = [data[at:at + size] for at in range(0, len(data), size)]
    return [mbus(piece, i & 15 | (0x10 if i == len(pieces) - 1 else 0)) for i, piece in enumerate(pieces)]


def p1(text):
    """A telegram of the text from `/` to `!` (DSMR 5.0.2 clause 6.2)."""
    return text + b"%04X\r\n" % crc_arc(text, 0, len(text))


def sml(messages):
    """Messages in a transport frame (BSI TR-03109-1 annex IV), escaped."""
    pad = -len(messages) % 4
    out = SML_OPENS + messages.replace(b"\x1b" * 4, b"\x1b" * 8) + bytes(pad) + b"\x1b\x1b\x1b\x1b\x1a" + bytes((pad,))
    return out + crc_x25(out, 0, len(out)).to_bytes(2, "little")


def blocks(apdu, size=100):
    """The APDU in blocks of general block transfer (IEC 62056-5-3 clause 9.3.1)."""
    pieces = [apdu[at:at + size] for at in range(0, len(apdu), size)]
    found = []
    for i, piece in enumerate(pieces):
        last = 0x80 if i == len(pieces) - 1 else 0
        found.append(bytes((0xE0, 0x40 | last)) + (i + 1).to_bytes(2, "big") + b"\0\0" + ber(len(piece)) + piece)
    return found


def structure(*items):
    """An A-XDR structure of items."""
    return b"\x02" + ber(len(items)) + b"".join(items)


def ber(length):
    """A length as A-XDR and BER write it."""
    if length < 0x80:
        return bytes((length,))
    return bytes((0x81, length)) if length < 0x100 else b"\x82" + length.to_bytes(2, "big")


class Sealer:
    """Encrypts APDUs with AES-128-GCM (NIST SP 800-38D), with 128-bit integers as in the standard."""

    def __init__(self, key, auth_key):
        self._aes = aes(key, 1)
        self._auth_key = auth_key
        h = int.from_bytes(self._ecb(bytes(16)), "big")
        powers = [h]
        for _ in range(3):
            powers.append(_halved(powers[-1]))
        # H times each number of 4 bits, and what 4 bits become that leave at the end.
        self._times = [_sum([powers[i] for i in range(4) if n & 8 >> i]) for n in range(16)]
        self._back = [_halved(_halved(_halved(_halved(n)))) for n in range(16)]

    def seal(self, text, title=b"KAM\x01\x02\x03\x04\x05", control=0x30, counter=7, tag=0xDB):
        """A general-glo- (DB) or general-ded-ciphering APDU (DC) around text."""
        count = counter.to_bytes(4, "big")
        first = title + bytes(8 - len(title)) + count
        mask = self._ecb(b"".join([first + (i + 1).to_bytes(4, "big") for i in range(len(text) // 16 + 2)]))
        content = text
        if control & 0x20:
            content = _xor(text, mask[16:16 + len(text)])
        if control & 0x10:
            head = bytes((control,)) + self._auth_key
            folded = self._ghash(head, content) if control & 0x20 else self._ghash(head + text, b"")
            content += _xor(folded, mask[:16])[:12]
        content = bytes((control,)) + count + content
        return bytes((tag, len(title))) + title + ber(len(content)) + content

    def _ecb(self, data):
        out = bytearray(len(data))
        self._aes.encrypt(data, out)
        return bytes(out)

    def _ghash(self, head, text):
        z = 0
        lengths = (len(head) * 8).to_bytes(8, "big") + (len(text) * 8).to_bytes(8, "big")
        data = head + bytes(-len(head) % 16) + text + bytes(-len(text) % 16) + lengths
        for at in range(0, len(data), 16):
            y = z ^ int.from_bytes(data[at:at + 16], "big")
            z = 0
            for shift in range(0, 128, 4):
                z = z >> 4 ^ self._back[z & 15] ^ self._times[y >> shift & 15]
        return z.to_bytes(16, "big")


def _halved(n):
    """n times x in GF(2^128)."""
    return n >> 1 ^ (0xE1 << 120 if n & 1 else 0)


def _sum(numbers):
    total = 0
    for number in numbers:
        total ^= number
    return total


def _xor(a, b):
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big") if a else b""
