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
_UNSIGNED = const(0xFFFFFF)


@micropython.viper
def counters(blocks, n: int, nonce, first: int):
    """Make n blocks of 16: the 12 bytes of nonce, then first, first + 1 … (below 65536)."""
    b = ptr8(blocks)
    o = ptr8(nonce)
    p = 0
    while n > 0:
        i = 0
        while i < 12:
            b[p + i] = o[i]
            i += 1
        b[p + 12] = 0
        b[p + 13] = 0
        b[p + 14] = first >> 8
        b[p + 15] = first
        first += 1
        p += 16
        n -= 1


@micropython.viper
def xor(buf, start: int, key, at: int, n: int):
    """buf[start:start + n] ^= key[at:at + n]."""
    b = ptr8(buf)
    k = ptr8(key)
    n += start
    at -= start
    while start < n:
        b[start] = b[start] ^ k[at + start]
        start += 1


@micropython.viper
def ghash(state, table, buf, start: int, end: int):
    """Fold buf[start:end], filled up with zeros to whole blocks, into state (4 words).

    table: for the high half of a byte, H times each number of 4 bits, 4 words each; then,
    times x^4, for the low half.
    """
    s = ptr32(state)
    t = ptr32(table)
    r = ptr16(REDUCE)
    b = ptr8(buf)
    while start < end:
        y0 = 0
        y1 = 0
        y2 = 0
        y3 = 0
        k = 15
        while k >= 0:
            # times x^8: what falls out at the end comes back at the front
            x = y3
            y3 = (y3 >> 8 & _UNSIGNED) | (y2 & 0xFF) << 24
            y2 = (y2 >> 8 & _UNSIGNED) | (y1 & 0xFF) << 24
            y1 = (y1 >> 8 & _UNSIGNED) | (y0 & 0xFF) << 24
            y0 = (y0 >> 8 & _UNSIGNED) ^ r[x & 15] << 12 ^ r[x >> 4 & 15] << 16
            x = s[k >> 2] >> (24 - ((k & 3) << 3))
            if start + k < end:
                x ^= b[start + k]
            h = x >> 2 & 60
            x = (x & 15) << 2 | 64
            y0 ^= t[h] ^ t[x]
            y1 ^= t[h + 1] ^ t[x + 1]
            y2 ^= t[h + 2] ^ t[x + 2]
            y3 ^= t[h + 3] ^ t[x + 3]
            k -= 1
        s[0] = y0
        s[1] = y1
        s[2] = y2
        s[3] = y3
        start += 16


@micropython.viper
def differs(state, mask, buf, start: int, n: int) -> int:
    """0 where buf[start:start + n] is state ^ mask, in the same time wherever it differs."""
    s = ptr32(state)
    m = ptr8(mask)
    b = ptr8(buf)
    found = 0
    while n > 0:
        n -= 1
        found |= (s[n >> 2] >> (24 - ((n & 3) << 3)) ^ m[n] ^ b[start + n]) & 0xFF
    return found
