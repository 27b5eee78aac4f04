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
def counters(blocks: ptr8, n: int, first: int, nonce: ptr8):
    """Make n blocks of 16: the 12 bytes of nonce, then first, first + 1 … (below 65536)."""
    while n > 0:
        i = 0
        while i < 12:
            blocks[i] = nonce[i]
            i += 1
        blocks[12] = 0
        blocks[13] = 0
        blocks[14] = first >> 8
        blocks[15] = first
        first += 1
        blocks = ptr8(int(blocks) + 16)
        n -= 1


@micropython.viper
def xor(buf: ptr8, start: int, n: int, key: ptr8, at: int):
    """buf[start:start + n] ^= key[at:at + n]."""
    buf = ptr8(int(buf) + start)
    key = ptr8(int(key) + at)
    while n > 0:
        buf[0] = buf[0] ^ key[0]
        buf = ptr8(int(buf) + 1)
        key = ptr8(int(key) + 1)
        n -= 1


@micropython.viper
def ghash(state: ptr32, x: int, end: int, table: ptr32, buf: ptr8):
    """Fold buf[x:end], filled up with zeros to whole blocks, into state (4 words).

    table: for the high half of a byte, H times each number of 4 bits, 4 words each; then,
    times x^4, for the low half.
    """
    # state, x and end are what has registers, so x is what is at hand.
    r = ptr16(REDUCE)
    buf = ptr8(int(buf) + x)
    end -= x
    while end > 0:
        y0 = 0
        y1 = 0
        y2 = 0
        y3 = 0
        k = 15
        while k >= 0:
            # times x^8: what falls out at the end comes back at the front
            x = y3
            y3 = (y3 >> 8 & _UNSIGNED) | y2 << 24
            y2 = (y2 >> 8 & _UNSIGNED) | y1 << 24
            y1 = (y1 >> 8 & _UNSIGNED) | y0 << 24
            y0 = (y0 >> 8 & _UNSIGNED) ^ r[x & 15] << 12 ^ r[x >> 4 & 15] << 16
            x = state[k >> 2] >> (24 - ((k & 3) << 3))
            if k < end:
                x ^= buf[k]
            t = ptr32(int(table) + (x & 0xF0))
            y0 ^= t[0]
            y1 ^= t[1]
            y2 ^= t[2]
            y3 ^= t[3]
            t = ptr32(int(table) + ((x & 15) << 4 | 256))
            y0 ^= t[0]
            y1 ^= t[1]
            y2 ^= t[2]
            y3 ^= t[3]
            k -= 1
        state[0] = y0
        state[1] = y1
        state[2] = y2
        state[3] = y3
        buf = ptr8(int(buf) + 16)
        end -= 16


@micropython.viper
def differs(state: ptr32, n: int, start: int, buf: ptr8, mask: ptr8) -> int:
    """0 where buf[start:start + n] is state ^ mask, in the same time wherever it differs."""
    buf = ptr8(int(buf) + start)
    start = 0
    while n > 0:
        n -= 1
        start |= state[n >> 2] >> (24 - ((n & 3) << 3)) ^ mask[n] ^ buf[n]
    return start & 0xFF
