"""The loops of AES-GCM (NIST SP 800-38D) as viper code. `gcm_plain.py` has their twins in ordinary Python.

A 128-bit block of GHASH is four 32-bit words. Its first byte is the highest byte of the first word.
"""
from array import array

import micropython
from micropython import const

# Reduction: the XOR for the first 16 bits of a block, by the 4 bits that were shifted out at its end.
REDUCE = array("H", (
    0x0000, 0x1C20, 0x3840, 0x2460, 0x7080, 0x6CA0, 0x48C0, 0x54E0,
    0xE100, 0xFD20, 0xD940, 0xC560, 0x9180, 0x8DA0, 0xA9C0, 0xB5E0,
))
# Mask after a shift to the right by 8, which repeats the sign of the word.
_UNSIGNED = const(0xFFFFFF)


@micropython.viper
def counters(blocks: ptr32, n: int, first: int, nonce: ptr32):
    """Fill n blocks of 16 bytes: the 12 bytes of the nonce, then a counter: first, first + 1 … (below 65536)."""
    # All words have their lowest byte first, in memory, too.
    while n > 0:
        blocks[0] = nonce[0]
        blocks[1] = nonce[1]
        blocks[2] = nonce[2]
        blocks[3] = (first & 0xFF) << 24 | first >> 8 << 16
        first += 1
        blocks = ptr32(int(blocks) + 16)
        n -= 1


@micropython.viper
def xor(buf: ptr8, start: int, key: ptr8, at: int, end: int, size: int) -> int:
    """buf[start:end] ^= key[at:size]. Returns the index up to which they have sufficed."""
    n = end - start
    if n > size - at:
        n = size - at
    end = start + n
    buf = ptr8(int(buf) + start)
    key = ptr8(int(key) + at)
    while n > 3:
        buf[0] = buf[0] ^ key[0]
        buf[1] = buf[1] ^ key[1]
        buf[2] = buf[2] ^ key[2]
        buf[3] = buf[3] ^ key[3]
        buf = ptr8(int(buf) + 4)
        key = ptr8(int(key) + 4)
        n -= 4
    while n > 0:
        buf[0] = buf[0] ^ key[0]
        buf = ptr8(int(buf) + 1)
        key = ptr8(int(key) + 1)
        n -= 1
    return end


@micropython.viper
def nonce(nonces, at: ptr32, buf: ptr8, blocks, n: int) -> int:
    """Set the nonce for an APDU in buf, and fill n blocks as counters() does, from 1 on.

    Returns 1 where the frame counter is not higher than that of the APDU before, else 0.

    nonces  12 bytes: the system title and zeros up to 8 bytes, the frame counter; then the length of the title
    at      see `ciphered.py`
    """
    known = ptr8(nonces)
    p = ptr8(int(buf) + at[0])
    size = at[1]
    same = 0
    if known[12] == size:
        same = 1
    known[12] = size
    i = 0
    while i < 8:
        k = 0
        if i < size:
            k = p[i]
        if known[i] != k:
            known[i] = k
            same = 0
        i += 1
    p = ptr8(int(buf) + at[3] - 12)
    while i < 12:
        k = p[i]
        # The first byte that differs tells which counter is higher.
        if known[i] != k:
            if same == 1:
                same = 2
                if k > known[i]:
                    same = 0
            known[i] = k
        i += 1
    counters(blocks, n, 1, nonces)
    if same:
        return 1
    return 0


@micropython.viper
def ghash(state: ptr32, x: int, end: int, table: ptr32, buf: ptr8, begun: ptr32, clear: int):
    """Fold buf[x:end], filled up with zeros to whole blocks, into begun (4 words); state: the result.

    NIST SP 800-38D clause 6.4. If clear is not negative, the last block follows: the bits of the associated data, which
    has `clear` bytes, and of buf[x:end].
    table: H times each number of 4 bits, 4 words each, for the high half of a byte; then the same
    times x^4, for the low half.
    """
    # Only the first three parameters are in registers, so x is used again as a scratch variable.
    r = ptr16(REDUCE)
    buf = ptr8(int(buf) + x)
    end -= x
    state[0] = begun[0]
    state[1] = begun[1]
    state[2] = begun[2]
    state[3] = begun[3]
    coded = end
    while end > 0 or clear >= 0:
        x = 0
        if end >= 16:
            while x < 4:
                state[x] = state[x] ^ (buf[0] << 24 | buf[1] << 16 | buf[2] << 8 | buf[3])
                buf = ptr8(int(buf) + 4)
                x += 1
        elif end > 0:
            while x < end:
                state[x >> 2] = state[x >> 2] ^ buf[x] << (24 - ((x & 3) << 3))
                x += 1
        else:
            state[1] = state[1] ^ clear << 3
            state[3] = state[3] ^ coded << 3
            clear = -1
        y0 = 0
        y1 = 0
        y2 = 0
        y3 = 0
        word = 3
        while word >= 0:
            w = state[word]
            k = 4
            while k:
                # times x^8: shift by a byte; what is shifted out at the end is reduced into the front
                x = y3
                y3 = (y3 >> 8 & _UNSIGNED) | y2 << 24
                y2 = (y2 >> 8 & _UNSIGNED) | y1 << 24
                y1 = (y1 >> 8 & _UNSIGNED) | y0 << 24
                y0 = (y0 >> 8 & _UNSIGNED) ^ r[x & 15] << 12 ^ r[x >> 4 & 15] << 16
                t = ptr32(int(table) + (w & 0xF0))
                y0 ^= t[0]
                y1 ^= t[1]
                y2 ^= t[2]
                y3 ^= t[3]
                t = ptr32(int(table) + ((w & 15) << 4 | 256))
                y0 ^= t[0]
                y1 ^= t[1]
                y2 ^= t[2]
                y3 ^= t[3]
                w = w >> 8
                k -= 1
            word -= 1
        state[0] = y0
        state[1] = y1
        state[2] = y2
        state[3] = y3
        end -= 16


@micropython.viper
def differs(state: ptr32, n: int, start: int, buf: ptr8, mask: ptr8) -> int:
    """0 where buf[start:start + n] is state ^ mask. Takes the same time wherever they differ."""
    buf = ptr8(int(buf) + start)
    start = 0
    while n > 0:
        n -= 1
        start |= state[n >> 2] >> (24 - ((n & 3) << 3)) ^ mask[n] ^ buf[n]
    return start & 0xFF
