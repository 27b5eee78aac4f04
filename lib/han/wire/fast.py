"""The byte loops of the wire layer as viper code; `plain.py` is the same in ordinary Python.

viper integers are one machine word (32 bits on the chip, 64 on a PC) and wrap, so every
intermediate value here stays below 2**31. Numbers larger than that travel as two words:
`low` holds 24 bits and `high` the rest with the sign, which leaves room to multiply or
divide by ten without overflow.
"""
import micropython
from micropython import const

from .tables import X25

_HDLC = const(1)
_MBUS = const(2)
_P1 = const(3)
_GLO = const(4)
_SML = const(5)
_P1_PARITY = const(6)


@micropython.viper
def crc_x25(buf, start: int, end: int) -> int:
    """HDLC check sequence (ISO/IEC 13239 FCS-16, as transmitted low byte first) of buf[start:end]."""
    b = ptr8(buf)
    t = ptr16(X25)
    crc = 0xFFFF
    while start < end:
        crc = (crc >> 8) ^ t[(crc ^ b[start]) & 0xFF]
        start += 1
    return crc ^ 0xFFFF


@micropython.viper
def sum8(buf, start: int, end: int) -> int:
    """M-Bus checksum (EN 13757-2: sum of the bytes modulo 256) of buf[start:end]."""
    b = ptr8(buf)
    total = 0
    while start < end:
        total += b[start]
        start += 1
    return total & 0xFF


@micropython.viper
def move(buf, to: int, start: int, end: int):
    """Copy buf[start:end] down to buf[to:], where to <= start."""
    b = ptr8(buf)
    while start < end:
        b[to] = b[start]
        to += 1
        start += 1


@micropython.viper
def copy(target, to: int, source, start: int, end: int):
    """Copy source[start:end] to target[to:]; the caller has checked the room."""
    t = ptr8(target)
    s = ptr8(source)
    while start < end:
        t[to] = s[start]
        to += 1
        start += 1


@micropython.viper
def same(buf, start: int, other, length: int) -> int:
    """1 where buf[start:start + length] equals other[:length], else 0."""
    b = ptr8(buf)
    o = ptr8(other)
    i = 0
    while i < length:
        if b[start + i] != o[i]:
            return 0
        i += 1
    return 1


@micropython.viper
def hunt(buf, start: int, end: int) -> int:
    """Find where a telegram may open in buf[start:end]: index * 8 + kind of the framing.

    Kind 0: none; the index says where to go on when more bytes have come, which is before
    `end` where the last bytes may be the beginning of an opening.
    """
    b = ptr8(buf)
    i = start
    while i < end:
        c = b[i]
        left = end - i
        if c == 0x7E:
            if left < 2:
                return i * 8
            if b[i + 1] & 0xF0 == 0xA0:
                return i * 8 + _HDLC
        elif c == 0x68:
            if left < 3:
                return i * 8
            if left == 3:
                if b[i + 1] == b[i + 2]:
                    return i * 8
            elif b[i + 3] == 0x68 and b[i + 1] == b[i + 2]:
                return i * 8 + _MBUS
        elif c == 0x2F:
            k = 1
            while k < 4 and k < left:
                d = b[i + k] | 0x20
                if d < 0x61 or d > 0x7A:
                    break
                k += 1
            if k == 4:
                return i * 8 + _P1
            if k == left:
                return i * 8
        elif c == 0xDB:
            if left < 2:
                return i * 8
            if b[i + 1] == 8:
                return i * 8 + _GLO
        elif c == 0x1B:
            # 1B 1B 1B 1B 01 01 01 01
            k = 1
            while k < 8 and k < left and b[i + k] == (0x1B if k < 4 else 1):
                k += 1
            if k == 8:
                return i * 8 + _SML
            if k == left:
                return i * 8
        elif c == 0xAF:
            # '/' and letters, each with its parity in bit 7
            k = 1
            while k < 4 and k < left:
                d = b[i + k]
                x = d ^ d >> 4
                x ^= x >> 2
                d = d & 0x7F | 0x20
                if (x ^ x >> 1) & 1 or d < 0x61 or d > 0x7A:
                    break
                k += 1
            if k == 4:
                return i * 8 + _P1_PARITY
            if k == left:
                return i * 8
        i += 1
    return end * 8


@micropython.viper
def text_end(buf, start: int, end: int) -> int:
    """Index of the `!` that opens the last line of a P1 telegram in buf[start:end].

    `end` where it has not come yet, -1 - index at the first byte that is no text.
    """
    b = ptr8(buf)
    i = start
    while i < end:
        c = b[i]
        if c == 0x21:
            if b[i - 1] == 0x0A or b[i - 1] == 0x0D:
                return i
        elif c < 0x20:
            if c != 0x0A and c != 0x0D and c != 0x09:
                return -1 - i
        elif c > 0x7E:
            return -1 - i
        i += 1
    return end


@micropython.viper
def odd_parity(buf, start: int, end: int) -> int:
    """How many bytes of buf[start:end] have an odd number of ones."""
    b = ptr8(buf)
    n = 0
    while start < end:
        x = b[start]
        x ^= x >> 4
        x ^= x >> 2
        x ^= x >> 1
        n += x & 1
        start += 1
    return n


@micropython.viper
def strip_parity(buf, start: int, end: int):
    """Clear bit 7 of buf[start:end]."""
    b = ptr8(buf)
    while start < end:
        b[start] = b[start] & 0x7F
        start += 1
