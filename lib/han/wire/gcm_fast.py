"""The loops of AES-GCM (NIST SP 800-38D) as viper code; `gcm_plain.py` is the same in ordinary Python.

A 128-bit block of GHASH is four 32-bit words, the first byte in the highest bits of the first.
"""
from array import array

import micropython
from micropython import const

# What the 4 bits that leave a block at its end add to its first 16 bits.
REDUCE = array("H", (
    0x0000, 0x1C20, 0x3840, 0x2460, 0x7080, 0x6CA0, 0x48C0, 0x54E0,
    0xE100, 0xFD20, 0xD940, 0xC560, 0x9180, 0x8DA0, 0xA9C0, 0xB5E0,
))
# A shift of a word to the right must not repeat its sign.
_UNSIGNED = const(0xFFFFFFF)


@micropython.viper
def counters(blocks, n: int, first: int):
    """Write the counter values first, first + 1 … into the last 4 bytes of n blocks of 16."""
    b = ptr8(blocks)
    p = 12
    while n > 0:
        b[p] = first >> 24
        b[p + 1] = first >> 16
        b[p + 2] = first >> 8
        b[p + 3] = first
        first += 1
        p += 16
        n -= 1


@micropython.viper
def xor(buf, start: int, key, n: int):
    """buf[start:start + n] ^= key[:n]."""
    b = ptr8(buf)
    k = ptr8(key)
    i = 0
    while i < n:
        b[start + i] = b[start + i] ^ k[i]
        i += 1


@micropython.viper
def ghash(state, table, buf, start: int, end: int):
    """Fold buf[start:end], filled up with zeros to whole blocks, into state (4 words).

    table holds H times each number of 4 bits, 4 words each, as `multiples` makes it.
    """
    s = ptr32(state)
    t = ptr32(table)
    r = ptr16(REDUCE)
    b = ptr8(buf)
    z0 = s[0]
    z1 = s[1]
    z2 = s[2]
    z3 = s[3]
    while start < end:
        n = end - start
        if n >= 16:
            z0 ^= b[start] << 24 | b[start + 1] << 16 | b[start + 2] << 8 | b[start + 3]
            z1 ^= b[start + 4] << 24 | b[start + 5] << 16 | b[start + 6] << 8 | b[start + 7]
            z2 ^= b[start + 8] << 24 | b[start + 9] << 16 | b[start + 10] << 8 | b[start + 11]
            z3 ^= b[start + 12] << 24 | b[start + 13] << 16 | b[start + 14] << 8 | b[start + 15]
        else:
            i = 0
            while i < n:
                x = b[start + i] << (24 - (i & 3) * 8)
                if i < 4:
                    z0 ^= x
                elif i < 8:
                    z1 ^= x
                elif i < 12:
                    z2 ^= x
                else:
                    z3 ^= x
                i += 1
        start += 16
        y0 = 0
        y1 = 0
        y2 = 0
        y3 = 0
        word = z3
        k = 0
        while k < 32:
            if k == 8:
                word = z2
            elif k == 16:
                word = z1
            elif k == 24:
                word = z0
            # times x^4: what falls out at the end comes back at the front
            x = y3 & 15
            y3 = (y3 >> 4 & _UNSIGNED) | (y2 & 15) << 28
            y2 = (y2 >> 4 & _UNSIGNED) | (y1 & 15) << 28
            y1 = (y1 >> 4 & _UNSIGNED) | (y0 & 15) << 28
            y0 = (y0 >> 4 & _UNSIGNED) ^ r[x] << 16
            x = (word & 15) << 2
            word = word >> 4
            y0 ^= t[x]
            y1 ^= t[x + 1]
            y2 ^= t[x + 2]
            y3 ^= t[x + 3]
            k += 1
        z0 = y0
        z1 = y1
        z2 = y2
        z3 = y3
    s[0] = z0
    s[1] = z1
    s[2] = z2
    s[3] = z3


@micropython.viper
def differ(a, b, n: int) -> int:
    """0 where the first n bytes are equal, in the same time wherever they differ."""
    p = ptr8(a)
    q = ptr8(b)
    found = 0
    while n > 0:
        n -= 1
        found |= p[n] ^ q[n]
    return found
