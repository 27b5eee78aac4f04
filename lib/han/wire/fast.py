"""The byte loops of the wire layer as viper code. `plain.py` has their twins in ordinary Python.

viper integers are one machine word (32 bits on the chip, 64 on a PC) and wrap, so every
intermediate value here stays below 2**31. Larger numbers are two words: `low` has 24 bits, and
`high` the rest with the sign. So either can be multiplied or divided by ten without overflow.
"""
import micropython
from micropython import const

from . import tables

_HDLC = const(1)
_MBUS = const(2)
_P1 = const(3)
_GLO = const(4)
_SML = const(5)
_ODD = const(0x6996)  # bit n is 1 where the number n (0 to 15) has an odd number of ones


@micropython.viper
def crc_x25(buf: ptr8, start: int, end: int) -> int:
    """HDLC check sequence (ISO/IEC 13239 FCS-16, as transmitted low byte first) of buf[start:end]."""
    t = ptr16(tables.X25)
    if not int(t):
        t = ptr16(tables.x25())
    crc = 0xFFFF
    while start < end:
        crc = (crc >> 8) ^ t[(crc ^ buf[start]) & 0xFF]
        start += 1
    return crc ^ 0xFFFF


@micropython.viper
def crc_by(table: ptr16, crc: int, buf: ptr8, start: int, end: int) -> int:
    """Continue a reflected 16-bit checksum over buf[start:end]. table: as in `tables.py`."""
    while start < end:
        crc = (crc >> 8) ^ table[(crc ^ buf[start]) & 0xFF]
        start += 1
    return crc


@micropython.viper
def sum8(buf: ptr8, start: int, end: int) -> int:
    """M-Bus checksum (EN 13757-2: sum of the bytes modulo 256) of buf[start:end]."""
    total = 0
    while start < end:
        total += buf[start]
        start += 1
    return total & 0xFF


@micropython.viper
def copy(target: ptr8, to: int, source: ptr8, start: int, end: int):
    """Copy source[start:end] to target[to:]; the caller has checked the room. In one buffer only to lower indexes."""
    target = ptr8(int(target) + to)
    source = ptr8(int(source) + start)
    to = end - start
    while to > 0:
        target[0] = source[0]
        target = ptr8(int(target) + 1)
        source = ptr8(int(source) + 1)
        to -= 1


@micropython.viper
def same(buf: ptr8, start: int, other: ptr8, length: int) -> int:
    """1 where buf[start:start + length] equals other[:length], else 0."""
    buf = ptr8(int(buf) + start)
    start = length
    while start > 0:
        if buf[0] ^ other[0]:
            return 0
        buf = ptr8(int(buf) + 1)
        other = ptr8(int(other) + 1)
        start -= 1
    return 1


@micropython.viper
def hunt(buf: ptr8, start: int, end: int) -> int:
    """Find the first opening of a telegram in buf[start:end]. Returns index * 8 + kind.

    Kind 0 means that there is none. The index then tells where to go on when more bytes have
    come. It is before `end` where the last bytes may be the beginning of an opening.
    """
    while start < end:
        c = buf[start]
        size = 2  # bytes of the opening
        if c == 0x7E:
            kind = _HDLC
        elif c == 0xDB:
            kind = _GLO
        elif c == 0x1B:
            # 1B 1B 1B 1B 01 01 01 01
            kind = _SML
            size = 8
        else:
            size = 4
            kind = _MBUS
            if c != 0x68:
                kind = _P1
                if c != 0x2F and c != 0xAF:
                    start += 1
                    continue
        k = 1
        while k < size:
            if start + k >= end:
                return start * 8
            d = buf[start + k]
            if kind == _HDLC:
                d = d & 0xF0 ^ 0xA0
            elif kind == _GLO:
                d ^= 8
            elif kind == _SML:
                if k < 4:
                    d ^= 0x1A
                d ^= 1
            elif kind == _MBUS:
                # 68, twice the same length, 68
                if k == 1:
                    c = d
                    d = 0
                elif k == 2:
                    d ^= c
                else:
                    d ^= 0x68
            else:
                # three letters; after a / with a parity bit they may have parity bits, too: p1.Checker decides that
                if c == 0xAF:
                    d &= 0x7F
                d |= 0x20
                if d < 0x61 or d > 0x7A:
                    break
                d = 0
            if d:
                break
            k += 1
        if k == size:
            return start * 8 + kind
        start += 1
    return end * 8


@micropython.viper
def text_end(buf: ptr8, start: int, end: int, mask: int) -> int:
    """Index of the `!` that begins the last line of a P1 telegram in buf[start:end]; mask: the bits of a character.

    `end` where it has not come yet; -1 - index of the first byte that is not text. A line may begin with STX.
    """
    while start < end:
        c = buf[start] & mask
        if c < 0x20:
            if c != 0x0A and c != 0x0D and c != 0x09:
                k = buf[start - 1] & mask
                if c != 0x02 or k != 0x0A and k != 0x0D:
                    return -1 - start
        elif c == 0x21:
            c = buf[start - 1] & mask
            if c == 0x0A or c == 0x0D:
                return start
        elif c > 0x7E:
            return -1 - start
        start += 1
    return end


@micropython.viper
def digits(buf: ptr8, start: int, end: int, mask: int) -> int:
    """The hex digits from buf[start] on, four at most: their number << 16, and the number that they are.

    mask: the bits of a character
    """
    n = 0
    k = 0
    while start < end and k < 4:
        c = buf[start] & mask
        if c >= 0x30 and c <= 0x39:
            c -= 0x30
        else:
            c = (c | 0x20) - 0x57
            if c < 10 or c > 15:
                break
        n = n << 4 | c
        start += 1
        k += 1
    return k << 16 | n


@micropython.viper
def odd_parity(buf: ptr8, start: int, end: int) -> int:
    """Number of bytes of buf[start:end] that have an odd number of ones."""
    n = 0
    while start < end:
        x = buf[start]
        x ^= x >> 4
        n += _ODD >> (x & 15) & 1
        start += 1
    return n


@micropython.viper
def strip_parity(buf: ptr8, start: int, end: int):
    """Clear bit 7 of buf[start:end]."""
    while start < end:
        buf[start] = buf[start] & 0x7F
        start += 1
